"""`features/expected_returns`.

The expected return of the next session of each member of the universe, by EXPECTED_RETURN_ESTIMATOR.

Estimators are in `quant/expected.py`; all look at the total returns of the last `EXPECTED_RETURN_LOOKBACK` sessions.
The market of `capm` is the equally weighted universe; the weights of `implied` are those of TRACKED, its risk that of
the same window by COVARIANCE_ESTIMATOR.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.features.window import Window, return_windows
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.parameters import Parameters
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.quant.benchmark import benchmark_weights
from champion_assets.quant.covariance import COVARIANCES
from champion_assets.quant.estimators import EXPECTED_RETURN_NAMES
from champion_assets.quant.expected import PLAIN, capm, implied
from champion_assets.quant.risk import Array, centred

NAME = "features/expected_returns"


class ExpectedReturns(TableModel):
    """A member's expected return."""

    trade_date: pl.Date = pa.Field(description="Day at whose close the estimate was made")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    expected_return: float = pa.Field(gt=-1, lt=1, description="Expected simple return of one session")
    observations: pl.Int32 = pa.Field(gt=0, description="Returns present in the window")
    estimator: str = pa.Field(isin=EXPECTED_RETURN_NAMES, description="Name of the estimator")
    window_first: pl.Date = pa.Field(description="First session of the window")

    class Config(TableModel.Config):
        """One row per member and day."""

        unique = ["trade_date", "instrument_id"]


def expected_of(window: Window, rules: Parameters) -> Array:
    """Expected returns of a window.

    Args:
        window: returns, shape (sessions, members).
        rules: parameters of the table: estimator and its window.

    Returns:
        Expected simple return of one session, shape (members,).
    """
    name = rules.estimator
    if name in PLAIN:
        return PLAIN[name](window.returns)
    if name == "capm":
        market = np.nanmean(window.returns, axis=1)
        return capm(window.returns, np.where(np.isfinite(market), market, 0.0))
    if name != "implied":
        raise ValueError(f"no function of the estimator {name!r}: it belongs into PLAIN of quant/expected.py")
    risk = COVARIANCES[rules.risk](centred(window.returns)[0])
    return implied(risk, benchmark_weights(window.turnover, rules.tracked), rules.risk_aversion)


def estimate(window: Window, rules: Parameters) -> pl.DataFrame:
    """Expected returns of one day's universe.

    Args:
        window: returns, shape (sessions, members).
        rules: parameters of the table: estimator and its window.

    Returns:
        One row per member.
    """
    if not window.instruments:
        return empty_frame(ExpectedReturns)
    counts = np.isfinite(window.returns).sum(axis=0).astype(np.int32)
    return pl.DataFrame(
        {
            "instrument_id": window.instruments,
            "symbol": window.symbols,
            "expected_return": expected_of(window, rules),
            "observations": counts,
        }
    ).select(
        pl.lit(window.date).alias("trade_date"),
        pl.all(),
        pl.lit(rules.estimator).alias("estimator"),
        pl.lit(window.sessions[0]).alias("window_first"),
    )


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Expected returns of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    return Computed(pl.concat([estimate(window, inputs.parameters) for window in return_windows(inputs, dates)]))


TABLE = DailyTable(
    name=NAME,
    description="Expected return of the next session for each member of the day's universe.",
    model=ExpectedReturns,
    code_version="3",
    inputs=lambda settings: (Input("features/universe"), Input("features/returns", settings.expected_return_lookback)),
    parameters=lambda settings: {
        "estimator": settings.expected_return_estimator,
        **(
            {
                "tracked": settings.tracked,
                "risk": settings.covariance_estimator,
                "risk_aversion": settings.risk_aversion,
            }
            if settings.expected_return_estimator == "implied"
            else {}
        ),
    },
    compute=compute,
    block=250,
    may_be_empty=True,
    kinds=frozenset({"parquet", "numpy"}),
    peak_megabytes=321,
    in_warehouse=True,
    grain="instrument",
)
