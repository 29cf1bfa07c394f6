"""`raw/index_close`: the day's closing index levels (`ind_close_all`, from 2012-10-01), byte for byte.

In the files of 6, 10 and 11 April 2023 the dates are written month first; there the name of the file tells the day. A
day without a file, or with one that is refused, is a day without rows that says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import cast

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.table import Computed, DailyTable, Publication
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.indices import read_index_close
from champion_assets.nse.names import NamedFile, index_close_file
from champion_assets.nse.source.base import Fetched
from champion_assets.raw.files import RawFile, block_size, fetch_days, source_of

NAME = "raw/index_close"


class RawIndexClose(RawFile):
    """A received version of the day's index file."""


def index_files(date: dt.date) -> tuple[NamedFile, ...]:
    """The file that can hold the day's index levels."""
    return (index_close_file(date),)


def accept(fetched: Fetched) -> tuple[dt.date, str, int]:
    """Parse the whole file: its date, format and number of rows."""
    frame = read_outside(read_index_close, fetched.body, fetched.name)
    return cast("dt.date", frame["trade_date"][0]), "ind_close_all", frame.height


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Fetch the files of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    return fetch_days(inputs, dates, index_files, accept, optional=True)


TABLE = DailyTable(
    name=NAME,
    description="NSE's closing index levels of the day exactly as published; a day without a file has no rows and a "
    "reason.",
    model=RawIndexClose,
    code_version="1",
    compute=compute,
    outside=source_of,
    block=block_size,
    may_be_empty=True,
    kinds=frozenset({"file"}),
    peak_megabytes=205,
    published=Publication(index_files, accept),
)
