"""`bronze/derivatives`: every row of the bhavcopy of the derivatives, legacy and UDiFF in one schema.

Nothing is filtered: contracts that did not trade are there, as published. A row that breaks the schema is in the
quarantine, so rows and refused rows together are those of the file.
"""

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
from champion_assets.nse import derivatives
from champion_assets.nse.derivatives import KINDS, read_derivatives
from champion_assets.raw.derivatives import NAME as RAW

NAME = "bronze/derivatives"
CONTRACT_KINDS = tuple(dict.fromkeys(KINDS.values()))
BLOCK_ROWS = 1_000_000
"""Rows at once, of 16 to 30 sessions."""


class Derivatives(TableModel):
    """A contract's line."""

    trade_date: pl.Date = pa.Field(description="Trading date")
    symbol: str = pa.Field(description="Ticker of the underlying on that date, or short name of an index")
    kind: str = pa.Field(isin=CONTRACT_KINDS, description="Future or option, on a stock or an index")
    expiry: pl.Date = pa.Field(description="Day of expiry")
    strike: float = pa.Field(gt=0, nullable=True, description="Strike, rupees or points; null for futures")
    option_type: str = pa.Field(isin=["call", "put"], nullable=True, description="Call or put; null for futures")
    is_american: bool = pa.Field(nullable=True, description="May be exercised early (CA, PA); null for futures")
    open: float = pa.Field(ge=0, nullable=True, description="First price; 0 where nothing traded")
    high: float = pa.Field(ge=0, nullable=True, description="Highest price; 0 where nothing traded")
    low: float = pa.Field(ge=0, nullable=True, description="Lowest price; 0 where nothing traded")
    close: float = pa.Field(ge=0, nullable=True, description="Closing price; theoretical or old where nothing traded")
    settle: float = pa.Field(ge=0, nullable=True, description="Settlement price; on the day of expiry the underlying's")
    prev_close: float = pa.Field(ge=0, nullable=True, description="Close of the session before; null in legacy files")
    underlying_price: float = pa.Field(ge=0, nullable=True, description="Price of the underlying; null in legacy files")
    contracts: pl.Int64 = pa.Field(ge=0, description="Contracts traded")
    value: float = pa.Field(ge=0, nullable=True, description="Value traded, rupees; for options by strike plus premium")
    trades: pl.Int64 = pa.Field(ge=0, nullable=True, description="Number of trades; null in legacy files")
    open_interest: pl.Int64 = pa.Field(ge=0, description="Open interest at the close, shares")
    oi_change: pl.Int64 = pa.Field(nullable=True, description="Change of open interest in the session, shares")
    lot_size: pl.Int64 = pa.Field(gt=0, nullable=True, description="Shares per contract; null in legacy files")
    source_row: pl.Int32 = pa.Field(gt=0, description="Line number in the file")
    source_sha256: str = pa.Field(description="SHA-256 of the file, see raw/derivatives")

    class Config(TableModel.Config):
        """One row per line of the file."""

        unique = ["trade_date", "source_row"]

    @pa.dataframe_check(description="an option has strike and type, a future neither")
    def is_whole(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """What a contract pays must be known."""
        is_option = pl.col("kind").str.ends_with("option")
        has = [is_option == pl.col(name).is_not_null() for name in ("strike", "option_type")]
        return data.lazyframe.select(pl.all_horizontal(has))


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Parse the accepted files of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    return parse_days(inputs, RAW, dates, lambda body, name: read_derivatives(body, name).frame, Derivatives)


TABLE = DailyTable(
    name=NAME,
    description="Every row of the derivatives bhavcopy (legacy and UDiFF), untraded contracts included.",
    model=Derivatives,
    code_version="1",
    inputs=lambda _: (Input(RAW),),
    constants=values_of(derivatives, "KINDS", "RIGHTS", "AMERICAN"),
    compute=compute,
    block_rows=BLOCK_ROWS,
    may_be_empty=True,
    rows_stand_alone=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=1200,
)
