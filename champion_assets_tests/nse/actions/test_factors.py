"""Factors: the golden vectors of genuine events, several legs of one day, and what must be refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.actions import factors
from champion_assets.nse.actions.factors import FactorError, cash_of, day_factors
from champion_assets.nse.actions.grammar import read_subject


def product(
    text: str, last: float | None, opened: float | None = None, face_value: float | None = None
) -> tuple[float, float, float, float]:
    """(capital, capital_special, total_return, q) of a text."""
    legs = day_factors(read_subject(text).legs, last, opened, face_value)
    assert not any(leg.problem for leg in legs), legs
    return tuple(
        math.prod(getattr(leg, name) for leg in legs) for name in ("capital", "capital_special", "total_return", "q")
    )  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "last", "opened", "face_value", "f", "q"),
    [
        (
            "Rights 1:15 @ Premium Rs 1247",
            1479.25,
            None,
            10,
            0.990610,
            1,
        ),  # RELIANCE 2020-05-13; NSE published 0.990610
        ("Rights 5:46 @ Premium Rs 71/-", 106.45, None, 10, 0.976561, 1),  # PPLPHARMA 2023-08-02
        ("Rights 1:8 @ Premium Rs 358/-", 568.55, None, 2, 0.959243, 1),  # UPL 2024-11-26
        # ADANIENT 2025-11-17, partly paid: the full price counts
        ("Rights 3:25 @ Premium Rs 1799/-", 2516.80, None, 1, 0.969485, 1),
        ("Demerger", 2841.85, 2580.00, None, 0.907859, 1),  # RELIANCE/JFS 2023-07-20
        ("Demerger", 481.60, 455.60, None, 0.946013, 1),  # ITC Hotels 2025-01-06
        ("Demerger", 773.60, 289.50, None, 0.374224, 1),  # VEDL 2026-04-30
        ("Demerger", 660.75, 400.00, None, 0.605373, 1),  # TATAMOTORS 2025-10-14
        ("Scheme Of Arrangement", 1307.80, 1070.05, None, 0.818206, 1),  # GRASIM 2017-07-19
        ("Demerger", 311.05, 109.45, None, 0.351873, 1),  # ARVIND 2018-11-28
        ("Bonus 1:1", 1964.10, 979.5, 1, 0.5, 2),
        ("Bonus 1:2", 4257.60, 2830, 1, 2 / 3, 1.5),
        ("Bonus 3:5", 60.60, 37.90, 10, 0.625, 1.6),
        ("Bonus 4:1/Face Value Split From Rs 2 To Re 1", 9331.0, 956.0, 2, 0.1, 10),  # BAJFINANCE 2025-06-16
        # KAUSHALYA, TVSMOTOR
        ("Consolidation From Re 1 To Rs 100", 1.0, 100.0, 100, 100, 0.01),
        ("Bonus Ncrps 4:1", 3000.0, 3000.0, 1, 1, 1),
    ],
)
def test_golden_capital_factors(
    text: str, last: float, opened: float | None, face_value: float | None, f: float, q: float
) -> None:
    capital, special, total, shares = product(text, last, opened, face_value)
    assert capital == pytest.approx(f, abs=5e-7)
    assert capital == special == total
    assert shares == pytest.approx(q)


def test_golden_dividends() -> None:
    assert product("Special Dividend - Rs 974", 985.65)[:3] == pytest.approx(
        (1, 0.011820, 0.011820), abs=5e-7
    )  # MAJESCO 2020-12-23
    assert product("Interim Dividend - Rs 21 Per Share", 298.65)[2] == pytest.approx(
        0.929684, abs=5e-7
    )  # HINDZINC 2022-07-20
    assert product("Interim Dividend - Rs 5 Per Share", 1000.0) == pytest.approx((1, 1, 0.995, 1))


def test_several_dividends_of_a_day_are_taken_from_the_price_together() -> None:
    assert product("Dividend - Rs 107 Per Share And Special Dividend - Rs 143 Per Share", 1000.0)[2] == pytest.approx(
        0.75
    )
    inclusive = product("Dividend-Rs.8.50 Per Share (Including Special Dividend Of Rs.2/- Per Share).", 1000.0)
    assert inclusive[2] == pytest.approx(0.9915)


def test_dividends_of_two_percent_are_extraordinary_whatever_they_are_called() -> None:
    assert product("Interim Dividend - Rs 20 Per Share", 1000.0)[1] == pytest.approx(0.98)
    assert product("Interim Dividend - Rs 19.9 Per Share", 1000.0)[1] == 1


def test_percent_is_of_the_face_value_of_the_day() -> None:
    leg = read_subject("Dividend 40%").legs[0]
    assert cash_of(leg, 5.0) == 2.0
    assert "face value" in day_factors([leg], 100.0, None, None)[0].problem


def test_other_ways_to_value_a_demerger() -> None:
    assert factors.demerger_by_child(2841.85, 261.85, 1) == pytest.approx(0.907859, abs=5e-7)
    assert factors.demerger_by_child(100.0, 50.0, 0.5) == pytest.approx(0.75)
    with pytest.raises(FactorError):
        factors.demerger_by_child(100.0, 60.0, 2)
    assert factors.reduction(0.25) == (4.0, 0.25)


def test_the_price_that_is_discovered_for_a_demerger_contains_the_day_s_split_and_dividend() -> None:
    assert product("Demerger / Face Value Split From Rs 10 To Rs 2 / Interim Dividend - Rs 5 Per Share", 100.0, 15.0)[
        0
    ] == pytest.approx(15 / 95)


def test_a_right_above_the_market_is_worth_nothing() -> None:
    assert factors.rights(90.0, 1, 1, 100.0) == 1.0


@pytest.mark.parametrize(
    ("text", "last", "why"),
    [
        ("Rights 1:4 @ Premium Rs 24/-", 100.0, "face value"),
        ("Dividend - Rs 5 Per Share", None, "no close"),
        ("Rights 2:7", 100.0, "no issue price"),
        ("Dividend - Rs 500 Per Share", 100.0, "a payment of 500"),
        ("Demerger", 100.0, "no price on the ex-date"),
        ("Bonus 500:1", 100.0, "beyond"),
    ],
)
def test_what_is_not_known_is_refused_and_never_one(text: str, last: float | None, why: str) -> None:
    legs = day_factors(read_subject(text).legs, last, None, None)
    assert any(why in leg.problem and leg.capital is None for leg in legs)


def test_a_scheme_without_a_price_step_changes_nothing() -> None:
    legs = day_factors(read_subject("Scheme Of Arrangement").legs, 100.0, 101.0, 10.0)
    assert (legs[0].capital, legs[0].method) == (1.0, "scheme without a price step")


@given(st.floats(1, 1e5), st.integers(1, 20), st.integers(1, 20), st.floats(0, 1e5), st.floats(0, 0.99))
def test_levels_stay_in_order_and_shares_times_price_is_kept(
    last: float, a: int, b: int, issue: float, paid: float
) -> None:
    text = f"Bonus {a}:{b}/ Rights {b}:{a} @ Rs {issue:.2f}/ Interim Dividend - Rs {paid * last:.2f} Per Share"
    legs = [leg for leg in day_factors(read_subject(text).legs, last, None, 10.0) if not leg.problem]
    capital, special, total = (
        math.prod(getattr(leg, name) for leg in legs) for name in ("capital", "capital_special", "total_return")
    )
    assert 0 < total <= special + 1e-12 <= capital + 2e-12
    f, q = factors.bonus(a, b)
    assert f * q == pytest.approx(1)
