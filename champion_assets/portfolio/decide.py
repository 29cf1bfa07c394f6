"""From what is known at a close to weights: a strategy's constraints as a problem, its objective solved.

What belongs here: what each field of a `Strategy` means. What does not: reading tables (`target_weights.py`), solving (`quant/`). The daily
portfolio and every experiment decide through this module.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from champion_assets.quant.benchmark import benchmark_weights
from champion_assets.quant.objectives import maximum_sharpe, minimum_variance, risk_parity, tracking
from champion_assets.quant.optimise import solve
from champion_assets.quant.problem import Infeasible, NotSolved, Problem, Row, Solution
from champion_assets.quant.risk import Array, Risk
from champion_assets.quant.verification import constraints_met
from champion_assets.settings.strategy import Strategy

SESSIONS_A_YEAR = 252
ESG_ROW, COVERED_ROW = "ESG score", "covered by ESG"


@dataclass(frozen=True)
class Known:
    """What is known of the universe at a close; arrays have shape (n,) in the order of `instruments`.

    Attributes:
        date: the day.
        instruments, symbols, sectors: who they are.
        turnover: median turnover, rupees a session.
        expected: μ, per session.
        risk: Σ, per session.
        esg: score 0 to 100, higher is better, NaN where unknown.
        cost: what buying or selling a rupee costs, all charges and slippage.
    """

    date: dt.date
    instruments: Sequence[str]
    symbols: Sequence[str]
    sectors: Sequence[str]
    turnover: Array
    expected: Array
    risk: Risk
    esg: Array
    cost: float = 0.0


@dataclass(frozen=True)
class Decision:
    """Weights of the universe, and the problem that they solve (with its final caps), for whoever audits them."""

    weights: Array
    solution: Solution
    problem: Problem


def decide(known: Known, strategy: Strategy, capital: float, held: dict[str, float] | None = None, start: Array | None = None) -> Decision:
    """The weights that `strategy` wants.

    Args:
        known: see `Known`.
        strategy: see there.
        capital: rupees, for limits by liquidity.
        held: present weights by instrument, members or not; None or empty before the first investment.
        start: weights near the solution.

    Raises:
        Infeasible: names the date, the smallest conflict and the nearest way out.
        NotSolved: the certificate was missed.
    """
    try:
        problem = make_problem(known, strategy, capital, held)
        solution = _solve(problem, known, strategy, start)
        for _ in range(problem.size):
            small = (solution.weights > 0) & (solution.weights < strategy.min_position)
            if not small.any():
                break
            problem = replace(problem, cap=np.where(small, 0.0, problem.bounds[1]), floor=np.where(small, 0.0, problem.bounds[0]))
            solution = _solve(problem, known, strategy, solution.weights)
    except (Infeasible, NotSolved) as error:
        raise type(error)(f"{known.date}: {error}") from error
    return Decision(solution.weights, solution, problem)


def make_problem(known: Known, strategy: Strategy, capital: float, held: dict[str, float] | None) -> Problem:
    """The strategy's constraints over the universe of the day, with the μ that its ESG preference changes."""
    names = len(known.instruments)
    budget = 1.0 - strategy.cash_weight
    allowed = _allowed(known, strategy)
    cap = np.full(names, strategy.weight_cap)
    if strategy.liquidity_share is not None:
        cap = np.minimum(cap, strategy.liquidity_share * known.turnover / capital)
    rows = [*_sector_rows(known, strategy), *_esg_rows(known, strategy, budget)]
    if len(set(cap)) == 1 and allowed.all():
        cap = np.full(names, strategy.weight_cap)
    trading = {}
    if held and (strategy.turnover_max is not None or strategy.cost_horizon is not None):
        present = np.array([held.get(name, 0.0) for name in known.instruments])
        forced = sum(held.values()) - float(present.sum())  # sold whatever the limit says, and what is bought for it
        trading = {"held": present, "turnover": math.inf if strategy.turnover_max is None else strategy.turnover_max + forced / 2}
        if strategy.cost_horizon is not None:
            trading["cost"] = np.full(names, known.cost / strategy.cost_horizon)
    return Problem(
        _tilted(known, strategy), known.risk, strategy.risk_aversion, cap=np.where(allowed, cap, 0.0),
        floor=np.where(allowed, np.minimum(strategy.weight_floor, cap), 0.0), budget=budget, rows=tuple(rows),
        benchmark=benchmark_weights(known.turnover, strategy.tracked) * budget if strategy.objective == "tracking" and names else None,
        **trading,  # type: ignore[arg-type]
    )  # fmt: skip


