"""Bulk and block deals without the names of those who dealt: what is kept of the exchange's files.

What belongs here: from a file as published to one whose client is `entity` or `person`. What does not: what the deals
mean (`silver/trading_activity.py`).

The files name legal and private persons. Names of private persons are not kept anywhere in the lake, and those of legal
persons are not needed: whoever has no word of a legal form in the name counts as a person.

Facts: downloads by query begin with a byte order mark, quote and pad their headers and group digits as in `5,53,432`; a
day without deals has the one row `NO RECORDS`; block deals have no remarks.
"""

from __future__ import annotations

import csv
import io
import re

from champion_assets.nse.container import csv_rows
from champion_assets.nse.errors import UnknownHeader

HEADER = ("Date", "Symbol", "Client", "Buy/Sell", "Quantity", "Price")
NOBODY = "NO RECORDS"
_COLUMNS = ("date", "symbol", "clientname", "buysell", "quantitytraded", "tradepricewghtavgprice")
_LEGAL = re.compile(
    r"\b(LTD|LIMITED|LLP|PVT|PRIVATE|LLC|LP|INC|PLC|PTE|CORP|CORPORATION|COMPANY|CO|BANK|FUNDS?|TRUST|INSURANCE|ASSURANCE|MUTUAL|PENSION|"
    r"SECURITIES|CAPITAL|PARTNERS|INVESTMENTS?|ENTERPRISES?|ADVISORS?|ADVISERS?|BROKING|BROKERS?|HOLDINGS?|VENTURES?|ASSOCIATES|MARKETS|"
    r"FINANCE|FINANCIAL|FINSTOCK|FINVEST|PLAN|GOVERNMENT|GROUP|TRADING|TRADERS|PROPERTIES|INDUSTRIES|SERVICES|INSTITUTE|UNIVERSITY|"
    r"PORTFOLIO|PCC|SPC|SICAV|UCITS|GMBH|AG|SA|NV|BV|FPI|FII|ODI|AIF)\b",
    re.IGNORECASE,
)


def without_names(text: str, name: str) -> str:
    """The deals of a file in the columns of `HEADER`, the client as `entity` or `person`.

    No row for a day without deals.

    Args:
        text: the file's text.
        name: how to call it in errors.

    Raises:
        UnknownHeader: no file of deals; the message holds nothing of its rows.
    """
    rows = csv_rows(text.removeprefix("\ufeff"), name)
    header = [re.sub(r"[^a-z]", "", cell.lower()) for cell in rows[0]] if rows else []
    if any(column not in header for column in _COLUMNS):
        raise UnknownHeader(f"{name}: not the header of a file of bulk or block deals; it has {len(header)} columns")
    places = [header.index(column) for column in _COLUMNS]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows[1:]:
        if not any(cell.strip() for cell in row) or row[0].strip().upper() == NOBODY:
            continue
        cells = [row[place].strip() if place < len(row) else "" for place in places]
        cells[2] = "entity" if _LEGAL.search(cells[2]) else "person"
        cells[4:] = [cell.replace(",", "") for cell in cells[4:]]
        writer.writerow(cells)
    return out.getvalue()
