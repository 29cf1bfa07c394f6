"""The date in a file's name, in the spellings that people and NSE use.

What belongs here: text to date, and the refusal of a name whose date can be read in two ways or in none. What does not:
the dates inside files (`dates.py`). Spellings: `20231101`, `01122023`, `2023-11-01`, `01-12-2023`, `011223` if it has
one reading, `1-Dec-2023`, `2018-12`, `Dec 2018`. With a year of four digits the day comes before the month, as India
and NSE write it.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from champion_assets.nse.dates import MONTHS
from champion_assets.nse.errors import BadValue

_MONTH = (
    r"(?:JAN(?:UARY)?|FEB(?:RUARY)?|MAR(?:CH)?|APR(?:IL)?|MAY|JUNE?|JULY?"
    r"|AUG(?:UST)?|SEPT?(?:EMBER)?|OCT(?:OBER)?|(?:NOV|DEC)(?:EMBER)?)"
)
_GAP = r"[-_. ,]{0,2}"
_SPELLINGS = re.compile(
    rf"(?<!\d)(?:(?P<d>\d{{1,2}}){_GAP}(?P<mon>{_MONTH}){_GAP}(?P<y>\d{{4}}|\d{{2}})"
    rf"|(?P<y2>\d{{4}}){_GAP}(?P<mon2>{_MONTH})(?:{_GAP}(?P<d2>\d{{1,2}}))?"
    rf"|(?<![a-z])(?P<mon3>{_MONTH}){_GAP}(?P<y3>\d{{4}})"
    r"|(?P<y4>\d{4})(?P<s4>[-_. ])(?P<m4>\d{1,2})(?:(?P=s4)(?P<d4>\d{1,2}))?"
    r"|(?P<d5>\d{1,2})(?P<s5>[-_. ])(?P<m5>\d{1,2})(?P=s5)(?P<y5>\d{4})"
    r"|(?P<short>\d{2}(?P<s6>[-_. ])\d{2}(?P=s6)\d{2})"
    r"|(?P<digits>\d{4,}))(?!\d)",
    re.IGNORECASE,
)
_COPY = re.compile(r"\(\d+\)")
_YEARS = range(1990, 2100)


def date_in_name(text: str, name: str) -> dt.date | None:
    """The one date that `text` holds; of a month it is the last day; None if nothing in it looks like a date.

    Args:
        text: the part of a name that may hold a date; groups of up to three digits (`nifty500`, `(1)`) are none.
        name: how to call the file in errors.

    Raises:
        BadValue: no date of the calendar, more than one, or a text with two readings.

    Example:
        >>> date_in_name("_01122023.csv", "x")
        datetime.date(2023, 12, 1)
    """
    found = {_read(match, name) for match in _SPELLINGS.finditer(_COPY.sub(" ", text))}
    if len(found) > 1:
        raise BadValue(
            f"{name}: the name holds {len(found)} dates "
            f"({', '.join(map(str, sorted(found)))}); keep the one that counts"
        )
    return found.pop() if found else None


def _read(match: re.Match[str], name: str) -> dt.date:
    part, text = match.groupdict(), match[0]
    readings: set[dt.date | None]
    if part["mon"]:
        readings = {_day(_year(part["y"]), _month(part["mon"]), int(part["d"]))}
    elif part["mon2"]:
        readings = {_day(int(part["y2"]), _month(part["mon2"]), int(part["d2"]) if part["d2"] else None)}
    elif part["mon3"]:
        readings = {_day(int(part["y3"]), _month(part["mon3"]), None)}
    elif part["y4"]:
        readings = {_day(int(part["y4"]), int(part["m4"]), int(part["d4"]) if part["d4"] else None)}
    elif part["y5"]:
        readings = {_day(int(part["y5"]), int(part["m5"]), int(part["d5"]))}
    elif part["short"]:
        one, two, three = (int(each) for each in re.split(r"\D", text))
        readings = {_day(2000 + three, two, one), _day(2000 + one, two, three)}
    else:
        readings = _digits(text)
    possible = {each for each in readings if each is not None}
    if not possible:
        raise BadValue(f"{name}: {text!r} is not a date; write YYYY-MM-DD in the file's name")
    if len(possible) > 1:
        one_day, other = sorted(possible)
        raise BadValue(f"{name}: {text!r} may be {one_day} or {other}; write YYYY-MM-DD into the name")
    return possible.pop()


def _digits(text: str) -> set[dt.date | None]:
    """Eight digits have one reading at most: no month is 19 or 20, with which years begin. Six digits may have two."""
    if len(text) == 8:
        return {_day(int(text[:4]), int(text[4:6]), int(text[6:])), _day(int(text[4:]), int(text[2:4]), int(text[:2]))}
    if len(text) == 6:
        one, two, three = int(text[:2]), int(text[2:4]), int(text[4:])
        months = {_day(int(text[:4]), three, None), _day(int(text[2:]), one, None)}
        return {_day(2000 + three, two, one), _day(2000 + one, two, three)} | months
    return set()


def _month(text: str) -> int:
    return MONTHS.index(text[:3].upper()) + 1


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _day(year: int, month: int, day: int | None) -> dt.date | None:
    """The date, the last of the month without a day, or None where the calendar has none."""
    if year not in _YEARS or not 1 <= month <= 12:
        return None
    last = calendar.monthrange(year, month)[1]
    if day is None:
        return dt.date(year, month, last)
    return dt.date(year, month, day) if 1 <= day <= last else None
