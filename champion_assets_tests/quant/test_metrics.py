"""Performance figures on series whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from champion_assets.quant.metrics import METRICS, drawdowns, performance


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
