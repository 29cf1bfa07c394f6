"""The optimiser against brute force and its own certificate, on the shapes that break solvers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from champion_assets.quant.optimise import GAP_TOLERANCE, Infeasible, mean_variance
from champion_assets.quant.risk import RiskModel, centred, ledoit_wolf


def _problem(seed: int, sessions: int, names: int) -> tuple[np.ndarray, RiskModel]:
    random = np.random.default_rng(seed)
    window = 0.008 * random.standard_t(5, (sessions, 1)) + random.uniform(0.01, 0.03, names) * random.standard_t(5, (sessions, names))
    deviations, means = centred(window)
    return means, ledoit_wolf(deviations)


def _objective(weights: np.ndarray, expected: np.ndarray, risk: RiskModel, aversion: float) -> float:
    return float(0.5 * aversion * weights @ risk.times(weights) - expected @ weights)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6), names=st.integers(1, 300), aversion=st.floats(0.1, 1000), cap=st.sampled_from([1.0, 0.5, 0.2, 0.07, 0.02])
)
def test_every_feasible_problem_is_solved_to_the_certificate(seed: int, names: int, aversion: float, cap: float) -> None:
    expected, risk = _problem(seed, 60, names)
    if names * cap < 1:
        with pytest.raises(Infeasible):
            mean_variance(expected, risk, risk_aversion=aversion, cap=cap)
        return
    solution = mean_variance(expected, risk, risk_aversion=aversion, cap=cap)
    assert solution.weights.sum() == pytest.approx(1.0, abs=1e-9)
    assert solution.weights.min() >= 0
    assert solution.weights.max() <= cap * (1 + 1e-12)
    assert solution.relative_gap <= GAP_TOLERANCE


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_an_independent_solver(seed: int) -> None:
    expected, risk = _problem(seed, 40, 12)
    solution = mean_variance(expected, risk, risk_aversion=5.0, cap=0.3)
    other = minimize(
        lambda w: 1e4 * _objective(w, expected, risk, 5.0), np.full(12, 1 / 12), bounds=[(0, 0.3)] * 12, method="SLSQP",
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    assert _objective(solution.weights, expected, risk, 5.0) <= _objective(other.x, expected, risk, 5.0) + 1e-10
    assert np.abs(solution.weights - other.x).max() < 1e-3


def test_duplicate_names_and_a_singular_covariance() -> None:
    expected, risk = _problem(3, 30, 50)
    doubled = RiskModel(np.hstack([risk.factors, risk.factors]), np.zeros(100), 0.0)
    solution = mean_variance(np.concatenate([expected, expected]), doubled, risk_aversion=5.0, cap=0.07)
    assert solution.relative_gap <= GAP_TOLERANCE


def test_500_names_hold_few() -> None:
    expected, risk = _problem(7, 252, 500)
    solution = mean_variance(expected, risk, risk_aversion=10.0, cap=0.05)
    assert 20 <= (solution.weights > 0).sum() <= 120
    assert solution.relative_gap <= GAP_TOLERANCE


def test_infeasible_names_the_conflict_and_the_way_out() -> None:
    expected, risk = _problem(1, 30, 9)
    with pytest.raises(Infeasible, match=r"9 names can hold 0\.6300.*15 names are needed.*raise the cap to at least 0\.1111"):
        mean_variance(expected, risk, risk_aversion=5.0, cap=0.07)


def test_exactly_enough_names_hold_the_cap_each() -> None:
    expected, risk = _problem(1, 30, 10)
    assert mean_variance(expected, risk, risk_aversion=5.0, cap=0.1).weights == pytest.approx(np.full(10, 0.1))
