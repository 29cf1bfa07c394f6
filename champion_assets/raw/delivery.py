"""`raw/delivery`: the day's delivery file (`sec_bhavdata_full`, before October 2019 `MTO`), byte for byte.

The bhavcopy says what traded; this file adds what was delivered, comes later, and has holes: none exists for
2021-11-04, and under the name of 2022-08-08 lies a workbook. So a day without it is a day without rows, not a failed
day; a file that is misdated or no delivery file at all is refused, listed under `quarantine/raw/delivery`, and never
becomes data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import cast

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.table import Computed, DailyTable, Publication
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.delivery import read_delivery
from champion_assets.nse.names import NamedFile, delivery_file, mto_file
from champion_assets.nse.source.base import Fetched
from champion_assets.raw.files import RawFile, block_size, fetch_days, source_of

NAME = "raw/delivery"
FIRST_FULL = dt.date(2019, 10, 1)


class RawDelivery(RawFile):
    """A received version of the day's delivery file."""


def delivery_files(date: dt.date) -> tuple[NamedFile, ...]:
    """The files that can hold the day's deliveries, the preferred one first."""
    return (delivery_file(date), mto_file(date)) if date >= FIRST_FULL else (mto_file(date),)


def accept(fetched: Fetched) -> tuple[dt.date, str, int]:
    """Parse the whole file: its date, format and number of rows."""
    form, frame = read_outside(read_delivery, fetched.body, fetched.name)
    return cast("dt.date", frame["trade_date"][0]), form, frame.height


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Fetch the files of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    return fetch_days(inputs, dates, delivery_files, accept, optional=True)


TABLE = DailyTable(
    name=NAME,
    description="NSE's delivery file of the day exactly as published; a day without one has no rows and a reason.",
    model=RawDelivery,
    code_version="1",
    compute=compute,
    outside=source_of,
    block=block_size,
    may_be_empty=True,
    kinds=frozenset({"file"}),
    peak_megabytes=336,
    published=Publication(delivery_files, accept),
)
