"""`bronze/index_close`: every row of the day's index file, names as published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.parsed import parse_days
from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import indices
from champion_assets.nse.indices import read_index_close

NAME = "bronze/index_close"


class IndexClose(TableModel):
    """A row of an index file."""

    trade_date: pl.Date = pa.Field(description="Trading date")
    published_name: str = pa.Field(description="Name of the index as the file writes it")
    open: float = pa.Field(nullable=True, description="Opening level, points")
    high: float = pa.Field(nullable=True, description="Highest level, points")
    low: float = pa.Field(nullable=True, description="Lowest level, points")
    close: float = pa.Field(nullable=True, description="Closing level, points")
    points_change: float = pa.Field(nullable=True, description="Change from the previous close, points")
    change_pct: float = pa.Field(nullable=True, description="Change from the previous close, percent")
    volume: pl.Int64 = pa.Field(nullable=True, description="Shares traded in the members")
    turnover: float = pa.Field(nullable=True, description="Value traded in the members, rupees")
    pe: float = pa.Field(nullable=True, description="Price over earnings")
    pb: float = pa.Field(nullable=True, description="Price over book value")
    dividend_yield: float = pa.Field(nullable=True, description="Dividend yield, percent")
    source_row: pl.Int32 = pa.Field(gt=0, description="Line number in the file")
    source_sha256: str = pa.Field(description="SHA-256 of the file, see raw/index_close")


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Parse the accepted files of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    return parse_days(inputs, "raw/index_close", dates, read_index_close, IndexClose)


TABLE = DailyTable(
    name=NAME,
    description="Every row of the day's index file, names as published.",
    model=IndexClose,
    provenance=frozenset({"source_row", "source_sha256"}),
    code_version="1",
    inputs=lambda _: (Input("raw/index_close"),),
    constants={**values_of(indices)},
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=205,
)
