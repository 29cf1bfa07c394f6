"""Performance figures on series whose answers are known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from champion_assets.quant.metrics import METRICS, Yardstick, calendar_years, drawdowns, performance, rolling
from champion_assets.quant.risk import Array


def over(returns: Array, sessions: float = 252.0, overnight: float = 0.0) -> Yardstick:
    """So many sessions a year, the same overnight return every day."""
    return Yardstick(returns.size / sessions, np.full(returns.size, overnight))


def test_a_series_done_by_hand() -> None:
    returns = np.array([0.10, -0.20, 0.05, 0.30])
    overnight = np.array([0.0002, 0.0006, 0.0002, 0.0002])
    figures = performance(returns, np.array([0.05, -0.10, 0.02, 0.10]), Yardstick(4 / 248, overnight))
    assert figures["total_return"] == pytest.approx(1.1 * 0.8 * 1.05 * 1.3 - 1)
    assert figures["cagr"] == pytest.approx((1.1 * 0.8 * 1.05 * 1.3) ** 62 - 1)
    assert figures["max_drawdown"] == pytest.approx(-0.2)
    assert figures["max_drawdown_sessions"] == 2
    assert figures["hit_rate"] == 0.75
    assert figures["volatility"] == pytest.approx(np.std(returns, ddof=1) * np.sqrt(248))
    excess = returns - overnight
    assert figures["sharpe"] == pytest.approx(excess.mean() / np.std(excess, ddof=1) * np.sqrt(248))
    assert set(figures) == set(METRICS)


def test_a_price_that_doubles_over_2016_to_2020_grows_as_fast_as_the_calendar_says() -> None:
    returns = np.full(1238, 2 ** (1 / 1238) - 1)
    years = calendar_years(dt.date(2015, 12, 31), dt.date(2020, 12, 31))
    assert years == pytest.approx(5.0, abs=0.003)
    figures = performance(returns, returns, Yardstick(years, np.zeros(1238)))
    assert figures["cagr"] == pytest.approx(0.1487, abs=1e-4)  # 252 sessions a year would make it 15.15 %
    assert Yardstick(years, np.zeros(1238)).sessions_a_year == pytest.approx(247.5, abs=0.1)


def test_a_deposit_earns_nothing_in_excess_of_itself() -> None:
    overnight = np.random.default_rng(5).uniform(0.0001, 0.0008, 500)
    own = overnight + np.random.default_rng(6).normal(0, 0.01, 500)
    own -= (own - overnight).mean()
    figures = performance(own, own, Yardstick(2.0, overnight))
    assert figures["sharpe"] == pytest.approx(0.0, abs=1e-12)
    assert figures["sortino"] == pytest.approx(0.0, abs=1e-12)
    assert figures["sharpe_probability"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("years", "overnight"), [(0.0, [0.0, 0.0]), (float("nan"), [0.0, 0.0]), (1.0, [0.0, float("nan")])]
)
def test_a_yardstick_without_years_or_with_a_day_without_a_rate_is_refused(
    years: float, overnight: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"years|overnight"):
        Yardstick(years, np.array(overnight))


def test_the_benchmark_itself_has_beta_1_and_no_alpha() -> None:
    returns = np.random.default_rng(1).normal(0, 0.01, 500)
    figures = performance(returns, returns, over(returns))
    assert figures["beta"] == pytest.approx(1.0)
    assert figures["alpha"] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(figures["information_ratio"])


def test_drawdowns_start_from_the_first_rupee() -> None:
    assert drawdowns(np.array([-0.5, 0.5, 1.0])) == pytest.approx([-0.5, -0.25, 0.0])


def test_too_short_a_series_is_an_error() -> None:
    with pytest.raises(ValueError, match="same length"):
        performance(np.array([0.1]), np.array([0.1]), over(np.array([0.1])))
    with pytest.raises(ValueError, match="same length"):
        performance(np.array([0.1, 0.1]), np.array([0.1, 0.1]), over(np.array([0.1, 0.1, 0.1])))


@pytest.mark.parametrize("seed", range(5))
def test_they_are_those_of_empyrical(seed: int) -> None:
    import empyrical

    random = np.random.default_rng(seed)
    market = random.standard_t(4, 1200) * 0.008 + 0.0004
    own = 0.9 * market + random.standard_t(4, 1200) * 0.005
    overnight, year = random.uniform(0.0001, 0.0008, 1200), 247.3
    figures = performance(own, market, Yardstick(1200 / year, overnight))
    expected = {
        "total_return": empyrical.cum_returns_final(own),
        "cagr": empyrical.annual_return(own, annualization=year),
        "volatility": empyrical.annual_volatility(own, annualization=year),
        "sharpe": empyrical.sharpe_ratio(own, overnight, annualization=year),
        "sortino": empyrical.sortino_ratio(own, overnight, annualization=year),
        "max_drawdown": empyrical.max_drawdown(own),
        "calmar": empyrical.calmar_ratio(own, annualization=year),
        "var_95": empyrical.value_at_risk(own),
        "cvar_95": empyrical.conditional_value_at_risk(own),
        "beta": empyrical.beta(own - overnight, market - overnight),
    }
    assert {name: figures[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    compounded = (1 + figures["alpha"] / year) ** year - 1
    assert compounded == pytest.approx(
        empyrical.alpha(own - overnight, market - overnight, annualization=year), abs=1e-9
    )
    assert figures["information_ratio"] / year**0.5 == pytest.approx(empyrical.excess_sharpe(own, market), abs=1e-9)


def test_the_interval_of_the_sharpe_ratio_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(7)
    truth, inside = 0.0006 / 0.01 * 252**0.5, 0
    for _ in range(400):
        returns = random.normal(0.0006, 0.01, 750)
        figures = performance(returns, returns, over(returns))
        inside += figures["sharpe_low"] <= truth <= figures["sharpe_high"]
    assert 0.92 <= inside / 400 <= 0.98


def test_the_best_of_many_lucky_trials_is_deflated() -> None:
    """A hundred portfolios without skill: the best one's own probability is high, deflated for the trials it is not."""
    random = np.random.default_rng(3)
    trials = random.normal(0.0, 0.01, (100, 750))
    ratios = trials.mean(axis=1) / trials.std(axis=1, ddof=1) * 252**0.5
    best = trials[int(ratios.argmax())]
    figures = performance(best, best, over(best), list(ratios))
    assert figures["trials"] == 100
    assert figures["sharpe_probability"] > 0.95
    assert figures["sharpe_deflated"] < 0.7
    alone = performance(best, best, over(best))
    assert alone["sharpe_deflated"] == alone["sharpe_probability"]


def test_rolling_figures_end_with_those_of_the_window() -> None:
    random = np.random.default_rng(4)
    own, market = random.normal(0, 0.01, 300), random.normal(0, 0.01, 300)
    overnight = random.uniform(0.0001, 0.0008, 300)
    moving = rolling(own, market, Yardstick(1.2, overnight), 126)
    last = performance(own[-126:], market[-126:], Yardstick(126 / 250, overnight[-126:]))
    assert np.isnan(moving["sharpe"][124])
    assert moving["sharpe"][-1] == pytest.approx(last["sharpe"])
    assert moving["volatility"][-1] == pytest.approx(last["volatility"])
    assert moving["beta"][-1] == pytest.approx(last["beta"])
    assert np.isnan(rolling(own[:10], market[:10], over(own[:10]), 126)["beta"]).all()
