"""`silver/index_eod`: one row per index and trading day, under its present name, whatever it was called then.

`index_id` survives the renames of 2015 and changes of case. The return is close over previous close, where the previous
close is what the file's own points change implies, so that it needs no other day. `Nifty50 Dividend Points` is no index
but a running total that begins again at 0 each year: it has neither previous close nor return, and its 0 is a close.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import indices
from champion_assets.nse.indices import DIVIDEND_POINTS, current_name, index_id

NAME = "silver/index_eod"


class IndexEod(TableModel):
    """An index's trading day."""

    trade_date: pl.Date = pa.Field(description="Trading date")
    index_id: str = pa.Field(description="Permanent key: current name in lower case, words joined by _")
    index_name: str = pa.Field(description="Current name")
    published_name: str = pa.Field(description="Name on that date")
    open: float = pa.Field(gt=0, nullable=True, description="Opening level, points")
    high: float = pa.Field(gt=0, nullable=True, description="Highest level, points")
    low: float = pa.Field(gt=0, nullable=True, description="Lowest level, points")
    close: float = pa.Field(
        ge=0, description="Closing level, points; 0 only for dividend-point indices at the start of a year"
    )
    prev_close: float = pa.Field(
        gt=0, nullable=True, description="Previous close: close less the published change in points"
    )
    simple_return: float = pa.Field(gt=-1, nullable=True, description="close / prev_close - 1, price return")
    volume: pl.Int64 = pa.Field(ge=0, nullable=True, description="Shares traded in the members")
    turnover: float = pa.Field(ge=0, nullable=True, description="Value traded in the members, rupees")
    pe: float = pa.Field(nullable=True, description="Price over earnings")
    pb: float = pa.Field(nullable=True, description="Price over book value")
    dividend_yield: float = pa.Field(nullable=True, description="Dividend yield, percent")
    source_row: pl.Int32 = pa.Field(gt=0, description="Line number in the file")
    source_sha256: str = pa.Field(description="SHA-256 of the file")

    class Config(TableModel.Config):
        """One row per index and day."""

        unique = ["trade_date", "index_id"]


def transform(bronze: pl.DataFrame) -> Computed:
    """Bronze rows to silver rows.

    Args:
        bronze: rows of bronze/index_close of any days.

    Returns:
        Silver rows; rows without a close and second rows of one index are quarantined.
    """
    names = {name: (index_id(name), current_name(name)) for name in bronze["published_name"].unique()}
    previous, is_total = pl.col("close") - pl.col("points_change"), pl.col("index_id") == DIVIDEND_POINTS
    rows = (
        bronze.with_columns(
            index_id=pl.col("published_name").replace_strict(
                {name: key for name, (key, _) in names.items()}, return_dtype=pl.String
            ),
            index_name=pl.col("published_name").replace_strict(
                {name: now for name, (_, now) in names.items()}, return_dtype=pl.String
            ),
        )
        .with_columns(
            prev_close=pl.when((previous > 0) & ~is_total).then(previous),
            close=pl.when((pl.col("close") > 0) | (is_total & (pl.col("close") == 0))).then(pl.col("close")),
            **{column: pl.when(pl.col(column) > 0).then(pl.col(column)) for column in ("open", "high", "low")},
        )
        .with_columns(simple_return=pl.col("close") / pl.col("prev_close") - 1)
    )
    rule = (
        pl.when(pl.col("close").is_null()).then(pl.lit("no closing level"))
        .when(pl.int_range(pl.len()).over(["trade_date", "index_id"]) > 0).then(pl.lit("second row of the index"))
    )  # fmt: skip
    rows = rows.with_columns(reason=rule, rule=pl.when(rule.is_not_null()).then(pl.lit("S2")))
    rejects = rows.filter(pl.col("rule").is_not_null())
    good = (
        rows.filter(pl.col("rule").is_null())
        .select(list(IndexEod.to_schema().columns))
        .sort(["trade_date", "index_id"])
    )
    return Computed(good, rejects)


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Silver rows of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    return transform(inputs.read("bronze/index_close", days=dates))


TABLE = DailyTable(
    name=NAME,
    description="One row per index and trading day under its present name, with its price return.",
    model=IndexEod,
    provenance=frozenset({"source_row", "source_sha256"}),
    code_version="3",
    inputs=lambda _: (Input("bronze/index_close"),),
    constants={**values_of(indices)},
    compute=compute,
    may_be_empty=True,
    rows_stand_alone=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=209,
    in_warehouse=True,
)
