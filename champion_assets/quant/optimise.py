"""The portfolio problem solved exactly: few names matter, so only they are looked at, and all others are priced.

What belongs here: the solver. What does not: the statement (`problem.py`).

Σ is never formed. A restricted problem over the names that matter is solved by DAQP, a dual active-set method
(Arnström, Bemporad and Axehill 2022, MIT), which is exact to rounding and gives the multipliers; one gradient prices
all other names; those that would help are added, and so on until none helps ("sifting", Bixby et al. 1992). Where
trading costs or is limited, the objective has a kink at each held weight: each name is kept on one side of its kink,
and a name at the kink changes sides if its price says so, which lowers the objective at every step, so it ends.

The certificate is a bound, not a tolerance of the solver: with the multipliers found, the linearised problem is solved
name by name (`_lower_bound`), which bounds how far the objective is from its optimum, for all names and constraints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from champion_assets.quant.active_set import guess
from champion_assets.quant.feasibility import least_trading
from champion_assets.quant.infeasibility import diagnose
from champion_assets.quant.problem import GAP_TOLERANCE, SINGULAR, Infeasible, NotSolved, Problem, Solution
from champion_assets.quant.restricted import Names, Restricted
from champion_assets.quant.risk import Array

_MAX_ROUNDS, _MAX_FLIPS = 200, 200
_PRICE_TOLERANCE = 1e-11
_FEW, _MANY = 12, 60
"""Names that join those of a warm start; names from which on a guess of the active set pays."""


def solve(problem: Problem, start: Array | None = None) -> Solution:
    """Solve `problem`.

    Args:
        problem: see `Problem`.
        start: weights near the solution, such as those of the day before, shape (n,); they change the time, not the
            answer.

    Raises:
        Infeasible: names the smallest set of constraints in conflict and the nearest way out.
        NotSolved: the certificate misses `GAP_TOLERANCE`.
    """
    scale = _scale(problem)
    working, capped = _first_names(problem, start, scale)
    sides: Array | None = None  # +1 where a name stays at or above its held weight, -1 where at or below
    for rounds in range(1, _MAX_ROUNDS + 1):
        found = _solve_restricted(problem, working, capped, sides, scale)
        if found is None and capped.size:
            working, capped = np.union1d(working, capped), capped[:0]
            continue
        if found is None:
            working, sides = _made_feasible(problem, working, sides)
            continue
        price = found.gradient + found.common
        loading = (
            (found.turnover + (0.0 if problem.cost is None else problem.cost / scale)) if problem.has_kinks else 0.0
        )
        reduced = price + loading  # of a name that is not held: buying it
        reduced[working] = 0.0
        reduced[capped] = -reduced[capped]  # of a name at its cap: selling some of it
        useful = np.flatnonzero(reduced < -_PRICE_TOLERANCE)
        if useful.size == 0:
            return _certified(problem, found, scale, rounds)
        best = useful[np.argsort(reduced[useful], kind="stable")][: max(20, working.size // 2)]
        working, capped = np.union1d(working, best), np.setdiff1d(capped, best)
    raise NotSolved(f"{problem.size} names: no end after {_MAX_ROUNDS} rounds")


@dataclass
class _Found:
    """A restricted solution in scaled units.

    Weights of all names, gradient of the smooth part, Σ of the rows' multipliers times rows.
    """

    weights: Array
    gradient: Array
    common: Array | float
    turnover: float
    multipliers: Array


def _scale(problem: Problem) -> float:
    return (problem.risk_aversion * problem.risk.mean_variance() if problem.size else 0.0) or 1.0


def _first_names(problem: Problem, start: Array | None, scale: float) -> tuple[Names, Names]:
    """The names to begin with, and names taken to be at their cap.

    Names that are held or must be; those of `start`, or those that look best alone; and enough to fill the budget.
    Where that takes many names, a guess of the whole active set.
    """
    low, cap = problem.bounds
    needed = low > 0
    if problem.has_kinks:
        needed = needed | (problem.present != 0)
    if start is not None:
        score = problem.risk_aversion * problem.risk.times(start) + problem.linear
        needed = needed | (start > 0)
    else:
        score = problem.linear + 0.5 * problem.risk_aversion * cap * problem.risk.volatility() ** 2
    order = np.argsort(np.where(cap > 0, score, math.inf), kind="stable")
    enough = int(np.searchsorted(np.cumsum(cap[order]), 1.2 * problem.budget)) + 1
    if enough > _MANY and not problem.has_kinks and float(cap.sum()) > 1.01 * problem.budget:
        found = guess(problem, scale)
        needed[found.free] = True
        needed[found.capped] = False
        return np.flatnonzero(needed), found.capped
    needed[order[: _FEW if start is not None else max(40, 2 * enough)]] = True
    if float(cap[needed].sum()) < problem.budget:
        needed[order[:enough]] = True
    return np.flatnonzero(needed), np.empty(0, dtype=np.intp)


def _solve_restricted(
    problem: Problem, working: Names, capped: Names, sides: Array | None, scale: float
) -> _Found | None:
    weights = np.zeros(problem.size)
    weights[capped] = problem.bounds[1][capped]
    part = problem.risk.columns(working)
    base = Restricted(problem, working, part, weights, scale)
    if not problem.has_kinks:
        answer = base.solve(None, scale)
    else:
        if sides is None:
            free = base.solve(None, scale)
            if free is None:
                return None
            sides = np.where(free[0] >= problem.present[working], 1.0, -1.0)
        else:
            sides = sides[working]
        answer = _with_kinks(problem, base, sides, scale)
    if answer is None:
        return None
    weights[working], multipliers = answer
    exposure = part @ weights[working] + base.exposure
    gradient = (
        problem.risk_aversion * (problem.risk.project(exposure) + problem.risk.idiosyncratic * weights) + problem.linear
    ) / scale
    common: Array | float = multipliers[0]
    for row, multiplier in zip(problem.rows, multipliers[1:], strict=False):
        if multiplier != 0.0:
            common = common + multiplier * row.coefficients
    turnover = float(multipliers[1 + len(problem.rows)]) if len(multipliers) > 1 + len(problem.rows) else 0.0
    return _Found(weights, gradient, common, turnover, multipliers)


def _with_kinks(problem: Problem, base: Restricted, sides: Array, scale: float) -> tuple[Array, Array] | None:
    """Solve side by side until no name at its kink wants to the other side."""
    held = problem.present[base.working]
    cost = np.zeros(held.size) if problem.cost is None else problem.cost[base.working] / scale
    sides = np.where(held <= base.low, 1.0, np.where(held >= base.cap, -1.0, sides))
    is_fixed = (held <= base.low) | (held >= base.cap)
    for _ in range(_MAX_FLIPS):
        answer = base.solve(sides, scale)
        if answer is None:
            return None
        x, multipliers = answer
        limit = cost + (multipliers[-1] if math.isfinite(problem.turnover) else 0.0)
        price = base.hessian @ x + base.linear + multipliers[: base.matrix.shape[0]] @ base.matrix
        at_kink = (np.abs(x - held) <= 1e-10) & ~is_fixed
        wrong = at_kink & (((sides > 0) & (price > limit + 1e-10)) | ((sides < 0) & (price < -limit - 1e-10)))
        if not wrong.any():
            return answer
        sides = np.where(wrong, -sides, sides)
    raise NotSolved(f"{problem.size} names: names at their held weight change sides without end")


def _made_feasible(problem: Problem, working: Names, sides: Array | None) -> tuple[Names, Array | None]:
    """After a restricted problem without solution: names and sides of a feasible point, if there is any."""
    point = least_trading(problem)
    if point is None:
        raise diagnose(problem) if problem.is_explained else Infeasible("no weights meet the constraints")
    more = np.union1d(working, np.flatnonzero(point > 0))
    if problem.has_kinks:
        return more, np.where(point >= problem.present, 1.0, -1.0)
    if more.size == working.size and sides is None:
        more = np.arange(problem.size)
    if working.size == problem.size:
        raise NotSolved(
            f"{problem.size} names: the solver found no weights although there are some, if only just; {SINGULAR}"
        )
    return more, None


def _certified(problem: Problem, found: _Found, scale: float, rounds: int) -> Solution:
    weights = found.weights
    _demand_feasible(problem, weights)
    cost = 0.0 if problem.cost is None else problem.cost / scale
    paid = 0.0 if problem.cost is None else float((cost * np.abs(weights - problem.present)).sum())
    gap = float(found.gradient @ weights) + paid - _lower_bound(problem, found, cost)
    relative = max(gap, 0.0) * scale / problem.gap_scale(weights)
    if relative > GAP_TOLERANCE:
        raise NotSolved(
            f"{problem.size} names: relative gap {relative:.1e} after {rounds} rounds, wanted "
            f"{GAP_TOLERANCE:.0e}; {SINGULAR}"
        )
    names = ["budget", *(row.name for row in problem.rows), *(["turnover"] if math.isfinite(problem.turnover) else [])]
    values = [float(found.multipliers[0]) * scale, *(abs(float(value)) * scale for value in found.multipliers[1:])]
    if math.isfinite(problem.turnover):
        values[-1] *= 2  # of the half sum
    return Solution(weights, relative, dict(zip(names, values, strict=True)), rounds)


def _demand_feasible(problem: Problem, weights: Array) -> None:
    low, cap = problem.bounds
    worst = max(abs(float(weights.sum()) - problem.budget), float((low - weights).max()), float((weights - cap).max()),
                problem.traded(weights) - problem.turnover)  # fmt: skip
    for row in problem.rows:
        value, size = float(row.coefficients @ weights), max(1.0, float(np.abs(row.coefficients).max()))
        worst = max(worst, (row.low - value) / size, (value - row.high) / size)
    if worst > 1e-9:
        raise NotSolved(f"{problem.size} names: a constraint is missed by {worst:.1e}; {SINGULAR}")


def _lower_bound(problem: Problem, found: _Found, cost: Array | float) -> float:
    """A lower bound of g'v + Σ κ|v - held| over all feasible v, by weak duality.

    Each name alone at its best, rows at their multipliers.
    """
    low, cap = problem.bounds
    price = found.gradient + found.common
    if problem.has_kinks:
        weight = cost + found.turnover
        held = problem.present
        candidates = [low, cap, np.clip(held, low, cap)]
        best = np.min([price * each + weight * np.abs(each - held) for each in candidates], axis=0)
    else:
        best = np.minimum(price * low, price * cap)
    bound = (
        float(best.sum())
        - float(found.multipliers[0]) * problem.budget
        - found.turnover * 2 * _finite(problem.turnover)
    )
    for row, multiplier in zip(problem.rows, found.multipliers[1:], strict=False):
        if multiplier != 0.0:
            bound -= multiplier * (row.high if multiplier > 0 else row.low)
    return bound


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0
