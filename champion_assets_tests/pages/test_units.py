"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from champion_assets.pages.units import basis_points, number, percent, points, round_rupees, rupees, rupees_in_words


def test_numbers_have_their_units_and_the_typographic_minus() -> None:
    assert percent(0.1234) == "12.3 %"
    assert percent(-0.1234, 2, signed=True) == "−12.34 %"
    assert percent(0.1, signed=True) == "+10.0 %"
    assert points(-0.012) == "−1.2 points"
    assert number(-1234.5) == "−1,234.50"
    assert basis_points(0.00123) == "12.3"
    assert rupees(-1234.4, signed=True) == "−₹1,234"
    assert rupees(1234.4, signed=True) == "+₹1,234"


def test_what_rounds_to_nothing_has_no_minus() -> None:
    assert percent(-0.0001) == "0.0 %"
    assert number(-0.001) == "0.00"
    assert rupees(-0.4, signed=True) == "₹0"


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
def test_what_is_not_known_is_a_dash(unknown: float | None) -> None:
    assert {form(unknown) for form in (percent, points, number, basis_points, rupees, rupees_in_words)} == {"–"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (12_500_000, "₹1.25 crore"),
        (125_000_000, "₹12.5 crore"),
        (1.25e9, "₹125 crore"),
        (1.25e11, "₹12,500 crore"),
        (250_000, "₹2.50 lakh"),
        (99_999, "₹99,999"),
        (-12_500_000, "−₹1.25 crore"),
    ],
)
def test_rupees_in_lakh_and_crore(value: float, words: str) -> None:
    assert rupees_in_words(value) == words


def test_round_rupees_for_an_axis() -> None:
    assert [round_rupees(value) for value in (5e4, 1e6, 1e7, 2e9)] == ["₹50,000", "₹10 lakh", "₹1 crore", "₹200 crore"]
