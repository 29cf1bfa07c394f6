"""Objectives other than mean-variance, each against its own definition; the ESG-efficient frontier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from champion_assets.quant.covariance import COVARIANCES
from champion_assets.quant.objectives import esg_frontier, maximum_sharpe, minimum_variance, risk_parity, tracking
from champion_assets.quant.problem import Infeasible, NotSolved, Problem, Row, Solution
from champion_assets_tests.quant.test_optimise import market


def sharpe(problem: Problem, weights: np.ndarray) -> float:
    return float(problem.expected @ weights) / problem.risk.variance(weights) ** 0.5


@pytest.mark.parametrize("seed", range(4))
def test_no_portfolio_has_a_higher_sharpe_ratio(seed: int) -> None:
    expected, risk = market(seed, 60, 12)
    problem = Problem(expected + 0.001, risk, 1.0, cap=0.4)
    best = maximum_sharpe(problem).weights
    other = minimize(
        lambda w: -sharpe(problem, w),
        np.full(12, 1 / 12),
        bounds=[(0, 0.4)] * 12,
        method="SLSQP",
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert sharpe(problem, best) >= sharpe(problem, other.x) - 1e-9
    assert best.max() <= 0.4


def test_without_a_positive_expected_return_there_is_no_sharpe_ratio_to_maximise() -> None:
    expected, risk = market(1, 60, 12)
    with pytest.raises(Infeasible, match="positive expected return"):
        maximum_sharpe(Problem(-np.abs(expected) - 1e-6, risk, 1.0))


def test_the_least_variance_ignores_expected_returns() -> None:
    expected, risk = market(2, 60, 30)
    one, two = (
        minimum_variance(Problem(expected, risk, 7.0, cap=0.2)),
        minimum_variance(Problem(-expected, risk, 1.0, cap=0.2)),
    )
    assert one.weights == pytest.approx(two.weights, abs=1e-12)
    random = np.random.default_rng(1).dirichlet(np.ones(30), 200)
    assert risk.variance(one.weights) <= min(risk.variance(each) for each in random if each.max() <= 0.2)


def test_tracking_needs_a_benchmark_and_stays_close_under_constraints() -> None:
    expected, risk = market(3, 60, 30)
    with pytest.raises(ValueError, match="benchmark"):
        tracking(Problem(expected, risk, 1.0))
    benchmark = np.random.default_rng(1).dirichlet(np.ones(30))
    allowed = np.ones(30)
    allowed[:5] = 0.0
    weights = tracking(Problem(expected, risk, 1.0, cap=allowed, benchmark=benchmark)).weights
    assert weights[:5].sum() == 0
    plain = np.where(allowed > 0, benchmark, 0)
    assert risk.variance(weights - benchmark) <= risk.variance(plain / plain.sum() - benchmark)


@pytest.mark.parametrize("names", [1, 2, 40, 300])
def test_every_name_bears_the_same_part_of_the_risk(names: int) -> None:
    _, risk = market(5, 60, names)
    weights = risk_parity(risk).weights
    parts = weights * risk.times(weights) / risk.variance(weights)
    assert parts == pytest.approx(np.full(names, 1 / names), rel=1e-7)
    assert weights.sum() == pytest.approx(1.0)


def test_the_frontier_falls_as_the_floor_rises_and_each_point_keeps_its_floor() -> None:
    expected, risk = market(6, 60, 25)
    scores = np.random.default_rng(2).uniform(0, 100, 25)
    scores[3] = np.nan
    problem = Problem(expected + 0.001, risk, 1.0, cap=0.3)
    points = esg_frontier(problem, scores, [0, 20, 40, 60, 80, 99.9])
    assert [point.floor for point in points] == [0, 20, 40, 60, 80]  # 99.9 cannot be attained
    assert all(point.score >= point.floor - 1e-7 and point.weights[3] == 0 for point in points)
    ratios = [point.sharpe for point in points]
    assert ratios == sorted(ratios, reverse=True)
    assert points[0].shadow_price == 0
    assert points[-1].shadow_price > 0
    known = np.isfinite(scores)
    free = maximum_sharpe(replace(problem, cap=np.where(known, 0.3, 0.0), rows=(Row("x", np.ones(25), high=1.0),)))
    assert ratios[0] == pytest.approx(sharpe(problem, free.weights))


def answer_of(objective: Callable[[Problem], Solution], problem: Problem) -> float | str:
    """What the weights add up to, or why there are none."""
    try:
        return float(objective(problem).weights.sum())
    except (Infeasible, NotSolved) as error:
        return str(error)


@pytest.mark.parametrize("seed", range(12))
def test_odd_windows_are_solved_or_explained(seed: int) -> None:
    """Fewer sessions than names, prices that never moved, twins, a single name: an answer, or words that say what to
    do."""
    random = np.random.default_rng(seed)
    for _ in range(15):
        names, sessions = int(random.choice([1, 2, 10, 40])), int(random.choice([5, 20, 120]))
        returns = random.standard_normal((sessions, 1)) * 0.01 + random.standard_normal(
            (sessions, names)
        ) * 0.02 * random.choice([0, 1, 1])
        if random.random() < 0.2:
            returns[:, 0] = 0
        if random.random() < 0.2:
            returns[:, -1] = returns[:, 0]
        risk = COVARIANCES[str(random.choice(["sample", "ewma", "ledoit_wolf", "oas", "factor"]))](
            returns - returns.mean(axis=0)
        )
        problem = Problem(
            returns.mean(axis=0), risk, float(random.choice([0.1, 5, 100])), cap=max(0.1, 1 / names + 1e-9)
        )
        for objective in (maximum_sharpe, minimum_variance, lambda each: risk_parity(each.risk)):
            told = answer_of(objective, problem)
            known = ("COVARIANCE_ESTIMATOR", "no risk", "positive expected return")
            assert told == pytest.approx(1) if isinstance(told, float) else any(words in told for words in known)


def test_without_any_risk_there_is_no_ratio_and_no_part_of_it() -> None:
    risk = COVARIANCES["sample"](np.zeros((20, 2)))
    with pytest.raises(Infeasible, match="no risk in the window"):
        maximum_sharpe(Problem(np.array([0.001, 0.002]), risk, 1.0))
    with pytest.raises(Infeasible, match="2 of 2 names have no risk"):
        risk_parity(risk)
    assert minimum_variance(Problem(np.array([0.001, 0.002]), risk, 1.0)).weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("field", ["expected", "cap", "floor"])
def test_a_problem_with_a_number_that_is_none_is_refused(field: str) -> None:
    expected, risk = market(1, 60, 5)
    values = {"expected": expected, "cap": np.ones(5), "floor": np.zeros(5)}
    values[field] = np.where(np.arange(5) == 3, np.nan, values[field])
    with pytest.raises(ValueError, match="not finite, first at number 3"):
        Problem(values["expected"], risk, 1.0, cap=values["cap"], floor=values["floor"])
