"""`raw/market_lists`: daily lists that lie in the source beside the prices.

Deals, short selling, surveillance, open interest, 52 weeks.

A session has a row for each kind found. The archive is not asked for them: their names are those under which it
publishes them, and whoever wants them puts them into the source, in a folder for each day or with the day in their
names.

Files are kept byte for byte, but for the deals: of their clients it is kept whether one is a legal person
(`nse/deals.py`), so that no name of a private person is in the lake.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.daily_file import Loose
from champion_assets.nse.deals import without_names
from champion_assets.nse.market_lists import BLOCK, BULK, FILES
from champion_assets.nse.source.base import Fetched
from champion_assets.raw.bundle_members import find_kinds
from champion_assets.raw.daily_file import file_text
from champion_assets.raw.files import RawFile, block_size, source_of

NAME = "raw/market_lists"
KINDS = {file.place.kind: file.place.names for file in FILES if isinstance(file.place, Loose)}
_WITH_NAMES = {file.place.kind for file in (BULK, BLOCK) if isinstance(file.place, Loose)}


class RawMarketLists(RawFile):
    """A list of the day; `format` is its kind."""


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Find the lists of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    return find_kinds(inputs, dates, KINDS, "no list of the market", kept)


def kept(kind: str, found: Fetched) -> Fetched:
    """What is kept of a file.

    Raises:
        BadPayload: a file of deals that cannot be read, of which nothing is kept.
    """
    if kind not in _WITH_NAMES:
        return found
    body = read_outside(lambda body, name: without_names(file_text(body, name), name), found.body, found.name)
    return replace(found, body=body.encode())


TABLE = DailyTable(
    name=NAME,
    description="Lists of deals, short selling and surveillance as received, without the names of clients.",
    model=RawMarketLists,
    code_version="1",
    compute=compute,
    outside=source_of,
    block=block_size,
    may_be_empty=True,
    kinds=frozenset({"file"}),
    peak_megabytes=250,
)
