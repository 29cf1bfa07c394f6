"""The date spellings of NSE's files.

What belongs here: text to date and the names of months. Seen: `3-NOV-1994`, `03-JAN-2011`, `13-Jul-20`, `01-Oct-2019`,
`2024-01-01`.
"""

from __future__ import annotations

import datetime as dt
import re

from champion_assets.nse.errors import BadValue

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMED = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4}|\d{2})")
_FIRST_YEAR = 1994


def parse_date(text: str, name: str) -> dt.date:
    """The date that `text` spells; a two-digit year is the one between 1994 and 2093.

    Raises:
        BadValue: names the file and the text.
    """
    try:
        if match := _NAMED.fullmatch(text):
            day, month, year = int(match[1]), MONTHS.index(match[2].upper()) + 1, int(match[3])
            if year < 100:
                year += 1900 if year >= _FIRST_YEAR % 100 else 2000
            return dt.date(year, month, day)
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadValue(f"{name}: {text!r} is not a date of any known spelling") from error
