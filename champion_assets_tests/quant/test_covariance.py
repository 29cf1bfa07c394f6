"""The estimators against scikit-learn where it computes the same, against their papers' formulae written out
otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.covariance import empirical_covariance
from sklearn.covariance import ledoit_wolf as sklearn_ledoit_wolf
from sklearn.covariance import oas as sklearn_oas

from champion_assets.quant.covariance import (
    COVARIANCES,
    FACTORS,
    RIDGE,
    ewma,
    factor,
    ledoit_wolf_constant_correlation,
    oas,
    sample,
)
from champion_assets.quant.risk import Array, centred


def window(seed: int, sessions: int, names: int) -> Array:
    random = np.random.default_rng(seed)
    scale = random.uniform(0.5, 2.0, names)
    return centred(
        (0.01 * random.standard_t(5, (sessions, 1)) + 0.02 * random.standard_t(5, (sessions, names))) * scale
    )[0]


shapes = given(seed=st.integers(0, 10**6), sessions=st.integers(5, 60), names=st.integers(2, 90))


@settings(max_examples=30, deadline=None)
@shapes
def test_equal_to_scikit_learn(seed: int, sessions: int, names: int) -> None:
    x = window(seed, sessions, names)
    scale = np.abs(x).max() ** 2
    wolf, weight = sklearn_ledoit_wolf(x, assume_centered=True)
    own = COVARIANCES["ledoit_wolf"](x)
    assert own.shrinkage == pytest.approx(weight, abs=1e-10)
    assert np.abs(own.matrix() - wolf).max() <= 1e-10 * scale
    other, weight = sklearn_oas(x, assume_centered=True)
    assert oas(x).shrinkage == pytest.approx(weight, abs=1e-10)
    assert np.abs(oas(x).matrix() - other).max() <= 1e-10 * scale
    assert np.abs(sample(x).matrix() - empirical_covariance(x, assume_centered=True)).max() <= 1e-10


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6), sessions=st.integers(5, 60), names=st.integers(3, 90)
)  # of two names the target is the sample itself
def test_constant_correlation_follows_the_paper(seed: int, sessions: int, names: int) -> None:
    """The sums over all pairs of Ledoit and Wolf's appendix, written out."""
    x = window(seed, sessions, names)
    s = x.T @ x / sessions
    sigma = np.sqrt(np.diag(s))
    correlation = s / np.outer(sigma, sigma)
    r = max(0.0, (correlation.sum() - names) / (names * (names - 1)))
    target = r * np.outer(sigma, sigma)
    np.fill_diagonal(target, sigma**2)
    y = x**2
    pi = y.T @ y / sessions - s**2
    theta = (x**3).T @ x / sessions - np.diag(s)[:, None] * s
    rho_off = r * np.outer(1 / sigma, sigma) * theta
    np.fill_diagonal(rho_off, 0.0)
    gamma = ((target - s) ** 2).sum()
    weight = min(1.0, max(0.0, (pi.sum() - np.diag(pi).sum() - rho_off.sum()) / gamma / sessions))
    own = ledoit_wolf_constant_correlation(x)
    assert own.shrinkage == pytest.approx(weight, abs=1e-9)
    assert np.abs(own.matrix() - (weight * target + (1 - weight) * s)).max() <= 1e-7 * np.abs(s).max()


def test_ewma_counts_a_return_half_after_its_half_life() -> None:
    x = np.zeros((3, 1))
    x[:, 0] = [4.0, 2.0, 1.0]
    weights = np.array([0.25, 0.5, 1.0]) / 1.75
    assert ewma(x, half_life=1.0).matrix()[0, 0] == pytest.approx(weights @ x[:, 0] ** 2, rel=1e-6)


@pytest.mark.parametrize(("sessions", "names"), [(40, 90), (90, 40)])
def test_factors_keep_the_variances_and_the_largest_directions(sessions: int, names: int) -> None:
    x = window(3, sessions, names)
    full = x.T @ x / sessions
    model = factor(x)
    assert model.factors.shape == (FACTORS, names)
    assert np.allclose(np.diag(model.matrix()), np.diag(full), rtol=1e-6)
    values, vectors = np.linalg.eigh(full)
    top = vectors[:, -FACTORS:]
    assert np.allclose(model.factors.T @ model.factors, top * values[-FACTORS:] @ top.T, atol=1e-10)


@pytest.mark.parametrize("name", list(COVARIANCES))
@pytest.mark.parametrize(("sessions", "names"), [(30, 80), (80, 30), (20, 1)])
def test_every_estimate_is_positive_definite_and_its_condition_is_bounded(name: str, sessions: int, names: int) -> None:
    model = COVARIANCES[name](window(7, sessions, names))  # type: ignore[index]
    values = np.linalg.eigvalsh(model.matrix())
    assert values.min() > 0
    assert model.condition_number() >= values.max() / values.min() * (1 - 1e-6)


def test_the_condition_number_is_exact_for_a_constant_diagonal() -> None:
    model = COVARIANCES["ledoit_wolf"](window(5, 30, 80))
    values = np.linalg.eigvalsh(model.matrix())
    assert model.condition_number() == pytest.approx(values.max() / values.min(), rel=1e-6)


def test_two_series_by_hand() -> None:
    """Covariances of two known series, as a person computes them: nothing is zero that should not be."""
    x = centred(np.array([[0.01, 0.02], [0.03, -0.02], [-0.01, 0.03]]))[0]
    expected = np.array([[0.0008, -0.0010], [-0.0010, 0.0014]]) / 3
    assert np.allclose(sample(x).matrix(), expected, atol=RIDGE)