def _solve(problem: Problem, known: Known, strategy: Strategy, start: Array | None) -> Solution:
    if strategy.objective == "minimum_variance":
        return minimum_variance(problem, start)
    if strategy.objective == "maximum_sharpe":
        return maximum_sharpe(problem, start)
    if strategy.objective == "tracking":
        return tracking(problem, start)
    if strategy.objective == "risk_parity":
        return _risk_parity(problem, known)
    return solve(problem, start)


def _risk_parity(problem: Problem, known: Known) -> Solution:
    """Equal parts of the risk leave no choice, so the other constraints can only be kept by it or not."""
    allowed = np.flatnonzero(problem.bounds[1] > 0)
    if allowed.size == 0:
        raise Infeasible("there is no name to hold")
    part = risk_parity(_Part(known.risk, allowed), problem.budget)
    weights = np.zeros(problem.size)
    weights[allowed] = part.weights
    broken = [each for each in constraints_met(problem, weights) if each.violation > 1e-9]
    if broken:
        words = ", ".join(f"'{each.name}' by {each.violation:.4g}" for each in broken)
        raise Infeasible(f"risk parity, which leaves no choice, breaks {words}; loosen that, or choose another objective")
    return replace(part, weights=weights)


class _Part(Risk):
    """Some names of a covariance."""

    def __init__(self, whole: Risk, names: np.ndarray) -> None:
        self._factors = whole.columns(names)
        self.idiosyncratic = whole.idiosyncratic[names]

    def columns(self, names: np.ndarray) -> Array:
        return np.ascontiguousarray(self._factors[:, names])

    def exposure(self, weights: Array) -> Array:
        return np.asarray(self._factors @ weights)

    def project(self, exposure: Array) -> Array:
        return np.asarray(exposure @ self._factors)

    def volatility(self) -> Array:
        return np.asarray(np.sqrt((self._factors**2).sum(axis=0) + self.idiosyncratic))

    def mean_variance(self) -> float:
        return float((self.volatility() ** 2).mean())


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
    return [Row(f"sector {sector}", (sectors == sector).astype(float), high=strategy.sector_cap) for sector in sorted(set(known.sectors))]


def _esg_rows(known: Known, strategy: Strategy, budget: float) -> list[Row]:
    """Floors on the score of the portfolio, or of its covered part where uncovered names may be held."""
    scored = np.isfinite(known.esg)
    floors = [] if strategy.esg_floor is None else [strategy.esg_floor]
    if strategy.esg_floor_relative is not None:
        if not scored.any():
            raise Infeasible("a relative ESG floor needs scores, and no member of the universe has one")
        tracked = "equal" if strategy.esg_floor_relative_to == "universe" else strategy.tracked
        mean = np.average(known.esg[scored], weights=benchmark_weights(known.turnover, tracked)[scored])
        floors.append(float(mean) + strategy.esg_floor_relative)
    rows = []
    if floors:
        floor = max(floors)
        if strategy.esg_min_coverage >= 1.0:
            rows.append(Row(ESG_ROW, np.where(scored, known.esg, 0.0), low=floor * budget))
        else:
            rows.append(Row(f"{ESG_ROW} above {floor:g} of the covered part", np.where(scored, known.esg - floor, 0.0), low=0.0))
    if strategy.uses_esg and 0.0 < strategy.esg_min_coverage < 1.0:
        rows.append(Row(COVERED_ROW, scored.astype(float), low=strategy.esg_min_coverage * budget))
    return rows


def _tilted(known: Known, strategy: Strategy) -> Array:
    """μ, plus what a standard deviation of ESG score is worth a session; a name without a score gets nothing added."""
    scored = np.isfinite(known.esg)
    if strategy.esg_preference == 0.0 or scored.sum() < 2:
        return known.expected
    mean, deviation = float(known.esg[scored].mean()), float(known.esg[scored].std())
    if deviation == 0.0:
        return known.expected
    score = np.clip(np.where(scored, (known.esg - mean) / deviation, 0.0), -3.0, 3.0)
    return np.asarray(known.expected + strategy.esg_preference / SESSIONS_A_YEAR * score)
