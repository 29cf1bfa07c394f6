"""`bronze/bhavcopy`: every row of the day's bhavcopy, all series, in one canonical schema, nothing filtered.

Formats of all eras become the same columns here. Each row knows its file (SHA-256) and its line in it, and the number
of rows must equal that of the file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.parsed import parse_days
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.formats import read_bhavcopy

NAME = "bronze/bhavcopy"


class Bhavcopy(TableModel):
    """A row of a bhavcopy. Prices in rupees as published, null where the format has no such column."""

    trade_date: pl.Date = pa.Field(description="Trading date, from the row itself")
    symbol: str = pa.Field(description="Ticker on that date")
    series: str = pa.Field(description="Series: EQ, BE, BZ, SM, ST, and those of debt and rights")
    isin: str = pa.Field(
        nullable=True, description="ISIN as published, not corrected; null before 2011-06-22 and in sec_bhavdata_full"
    )
    name: str = pa.Field(nullable=True, description="Name of the instrument (UDiFF only)")
    open: float = pa.Field(ge=0, nullable=True, description="Opening price, rupees")
    high: float = pa.Field(ge=0, nullable=True, description="Highest price, rupees")
    low: float = pa.Field(ge=0, nullable=True, description="Lowest price, rupees")
    close: float = pa.Field(
        ge=0, nullable=True, description="Closing price, rupees: average of the last half hour until 2026-07-31"
    )
    last: float = pa.Field(
        gt=0, nullable=True, description="Last traded price, rupees; null where the file says 0 or nothing"
    )
    prev_close: float = pa.Field(
        ge=0, nullable=True, description="Unadjusted close of the previous trading day, rupees"
    )
    vwap: float = pa.Field(ge=0, nullable=True, description="Average price (delivery format only), rupees")
    volume: pl.Int64 = pa.Field(ge=0, description="Shares traded")
    turnover: float = pa.Field(ge=0, description="Value traded, rupees")
    trades: pl.Int64 = pa.Field(ge=0, nullable=True, description="Number of trades; absent before 2011-06-22")
    delivery_qty: pl.Int64 = pa.Field(ge=0, nullable=True, description="Shares delivered (delivery format only)")
    delivery_pct: float = pa.Field(
        ge=0, nullable=True, description="Delivered part of the volume, percent (delivery format only)"
    )
    lot_size: pl.Int64 = pa.Field(ge=0, nullable=True, description="Board lot (UDiFF only)")
    source_row: pl.Int32 = pa.Field(gt=0, description="Line number in the file; the first line after the header is 1")
    source_sha256: str = pa.Field(description="SHA-256 of the file, see raw/bhavcopy")


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Parse the accepted files of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """

    def read(body: bytes, name: str) -> pl.DataFrame:
        return read_bhavcopy(body, name).frame

    return parse_days(inputs, "raw/bhavcopy", dates, read, Bhavcopy, rows_stand_alone=False)


TABLE = DailyTable(
    name=NAME,
    description="Every row of the day's bhavcopy, all series, in one typed schema, unfiltered.",
    model=Bhavcopy,
    provenance=frozenset({"source_row", "source_sha256"}),
    code_version="2",
    inputs=lambda _: (Input("raw/bhavcopy"),),
    compute=compute,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=266,
    mlflow_names=("parse_duration_seconds", "raw_rows_parsed"),
)
