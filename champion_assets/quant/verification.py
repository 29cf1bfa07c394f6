"""An independent look at weights.

Is every constraint kept, and how far are they from the best, by means that share nothing with the
solver.

What belongs here: recomputation. A constraint's value is computed anew; optimality is the Frank-Wolfe gap `g'w - min
g'v` over the whole feasible set, a linear program solved by HiGHS, which is 0 exactly where the Karush-Kuhn-Tucker
conditions hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from champion_assets.quant.problem import Problem
from champion_assets.quant.risk import Array


@dataclass(frozen=True)
class Finding:
    """A constraint as the weights meet it: `low <= value <= high`; `violation` is how far outside, 0 if inside."""

    name: str
    value: float
    low: float
    high: float

    @property
    def violation(self) -> float:
        """Distance to the nearer bound, 0 inside."""
        return max(self.low - self.value, self.value - self.high, 0.0)

    @property
    def binds(self) -> bool:
        """True at a bound, to 1e-7."""
        return min(abs(self.value - self.low), abs(self.high - self.value)) <= 1e-7 * max(1.0, abs(self.value))


def constraints_met(problem: Problem, weights: Array) -> list[Finding]:
    """Every constraint with its value under `weights`.

    Args:
        problem: n names.
        weights: shape (n,).

    Returns:
        One finding per constraint: budget, cap, floor, rows, turnover.
    """
    low, cap = problem.bounds
    findings = [
        Finding("budget", float(weights.sum()), problem.budget, problem.budget),
        Finding("cap", float((weights - cap).max()), -math.inf, 0.0),
        Finding("floor", float((low - weights).max()), -math.inf, 0.0),
        *(Finding(row.name, float(row.coefficients @ weights), row.low, row.high) for row in problem.rows),
    ]
    if math.isfinite(problem.turnover):
        findings.append(Finding("turnover", problem.traded(weights), 0.0, problem.turnover))
    return findings


def optimality_gap(problem: Problem, weights: Array) -> float:
    """An upper bound of the objective's distance from its optimum, relative to `Problem.gap_scale`.

    Args:
        problem: n names.
        weights: weights that satisfy the constraints, shape (n,).

    Returns:
        The relative gap; 0 at the optimum.

    Raises:
        ArithmeticError: the linear program was not solved.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    gradient = problem.risk_aversion * problem.risk.times(weights) + problem.linear
    size = problem.size
    low, cap = problem.bounds
    objective, bounds = gradient, list(zip(low, cap, strict=True))
    lines, limits = [sparse.csr_array((0, size))], [np.zeros(0)]
    for row in problem.rows:
        line = sparse.csr_array(row.coefficients[None, :])
        for sign, limit in ((1.0, row.high), (-1.0, -row.low)):
            if math.isfinite(limit):
                lines.append(sign * line)
                limits.append(np.array([limit]))
    equal, right = sparse.csr_array(np.ones((1, size))), np.array([problem.budget])
    inequalities = sparse.vstack(lines)
    paid = 0.0
    if problem.held is not None:
        cost = np.zeros(size) if problem.cost is None else problem.cost
        paid = float(cost @ np.abs(weights - problem.present))
        objective = np.concatenate([gradient, cost, cost])
        bounds += [(0.0, math.inf)] * (2 * size)
        unit = sparse.eye_array(size)
        equal = sparse.block_array([[equal, None, None], [unit, -unit, unit]])
        right = np.concatenate([right, problem.present])
        inequalities = sparse.hstack([inequalities, sparse.csr_array((inequalities.shape[0], 2 * size))])
        if math.isfinite(problem.turnover):
            trades = sparse.csr_array(np.concatenate([np.zeros(size), np.full(2 * size, 0.5)])[None, :])
            inequalities = sparse.vstack([inequalities, trades])
            limits.append(np.array([problem.turnover]))
    scale = float(np.abs(objective).max()) or 1.0
    exact = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    answer = linprog(
        objective / scale,
        sparse.csr_array(inequalities),
        np.concatenate(limits),
        sparse.csr_array(equal),
        right,
        bounds=bounds,
        method="highs",
        options=exact,
    )
    if answer.status != 0:
        raise ArithmeticError(f"the audit's linear program over {size} names was not solved: {answer.message}")
    return (float(gradient @ weights) + paid - float(answer.fun) * scale) / problem.gap_scale(weights)
