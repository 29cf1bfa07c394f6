"""India's costs by date, against the check value of a broker's calculator and the dates of the notifications."""

from __future__ import annotations

import datetime as dt

import pytest

from champion_assets.nse.costs import STT, cost_rates, rate


def test_the_check_value_of_2026() -> None:
    rates, value = cost_rates(dt.date(2026, 11, 1)), 5_000 * 1_000.0
    assert round(value * (rates.buy + rates.sell), 2) == 11_124.06


@pytest.mark.parametrize(("day", "expected"), [("2012-06-30", 0.00125), ("2012-07-01", 0.001), ("2004-09-30", 0.0), ("2013-06-01", 0.001)])
def test_stt_changes_on_its_day(day: str, expected: float) -> None:
    assert rate(STT, dt.date.fromisoformat(day)) == expected


def test_basis_points_of_the_reference_table() -> None:
    now, twenties = cost_rates(dt.date(2026, 1, 1)), cost_rates(dt.date(2022, 1, 3))
    assert (round(now.buy * 1e4, 2), round(now.sell * 1e4, 2)) == (11.87, 10.37)
    assert (round(twenties.buy * 1e4, 1), round(twenties.sell * 1e4, 1)) == (11.9, 10.4)


def test_brokerage_is_taxed() -> None:
    without, with_ten = cost_rates(dt.date(2026, 1, 1)), cost_rates(dt.date(2026, 1, 1), brokerage_bps=10)
    assert with_ten.buy - without.buy == pytest.approx(0.001 * 1.18)
