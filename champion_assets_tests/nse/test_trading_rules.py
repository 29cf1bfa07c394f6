"""Ticks, bands, settlement and what a close is, on the days they changed."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.trading_rules import (
    BANDS,
    at_band,
    band_edge,
    close_definition,
    fixed_ticks,
    listing_sessions,
    rounded,
    settlement_sessions,
    ticks,
)

BY_PRICE = np.array([np.nan])


@pytest.mark.parametrize(
    ("day", "price", "tick"),
    [
        ("2024-06-07", 100.0, 0.05),
        ("2024-06-10", 100.0, 0.01),
        ("2024-06-10", 250.0, 0.05),
        ("2025-04-15", 249.0, 0.01),
        ("2025-04-15", 250.0, 0.05),
        ("2025-04-15", 1000.0, 0.10),
        ("2025-04-15", 5000.0, 0.50),
        ("2025-04-15", 10_000.0, 1.0),
        ("2025-04-15", 20_000.0, 5.0),
    ],
)
def test_ticks(day: str, price: float, tick: float) -> None:
    assert ticks(np.array([price]), dt.date.fromisoformat(day))[0] == tick


@pytest.mark.parametrize(("day", "rank", "sessions"), [
    ("2002-01-02", 1, 5), ("2002-04-01", 1, 3), ("2003-04-01", 1, 2), ("2022-02-24", 5218, 2),
    # the smallest first
    ("2022-02-25", 5218, 2), ("2022-02-25", 5219, 1), ("2022-03-25", 4718, 2), ("2022-03-25", 4719, 1),
    ("2022-09-30", 1719, 1), ("2022-12-29", 718, 2), ("2022-12-30", 219, 1), ("2022-12-30", 218, 2),
    ("2023-01-25", 1, 2), ("2023-01-27", 1, 1),
])  # fmt: skip
def test_settlement(day: str, rank: int, sessions: int) -> None:
    assert settlement_sessions(dt.date.fromisoformat(day), np.array([rank])).tolist() == [sessions]


@pytest.mark.parametrize(("kind", "day", "sessions"), [
    ("bonus", "2024-11-29", 10), ("bonus", "2024-12-02", 2), ("rights", "2020-05-13", 30), ("merger", "2023-07-13", 20),
])  # fmt: skip
def test_when_new_shares_can_be_sold(kind: Literal["bonus", "rights", "merger"], day: str, sessions: int) -> None:
    assert listing_sessions(kind, dt.date.fromisoformat(day)) == sessions


def test_what_a_close_is() -> None:
    assert close_definition(dt.date(2026, 7, 31)) == "last_half_hour_vwap"
    assert close_definition(dt.date(2026, 8, 3)) == "closing_auction"


def test_a_price_at_its_band() -> None:
    day, previous = dt.date(2020, 1, 2), np.array([101.0, 101.0, 101.0, np.nan, 33.35])
    prices = np.array(
        [121.20, 121.15, 106.05, 121.2, 40.0]
    )  # 20 %, a tick less, 5 %, unknown, 20 % rounded down to the tick
    assert at_band(prices, previous, day, BY_PRICE.repeat(5), upper=True).tolist() == [True, False, True, False, True]
    assert at_band(np.array([80.80]), np.array([101.0]), day, BY_PRICE, upper=False).tolist() == [True]


@pytest.mark.parametrize(
    ("day", "series", "previous", "upper", "edge"),
    [
        # one tick
        ("2020-12-01", "BZ", 0.20, True, 0.25),
        ("2020-12-01", "BZ", 0.15, True, 0.20),
        ("2020-12-01", "SM", 0.95, False, 0.90),
        ("2025-01-16", "BE", 22.17, False, 21.06),
        ("2025-01-16", "EQ", 23.28, False, 22.11),
        ("2025-12-16", "BE", 53.44, False, 50.77),
        ("2025-12-17", "SM", 64.80, False, 61.60),
        ("2025-01-16", "ST", 25.95, True, 27.20),
        ("2025-12-17", "SM", 182.4, True, 191.5),
    ],
)
def test_the_edge_of_five_percent(day: str, series: str, previous: float, upper: bool, edge: float) -> None:
    found = band_edge(np.array([previous]), 0.05, dt.date.fromisoformat(day), fixed_ticks([series]), upper=upper)
    assert found[0] == pytest.approx(edge)


@given(
    previous=st.floats(0.05, 1e5),
    day=st.dates(dt.date(2000, 1, 1), dt.date(2026, 12, 31)),
    series=st.sampled_from(["EQ", "BE", "SM"]),
)
def test_an_edge_is_at_least_a_tick_away(previous: float, day: dt.date, series: str) -> None:
    close, fixed = np.array([previous]), fixed_ticks([series])
    for band in BANDS:
        assert band_edge(close, band, day, fixed, upper=True)[0] >= previous + 0.01 - 1e-9
        assert band_edge(close, band, day, fixed, upper=False)[0] <= previous - 0.01 + 1e-9


def test_fills_lie_on_the_tick_against_the_trader() -> None:
    day = dt.date(2020, 1, 2)
    assert rounded(np.array([100.051]), day, BY_PRICE, up=True)[0] == pytest.approx(100.10)
    assert rounded(np.array([100.099]), day, BY_PRICE, up=False)[0] == pytest.approx(100.05)
    assert rounded(np.array([100.05]), day, BY_PRICE, up=True)[0] == pytest.approx(100.05)
    assert rounded(np.array([0.01]), day, BY_PRICE, up=False)[0] == pytest.approx(0.05)
    assert rounded(np.array([8.63]), dt.date(2025, 1, 16), fixed_ticks(["SM"]), up=True)[0] == pytest.approx(8.65)
