"""Expected returns: formulae by hand, gaps, and the equilibrium that they imply."""

from __future__ import annotations

import numpy as np
import pytest

from champion_assets.quant.covariance import ledoit_wolf
from champion_assets.quant.expected import SHRINKAGE, capm, ewma, historical_mean, implied, james_stein, shrunk
from champion_assets.quant.optimise import Problem, solve
from champion_assets.quant.risk import centred

RETURNS = np.array([[0.01, 0.02], [np.nan, 0.04], [0.03, 0.06]])


def test_missing_returns_are_left_out() -> None:
    assert historical_mean(RETURNS) == pytest.approx([0.02, 0.04])
    assert ewma(RETURNS, half_life=1.0) == pytest.approx(
        [(0.25 * 0.01 + 0.03) / 1.25, (0.25 * 0.02 + 0.5 * 0.04 + 0.06) / 1.75]
    )


def test_the_newest_return_is_the_heaviest() -> None:
    falling = np.array([[0.03], [0.02], [0.01]])
    assert ewma(falling, half_life=1.0)[0] < historical_mean(falling)[0]


def test_shrinkage_keeps_the_mean_of_all_and_the_order() -> None:
    random = np.random.default_rng(1)
    returns = random.normal(0.0005, 0.02, (252, 40))
    plain = historical_mean(returns)
    for estimate in (shrunk(returns), james_stein(returns)):
        assert estimate.mean() == pytest.approx(plain.mean())
        assert np.ptp(estimate) < np.ptp(plain)
    assert np.ptp(shrunk(returns)) == pytest.approx((1 - SHRINKAGE) * np.ptp(plain))


def test_james_stein_by_hand() -> None:
    """Four names, two sessions: weight (n - 3) v / Σ(m - m̄)²."""
    returns = np.array([[0.00, 0.02, 0.04, 0.10], [0.02, 0.04, 0.06, 0.12]])
    means, noise = returns.mean(axis=0), 0.0001 / 2
    weight = noise / ((means - means.mean()) ** 2).sum()
    assert james_stein(returns) == pytest.approx(means.mean() + (1 - weight) * (means - means.mean()))


def test_capm_gives_the_market_its_own_mean() -> None:
    random = np.random.default_rng(2)
    market = random.normal(0.001, 0.01, 300)
    returns = np.column_stack([market, 2 * market, np.full(300, 0.005)])
    assert capm(returns, market) == pytest.approx([market.mean(), 2 * market.mean(), 0.0])
    with pytest.raises(ValueError, match="is constant in the window"):
        capm(returns, np.zeros(300))


def test_the_implied_returns_make_the_weights_optimal() -> None:
    random = np.random.default_rng(3)
    risk = ledoit_wolf(centred(random.normal(0, 0.02, (100, 30)))[0])
    weights = random.dirichlet(np.ones(30))
    mu = implied(risk, weights, 4.0)
    assert solve(Problem(mu, risk, risk_aversion=4.0)).weights == pytest.approx(weights, abs=1e-9)


@pytest.mark.parametrize("estimator", [historical_mean, ewma, james_stein, shrunk])
def test_a_name_without_returns_is_an_error(estimator) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="column 1"):
        estimator(np.array([[0.1, np.nan], [0.2, np.nan]]))
