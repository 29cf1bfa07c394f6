"""`portfolio/target_weights`: what the portfolio should hold, decided at the close of a day with what was known then.

Objective, constraints and rebalancing are settings (`Strategy` in settings.py); the default is long-only mean-variance, fully invested, no
name above `WEIGHT_CAP`, on the last session of each month. On other days the last decision is carried, and `drifted` follows what its
weights have become. Before the first universe exists there is no row: everything is cash. An infeasible problem is an error that names the
smallest set of constraints in conflict and the nearest way out; there is no fallback.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.features.covariance import risk_of
from champion_assets.features.esg import BLEND
from champion_assets.features.window import RETURNS, return_windows
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.costs import cost_rates
from champion_assets.portfolio.decide import Decision, decide
from champion_assets.portfolio.known import Known
from champion_assets.portfolio.schedule import has_drifted, is_rebalance
from champion_assets.portfolio.tilts import tilt_inputs, tilts_on
from champion_assets.quant.problem import Infeasible, NotSolved
from champion_assets.quant.risk import Array
from champion_assets.settings import Settings
from champion_assets.settings.strategy import Strategy

NAME = "portfolio/target_weights"


class TargetWeights(TableModel):
    """A name that the portfolio should hold after the next session."""

    trade_date: pl.Date = pa.Field(description="Day at whose close the weights are in force")
    instrument_id: str = pa.Field(description="Permanent identity")
    symbol: str = pa.Field(description="Ticker on the day of the decision")
    sector: str = pa.Field(description="Industry on the day of the decision")
    weight: float = pa.Field(gt=0, le=1, description="Share of the portfolio's value")
    drifted: float = pa.Field(ge=0, le=1, description="What the weight has become by this close through the returns since the decision")
    decided_on: pl.Date = pa.Field(description="Day of the decision; equal to trade_date on a rebalance day")
    esg_score: float = pa.Field(nullable=True, description="Blended ESG score on the day of the decision, 0 to 100; null where unknown")
    cash_weight: float = pa.Field(ge=0, lt=1, description="Share of the portfolio that stays in cash")
    relative_gap: float = pa.Field(ge=0, le=1e-8, description="Certified distance of the objective from its optimum")

    class Config(TableModel.Config):
        """One row per name and day."""

        unique = ["trade_date", "instrument_id"]

    @pa.dataframe_check(description="the weights of a day and its cash add up to 1")
    def adds_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """The budget, recomputed from the stored rows."""
        return data.lazyframe.select((pl.col("weight").sum().over("trade_date") + pl.col("cash_weight") - 1.0).abs() <= 1e-9)


def strategy_of(parameters: Mapping[str, Any]) -> Strategy:
    """The strategy among the parameters of a table."""
    return Strategy.model_validate({name: parameters[name] for name in Strategy.model_fields})


def decision_inputs(settings: Settings) -> tuple[Input, ...]:
    """What a decision looks at; its risk model is computed from the window of returns, as features/covariance does."""
    return (
        Input("features/expected_returns"), Input("features/covariance"), Input("features/universe"), Input("features/esg"),
        Input(RETURNS, settings.cov_window_days), *tilt_inputs(settings.tilts),
    )  # fmt: skip


def decision_parameters(settings: Settings) -> dict[str, Any]:
    """What a decision depends on beside data."""
    return {
        **settings.strategy.model_dump(),
        "capital": settings.initial_capital,
        "slippage_bps": settings.slippage_bps,
        "brokerage_bps": settings.brokerage_bps,
    }


def known_on(inputs: Inputs, dates: Sequence[dt.date], strategy: Strategy) -> dict[dt.date, Known]:
    """What `strategy` looks at on each of `dates`; days without a universe are left out."""
    costs = inputs.parameters
    expected = _by_day(inputs.read("features/expected_returns", ["trade_date", "instrument_id", "expected_return"], days=dates))
    universe = _by_day(inputs.read("features/universe", ["trade_date", "instrument_id", "sector"], days=dates))
    scores = _by_day(
        inputs.read("features/esg", ["trade_date", "instrument_id", "provider", "score"], days=dates).filter(pl.col("provider") == BLEND)
    )
    tilts = _by_day(tilts_on(inputs, dates, strategy)) if strategy.tilts else None
    found = {}
    for window in return_windows(inputs, dates):
        if not window.instruments:
            continue
        rows = (
            universe[window.date].sort("instrument_id").join(expected[window.date], on="instrument_id", how="left", maintain_order="left")
        )
        if rows["expected_return"].null_count():
            raise ValueError(f"{window.date}: expected returns and risk model cover different names")
        blend = scores.get(window.date)
        esg = (
            rows.join(blend.drop("trade_date"), on="instrument_id", how="left", maintain_order="left")["score"]
            if blend is not None
            else None
        )
        rates = cost_rates(window.date)
        found[window.date] = Known(
            window.date, window.instruments, window.symbols, rows["sector"].to_list(), window.turnover, rows["expected_return"].to_numpy(),
            risk_of(window, strategy.covariance_estimator),
            np.full(rows.height, np.nan) if esg is None else esg.fill_null(np.nan).to_numpy(),
            (rates.buy + rates.sell) / 2 + (costs.slippage_bps + costs.brokerage_bps) / 10_000,
            None if tilts is None else _tilt_of(rows, tilts.get(window.date)),
        )  # fmt: skip
    return found


def _tilt_of(members: pl.DataFrame, tilts: pl.DataFrame | None) -> Array:
    if tilts is None:
        return np.zeros(members.height)
    joined = members.join(tilts.drop("trade_date"), on="instrument_id", how="left", maintain_order="left")
    return joined["tilt"].fill_null(0.0).to_numpy()


def as_rows(known: Known, decision: Decision, strategy: Strategy) -> pl.DataFrame:
    """The stored form of a decision."""
    held = [int(each) for each in np.flatnonzero(decision.weights > 0)]
    esg = known.esg[held]
    return pl.DataFrame(
        {"trade_date": [known.date] * len(held), "instrument_id": [known.instruments[i] for i in held],
         "symbol": [known.symbols[i] for i in held], "sector": [known.sectors[i] for i in held], "weight": decision.weights[held],
         "drifted": decision.weights[held], "decided_on": [known.date] * len(held),
         "esg_score": pl.Series(esg, dtype=pl.Float64).fill_nan(None), "cash_weight": [strategy.cash_weight] * len(held),
         "relative_gap": [decision.solution.relative_gap] * len(held)}, schema=empty_frame(TargetWeights).schema,
    )  # fmt: skip


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Weights of `dates`, each carried from the session before unless it is a rebalance day."""
    strategy = strategy_of(inputs.parameters)
    candidates = [date for date in dates if inputs.facts[date]]
    known = known_on(inputs, candidates, strategy) if candidates else {}
    returns = _by_day(inputs.read(RETURNS, ["trade_date", "instrument_id", "total_return"], days=dates))
    frames: list[pl.DataFrame] = []
    facts: dict[dt.date, dict[str, Any]] = {}
    failed: dict[dt.date, Exception] = {}
    previous: tuple[dt.date | None, pl.DataFrame] = (None, empty_frame(TargetWeights))
    for date in dates:
        today = drifted(_carried(inputs, date, previous), returns.get(date)).with_columns(trade_date=pl.lit(date))
        wanted = date in known and (
            strategy.rebalance != "band" or has_drifted(today["weight"].to_numpy(), today["drifted"].to_numpy(), strategy.rebalance_band)
        )
        facts[date] = {"names": today.height, "is_rebalance": wanted}
        if wanted:
            try:
                decision = decide(
                    known[date], strategy, inputs.parameters.capital, dict(today.select("instrument_id", "drifted").iter_rows())
                )
            except (Infeasible, NotSolved) as error:
                failed[date] = error
                break
            before, today = today, as_rows(known[date], decision, strategy)
            facts[date] |= _facts(decision, before, today)
        frames.append(today)
        previous = (date, today)
    return Computed(pl.concat([empty_frame(TargetWeights), *frames]), facts=facts, failed=failed)


