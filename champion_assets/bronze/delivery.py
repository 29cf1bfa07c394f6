"""`bronze/delivery`: every row of the day's delivery file, all series, nothing filtered.

A quantity that the file does not know (`-`, series BE and BZ) is null, never zero. A row that cannot be true, such as
101.5 percent delivered, stands in the quarantine; the others stay.
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
from champion_assets.nse.delivery import read_delivery

NAME = "bronze/delivery"


class Delivery(TableModel):
    """A row of a delivery file."""

    trade_date: pl.Date = pa.Field(description="Trading date, from the file itself")
    symbol: str = pa.Field(description="Ticker on that date")
    series: str = pa.Field(description="Series")
    open: float = pa.Field(
        ge=0, nullable=True, description="Opening price, rupees; `sec_bhavdata_full` only, as the next three"
    )
    high: float = pa.Field(ge=0, nullable=True, description="Highest price, rupees")
    low: float = pa.Field(ge=0, nullable=True, description="Lowest price, rupees")
    close: float = pa.Field(ge=0, nullable=True, description="Closing price, rupees")
    volume: pl.Int64 = pa.Field(ge=0, nullable=True, description="Shares traded; absent in the files of 2002")
    delivery_qty: pl.Int64 = pa.Field(ge=0, nullable=True, description="Shares delivered; null where the file has none")
    delivery_pct: float = pa.Field(ge=0, le=100.01, nullable=True, description="Delivered part of the volume, percent")
    source_row: pl.Int32 = pa.Field(gt=0, description="Line number in the file")
    source_sha256: str = pa.Field(description="SHA-256 of the file, see raw/delivery")

    @pa.dataframe_check(description="at most what was traded is delivered")
    def delivered_of_traded(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """No row delivers more than was traded."""
        return data.lazyframe.select((pl.col("delivery_qty") <= pl.col("volume")).fill_null(value=True))


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Parse the accepted files of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    return parse_days(inputs, "raw/delivery", dates, lambda body, name: read_delivery(body, name)[1], Delivery)


TABLE = DailyTable(
    name=NAME,
    description="Every row of the day's delivery file. Unknown quantities are null.",
    model=Delivery,
    provenance=frozenset({"source_row", "source_sha256"}),
    code_version="3",
    inputs=lambda _: (Input("raw/delivery"),),
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=253,
)
