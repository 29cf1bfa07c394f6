"""The lead over a benchmark, its interval, and when the page says that it is more than chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from champion_assets.backtest.sheet.measured import Compared
from champion_assets.backtest.sheet.verdict import Lead, _sentence, lead

FIGURES = {"years": 3.0, "sharpe": 0.9, "sharpe_low": 0.1, "sharpe_high": 1.7, "cagr": 0.12}


def test_the_lead_is_the_mean_difference_with_its_interval() -> None:
    own, other = np.random.default_rng(1).normal(0, 0.01, (2, 400))
    found = lead(own, other, 250.0)
    assert found is not None
    active = own - other
    assert found.mean == pytest.approx(active.mean() * 250)
    low, high = stats.norm.interval(0.95, active.mean() * 250, stats.sem(active) * 250)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_a_gap_of_the_index_is_left_out_and_no_difference_has_no_lead() -> None:
    own = np.array([0.01, 0.02, -0.01, 0.0])
    other = np.array([0.0, np.nan, 0.0, 0.01])
    found = lead(own, other, 250.0)
    assert found is not None
    assert found.mean == pytest.approx(np.mean([0.01, -0.01, -0.01]) * 250)
    assert lead(own, own, 250.0) is None
    assert lead(own, np.full(4, np.nan), 250.0) is None


def sentence(leads: dict[str, Lead | None], **changed: float | None) -> str:
    return _sentence(Compared(FIGURES | changed, {}, {}, "Nifty 50"), leads)


def test_what_is_said_follows_from_the_intervals() -> None:
    sure = sentence({"Nifty 50": Lead(0.05, 0.01, 0.09), "Equal-weight universe": Lead(-0.02, -0.05, 0.01)})
    assert "5.0 points a year ahead of the Nifty 50, more than chance explains." in sure
    assert "2.0 points a year behind the equal-weight universe, no more than chance explains." in sure
    assert "above 0 with 95 % confidence" in sure
    behind = sentence({"Nifty 50": Lead(-0.05, -0.09, -0.01)})
    assert "5.0 points a year behind the Nifty 50, more than chance explains." in behind
    assert "is not different from 0" in sentence({}, sharpe_low=-0.1)
    assert sentence({}, sharpe=None) == "The history is too short for a Sharpe ratio."
