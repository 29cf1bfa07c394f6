"""Which names are at their cap, which at zero, which between.

A guess by the primal-dual active-set method, for the exact solver to start
from.

What belongs here: the method of Hintermüller, Ito and Kunisch (2002), a semismooth Newton method, for bounds and budget
alone: solve for the free names as if nothing else bound, move those beyond a bound to it, free those at a bound whose
price says so, repeat. It converges in a few steps where hundreds of names are held, which an active-set method enters
one at a time. What does not: any promise; what it ends with is only where `optimise.py` begins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from champion_assets.quant.problem import Problem
from champion_assets.quant.risk import Array

_MAX_STEPS = 40
Names = NDArray[np.intp]


@dataclass(frozen=True)
class Guess:
    """Names between their bounds, and names at their cap."""

    free: Names
    capped: Names


def guess(problem: Problem, scale: float) -> Guess:
    """A guess of the active set of `problem`, using only bounds and budget (floors are kept as they are).

    Args:
        problem: n names.
        scale: divisor of the objective, which makes its size about 1.

    Returns:
        Positions of the names between their bounds and of the names at their cap.
    """
    low, cap = problem.bounds
    linear, aversion = problem.linear / scale, problem.risk_aversion / scale
    order = np.argsort(linear + 0.5 * aversion * cap * problem.risk.volatility() ** 2, kind="stable")
    filled = np.cumsum(cap[order])
    full = int(np.searchsorted(filled, 0.7 * problem.budget))
    at_cap = np.zeros(problem.size, dtype=bool)
    at_cap[order[:full]] = True
    free = np.zeros(problem.size, dtype=bool)
    free[order[full : 2 * full + 60]] = True
    weights = np.array(low)
    for _ in range(_MAX_STEPS):
        weights[:] = np.where(at_cap, cap, low)
        level = _solve_free(problem, weights, free, aversion, linear)
        price = aversion * problem.risk.times(weights) + linear - level
        above, below = free & (weights > cap), free & (weights < low)
        wanted = ~free & ~at_cap & (price < 0) & (cap > low)
        unwanted = at_cap & (price > 0)
        if not (above.any() or below.any() or wanted.any() or unwanted.any()):
            break
        at_cap = (at_cap & ~unwanted) | above
        free = (free & ~above & ~below) | wanted | unwanted
        while float(np.where(at_cap, cap, low).sum()) > problem.budget:  # no more at the cap than the budget holds
            dearest = np.flatnonzero(at_cap)[
                np.argsort(-price[at_cap], kind="stable")[: max(1, int(at_cap.sum()) // 20)]
            ]
            at_cap[dearest], free[dearest] = False, True
        if not free.any():
            free[order[:60]], at_cap[order[:60]] = True, False
    return Guess(np.flatnonzero(free), np.flatnonzero(at_cap))


def _solve_free(problem: Problem, weights: Array, free: NDArray[np.bool_], aversion: float, linear: Array) -> float:
    """Put the free names' weights into `weights` so that their prices are equal and the budget is spent.

    Returns that price.
    """
    names = np.flatnonzero(free)
    part = problem.risk.columns(names)
    fixed = np.where(free, 0.0, weights)
    hessian = part.T @ part * aversion
    hessian.flat[:: names.size + 1] += aversion * problem.risk.idiosyncratic[names] + 1e-13
    pull = -linear[names] - aversion * (part.T @ (problem.risk.exposure(fixed)))
    both = np.linalg.solve(hessian, np.column_stack([pull, np.ones(names.size)]))
    level = (problem.budget - float(fixed.sum()) - float(both[:, 0].sum())) / float(both[:, 1].sum())
    weights[names] = both[:, 0] + level * both[:, 1]
    return level
