"""Ticks, bands, settlement and what a close is, on the days they changed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from champion_assets.nse.trading_rules import at_band, close_definition, rounded, settlement_sessions, ticks


@pytest.mark.parametrize(("day", "price", "tick"), [
    ("2024-06-07", 100.0, 0.05), ("2024-06-10", 100.0, 0.01), ("2024-06-10", 250.0, 0.05), ("2025-04-15", 249.0, 0.01),
    ("2025-04-15", 250.0, 0.05), ("2025-04-15", 1000.0, 0.10), ("2025-04-15", 5000.0, 0.50), ("2025-04-15", 10_000.0, 1.0),
    ("2025-04-15", 20_000.0, 5.0),
])  # fmt: skip
def test_ticks(day: str, price: float, tick: float) -> None:
    assert ticks(np.array([price]), dt.date.fromisoformat(day))[0] == tick


@pytest.mark.parametrize(
    ("day", "sessions"), [("2002-01-02", 5), ("2002-04-01", 3), ("2003-04-01", 2), ("2023-01-25", 2), ("2023-01-27", 1)]
)
def test_settlement(day: str, sessions: int) -> None:
    assert settlement_sessions(dt.date.fromisoformat(day)) == sessions


def test_what_a_close_is() -> None:
    assert close_definition(dt.date(2026, 7, 31)) == "last_half_hour_vwap"
    assert close_definition(dt.date(2026, 8, 3)) == "closing_auction"


def test_a_price_at_its_band() -> None:
    day, previous = dt.date(2020, 1, 2), np.array([101.0, 101.0, 101.0, np.nan, 33.35])
    prices = np.array([121.20, 121.15, 106.05, 121.2, 40.0])  # 20 %, a tick less, 5 %, unknown, 20 % rounded down to the tick
    assert at_band(prices, previous, day, upper=True).tolist() == [True, False, True, False, True]
    assert at_band(np.array([80.80]), np.array([101.0]), day, upper=False).tolist() == [True]


def test_fills_lie_on_the_tick_against_the_trader() -> None:
    day = dt.date(2020, 1, 2)
    assert rounded(np.array([100.051]), day, up=True)[0] == pytest.approx(100.10)
    assert rounded(np.array([100.099]), day, up=False)[0] == pytest.approx(100.05)
    assert rounded(np.array([100.05]), day, up=True)[0] == pytest.approx(100.05)
    assert rounded(np.array([0.01]), day, up=False)[0] == pytest.approx(0.05)
