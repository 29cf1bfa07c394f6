"""Where NSE's archive has the daily lists beside the prices, for whoever asks it for them (`CHAMPION_ARCHIVE_FILES`).

What belongs here: addresses, from when, and which of them hold today's list only. What does not: the files themselves
(`market_lists.py`), or fetching (`source/`).

Addresses and first days are those that public projects use; of `sec_list` few dated copies are kept. Deals and changes
of series are kept for no past day: their address always has the newest list, so it is asked only on the day itself,
and a list that names another day, or none, is not out yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace

from champion_assets.nse.daily_file import Loose
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.errors import NotYetPublished
from champion_assets.nse.market_lists import FILES
from champion_assets.nse.names import NamedFile
from champion_assets.nse.source.base import Candidates

DERIVATIVES = "derivatives"
"""What asks for the bhavcopy of the derivatives, which `names.py` addresses."""


@dataclass(frozen=True)
class Archived:
    """Where a list lies and since when: `path` below the archive's root, with the day in `strftime`'s codes or none."""

    path: str
    first: dt.date

    @property
    def is_of_today(self) -> bool:
        """True if the address has the newest list only."""
        return "%" not in self.path


_ALWAYS = dt.date(1994, 11, 3)
ARCHIVED = {
    "bulk": Archived("content/equities/bulk.csv", _ALWAYS),
    "block": Archived("content/equities/block.csv", _ALWAYS),
    "shortselling": Archived("archives/equities/shortSelling/shortselling_%d%m%Y.csv", dt.date(2012, 7, 17)),
    "REG1_IND": Archived("content/cm/REG1_IND%d%m%y.csv", dt.date(2024, 12, 1)),
    "fao_participant_oi": Archived("content/nsccl/fao_participant_oi_%d%m%Y.csv", dt.date(2012, 1, 1)),
    "CM_52_wk_High_low": Archived("content/CM_52_wk_High_low_%d%m%Y.csv", dt.date(2019, 10, 17)),
    "sec_list": Archived("content/equities/sec_list_%d%m%Y.csv", _ALWAYS),
    "series_change": Archived("content/cm/series_change.csv", _ALWAYS),
    "CMVOLT": Archived("archives/nsccl/volt/CMVOLT_%d%m%Y.CSV", dt.date(2011, 4, 1)),
}
"""By kind of list."""
_FILES = {file.place.kind: file for file in FILES if isinstance(file.place, Loose)}


def archive_names(kind: str, asked: Collection[str], today: dt.date) -> Candidates:
    """The names of a list of a day, served by the archive if it is asked for this kind and has one of the day.

    Args:
        kind: of `ARCHIVED`.
        asked: the kinds that the archive is asked for.
        today: the present day in India.
    """
    archived, names = ARCHIVED[kind], _FILES[kind].candidates

    def served(date: dt.date) -> tuple[NamedFile, ...]:
        has_one = date == today if archived.is_of_today else date >= archived.first
        if kind not in asked or not has_one:
            return names(date)
        return tuple(replace(each, path=format(date, archived.path), is_served=True) for each in names(date))

    return served


def check_is_of_day(kind: str, text: str, name: str, date: dt.date) -> None:
    """Refuse the newest list of a kind if it is not that of `date`.

    Raises:
        NotYetPublished: it names another day, or none.
    """
    if not ARCHIVED[kind].is_of_today:
        return
    read = read_daily_file(_FILES[kind], text, name)
    days = read.rows["change_date"].unique().to_list() if "change_date" in read.rows.columns else [read.date]
    if days != [date]:
        raise NotYetPublished(f"{name}: the archive's newest list is not that of {date}, or names no day; not taken")
