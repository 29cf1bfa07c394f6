"""`bronze/bundle_prices`: what traded, by the PR bundle of the day (its `Pd` member), every row, indices included.

The second witness of who traded: `checks/results` compares it with the bhavcopy. The bundle is kept by
`raw/corporate_actions`, whose days are current as long as its corporate actions are: a bundle that is published again
with other prices and the same actions is not looked at. A member that lies loose serves, too (`raw/bundle_members`). A
day without, or with one that is not readable, has no rows; what was refused is in the quarantine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.bundle import MEMBER_INPUTS, DayText, bundle_texts, parse_texts
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.bundle_prices import PD, read_price_rows

NAME = "bronze/bundle_prices"


class BundlePrices(TableModel):
    """A row of a bundle's `Pd` member."""

    trade_date: pl.Date = pa.Field(description="Day of the bundle, from its file name; the member contains no date")
    market: str = pa.Field(nullable=True, description="Y index, N normal market, G government securities, O others")
    series: str = pa.Field(nullable=True, description="Series; null for an index")
    symbol: str = pa.Field(nullable=True, description="Ticker on that date; null for an index")
    security: str = pa.Field(nullable=True, description="Name of the security or index")
    prev_close: float = pa.Field(nullable=True, description="Previous close, rupees or points")
    open: float = pa.Field(nullable=True, description="Opening price")
    high: float = pa.Field(nullable=True, description="Highest price")
    low: float = pa.Field(nullable=True, description="Lowest price")
    close: float = pa.Field(nullable=True, description="Closing price")
    turnover: float = pa.Field(nullable=True, description="Value traded, rupees")
    volume: pl.Int64 = pa.Field(nullable=True, ge=0, description="Shares traded")
    is_nifty_50: bool = pa.Field(description="A member of the Nifty 50 on that day")
    corporate_flag: str = pa.Field(nullable=True, description="CORP_IND: XD ex dividend, others; not for indices")
    trades: pl.Int64 = pa.Field(nullable=True, ge=0, description="Number of trades")
    high_52_weeks: float = pa.Field(
        nullable=True, description="52-week high, rupees or points, not adjusted for splits"
    )
    low_52_weeks: float = pa.Field(nullable=True, description="52-week low, rupees or points, not adjusted for splits")
    source_row: pl.Int32 = pa.Field(gt=0, description="Line number in the member")
    source_sha256: str = pa.Field(description="SHA-256 of the bundle, see raw/corporate_actions")

    class Config(TableModel.Config):
        """One row per line of the file."""

        unique = ["trade_date", "source_row"]


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Parse the bundles of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """

    def read(text: str, of: DayText) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
        return *read_price_rows(text, of.name), {}

    return parse_texts(bundle_texts(inputs, dates, PD), BundlePrices, read)


TABLE = DailyTable(
    name=NAME,
    description="Securities and indices in the PR bundle's price list of the day, with the members of the Nifty 50.",
    model=BundlePrices,
    code_version="1",
    inputs=lambda _: MEMBER_INPUTS,
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=298,
)
