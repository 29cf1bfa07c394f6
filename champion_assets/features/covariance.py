"""`features/covariance`: the day's risk model over its universe, in the low-rank form `Σ = F'F + diag(d)`.

Estimated by COVARIANCE_ESTIMATOR (`quant/covariance.py`) over `COV_WINDOW_DAYS` sessions. Stored are mean, volatility,
d and shrinkage of each member; F comes from the window of returns itself, so `risk_model(workspace, date)` gives the
whole Σ of any day on demand and no n x n matrix is ever stored. Each day is estimated from its own window alone, in a
millisecond or two: members change from day to day, and so a single day and a range give the same bits.
`condition_number` is an upper bound.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl

from champion_assets.common.errors import RequestError
from champion_assets.features.window import Window, return_windows
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.lake.workspace import Workspace, open_inputs
from champion_assets.quant.covariance import COVARIANCES
from champion_assets.quant.estimators import COVARIANCE_NAMES
from champion_assets.quant.estimators import Covariance as CovarianceEstimator
from champion_assets.quant.risk import RiskModel, centred

NAME = "features/covariance"


class Covariance(TableModel):
    """A member's part of the day's risk model, in units of one session's return."""

    trade_date: pl.Date = pa.Field(description="Day at whose close the model was estimated")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    mean: float = pa.Field(description="Mean return subtracted in the window")
    volatility: float = pa.Field(ge=0, description="Standard deviation after shrinkage, per session")
    idiosyncratic: float = pa.Field(
        ge=0, description="Idiosyncratic part d of the variance (the diagonal), per session"
    )
    shrinkage: float = pa.Field(ge=0, le=1, description="Weight of the estimator's target")
    estimator: str = pa.Field(isin=COVARIANCE_NAMES, description="Name of the estimator")
    window_first: pl.Date = pa.Field(description="First session of the window")
    window_sessions: pl.Int32 = pa.Field(ge=2, description="Sessions in the window")

    class Config(TableModel.Config):
        """One row per member and day."""

        unique = ["trade_date", "instrument_id"]


@dataclass(frozen=True)
class DatedRiskModel:
    """Σ of one day with the names of its rows."""

    date: dt.date
    instruments: list[str]
    symbols: list[str]
    model: RiskModel


def risk_model(workspace: Workspace, date: dt.date) -> DatedRiskModel:
    """The risk model of a day, computed from the window of returns.

    Args:
        workspace: where the tables are.
        date: a session with a universe.

    Returns:
        The model with the ids and symbols of its n names.
    """
    (window,) = return_windows(open_inputs(TABLE, workspace, [date]), [date])
    if not window.instruments:
        raise RequestError(
            f"{date}: the universe is empty; it fills after UNIVERSE_WARMUP sessions, or no name qualifies"
        )
    return DatedRiskModel(
        date, window.instruments, window.symbols, risk_of(window, workspace.settings.covariance_estimator)
    )


def risk_of(window: Window, estimator: CovarianceEstimator) -> RiskModel:
    """The risk model of a window.

    Args:
        window: returns, shape (sessions, members).
        estimator: name of an estimator in `quant/covariance.py`.
    """
    return COVARIANCES[estimator](centred(window.returns)[0])


def estimate(window: Window, estimator: CovarianceEstimator) -> tuple[pl.DataFrame, dict[str, float]]:
    """The stored form of one day's risk model.

    Args:
        window: returns, shape (sessions, members).
        estimator: name of an estimator in `quant/covariance.py`.

    Returns:
        One row per member, and diagnostics for the metadata.
    """
    if not window.instruments:
        return empty_frame(Covariance), {}
    means = centred(window.returns)[1]
    model = risk_of(window, estimator)
    frame = pl.DataFrame({"instrument_id": window.instruments, "symbol": window.symbols, "mean": means,
                          "volatility": model.volatility(), "idiosyncratic": model.idiosyncratic}).select(
        pl.lit(window.date).alias("trade_date"), pl.all(), pl.lit(model.shrinkage).alias("shrinkage"),
        pl.lit(estimator).alias("estimator"), pl.lit(window.sessions[0]).alias("window_first"),
        pl.lit(len(window.sessions), pl.Int32).alias("window_sessions"),
    )  # fmt: skip
    return frame, {"shrinkage": model.shrinkage, "condition_number": model.condition_number()}


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Risk models of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    found = [estimate(window, inputs.parameters.estimator) for window in return_windows(inputs, dates)]
    facts = {
        date: {"members": frame.height, **diagnostics} for date, (frame, diagnostics) in zip(dates, found, strict=True)
    }
    return Computed(pl.concat([frame for frame, _ in found]), facts=facts)


TABLE = DailyTable(
    name=NAME,
    description="Risk model of the day's universe in low-rank form; the full covariance matrix is computed on demand.",
    model=Covariance,
    code_version="3",
    inputs=lambda settings: (Input("features/universe"), Input("features/returns", settings.cov_window_days)),
    parameters=lambda settings: {"estimator": settings.covariance_estimator},
    compute=compute,
    block=250,
    may_be_empty=True,
    kinds=frozenset({"parquet", "numpy"}),
    peak_megabytes=323,
    in_warehouse=True,
    grain="instrument",
)
