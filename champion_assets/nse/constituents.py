"""NSE's lists of index members (`ind_nifty500list.csv` and others): which industry a company belongs to.

What belongs here: reading a list, and what its name says. Facts: five columns, the same in 2018 and 2026; NSE publishes
today's list only, so a saved one says in its name of what day it is (`..._2018-12.csv`, `..._01122023.csv`).
The industries' names changed over the years (`PHARMA`, `Healthcare`): within one list they are consistent.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from champion_assets.nse.container import csv_rows, csv_text
from champion_assets.nse.errors import BadValue, UnknownHeader
from champion_assets.nse.file_dates import date_in_name

_INDEX = re.compile(r"ind_(nifty(?:(?!\d{6})\w)*?)_?list", re.IGNORECASE)
COLUMNS = ("Company Name", "Industry", "Symbol", "Series", "ISIN Code")


@dataclass(frozen=True)
class Member:
    """A member of an index."""

    symbol: str
    isin: str
    industry: str
    company: str = ""
    series: str = ""


def read_constituents(body: bytes, name: str) -> list[Member]:
    """The members of a list, in its order.

    Raises:
        BadPayload: not such a list; the message names the row.
    """
    header, *rows = csv_rows(csv_text(body, name, may_end_open=True).decode("utf-8-sig", errors="replace"), name) or [
        []
    ]
    if [column.strip() for column in header] != list(COLUMNS):
        raise UnknownHeader(f"{name}: no list of index members, it begins with {','.join(header)[:120]!r}")
    members = []
    for number, row in enumerate(rows, start=1):
        if len(row) != len(COLUMNS):
            raise BadValue(f"{name}, row {number}: not {len(COLUMNS)} fields")
        company, industry, symbol, series, isin = (field.strip() for field in row)
        members.append(Member(symbol, isin, " ".join(industry.split()).title(), company, series))
    return members


def list_date(name: str) -> dt.date | None:
    """The day that a saved list is of, from its name; None for one without a date. Of a month it is the last day.

    Raises:
        BadValue: the name holds a date that cannot be, or one with two readings.

    Example:
        >>> list_date("ind_nifty500list_20231101.csv")
        datetime.date(2023, 11, 1)
    """
    return date_in_name(_INDEX.sub(" ", name), name)


def index_of(name: str) -> str:
    """Which index the list is of, as far as its name says so: `nifty500`.

    Blank for a file that is not called as NSE calls it.
    """
    match = _INDEX.search(name)
    return match[1].lower() if match else ""
