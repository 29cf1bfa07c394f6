"""What the objective of a `Strategy` means: the problem that is minimised, solved.

What belongs here: one function an objective. What does not: the methods (`quant/objectives.py`), constraints
(`constraints.py`).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from champion_assets.portfolio.known import Known
from champion_assets.quant.objectives import maximum_sharpe, minimum_variance, risk_parity, tracking
from champion_assets.quant.optimise import solve
from champion_assets.quant.problem import Infeasible, Problem, Solution
from champion_assets.quant.risk import Array, Risk
from champion_assets.quant.verification import constraints_met
from champion_assets.settings.strategy import Strategy


def solve_for(problem: Problem, known: Known, strategy: Strategy, start: Array | None) -> Solution:
    """Solve a problem for the strategy's objective.

    Args:
        problem: constraints, expected returns and risk, n names.
        known: data of the evening.
        strategy: has the objective.
        start: weights to start from, shape (n,), or None.

    Raises:
        Infeasible: no weights satisfy the constraints, or the objective has no solution under them.
        NotSolved: the required accuracy was not reached.
    """
    if strategy.objective == "minimum_variance":
        return minimum_variance(problem, start)
    if strategy.objective == "maximum_sharpe":
        return maximum_sharpe(problem, start)
    if strategy.objective == "tracking":
        return tracking(problem, start)
    if strategy.objective == "risk_parity":
        return _risk_parity(problem, known)
    return solve(problem, start)


def as_minimised(problem: Problem, strategy: Strategy) -> Problem | None:
    """The mean-variance problem that the objective amounts to; None if it is none of that form."""
    if strategy.objective == "mean_variance":
        return problem
    if strategy.objective in ("minimum_variance", "tracking"):
        return replace(problem, expected=np.zeros(problem.size))
    return None


def value_of(problem: Problem, strategy: Strategy, weights: Array) -> float:
    """The value that the objective minimises; for the highest Sharpe ratio its negative.

    Args:
        problem: n names.
        strategy: has the objective.
        weights: shape (n,).
    """
    minimised = as_minimised(problem, strategy)
    if minimised is not None:
        return minimised.objective(weights)
    return -float(problem.expected @ weights) / math.sqrt(problem.risk.variance(weights))


def is_bounded_by_more_names(strategy: Strategy) -> bool:
    """True if the best of more names is at least as good as the best of some of them.

    Which branch and bound rests on.
    """
    return strategy.objective != "risk_parity"


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
        raise Infeasible(
            f"risk parity, which leaves no choice, breaks {words}; relax that, or choose another objective"
        )
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
