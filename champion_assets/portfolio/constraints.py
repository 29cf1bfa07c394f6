"""What each field of a `Strategy` that limits the portfolio means, as constraints of a problem.

What belongs here: constraints and the tilt of the expected returns, and where a person loosens each. What does not: the objective
(`objective.py`), the decision (`decide.py`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from champion_assets.portfolio.known import Known
from champion_assets.quant.benchmark import benchmark_weights
from champion_assets.quant.infeasibility import at_least, at_most
from champion_assets.quant.metrics import SESSIONS_A_YEAR
from champion_assets.quant.problem import Infeasible, Problem, Row
from champion_assets.quant.risk import Array
from champion_assets.quant.selection import Selection
from champion_assets.settings.strategy import Strategy

ESG_ROW, COVERED_ROW = "ESG score", "covered by ESG"


def selection_of(strategy: Strategy) -> Selection:
    """The rules on which names are held at all."""
    return Selection(least=strategy.min_position, most=strategy.max_names)


def make_problem(known: Known, strategy: Strategy, capital: float, held: dict[str, float] | None) -> Problem:
    """The strategy's constraints over the universe of the day, with the μ that its tilts and its ESG preference change."""
    names = len(known.instruments)
    budget = 1.0 - strategy.cash_weight
    allowed = _allowed(known, strategy)
    cap, floor = np.full(names, strategy.weight_cap), np.full(names, strategy.weight_floor)
    if strategy.liquidity_share is not None:
        liquid = strategy.liquidity_share * known.turnover / capital
        cap, floor = np.minimum(cap, liquid), np.minimum(floor, liquid)
    rows = [*_sector_rows(known, strategy), *_esg_rows(known, strategy, budget)]
    if len(set(cap)) == 1 and allowed.all():
        cap = np.full(names, strategy.weight_cap)
    trading: dict[str, Any] = {}
    settings = {"cash": "CASH_WEIGHT", "cap": "WEIGHT_CAP", "floor": "WEIGHT_FLOOR", "turnover": "TURNOVER_MAX", "names": "MAX_NAMES",
                "position": "MIN_POSITION"}  # fmt: skip
    if strategy.liquidity_share is not None:
        settings["cap"] += ", LIQUIDITY_SHARE"
    if held and (strategy.turnover_max is not None or strategy.cost_horizon is not None):
        present = np.array([held.get(name, 0.0) for name in known.instruments])
        forced = sum(held.values()) - float(present.sum())  # sold whatever the limit says, and what is bought for it
        trading = {"held": present, "turnover": math.inf if strategy.turnover_max is None else strategy.turnover_max + forced / 2}
        if forced > 0:
            settings["turnover"] += f", to which forced sales add {forced / 2:.4g}"
        if strategy.cost_horizon is not None:
            trading["cost"] = np.full(names, known.cost / strategy.cost_horizon)
    return Problem(
        _tilted(known, strategy), known.risk, strategy.risk_aversion, cap=np.where(allowed, cap, 0.0),
        floor=np.where(allowed, floor, 0.0), budget=budget, rows=tuple(rows),
        benchmark=benchmark_weights(known.turnover, strategy.tracked) * budget if strategy.objective == "tracking" and names else None,
        settings=settings, **trading,
    )  # fmt: skip


def _allowed(known: Known, strategy: Strategy) -> np.ndarray:
    """Names that may be held: not excluded, in the given universe, with an ESG score if one is needed, and among the best of their
    sector.
    """
    symbols = np.asarray(known.symbols, dtype=object)
    allowed = ~np.isin(symbols, strategy.exclude)
    if strategy.universe:
        allowed &= np.isin(symbols, strategy.universe)
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


def _sector_rows(known: Known, strategy: Strategy) -> list[Row]:
    if strategy.sector_cap is None:
        return []
    sectors = np.asarray(known.sectors, dtype=object)
    return [
        Row(f"sector {sector}", (sectors == sector).astype(float), high=strategy.sector_cap,
            way=lambda limit: f"raise the cap of a sector (SECTOR_CAP) to at least {at_least(limit)}")
        for sector in sorted(set(known.sectors))
    ]  # fmt: skip


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
                Row(ESG_ROW, score, low=floor * budget,
                    way=lambda limit: f"lower the floor on ESG ({setting}) to at most {at_most(limit / budget - mean)}"),
            )  # fmt: skip
        else:
            rows.append(Row(f"{ESG_ROW} above {floor:g} of the covered part", np.where(scored, known.esg - floor, 0.0), low=0.0,
                            way=lambda _: f"lower the floor on ESG ({setting})"))  # fmt: skip
    if strategy.uses_esg and 0.0 < strategy.esg_min_coverage < 1.0:
        rows.append(Row(COVERED_ROW, scored.astype(float), low=strategy.esg_min_coverage * budget,
                        way=lambda limit: f"lower ESG_MIN_COVERAGE to at most {at_most(limit / budget)}"))  # fmt: skip
    return rows


def _tilted(known: Known, strategy: Strategy) -> Array:
    """μ, plus what features add to it, plus what a standard deviation of ESG score is worth a session; nothing where there is no score."""
    expected = known.expected if known.tilt is None else np.asarray(known.expected + known.tilt)
    scored = np.isfinite(known.esg)
    if strategy.esg_preference == 0.0 or scored.sum() < 2:
        return expected
    mean, deviation = float(known.esg[scored].mean()), float(known.esg[scored].std())
    if deviation == 0.0:
        return expected
    score = np.clip(np.where(scored, (known.esg - mean) / deviation, 0.0), -3.0, 3.0)
    return np.asarray(expected + strategy.esg_preference / SESSIONS_A_YEAR * score)