def drifted(weights: pl.DataFrame, returns: pl.DataFrame | None) -> pl.DataFrame:
    """Carried rows with `drifted` moved by the day's total returns (none for a name that has none); cash does not grow."""
    if weights.is_empty() or returns is None:
        return weights
    moved = weights.join(returns.select("instrument_id", "total_return"), on="instrument_id", how="left", maintain_order="left")
    moved = moved.with_columns(drifted=pl.col("drifted") * (1 + pl.col("total_return").fill_null(0.0)))
    cash = 1 - weights["drifted"].sum()
    return moved.with_columns(drifted=pl.col("drifted") / (pl.col("drifted").sum() + cash)).select(weights.columns)


def _facts(decision: Decision, before: pl.DataFrame, today: pl.DataFrame) -> dict[str, Any]:
    prices = {f"price of {name}": value for name, value in decision.solution.multipliers.items() if name != "budget" and value}
    found = {"names": today.height, "relative_gap": decision.solution.relative_gap, "turnover": traded(before, today), **prices}
    return found if decision.distance is None else found | {"distance_from_best_names": decision.distance}


def traded(before: pl.DataFrame, today: pl.DataFrame) -> float:
    """Half the sum of all changes of weights from what is held (`drifted`) to what is decided; of the first investment, half of it."""
    both = before.select("instrument_id", "drifted").join(today.select("instrument_id", "weight"), on="instrument_id", how="full")
    changes = both.select((pl.col("weight").fill_null(0.0) - pl.col("drifted").fill_null(0.0)).abs().sum())
    return float(changes.item()) / 2


def _carried(inputs: Inputs, date: dt.date, previous: tuple[dt.date | None, pl.DataFrame]) -> pl.DataFrame:
    before = inputs.window(NAME, date)
    if not before:
        return empty_frame(TargetWeights)
    return previous[1] if previous[0] == before[0] else inputs.read(NAME, for_date=date)


def _by_day(frame: pl.DataFrame) -> dict[dt.date, pl.DataFrame]:
    return {key[0]: rows for key, rows in frame.partition_by("trade_date", as_dict=True).items()}


def preview(place: Place, date: dt.date) -> dict[str, str]:
    """The largest holdings as a table."""
    top = place.lake.read(NAME, [date]).sort("weight", descending=True).head(20)
    lines = [f"| {row['symbol']} | {row['sector']} | {row['weight']:.2%} | {row['decided_on']} |" for row in top.iter_rows(named=True)]
    return {"largest weights": "\n".join(["| name | sector | weight | decided on |", "|---|---|---|---|", *lines])}


TABLE = DailyTable(
    name=NAME,
    description="What the portfolio should hold: decided at the close on rebalance days by the strategy, carried in between.",
    model=TargetWeights,
    code_version="3",
    inputs=lambda settings: (*decision_inputs(settings), Input(NAME, lag=1)),
    parameters=decision_parameters,
    day_facts=lambda place, dates: {date: is_rebalance(place.calendar, date, place.settings.rebalance) for date in dates},
    compute=compute,
    block=250,
    stateful=True,
    may_be_empty=True,
    preview=preview,
    kinds=frozenset({"parquet", "numpy"}),
    peak_megabytes=322,
    in_warehouse=True,
    grain="instrument",
)
