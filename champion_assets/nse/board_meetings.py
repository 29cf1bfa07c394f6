"""The `Bm` member of NSE's PR bundle, board meetings as text, as the CSV that a declaration can read.

What belongs here: records and their parts. What does not: the declaration (`market_files.py`).

Facts: a record is `NAME SYMBOL : DD-MON-YYYY : SUBJECT TEXT`, and a text goes on over lines of any form. The subject is
one or several of the exchange's words with `/` between them; after it the text of the company begins without any sign.
On 2020-12-01, 2025-01-16, 2025-12-16 and -17 there are 106 records, and the words are those below.
"""

from __future__ import annotations

import csv
import io
import re

SUBJECTS = (
    "Financial Results",
    "Dividend",
    "Interim Dividend",
    "Bonus",
    "Stock Split",
    "Buyback",
    "Buy Back",
    "Rights Issue",
    "Fund Raising",
    "Voluntary Delisting",
    "Outcome of Board Meeting",
    "Other business matters",
)
UNKNOWN = "unknown"
HEADER = ("COMPANY NAME", "SYMBOL", "BM DATE", "SUBJECT", "BM PURPOSE")
_RECORD = re.compile(r"(?P<company>.*?)\s+(?P<symbol>\S+) : (?P<date>\d{2}-[A-Za-z]{3}-\d{4}) : ?(?P<text>.*)")
_WORD = "|".join(re.escape(each) for each in sorted(SUBJECTS, key=len, reverse=True))
_SUBJECT = re.compile(rf"(?:{_WORD})(?:/(?:{_WORD}))*(?=\s|$)", re.IGNORECASE)


def meetings_csv(text: str) -> str:
    """The records as CSV with the columns of `HEADER`; a text with another first line is given back as it is.

    Args:
        text: the member's text.

    Returns:
        A line for each record. Lines before the first record become lines of one field.
    """
    lines = text.splitlines()
    if not lines or " ".join(lines[0].split()) != "COMPANY NAME SYMBOL : BM DATE : BM PURPOSE":
        return text
    records: list[list[str]] = []
    for line in lines[1:]:
        if match := _RECORD.fullmatch(line.strip()):
            records.append([match["company"], match["symbol"], match["date"], "", match["text"]])
        elif line.strip():
            records.append([line.strip()]) if not records else _go_on(records[-1], line.strip())
    for record in records:
        if len(record) == len(HEADER):
            found = _SUBJECT.match(record[-1])
            record[3] = found[0] if found else UNKNOWN
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([HEADER, *records])
    return out.getvalue()


def _go_on(record: list[str], line: str) -> None:
    record[-1] = f"{record[-1]} {line}".strip()
