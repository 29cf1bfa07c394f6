"""Performance figures on series whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from champion_assets.quant.metrics import METRICS, drawdowns, performance, rolling


def test_a_series_done_by_hand() -> None:
    returns = np.array([0.10, -0.20, 0.05, 0.30])
    figures = performance(returns, np.array([0.05, -0.10, 0.02, 0.10]))
    assert figures["total_return"] == pytest.approx(1.1 * 0.8 * 1.05 * 1.3 - 1)
    assert figures["cagr"] == pytest.approx((1.1 * 0.8 * 1.05 * 1.3) ** 63 - 1)
    assert figures["max_drawdown"] == pytest.approx(-0.2)
    assert figures["max_drawdown_sessions"] == 2
    assert figures["hit_rate"] == 0.75
    assert figures["volatility"] == pytest.approx(np.std(returns, ddof=1) * np.sqrt(252))
    assert figures["sharpe"] == pytest.approx(returns.mean() / np.std(returns, ddof=1) * np.sqrt(252))
    assert set(figures) == set(METRICS)


def test_the_benchmark_itself_has_beta_1_and_no_alpha() -> None:
    returns = np.random.default_rng(1).normal(0, 0.01, 500)
    figures = performance(returns, returns)
    assert figures["beta"] == pytest.approx(1.0)
    assert figures["alpha"] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(figures["information_ratio"])


def test_drawdowns_start_from_the_first_rupee() -> None:
    assert drawdowns(np.array([-0.5, 0.5, 1.0])) == pytest.approx([-0.5, -0.25, 0.0])


def test_too_short_a_series_is_an_error() -> None:
    with pytest.raises(ValueError, match="same length"):
        performance(np.array([0.1]), np.array([0.1]))


@pytest.mark.parametrize("seed", range(5))
def test_they_are_those_of_empyrical(seed: int) -> None:
    import empyrical

    random = np.random.default_rng(seed)
    market = random.standard_t(4, 1200) * 0.008 + 0.0004
    own = 0.9 * market + random.standard_t(4, 1200) * 0.005
    figures = performance(own, market)
    expected = {
        "total_return": empyrical.cum_returns_final(own), "cagr": empyrical.annual_return(own),
        "volatility": empyrical.annual_volatility(own),
        "sharpe": empyrical.sharpe_ratio(own), "sortino": empyrical.sortino_ratio(own), "max_drawdown": empyrical.max_drawdown(own),
        "calmar": empyrical.calmar_ratio(own), "var_95": empyrical.value_at_risk(own), "cvar_95": empyrical.conditional_value_at_risk(own),
        "beta": empyrical.beta(own, market),
    }  # fmt: skip
    assert {name: figures[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    assert (1 + figures["alpha"] / 252) ** 252 - 1 == pytest.approx(empyrical.alpha(own, market), abs=1e-9)
    assert figures["information_ratio"] / 252**0.5 == pytest.approx(empyrical.excess_sharpe(own, market), abs=1e-9)


def test_the_interval_of_the_sharpe_ratio_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(7)
    truth, inside = 0.0006 / 0.01 * 252**0.5, 0
    for _ in range(400):
        returns = random.normal(0.0006, 0.01, 750)
        figures = performance(returns, returns)
        inside += figures["sharpe_low"] <= truth <= figures["sharpe_high"]
    assert 0.92 <= inside / 400 <= 0.98


def test_the_best_of_many_lucky_trials_is_deflated() -> None:
    """A hundred portfolios without skill: the best one's own probability is high, deflated for the trials it is not."""
    random = np.random.default_rng(3)
    trials = random.normal(0.0, 0.01, (100, 750))
    ratios = trials.mean(axis=1) / trials.std(axis=1, ddof=1) * 252**0.5
    best = trials[int(ratios.argmax())]
    figures = performance(best, best, list(ratios))
    assert figures["trials"] == 100
    assert figures["sharpe_probability"] > 0.95
    assert figures["sharpe_deflated"] < 0.7
    alone = performance(best, best)
    assert alone["sharpe_deflated"] == alone["sharpe_probability"]


def test_rolling_figures_end_with_those_of_the_window() -> None:
    random = np.random.default_rng(4)
    own, market = random.normal(0, 0.01, 300), random.normal(0, 0.01, 300)
    moving, last = rolling(own, market, 126), performance(own[-126:], market[-126:])
    assert np.isnan(moving["sharpe"][124])
    assert moving["sharpe"][-1] == pytest.approx(last["sharpe"])
    assert moving["volatility"][-1] == pytest.approx(last["volatility"])
    assert moving["beta"][-1] == pytest.approx(last["beta"])
    assert np.isnan(rolling(own[:10], market[:10], 126)["beta"]).all()
