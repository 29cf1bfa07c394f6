"""The quadratic problem over the working names, beside others at fixed weights, solved by DAQP.

What belongs here: one restricted problem. What does not: which names work, and the certificate (`optimise.py`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from champion_assets.quant.problem import NotSolved, Problem
from champion_assets.quant.risk import Array

Names = NDArray[np.intp]


_SNAP = 1e-13


_EQUALITY, _SOLVED, _INFEASIBLE = 5, 1, -1


_REGULAR, _MORE_REGULAR = 1e-10, 1e-9
"""Least own variance beside a scaled one of 1, so that a singular Hessian can be factorised; the certificate does not
know of it."""


class Restricted:
    """The QP over the working names beside others at fixed weights.

    What changes between two of its solutions are sides only.
    """

    def __init__(self, problem: Problem, working: Names, part: Array, fixed: Array, scale: float) -> None:
        aversion = problem.risk_aversion / scale
        self.problem, self.working = problem, working
        self.hessian = aversion * (part.T @ part)
        self.hessian.flat[:: working.size + 1] += np.maximum(aversion * problem.risk.idiosyncratic[working], _REGULAR)
        self.linear = problem.linear[working] / scale
        low, cap = problem.bounds
        self.low, self.cap = low[working], cap[working]
        self.matrix = np.vstack([np.ones(working.size), *(row.coefficients[working] for row in problem.rows)])
        used = np.zeros(1 + len(problem.rows))
        self.exposure: Array | float = 0.0
        if (others := np.flatnonzero(fixed)).size:
            self.exposure = problem.risk.columns(others) @ fixed[others]
            self.linear = self.linear + aversion * (part.T @ self.exposure)
            used = np.array([fixed.sum(), *(row.coefficients @ fixed for row in problem.rows)])
        self.row_low = np.array([problem.budget, *(row.low for row in problem.rows)]) - used
        self.row_high = np.array([problem.budget, *(row.high for row in problem.rows)]) - used

    def solve(self, sides: Array | None, scale: float) -> tuple[Array, Array] | None:
        """Solve the quadratic program of the working names.

        Args:
            sides: 1 or -1 per working name for the side of the held weight that it may trade to, shape (k,); None
                without trading limits or costs.
            scale: divisor of the objective.

        Returns:
            Weights of the working names and multipliers of the rows (and of the turnover), or None if there are no such
            weights.
        """
        import daqp

        low, cap, linear, matrix = self.low, self.cap, self.linear, self.matrix
        row_low, row_high = self.row_low, self.row_high
        if sides is not None:
            held = self.problem.present[self.working]
            low, cap = np.where(sides > 0, np.maximum(low, held), low), np.where(sides < 0, np.minimum(cap, held), cap)
            if self.problem.cost is not None:
                linear = linear + sides * self.problem.cost[self.working] / scale
            if math.isfinite(self.problem.turnover):
                matrix = np.vstack([matrix, sides])
                row_low = np.append(row_low, -math.inf)
                row_high = np.append(row_high, 2 * self.problem.turnover + float(sides @ held))
        if (low > cap).any():
            return None
        if (self.low == self.cap).all():  # DAQP does not take more equalities than names
            is_all = self.working.size == self.problem.size > 0
            return self._only_weights(matrix, row_low, row_high) if is_all else None
        size = self.working.size
        sense = np.zeros(size + matrix.shape[0], dtype=np.int32)
        sense[size] = _EQUALITY
        upper, lower = np.concatenate([cap, row_high]), np.concatenate([low, row_low])
        sense[upper == lower] = _EQUALITY
        upper, lower = np.minimum(upper, 1e30), np.maximum(lower, -1e30)
        for more in (0.0, _MORE_REGULAR):  # of a nearly singular Hessian DAQP may call a feasible problem infeasible
            hessian = self.hessian + more * np.eye(size) if more else self.hessian
            x, _, flag, info = daqp.solve(
                hessian,
                linear,
                np.ascontiguousarray(matrix),
                upper,
                lower,
                sense.copy(),
                primal_tol=1e-11,
                dual_tol=1e-12,
                eps_prox=0.0,
            )
            if flag >= _SOLVED:
                break
        if flag == _INFEASIBLE:
            return None
        if flag < _SOLVED:
            raise NotSolved(f"DAQP ended with {flag} on {size} of {self.problem.size} names")
        x = np.where(
            x - low <= _SNAP, low, np.where(cap - x <= _SNAP, cap, x)
        )  # a weight at its bound is at it to the bit
        return x, np.asarray(info["lam"])[size:]

    def _only_weights(self, matrix: Array, low: Array, high: Array) -> tuple[Array, Array] | None:
        """The only weights within the bounds, if they meet the rows."""
        values, size = matrix @ self.low, np.maximum(1.0, np.abs(matrix).max(axis=1))
        met = bool((values >= low - 1e-10 * size).all() and (values <= high + 1e-10 * size).all())
        return (self.low.copy(), np.zeros(matrix.shape[0])) if met else None
