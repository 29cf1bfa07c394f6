"""India's costs by date, against the check value of a broker's calculator and the dates of the notifications."""

from __future__ import annotations

import datetime as dt

import pytest

from champion_assets.nse.costs import STT, Plan, charges, cost_rates, rate


def test_the_check_value_of_2026() -> None:
    rates, value = cost_rates(dt.date(2026, 11, 1)), 5_000 * 1_000.0
    assert round(value * (rates.buy + rates.sell), 2) == 11_124.06


@pytest.mark.parametrize(
    ("day", "expected"), [("2012-06-30", 0.00125), ("2012-07-01", 0.001), ("2004-09-30", 0.0), ("2013-06-01", 0.001)]
)
def test_stt_changes_on_its_day(day: str, expected: float) -> None:
    assert rate(STT, dt.date.fromisoformat(day)) == expected


def test_basis_points_of_the_reference_table() -> None:
    now, twenties = cost_rates(dt.date(2026, 1, 1)), cost_rates(dt.date(2022, 1, 3))
    assert (round(now.buy * 1e4, 2), round(now.sell * 1e4, 2)) == (11.87, 10.37)
    assert (round(twenties.buy * 1e4, 1), round(twenties.sell * 1e4, 1)) == (11.9, 10.4)


def test_the_charges_of_a_day_add_up_and_each_has_its_own_rule() -> None:
    rates = cost_rates(dt.date(2026, 1, 1))
    plain = charges(rates, Plan(), [5_000_000.0], [5_000_000.0])
    assert round(plain.total, 2) == 11_124.06
    assert (plain.stt, plain.stamp, plain.brokerage, plain.depository) == pytest.approx((10_000.0, 750.0, 0.0, 0.0))
    full = charges(rates, Plan(0.001, 20.0, 13.5), [5_000_000.0, 10_000.0], [5_000_000.0, 0.0])
    assert full.brokerage == 20.0 + 10.0 + 20.0  # a share of the value, at most 20 rupees an order
    assert full.depository == 13.5  # for the one name sold
    assert full.tax - charges(rates, Plan(), [5_010_000.0], [5_000_000.0]).tax == pytest.approx(0.18 * 63.5)
