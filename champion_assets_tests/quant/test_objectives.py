"""Objectives other than mean-variance, each against its own definition; the ESG-efficient frontier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from champion_assets.quant.objectives import esg_frontier, maximum_sharpe, minimum_variance, risk_parity, tracking
from champion_assets.quant.problem import Infeasible, Problem, Row
from champion_assets_tests.quant.test_optimise import market


def sharpe(problem: Problem, weights: np.ndarray) -> float:
    return float(problem.expected @ weights) / problem.risk.variance(weights) ** 0.5


@pytest.mark.parametrize("seed", range(4))
def test_no_portfolio_has_a_higher_sharpe_ratio(seed: int) -> None:
    expected, risk = market(seed, 60, 12)
    problem = Problem(expected + 0.001, risk, 1.0, cap=0.4)
    best = maximum_sharpe(problem).weights
    other = minimize(lambda w: -sharpe(problem, w), np.full(12, 1 / 12), bounds=[(0, 0.4)] * 12, method="SLSQP",
                     constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-14, "maxiter": 1000})  # fmt: skip
    assert sharpe(problem, best) >= sharpe(problem, other.x) - 1e-9
    assert best.max() <= 0.4


def test_without_a_positive_expected_return_there_is_no_sharpe_ratio_to_maximise() -> None:
    expected, risk = market(1, 60, 12)
    with pytest.raises(Infeasible, match="positive expected return"):
        maximum_sharpe(Problem(-np.abs(expected) - 1e-6, risk, 1.0))


def test_the_least_variance_ignores_expected_returns() -> None:
    expected, risk = market(2, 60, 30)
    one, two = minimum_variance(Problem(expected, risk, 7.0, cap=0.2)), minimum_variance(Problem(-expected, risk, 1.0, cap=0.2))
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
