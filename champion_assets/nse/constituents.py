"""NSE's lists of index members (`ind_nifty500list.csv` and others): which industry a company belongs to.

What belongs here: reading a list, and the list that was in force on a day. Facts: five columns, the same in 2018 and 2026; always today's
list, so a saved one says in its name of what day it is (`..._2018-12.csv`, `..._2025-06-06.csv`); one without a date is the present one.
The industries' names changed over the years (`PHARMA`, `Healthcare`): within one list they are consistent.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from champion_assets.nse.container import csv_rows, csv_text
from champion_assets.nse.errors import BadValue, UnknownHeader

_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_COLUMNS = ("Company Name", "Industry", "Symbol", "Series", "ISIN Code")


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
    header, *rows = csv_rows(csv_text(body, name, may_end_open=True).decode("utf-8-sig", errors="replace"), name) or [[]]
    if [column.strip() for column in header] != list(_COLUMNS):
        raise UnknownHeader(f"{name}: no list of index members, it begins with {','.join(header)[:120]!r}")
    members = []
    for number, row in enumerate(rows, start=1):
        if len(row) != len(_COLUMNS):
            raise BadValue(f"{name}, row {number}: not {len(_COLUMNS)} fields")
        company, industry, symbol, series, isin = (field.strip() for field in row)
        members.append(Member(symbol, isin, " ".join(industry.split()).title(), company, series))
    return members


def list_date(name: str) -> dt.date | None:
    """The day that a saved list is of, from its name; None for the present one. Of a month it is the last day."""
    match = _DATE.search(name)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), match[3]
    if day is not None:
        return dt.date(year, month, int(day))
    return (dt.date(year, month, 28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
