"""`bronze/bundle_bands`: the securities that hit their price band, by the PR bundle of the day (its `bh` member), every line.

The bundle is kept by `raw/corporate_actions`, see `bundle_prices.py`. A day without a bundle, or with one whose `bh` is absent or not
readable, has no rows; what was refused is in the quarantine, and a list with a refused line is incomplete.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.bundle import parse_bundles
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.bundle_bands import SIDES, read_bundle_bands
from champion_assets.raw.corporate_actions import NAME as RAW

NAME = "bronze/bundle_bands"


class BundleBands(TableModel):
    """A line of a bundle's `bh` member."""

    trade_date: pl.Date = pa.Field(description="Day of the bundle, by its name: the member holds no date")
    symbol: str = pa.Field(description="Ticker on that date")
    series: str = pa.Field(description="Series")
    security: str = pa.Field(description="Name of the security")
    side: str = pa.Field(isin=list(SIDES.values()), description="Which of its bands it touched during the day")
    source_row: pl.Int32 = pa.Field(gt=0, description="Line of the member")
    source_sha256: str = pa.Field(description="SHA-256 of the bundle, see raw/corporate_actions")

    class Config(TableModel.Config):
        """One row per line of the file."""

        unique = ["trade_date", "source_row"]


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Parse the bundles of `dates`."""
    return parse_bundles(inputs, dates, BundleBands, read_bundle_bands)


TABLE = DailyTable(
    name=NAME,
    description="The securities that hit their price band by the PR bundle of the day.",
    model=BundleBands,
    code_version="1",
    inputs=lambda _: (Input(RAW),),
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=246,
)
