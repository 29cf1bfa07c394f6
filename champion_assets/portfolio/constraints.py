"""What each field of a `Strategy` that limits the portfolio means, as constraints of a problem.

What belongs here: constraints and the tilt of the expected returns, and where a person loosens each. What does not: the
objective (`objective.py`), the decision (`decide.py`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from champion_assets.features.universe import UNKNOWN_SECTOR
from champion_assets.portfolio.known import Known, Standing
from champion_assets.quant.benchmark import benchmark_weights
from champion_assets.quant.infeasibility import at_least, at_most
from champion_assets.quant.metrics import SESSIONS_A_YEAR
from champion_assets.quant.problem import Infeasible, Problem, Row
from champion_assets.quant.risk import Array
from champion_assets.quant.selection import Selection
from champion_assets.settings.strategy import Strategy

NO_SECTORS = (
    "SECTOR_CAP and ESG_BEST_IN_CLASS need sectors, and no list of index members was known on the "
    "day: save one of that time as "
    "ind_nifty500list_YYYY-MM-DD.csv among the files, or set SECTOR_LISTS=look_ahead, which marks every figure"
)
ESG_ROW, COVERED_ROW = "ESG score", "covered by ESG"


def selection_of(strategy: Strategy) -> Selection:
    """The rules on the number and the minimum weight of names.

    Args:
        strategy: settings of the strategy.
    """
    return Selection(least=strategy.min_position, most=strategy.max_names)


def make_problem(known: Known, strategy: Strategy, standing: Standing) -> Problem:
    """The strategy's constraints over the universe of the day, with the μ that its tilts and its ESG preference change.

    What cannot be sold stands outside of the problem: its names get no weight here, and what is invested, the floors
    and the caps of sectors are smaller by it.

    Raises:
        Infeasible: nothing is left to invest, or a floor has no meaning.
    """
    names = len(known.instruments)
    whole = 1.0 - strategy.cash_weight
    budget = whole - standing.locked
    if budget <= 1e-6:
        raise Infeasible(
            f"CASH_WEIGHT={strategy.cash_weight:g} and what cannot "
            f"be sold ({standing.locked:.4g}) leave nothing to invest"
        )
    if strategy.uses_sectors and names and all(sector == UNKNOWN_SECTOR for sector in known.sectors):
        raise Infeasible(NO_SECTORS)
    present = np.array([standing.held.get(name, 0.0) for name in known.instruments])
    stuck = np.array([name in standing.stuck for name in known.instruments], dtype=bool)
    allowed = _allowed(known, strategy) & ~stuck
    cap, floor = np.full(names, strategy.weight_cap), np.full(names, strategy.weight_floor * min(1.0, budget / whole))
    if strategy.liquidity_share is not None:
        liquid = strategy.liquidity_share * known.turnover / standing.value
        cap, floor = np.minimum(cap, liquid), np.minimum(floor, liquid)
    cap, floor = np.where(allowed, cap, 0.0), np.where(allowed, floor, 0.0)
    settings = {
        "cash": "CASH_WEIGHT",
        "cap": "WEIGHT_CAP",
        "floor": "WEIGHT_FLOOR",
        "turnover": "TURNOVER_MAX",
        "names": "MAX_NAMES",
        "position": "MIN_POSITION",
    }
    if strategy.liquidity_share is not None:
        settings["cap"] += ", LIQUIDITY_SHARE"
    trading: dict[str, Any] = {}
    if standing.held and (strategy.turnover_max is not None or strategy.cost_horizon is not None):
        movable = np.where(stuck, 0.0, present)
        trading = {"held": movable}
        if strategy.turnover_max is not None:
            forced = forced_trading(movable, floor, cap, budget)
            trading["turnover"] = strategy.turnover_max + forced
            if forced > 0:
                settings["turnover"] += f", to which forced trades add {forced:.4g}"
        if strategy.cost_horizon is not None:
            trading["cost"] = np.full(names, known.cost / strategy.cost_horizon)
    rows = (*_sector_rows(known, strategy, np.where(stuck, present, 0.0)), *_esg_rows(known, strategy, budget))
    return Problem(
        _tilted(known, strategy),
        known.risk,
        strategy.risk_aversion,
        cap=cap,
        floor=floor,
        budget=budget,
        rows=rows,
        benchmark=benchmark_weights(known.turnover, strategy.tracked) * budget
        if strategy.objective == "tracking" and names
        else None,
        settings=settings,
        **trading,
    )


def forced_trading(held: Array, floor: Array, cap: Array, budget: float) -> float:
    """The one-way turnover that floors, caps and the budget require at least.

    Args:
        held: held weights, shape (n,).
        floor: minimum weights, shape (n,).
        cap: maximum weights, shape (n,).
        budget: sum of the weights.

    Returns:
        0.5 × Σ|Δw| of the sales above caps, the buys up to floors, and what the budget then needs.
    """
    nearest = np.clip(held, floor, cap)
    return (float(np.abs(held - nearest).sum()) + abs(budget - float(nearest.sum()))) / 2


def _allowed(known: Known, strategy: Strategy) -> np.ndarray:
    """Names that may be held.

    Not excluded, in the given universe, with an ESG score if one is needed, and among the best of their
    sector.
    """
    allowed = np.ones(len(known.instruments), dtype=bool) if known.permitted is None else known.permitted.copy()
    scored = np.isfinite(known.esg)
    if strategy.uses_esg and strategy.esg_min_coverage >= 1.0:
        allowed &= scored
    if strategy.esg_best_in_class is not None:
        best = np.zeros(allowed.size, dtype=bool)
        sectors = np.asarray(known.sectors, dtype=object)
        for sector in sorted(set(known.sectors)):
            members = np.flatnonzero((sectors == sector) & scored)
            keep = math.ceil(strategy.esg_best_in_class * members.size - 1e-9)
            best[members[np.argsort(-known.esg[members], kind="stable")[:keep]]] = True
        allowed &= best
    return allowed


def _sector_rows(known: Known, strategy: Strategy, stuck: Array) -> list[Row]:
    """The cap of each sector, less what is stuck in it."""
    if strategy.sector_cap is None:
        return []
    sectors = np.asarray(known.sectors, dtype=object)
    members = [(sector, (sectors == sector).astype(float)) for sector in sorted(set(known.sectors))]
    return [_sector_row(sector, mine, strategy.sector_cap, float(mine @ stuck)) for sector, mine in members]


def _sector_row(sector: str, members: Array, cap: float, kept: float) -> Row:
    def way(limit: float) -> str:
        return f"raise the cap of a sector (SECTOR_CAP) to at least {at_least(limit + kept)}"

    return Row(f"sector {sector}", members, high=max(0.0, cap - kept), way=way)


def _esg_rows(known: Known, strategy: Strategy, budget: float) -> list[Row]:
    """Floors on the score of the portfolio, or of its covered part where uncovered names may be held."""
    scored = np.isfinite(known.esg)
    floors = [] if strategy.esg_floor is None else [(strategy.esg_floor, 0.0, "ESG_FLOOR")]
    if strategy.esg_floor_relative is not None:
        if not scored.any():
            raise Infeasible("a relative ESG floor needs scores, and no member of the universe has one")
        tracked = "equal" if strategy.esg_floor_relative_to == "universe" else strategy.tracked
        mean = float(np.average(known.esg[scored], weights=benchmark_weights(known.turnover, tracked)[scored]))
        floors.append((mean + strategy.esg_floor_relative, mean, "ESG_FLOOR_RELATIVE"))
    rows = []
    if floors:
        floor, mean, setting = max(floors)
        if strategy.esg_min_coverage >= 1.0:
            score = np.where(scored, known.esg, 0.0)
            rows.append(
                Row(
                    ESG_ROW,
                    score,
                    low=floor * budget,
                    way=lambda limit: f"lower the floor on ESG ({setting}) to at most {at_most(limit / budget - mean)}",
                ),
            )
        else:
            rows.append(
                Row(
                    f"{ESG_ROW} above {floor:g} of the covered part",
                    np.where(scored, known.esg - floor, 0.0),
                    low=0.0,
                    way=lambda _: f"lower the floor on ESG ({setting})",
                )
            )
    if strategy.uses_esg and 0.0 < strategy.esg_min_coverage < 1.0:
        rows.append(Row(COVERED_ROW, scored.astype(float), low=strategy.esg_min_coverage * budget,
                        way=lambda limit: f"lower ESG_MIN_COVERAGE to at most {at_most(limit / budget)}"))  # fmt: skip
    return rows


def _tilted(known: Known, strategy: Strategy) -> Array:
    """μ, plus what features add to it, plus what a standard deviation of ESG score is worth a session.

    Nothing where there is no score.
    """
    expected = known.expected if known.tilt is None else np.asarray(known.expected + known.tilt)
    scored = np.isfinite(known.esg)
    if strategy.esg_preference == 0.0 or scored.sum() < 2:
        return expected
    mean, deviation = float(known.esg[scored].mean()), float(known.esg[scored].std())
    if deviation == 0.0:
        return expected
    score = np.clip(np.where(scored, (known.esg - mean) / deviation, 0.0), -3.0, 3.0)
    return np.asarray(expected + strategy.esg_preference / SESSIONS_A_YEAR * score)
