"""What a portfolio may be after besides mean-variance.

Least variance, highest Sharpe ratio, closeness to a benchmark, equal risk; and the
frontier of what an ESG floor costs.

What belongs here: each objective reduced to problems that `optimise.py` solves, or solved by its own method. What does
not: constraints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from champion_assets.quant.feasibility import constraints_of, feasible_point, width_of
from champion_assets.quant.optimise import solve
from champion_assets.quant.problem import GAP_TOLERANCE, SINGULAR, Infeasible, NotSolved, Problem, Row, Solution
from champion_assets.quant.risk import Array, Risk

_MAX_STEPS = 200


def minimum_variance(problem: Problem, start: Array | None = None) -> Solution:
    """Minimise the variance (against the benchmark, if there is one) under the constraints of `problem`.

    Args:
        problem: constraints, risk and costs; its expected returns are ignored. Its risk aversion matters only with
            trading costs, where it converts variance into return, the unit of costs.
        start: weights to start from, shape (n,); by default the solver chooses.

    Returns:
        Optimal weights with a relative gap of at most `GAP_TOLERANCE`.

    Raises:
        Infeasible: no weights satisfy the constraints.
        NotSolved: the solver did not reach the tolerance.

    >>> from champion_assets.quant.risk import RiskModel
    >>> risk = RiskModel(factors=np.zeros((1, 2)), idiosyncratic=np.array([0.01, 0.04]), shrinkage=0.0)
    >>> problem = Problem(expected=np.zeros(2), risk=risk, risk_aversion=5.0)
    >>> minimum_variance(problem).weights.round(6).tolist()
    [0.8, 0.2]
    """
    return solve(replace(problem, expected=np.zeros(problem.size)), start)


def tracking(problem: Problem, start: Array | None = None) -> Solution:
    """Minimise the tracking variance against `problem.benchmark`.

    Args:
        problem: constraints, risk and costs, with `benchmark`, shape (n,).
        start: weights to start from, shape (n,); by default the solver chooses.

    Returns:
        Optimal weights, as for `minimum_variance`.

    Raises:
        ValueError: there is no benchmark.

    >>> from champion_assets.quant.risk import RiskModel
    >>> risk = RiskModel(factors=np.zeros((1, 2)), idiosyncratic=np.array([0.01, 0.04]), shrinkage=0.0)
    >>> problem = Problem(np.zeros(2), risk, 5.0, cap=0.6, benchmark=np.array([0.5, 0.5]))
    >>> tracking(problem).weights.round(6).tolist()
    [0.5, 0.5]
    """
    if problem.benchmark is None:
        raise ValueError("tracking needs `benchmark`, the benchmark's weights")
    return minimum_variance(problem, start)


def maximum_sharpe(problem: Problem, start: Array | None = None) -> Solution:
    """Maximise expected return over volatility under the constraints of `problem`.

    The best ratio is the mean-variance solution whose own ratio μ'w / w'Σw equals its risk aversion, so the aversion
    is set to that ratio until it no longer changes (Dinkelbach's method with the variance as majorant of the
    volatility; the ratio rises at every step). The gap is verified for that aversion.

    Args:
        problem: constraints, risk and expected returns in excess of the risk-free rate. Trading costs and the
            benchmark are ignored.
        start: weights to start from, shape (n,); by default the solver chooses.

    Returns:
        Optimal weights.

    Raises:
        Infeasible: no portfolio under the constraints has a positive expected return, or one has no risk.
        NotSolved: the ratio did not converge.

    >>> from champion_assets.quant.risk import RiskModel
    >>> risk = RiskModel(factors=np.zeros((1, 2)), idiosyncratic=np.array([0.01, 0.04]), shrinkage=0.0)
    >>> problem = Problem(expected=np.array([0.001, 0.002]), risk=risk, risk_aversion=5.0)
    >>> maximum_sharpe(problem).weights.round(4).tolist()
    [0.6667, 0.3333]
    """
    problem = replace(problem, cost=None, benchmark=None)
    richest = solve(replace(problem, risk_aversion=1e-3 * _ratio_scale(problem)), start)
    if float(problem.expected @ richest.weights) <= 0:
        raise Infeasible(
            f"no portfolio of these {problem.size} names has a positive expected return under the "
            f"constraints, so no Sharpe ratio can be "
            "maximised; use minimum_variance, or another estimator of expected returns"
        )
    aversion = _ratio(problem, richest.weights)
    solution = richest
    for _ in range(_MAX_STEPS):
        solution = solve(replace(problem, risk_aversion=aversion), solution.weights)
        better = _ratio(problem, solution.weights)
        if abs(better / aversion - 1) <= 1e-10:
            return solution
        aversion = better
    raise NotSolved(f"maximum Sharpe of {problem.size} names: the ratio has not converged after {_MAX_STEPS} steps")


def _ratio(problem: Problem, weights: Array) -> float:
    """Return over variance; one that a portfolio without risk has not."""
    variance = problem.risk.variance(weights)
    if variance <= 1e-12 * problem.risk.mean_variance() or variance == 0.0:
        raise Infeasible(
            "a portfolio with a positive expected return has no risk in the window (fewer sessions than "
            "names, or a price that never "
            "moved), so its Sharpe ratio has no bound; use an estimator that shrinks "
            "(COVARIANCE_ESTIMATOR=ledoit_wolf), a longer window "
            "(COV_WINDOW_DAYS), or minimum_variance"
        )
    return float(problem.expected @ weights) / variance


def _ratio_scale(problem: Problem) -> float:
    variance = problem.risk.mean_variance()
    return (float(np.abs(problem.expected).max()) / variance if variance > 0 else 0.0) or 1.0


def risk_parity(risk: Risk, budget: float = 1.0) -> Solution:
    """Weights with equal contributions to the variance: the minimum of ½ x'Σx - (1/n) Σ log x_i, scaled to the budget.

    Newton's method in x with the Hessian `F'F + diag(d + b/x²)`, inverted through the small side (Woodbury); Spinu
    (2013), "An algorithm for computing risk parity weights".

    Args:
        risk: Σ of n names, each with a positive variance.
        budget: sum of the weights.

    Returns:
        Weights, shape (n,). `relative_gap` is the largest relative deviation of a contribution from 1/n.

    Raises:
        Infeasible: there is no name, or a name has no risk.

    >>> from champion_assets.quant.risk import RiskModel
    >>> risk = RiskModel(factors=np.zeros((1, 2)), idiosyncratic=np.array([0.01, 0.04]), shrinkage=0.0)
    >>> risk_parity(risk).weights.round(6).tolist()
    [0.666667, 0.333333]
    """
    names = risk.idiosyncratic.size
    if (still := int((risk.volatility() <= 0).sum())) or names == 0:
        raise Infeasible(
            f"{still} of {names} names have no risk in the window, so they cannot contribute to it; leave them out"
        )
    share = 1.0 / names
    factors = risk.columns(np.arange(names))
    weights = share / risk.volatility()
    weights /= math.sqrt(risk.variance(weights))
    for rounds in range(1, _MAX_STEPS + 1):
        price = risk.times(weights)
        if (worst := float(np.abs(weights * price / share / (weights @ price) - 1).max())) <= GAP_TOLERANCE / 10:
            return Solution(weights * budget / weights.sum(), worst, {}, rounds)
        diagonal = risk.idiosyncratic + share / weights**2
        right = price - share / weights
        scaled = factors / diagonal
        small = scaled @ factors.T
        small.flat[:: small.shape[0] + 1] += 1.0
        step = (right - factors.T @ np.linalg.solve(small, scaled @ right)) / diagonal
        length = min(1.0, 0.95 / max(float((step / weights).max()), 1e-300)) if (step > 0).any() else 1.0
        weights = weights - length * step
        if not np.isfinite(weights).all():
            break
    raise NotSolved(
        f"risk parity of {names} names: contributions still differ by {worst:.1e} after {_MAX_STEPS} steps; {SINGULAR}"
    )


@dataclass(frozen=True)
class FrontierPoint:
    """The best portfolio under one ESG floor.

    Attributes:
        floor: least score; None for no rule on ESG at all.
        score: of the part of the portfolio that has scores; NaN if none has.
        sharpe: expected / volatility of a session.
        volatility: of a session.
        expected: return of a session, as the problem counts it.
        shadow_price: what the objective would gain from a floor lower by one point; 0 where it does not bind.
        weights: shape (n,).
    """

    floor: float | None
    score: float
    sharpe: float
    volatility: float
    expected: float
    shadow_price: float
    weights: Array


Objective = Callable[[Problem, Array | None], Solution]
_SCORE = "ESG score"


def esg_frontier(
    problem: Problem, scores: Array, floors: Sequence[float], objective: Objective = maximum_sharpe
) -> list[FrontierPoint]:
    """The ESG-efficient frontier of Pedersen, Fitzgibbons and Pomorski (2021).

    The highest Sharpe ratio for every floor on the ESG score.

    The floor is an inequality: where the best portfolio is better than the floor, it stays. Names without a score (NaN)
    cannot be held.

    Args:
        problem: μ, Σ and the other constraints.
        scores: shape (n,), higher is better, NaN where unknown.
        floors: in the units of the scores; those that cannot be attained are left out.
        objective: what is best at each floor, `maximum_sharpe` or `minimum_variance`.
    """
    problem = only_scored(problem, scores)
    filled, points = np.where(np.isfinite(scores), scores, 0.0), []
    solution: Solution | None = None
    for floor in sorted(floors):
        row = Row(_SCORE, filled, low=floor * problem.budget)
        try:
            solution = objective(
                replace(problem, rows=(*problem.rows, row)), None if solution is None else solution.weights
            )
        except Infeasible:
            break
        points.append(frontier_point(problem, scores, solution, floor))
    return points


def frontier_point(problem: Problem, scores: Array, solution: Solution, floor: float | None = None) -> FrontierPoint:
    """The figures of one solution on the ESG frontier.

    Args:
        problem: the problem that was solved, n names.
        scores: ESG scores, shape (n,), NaN for names without one.
        solution: its solution.
        floor: minimum score that was required, None without one.

    Returns:
        Score, Sharpe ratio, volatility and expected return per session, price of the floor, weights.
    """
    weights, scored = solution.weights, np.isfinite(scores)
    volatility, expected = math.sqrt(problem.risk.variance(weights)), float(problem.expected @ weights)
    covered = float(weights[scored].sum())
    score = float(np.where(scored, scores, 0.0) @ weights) / covered if covered > 0 else math.nan
    sharpe = expected / volatility if volatility > 0 else math.nan
    return FrontierPoint(floor, score, sharpe, volatility, expected, solution.multipliers.get(_SCORE, 0.0), weights)


def only_scored(problem: Problem, scores: Array) -> Problem:
    """`problem` with a cap of 0 on names without a score.

    Args:
        problem: n names.
        scores: ESG scores, shape (n,), NaN for names without one.

    Returns:
        The problem with changed bounds.
    """
    known = np.isfinite(scores)
    return replace(problem, cap=np.where(known, problem.bounds[1], 0.0), floor=np.where(known, problem.bounds[0], 0.0))


def best_score(problem: Problem, scores: Array) -> float:
    """The highest weighted score under the constraints, without names that have no score.

    Args:
        problem: n names.
        scores: ESG scores, shape (n,), NaN for names without one.

    Returns:
        The score, in the units of `scores`.

    Raises:
        Infeasible: no weights satisfy the constraints.
    """
    problem = only_scored(problem, scores)
    objective = np.zeros(width_of(problem))
    objective[: problem.size] = -np.where(np.isfinite(scores), scores, 0.0)
    point = feasible_point(problem, constraints_of(problem), objective)
    if point is None:
        raise Infeasible(
            f"the {int(np.isfinite(scores).sum())} names with an ESG score cannot meet the other constraints alone"
        )
    return float(-objective @ point) / problem.budget
