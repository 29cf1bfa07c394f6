"""`raw/market_lists`: daily lists that lie in the source beside the prices.

Deals, short selling, surveillance, open interest, 52 weeks, price bands, changes of series, volatility.

A session has a row for each kind found, in a folder for each day or with the day in its name. The archive is asked for
those that `CHAMPION_ARCHIVE_FILES` names (`nse/archive_lists.py`), by default for none: each costs one request per day.

Files are kept byte for byte, but for the deals: of their clients it is kept whether one is a legal person
(`nse/deals.py`), so that no name of a private person is in the lake.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from champion_assets.common.clock import today
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.archive_lists import archive_names, check_is_of_day
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.daily_file import Loose
from champion_assets.nse.deals import without_names
from champion_assets.nse.file_dates import date_in_name
from champion_assets.nse.market_lists import BLOCK, BULK, FILES
from champion_assets.nse.source.base import Candidates, Fetched, Source
from champion_assets.raw.bundle_members import find_kinds
from champion_assets.raw.daily_file import file_text
from champion_assets.raw.files import RawFile, block_size, source_of
from champion_assets.settings import Settings

NAME = "raw/market_lists"
KINDS = {file.place.kind: file.place.names for file in FILES if isinstance(file.place, Loose)}
_WITH_NAMES = {file.place.kind for file in (BULK, BLOCK) if isinstance(file.place, Loose)}


class RawMarketLists(RawFile):
    """A list of the day; `format` is its kind."""


@dataclass(frozen=True)
class ListSource:
    """The source of the lists, the kinds that its archive is asked for, and the present day in India."""

    source: Source
    asked: frozenset[str]
    today: dt.date

    def fetch(self, dates: Sequence[dt.date], candidates: Candidates) -> Iterator[tuple[dt.date, Fetched | Exception]]:
        """See `Source.fetch`."""
        return self.source.fetch(dates, candidates)


def list_source(settings: Settings) -> ListSource:
    """The source that the settings name, and what it is asked for."""
    return ListSource(source_of(settings), frozenset(settings.archive_files), today(settings))


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Find the lists of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    place: ListSource = inputs.outside
    kinds = {kind: archive_names(kind, place.asked, place.today) for kind in KINDS}
    return find_kinds(inputs, dates, kinds, "no list of the market", kept)


def kept(kind: str, found: Fetched) -> Fetched:
    """What is kept of a file.

    Raises:
        BadPayload: a file of deals that cannot be read, of which nothing is kept.
        NotYetPublished: the archive's newest list is of another day.
    """
    if kind in _WITH_NAMES:
        body = read_outside(lambda body, name: without_names(file_text(body, name), name), found.body, found.name)
        found = replace(found, body=body.encode())
    if found.uri.startswith(("http://", "https://")) and (date := date_in_name(found.name, found.name)) is not None:
        read_outside(
            lambda body, name: check_is_of_day(kind, file_text(body, name), name, date), found.body, found.name
        )
    return found


TABLE = DailyTable(
    name=NAME,
    description="Lists of deals, short selling and surveillance as received, without the names of clients.",
    model=RawMarketLists,
    code_version="2",
    compute=compute,
    outside=list_source,
    block=block_size,
    may_be_empty=True,
    kinds=frozenset({"file"}),
    peak_megabytes=250,
)
