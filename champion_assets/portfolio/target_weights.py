"""`portfolio/target_weights`: what the portfolio should hold, decided at the close of a day with what was known then.

Long-only mean-variance, fully invested, no name above `WEIGHT_CAP`, on the last session of each `REBALANCE` period; on other days
the last decision is carried. Before the first universe exists there is no row: everything is cash. An infeasible problem is an error
that names the constraints in conflict; there is no fallback.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.features.covariance import risk_model
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable, Input, Workspace
from champion_assets.portfolio.schedule import is_rebalance
from champion_assets.quant.optimise import Infeasible, NotSolved, mean_variance
from champion_assets.settings import Settings
from champion_assets.stage import daily_asset

NAME = "portfolio/target_weights"


class TargetWeights(TableModel):
    """A name that the portfolio should hold after the next session."""

    trade_date: pl.Date = pa.Field(description="Day at whose close the weights are in force")
    instrument_id: str = pa.Field(description="Permanent identity")
    symbol: str = pa.Field(description="Ticker on the day of the decision")
    weight: float = pa.Field(gt=0, le=1, description="Share of the portfolio's value")
    decided_on: pl.Date = pa.Field(description="Day of the decision; equal to trade_date on a rebalance day")
    relative_gap: float = pa.Field(ge=0, le=1e-8, description="Certified distance of the objective from its optimum")

    class Config(TableModel.Config):
        """One row a name and day."""

        unique = ["trade_date", "instrument_id"]

    @pa.dataframe_check(description="the weights of a day add up to 1")
    def fully_invested(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """The budget, recomputed from the stored rows."""
        return data.lazyframe.select((pl.col("weight").sum().over("trade_date") - 1.0).abs() <= 1e-9)


def decide(workspace: Workspace, date: dt.date) -> pl.DataFrame:
    """Solve for the weights of `date`; no rows if the universe is empty.

    Raises:
        Infeasible: names the conflict and the date.
    """
    expected = workspace.lake.read("features/expected_returns", [date], ["instrument_id", "expected_return"])
    if expected.is_empty():
        return empty_frame(TargetWeights)
    settings, risk = workspace.settings, risk_model(workspace, date)
    if expected["instrument_id"].to_list() != risk.instruments:
        raise ValueError(f"{date}: expected returns and risk model cover different names")
    mu = expected["expected_return"].to_numpy()
    try:
        solution = mean_variance(mu, risk.model, risk_aversion=settings.risk_aversion, cap=settings.weight_cap)
    except (Infeasible, NotSolved) as error:
        raise type(error)(f"{date}: {error}") from error
    held = np.flatnonzero(solution.weights > 0)
    return pl.DataFrame(
        {"trade_date": [date] * held.size, "instrument_id": [risk.instruments[i] for i in held],
         "symbol": [risk.symbols[i] for i in held], "weight": solution.weights[held], "decided_on": [date] * held.size,
         "relative_gap": [solution.relative_gap] * held.size}, schema=empty_frame(TargetWeights).schema,
    )  # fmt: skip


def compute(workspace: Workspace, dates: Sequence[dt.date]) -> Computed:
    """Weights of `dates`, each carried from the session before unless it is a rebalance day."""
    frames: list[pl.DataFrame] = []
    facts, failed = {}, {}
    previous: tuple[dt.date | None, pl.DataFrame] = (None, empty_frame(TargetWeights))
    for date in dates:
        try:
            if is_rebalance(workspace.calendar, date, workspace.settings.rebalance):
                today = decide(workspace, date)
            else:
                today = _carried(workspace, date, previous).with_columns(trade_date=pl.lit(date))
        except (Infeasible, NotSolved) as error:
            failed[date] = error
            break
        frames.append(today)
        previous = (date, today)
        facts[date] = {"names": today.height, "is_rebalance": bool(today.height) and today["decided_on"][0] == date}
    return Computed(pl.concat([empty_frame(TargetWeights), *frames]), facts=facts, failed=failed)


def _carried(workspace: Workspace, date: dt.date, previous: tuple[dt.date | None, pl.DataFrame]) -> pl.DataFrame:
    before = workspace.window(Input(NAME, lag=1), date)
    if not before:
        return empty_frame(TargetWeights)
    return previous[1] if previous[0] == before[0] else workspace.lake.read(NAME, before)


def preview(workspace: Workspace, date: dt.date) -> dict[str, str]:
    """The largest holdings as a table."""
    top = workspace.lake.read(NAME, [date]).sort("weight", descending=True).head(20)
    lines = [f"| {row['symbol']} | {row['weight']:.2%} | {row['decided_on']} |" for row in top.iter_rows(named=True)]
    return {"largest weights": "\n".join(["| name | weight | decided on |", "|---|---|---|", *lines])}


def _inputs(_: Settings) -> tuple[Input, ...]:
    return (Input("features/expected_returns"), Input("features/covariance"), Input(NAME, lag=1))


TABLE = DailyTable(
    name=NAME,
    description="Long-only mean-variance weights with a cap, decided at the close on rebalance days, carried in between.",
    model=TargetWeights,
    code_version="1",
    inputs=_inputs,
    parameters=lambda settings: {
        "risk_aversion": settings.risk_aversion,
        "weight_cap": settings.weight_cap,
        "rebalance": settings.rebalance,
    },
    day_facts=lambda workspace, date: is_rebalance(workspace.calendar, date, workspace.settings.rebalance),
    compute=compute,
    block=250,
    stateful=True,
    may_be_empty=True,
    preview=preview,
)

target_weights = daily_asset(TABLE, kinds={"parquet", "numpy"})
