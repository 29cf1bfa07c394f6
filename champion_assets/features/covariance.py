"""`features/covariance`: the day's risk model over its universe, in the low-rank form `Σ = F'F + diag(d)`.

Ledoit-Wolf shrinkage to a multiple of the identity over `COV_WINDOW_DAYS` sessions. Stored are mean, volatility, d and shrinkage of
each member; F is the centred window of returns itself, so `risk_model(workspace, date)` gives the whole Σ of any day on demand and
no n x n matrix is ever stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl

from champion_assets.features.window import Window, return_windows
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable, Input, Workspace
from champion_assets.quant.risk import RiskModel, centred, ledoit_wolf
from champion_assets.stage import daily_asset

NAME = "features/covariance"


class Covariance(TableModel):
    """A member's part of the day's risk model, in units of one session's return."""

    trade_date: pl.Date = pa.Field(description="Day at whose close the model was estimated")
    instrument_id: str = pa.Field(description="Permanent identity")
    symbol: str = pa.Field(description="Ticker on that date")
    mean: float = pa.Field(description="Mean return subtracted in the window")
    volatility: float = pa.Field(ge=0, description="Standard deviation after shrinkage, per session")
    idiosyncratic: float = pa.Field(ge=0, description="d: the diagonal part of the variance")
    shrinkage: float = pa.Field(ge=0, le=1, description="Weight of the identity target")
    estimator: str = pa.Field(isin=["ledoit_wolf"], description="How it was estimated")
    window_first: pl.Date = pa.Field(description="First session of the window")
    window_sessions: pl.Int32 = pa.Field(ge=2, description="Sessions in the window")

    class Config(TableModel.Config):
        """One row a member and day."""

        unique = ["trade_date", "instrument_id"]


@dataclass(frozen=True)
class DatedRiskModel:
    """Σ of one day with the names of its rows."""

    date: dt.date
    instruments: list[str]
    symbols: list[str]
    model: RiskModel


def risk_model(workspace: Workspace, date: dt.date) -> DatedRiskModel:
    """The risk model of `date`, computed from the window of returns (about a millisecond at 500 names)."""
    (window,) = return_windows(workspace, [date], workspace.settings.cov_window_days)
    if not window.instruments:
        raise ValueError(f"{date}: the universe is empty, there is nothing to model")
    return DatedRiskModel(date, window.instruments, window.symbols, ledoit_wolf(centred(window.returns)[0]))


def estimate(window: Window) -> pl.DataFrame:
    """The stored form of one day's risk model."""
    if not window.instruments:
        return empty_frame(Covariance)
    deviations, means = centred(window.returns)
    model = ledoit_wolf(deviations)
    return pl.DataFrame({"instrument_id": window.instruments, "symbol": window.symbols, "mean": means,
                         "volatility": model.volatility(), "idiosyncratic": model.idiosyncratic}).select(
        pl.lit(window.date).alias("trade_date"), pl.all(), pl.lit(model.shrinkage).alias("shrinkage"),
        pl.lit("ledoit_wolf").alias("estimator"), pl.lit(window.sessions[0]).alias("window_first"),
        pl.lit(len(window.sessions), pl.Int32).alias("window_sessions"),
    )  # fmt: skip


def compute(workspace: Workspace, dates: Sequence[dt.date]) -> Computed:
    """Risk models of `dates`."""
    frames = [estimate(window) for window in return_windows(workspace, dates, workspace.settings.cov_window_days)]
    facts = {date: {"members": frame.height, **({"shrinkage": frame["shrinkage"][0]} if frame.height else {})}
             for date, frame in zip(dates, frames, strict=True)}  # fmt: skip
    return Computed(pl.concat(frames), facts=facts)


TABLE = DailyTable(
    name=NAME,
    description="The day's Ledoit-Wolf risk model over its universe in low-rank form; the full matrix is computed on demand.",
    model=Covariance,
    code_version="2",
    inputs=lambda settings: (Input("features/universe"), Input("features/returns", settings.cov_window_days)),
    compute=compute,
    block=250,
    may_be_empty=True,
)

covariance = daily_asset(TABLE, kinds={"parquet", "numpy"})
