"""`features/expected_returns`: the mean daily return of each member of the universe over the look-back.

Estimator: arithmetic mean of the simple returns of the last `EXPECTED_RETURN_LOOKBACK` sessions, missing ones left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.features.window import Window, return_windows
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable, Input, Workspace
from champion_assets.quant.risk import centred
from champion_assets.stage import daily_asset

NAME = "features/expected_returns"


class ExpectedReturns(TableModel):
    """A member's expected return."""

    trade_date: pl.Date = pa.Field(description="Day at whose close the estimate was made")
    instrument_id: str = pa.Field(description="Permanent identity")
    symbol: str = pa.Field(description="Ticker on that date")
    expected_return: float = pa.Field(gt=-1, lt=1, description="Expected simple return of one session")
    observations: pl.Int32 = pa.Field(gt=0, description="Returns present in the window")
    estimator: str = pa.Field(isin=["historical_mean"], description="How it was estimated")
    window_first: pl.Date = pa.Field(description="First session of the window")

    class Config(TableModel.Config):
        """One row a member and day."""

        unique = ["trade_date", "instrument_id"]


def estimate(window: Window) -> pl.DataFrame:
    """Expected returns of one day's universe."""
    if not window.instruments:
        return empty_frame(ExpectedReturns)
    _, means = centred(window.returns)
    counts = np.isfinite(window.returns).sum(axis=0).astype(np.int32)
    return pl.DataFrame({"instrument_id": window.instruments, "symbol": window.symbols, "expected_return": means,
                         "observations": counts}).select(
        pl.lit(window.date).alias("trade_date"), pl.all(), pl.lit("historical_mean").alias("estimator"),
        pl.lit(window.sessions[0]).alias("window_first"),
    )  # fmt: skip


def compute(workspace: Workspace, dates: Sequence[dt.date]) -> Computed:
    """Expected returns of `dates`."""
    return Computed(pl.concat(map(estimate, return_windows(workspace, dates, workspace.settings.expected_return_lookback))))


TABLE = DailyTable(
    name=NAME,
    description="Mean daily return over the look-back for each member of the day's universe.",
    model=ExpectedReturns,
    code_version="2",
    inputs=lambda settings: (Input("features/universe"), Input("features/returns", settings.expected_return_lookback)),
    compute=compute,
    block=250,
    may_be_empty=True,
)

expected_returns = daily_asset(TABLE, kinds={"parquet", "numpy"})
