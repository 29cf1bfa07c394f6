"""Long-only mean-variance with a cap, fully invested, solved exactly and certified.

What belongs here: the problem, its solution and its certificate. What does not: where μ and Σ come from.

    minimise ½ γ w'Σw - μ'w   subject to   Σ w = 1,  0 <= w <= cap

Σ is never formed: a restricted problem over the names that matter is solved by PIQP (interior point, BSD-2), all other names are
priced by one gradient, those that would help are added, and so on until none helps ("sifting"). The active set is then solved once
more as a linear system, which makes the weights exact to rounding. The certificate is the Frank-Wolfe gap
`g'w - min_v g'v` over the feasible set, an upper bound on how far the objective is from its optimum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import piqp
from numpy.typing import NDArray

from champion_assets.quant.risk import Array, RiskModel

GAP_TOLERANCE = 1e-8
_MAX_ROUNDS = 60


class Infeasible(ValueError):
    """No weights satisfy the constraints; the message names those in conflict and the nearest way out."""


class NotSolved(RuntimeError):
    """The solver did not reach the certified accuracy. Nothing was returned in its place."""


@dataclass(frozen=True)
class Solution:
    """Optimal weights of shape (n,), their relative gap (<= 1e-8), multiplier of the budget, and rounds needed."""

    weights: Array
    relative_gap: float
    multiplier: float
    rounds: int


def mean_variance(expected: Array, risk: RiskModel, *, risk_aversion: float, cap: float) -> Solution:
    """Solve the problem of this module.

    Args:
        expected: μ, shape (n,), per session.
        risk: Σ of the same n names, per session.
        risk_aversion: γ > 0.
        cap: largest weight, 0 < cap <= 1.

    Raises:
        Infeasible: n * cap < 1.
        NotSolved: the certificate misses 1e-8.
    """
    names = expected.shape[0]
    _check_feasible(names, cap)
    scale = risk_aversion * float(np.mean(risk.volatility() ** 2))
    scale = scale if scale > 0 else 1.0
    working = _first_names(expected, risk, risk_aversion, cap)
    weights = np.zeros(names)
    for rounds in range(1, _MAX_ROUNDS + 1):
        quadratic = risk_aversion / scale * risk.submatrix(working)
        weights[:] = 0.0
        weights[working] = _restricted(quadratic, -expected[working] / scale, cap)
        gradient = (risk_aversion * risk.times(weights) - expected) / scale
        gap = _gap(gradient, weights, cap)
        size = abs(float(weights @ gradient)) + 0.5 * float(weights @ (gradient + expected / scale))
        relative = gap / max(size, 1e-300)
        if abs(weights.sum() - 1.0) > 1e-9 or weights.max() > cap * (1 + 1e-9):  # a gap certifies feasible weights only
            raise NotSolved(f"weights of {names} names add up to {weights.sum():.12f}, the largest is {weights.max():.12f}, cap {cap:g}")
        if relative <= GAP_TOLERANCE:
            return Solution(weights, max(relative, 0.0), scale * _multiplier(gradient, weights, cap), rounds)
        level = _multiplier(gradient, weights, cap)
        outside = np.setdiff1d(np.arange(names), working)
        useful = outside[gradient[outside] < level]
        if useful.size == 0:
            break
        best = useful[np.argsort(gradient[useful], kind="stable")][: max(20, working.size // 2)]
        working = np.sort(np.concatenate([working, best]))
    raise NotSolved(f"mean-variance of {names} names: relative gap {relative:.1e} after {rounds} rounds, wanted {GAP_TOLERANCE:.0e}")


def _check_feasible(names: int, cap: float) -> None:
    if names * cap >= 1.0 - 1e-12:
        return
    needed = math.ceil(1.0 / cap - 1e-12)
    way_out = "there is no name to hold" if names == 0 else f"raise the cap to at least {1.0 / names:.4f}"
    raise Infeasible(
        f"'fully invested' and 'no weight above {cap:g}' contradict each other: {names} names can hold {names * cap:.4f} of the "
        f"portfolio at most, {needed} names are needed; {way_out}, or widen the universe"
    )


def _first_names(expected: Array, risk: RiskModel, risk_aversion: float, cap: float) -> NDArray[np.intp]:
    score = expected - 0.5 * risk_aversion * cap * risk.volatility() ** 2
    count = min(expected.shape[0], max(2 * math.ceil(1.0 / cap), 40))
    return np.sort(np.argsort(-score, kind="stable")[:count])


def _restricted(quadratic: Array, linear: Array, cap: float) -> Array:
    size = linear.shape[0]
    solver = piqp.DenseSolver()
    solver.settings.verbose = False
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-10
    solver.setup(quadratic, linear, np.ones((1, size)), np.ones(1), None, None, None, np.zeros(size), np.full(size, cap))
    status = solver.solve()
    if status != piqp.PIQP_SOLVED:
        raise NotSolved(f"PIQP ended with {status} on {size} names")
    rough = np.clip(np.asarray(solver.result.x), 0.0, cap)
    exact = _polish(quadratic, linear, rough, cap)
    return rough / rough.sum() if exact is None else exact


def _polish(quadratic: Array, linear: Array, rough: Array, cap: float) -> Array | None:
    """The vertex of the active set that `rough` shows, solved exactly; None if `rough` misjudged it."""
    for slack in (1e-7, 1e-6, 1e-5, 1e-8):
        edge = slack * cap * 10
        free = np.flatnonzero((rough > edge) & (rough < cap - edge))
        weights = np.where(rough >= cap - edge, cap, 0.0)
        if free.size == 0:
            if abs(weights.sum() - 1.0) < 1e-12:
                return weights
            continue
        system = np.zeros((free.size + 1, free.size + 1))
        system[:-1, :-1] = quadratic[np.ix_(free, free)]
        system[:-1, -1] = system[-1, :-1] = 1.0
        right = np.append(-linear[free] - quadratic[free] @ weights, 1.0 - weights.sum())
        try:
            weights[free] = np.linalg.solve(system, right)[:-1]
        except np.linalg.LinAlgError:
            continue
        gradient = quadratic @ weights + linear
        level = gradient[free].mean()
        tolerance = 1e-9 * max(1.0, abs(level))
        lower, upper = (weights == 0.0), (weights == cap)
        if (
            weights.min() >= 0.0 and weights.max() <= cap
            and (gradient[lower] >= level - tolerance).all() and (gradient[upper] <= level + tolerance).all()
        ):  # fmt: skip
            return weights
    return None


def _gap(gradient: Array, weights: Array, cap: float) -> float:
    order = np.argsort(gradient, kind="stable")
    full = min(int(1.0 / cap + 1e-12), gradient.shape[0])
    best = cap * float(gradient[order[:full]].sum())
    if full < gradient.shape[0]:
        best += (1.0 - full * cap) * float(gradient[order[full]])
    return float(gradient @ weights) - best


def _multiplier(gradient: Array, weights: Array, cap: float) -> float:
    free = (weights > 1e-9 * cap) & (weights < cap * (1 - 1e-9))
    return float(gradient[free].mean()) if free.any() else float(gradient[weights > 0].max())
