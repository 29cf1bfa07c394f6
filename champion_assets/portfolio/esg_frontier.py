"""What an ESG floor costs on one evening.

The frontier of the strategy's universe and constraints, in figures of a year.

What belongs here: which problem is solved for which floors, and its figures. What does not: the method
(`quant/objectives.py`), reading tables (`evenings.py`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from champion_assets.common.errors import RequestError
from champion_assets.portfolio.constraints import make_problem
from champion_assets.portfolio.known import Known, Standing
from champion_assets.quant.metrics import SESSIONS_A_YEAR
from champion_assets.quant.objectives import (
    FrontierPoint,
    Objective,
    best_score,
    esg_frontier,
    frontier_point,
    maximum_sharpe,
    minimum_variance,
)
from champion_assets.quant.problem import Infeasible, Problem
from champion_assets.settings.strategy import Strategy

FLOORS = 12
"""Floors that are tried unless others are asked for."""
OBJECTIVES: dict[str, Objective] = {"maximum_sharpe": maximum_sharpe, "minimum_variance": minimum_variance}
_BASIS = 10_000
SCHEMA = {
    "objective": pl.String,
    "floor": pl.Float64,
    "score": pl.Float64,
    "expected_excess_return": pl.Float64,
    "volatility": pl.Float64,
    "sharpe": pl.Float64,
    "names": pl.Int32,
    "price_bps": pl.Float64,
    "cost_bps": pl.Float64,
    "binds": pl.Boolean,
}


@dataclass(frozen=True, eq=False)
class Frontier:
    """What ESG floors cost on an evening.

    Attributes:
        date: the evening.
        table: one row per objective and floor, the one without any rule on ESG first; see `research.esg_frontier` for
            its columns.
        weights: objective, floor, instrument_id, symbol, weight of every position.
        members: names in the universe.
        scored: those of them that have a score.
        overnight_rate: a year, what returns are in excess of.
        highest: the highest score that the constraints allow.
        note: why there is no tangency portfolio, "" if there is.
    """

    date: dt.date
    table: pl.DataFrame
    weights: pl.DataFrame
    members: int
    scored: int
    overnight_rate: float
    highest: float
    note: str = ""


def frontier_of(
    known: Known, strategy: Strategy, value: float, overnight_rate: float, floors: Sequence[float] | None = None
) -> Frontier:
    """The frontier of one evening, under the caps, sector caps, exclusions and liquidity limits of the strategy,
    from cash.

    Args:
        known: of the evening.
        strategy: whose constraints hold, but for those on ESG, trading and the number of names.
        value: of the account, rupees, which limits on liquidity are a share of.
        overnight_rate: a year.
        floors: points from 0 to 100; by default some from the score of the best portfolios to the highest that can be
            attained.

    Raises:
        RequestError: no member has a score, or none of `floors` can be attained.
        Infeasible: no weights meet the constraints.
    """
    scored = int(np.isfinite(known.esg).sum())
    if scored == 0:
        raise RequestError(
            f"{known.date}: none of the {len(known.instruments)} members of the universe has an ESG score. "
            f"Put ratings and their mapping "
            "into the folder of CHAMPION_ESG (docs/esg.md), then `champion backfill` the days"
        )
    problem = _problem(known, strategy, value, overnight_rate)
    highest = best_score(problem, known.esg)
    found: dict[str, list[FrontierPoint]] = {}
    note = ""
    for name, objective in OBJECTIVES.items():
        try:
            found[name] = [frontier_point(problem, known.esg, objective(problem, None))]
        except Infeasible as error:
            if name != "maximum_sharpe":
                raise
            note = str(error)
    wanted = _floors(found, highest) if floors is None else sorted(floors)
    for name, points in found.items():
        points.extend(esg_frontier(problem, known.esg, wanted, OBJECTIVES[name]))
    if all(len(points) == 1 for points in found.values()):
        raise RequestError(
            f"{known.date}: no ESG floor from {wanted[0]:g} points "
            f"on can be attained; the constraints allow {highest:.1f}"
        )
    rows = [_row(name, point, points[0], strategy.risk_aversion) for name, points in found.items() for point in points]
    held = [
        (name, point.floor, known.instruments[number], known.symbols[number], float(point.weights[number]))
        for name, points in found.items()
        for point in points
        for number in map(int, np.flatnonzero(point.weights > 1e-9))
    ]
    weights = pl.DataFrame(
        held,
        schema={
            "objective": pl.String,
            "floor": pl.Float64,
            "instrument_id": pl.String,
            "symbol": pl.String,
            "weight": pl.Float64,
        },
        orient="row",
    )
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return Frontier(known.date, table, weights, len(known.instruments), scored, overnight_rate, highest, note)


def _problem(known: Known, strategy: Strategy, value: float, overnight_rate: float) -> Problem:
    """The strategy's constraints without those on ESG, trading and the number of names.

    Returns in excess of the overnight rate.
    """
    free = strategy.model_copy(
        update={
            "esg_floor": None,
            "esg_floor_relative": None,
            "esg_best_in_class": None,
            "esg_preference": 0.0,
            "esg_min_coverage": 0.0,
            "turnover_max": None,
            "cost_horizon": None,
            "max_names": None,
            "min_position": 0.0,
            "objective": "maximum_sharpe",
        }
    )
    problem = make_problem(known, free, Standing(value))
    return replace(problem, expected=problem.expected - overnight_rate / SESSIONS_A_YEAR)


def _floors(found: dict[str, list[FrontierPoint]], highest: float) -> list[float]:
    """From the lowest score of the portfolios without a floor to the highest, in tenths of a point."""
    scores = [score for points in found.values() if math.isfinite(score := points[0].score)]
    lowest = min([*scores, highest])
    steps = np.linspace(lowest, highest, FLOORS)
    return sorted({math.floor(step * 10 + 1e-6) / 10 for step in steps})


def _row(objective: str, point: FrontierPoint, free: FrontierPoint, risk_aversion: float) -> tuple[object, ...]:
    """Figures of a year; `cost_bps` is what the floor costs altogether beside `free`, which has none."""
    if objective == "maximum_sharpe":
        cost = (free.sharpe - point.sharpe) * point.volatility
    else:
        cost = risk_aversion / 2 * (point.volatility**2 - free.volatility**2)
    year = SESSIONS_A_YEAR
    return (
        objective,
        point.floor,
        point.score,
        point.expected * year,
        point.volatility * year**0.5,
        point.sharpe * year**0.5,
        int((point.weights > 1e-9).sum()),
        point.shadow_price * year * _BASIS,
        max(0.0, cost) * year * _BASIS,
        point.shadow_price > 0,
    )
