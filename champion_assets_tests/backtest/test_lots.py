"""Lots through sales and corporate actions, by examples worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from champion_assets.backtest.lots import CLAIMS, Lot, LotError, Lots

FIRST, SECOND, LAST = dt.date(2016, 1, 4), dt.date(2017, 6, 1), dt.date(2017, 12, 1)


def step(
    kind: str, name: str = "A", shares: float = 0.0, cash: float = 0.0, factor: float = 1.0, other: str | None = None
) -> dict[str, Any]:
    return {"kind": kind, "instrument_id": name, "shares": shares, "cash": cash, "factor": factor, "other": other}


def two_lots() -> Lots:
    lots = Lots()
    lots.buy("A", 100.0, 10_000.0, FIRST)
    lots.buy("A", 50.0, 7_500.0, SECOND)
    return lots


def test_first_in_first_out() -> None:
    lots = two_lots()
    lots.sell("A", 120.0, 24_000.0, LAST)
    assert [(each.lot.acquired, each.lot.shares, each.gain, each.is_long) for each in lots.realised] == [
        (FIRST, 100.0, 20_000.0 - 10_000.0, True), (SECOND, 20.0, pytest.approx(4_000.0 - 3_000.0), False)
    ]  # fmt: skip
    assert lots.held["A"] == [Lot(SECOND, pytest.approx(30.0), pytest.approx(4_500.0))]
    with pytest.raises(LotError, match="fewer"):
        lots.sell("A", 31.0, 1.0, LAST)


def test_bonus_shares_cost_nothing_and_are_acquired_on_their_day() -> None:
    lots = two_lots()
    lots.change(step("new", shares=150.0), SECOND)
    lots.change(step("scale", factor=5.0), LAST)
    assert lots.held["A"] == [Lot(FIRST, 500.0, 10_000.0), Lot(SECOND, 250.0, 7_500.0), Lot(SECOND, 750.0, 0.0)]


def test_a_merger_carries_cost_and_date_and_its_fraction_is_sold() -> None:
    """105 shares into 28 for 10: 294 shares; then an ending with a third of the value in cash."""
    lots = Lots()
    lots.buy("A", 105.0, 10_500.0, FIRST)
    lots.change(step("move", shares=294.0, other="B"), SECOND)
    lots.change(step("sell", shares=105.0), SECOND)
    assert lots.held["B"] == [Lot(FIRST, 294.0, 10_500.0)]
    assert lots.realised == []
    lots.change(step("move", name="B", shares=29.4, factor=2 / 3, other="C"), LAST)
    lots.change(step("sell", name="C", shares=0.4, cash=100.0), LAST)
    lots.change(step("sell", name="B", shares=294.0, cash=5_000.0), LAST)
    assert [(each.name, each.gain, each.is_long) for each in lots.realised] == [
        ("C", pytest.approx(100.0 - 7_000.0 * 0.4 / 29.4), True), ("B", pytest.approx(5_000.0 - 3_500.0), True)
    ]  # fmt: skip
    lots.must_be({"C": 29.0}, LAST)


def test_a_demerger_parts_the_cost() -> None:
    lots = two_lots()
    lots.change(step("demerge", shares=150.0, factor=0.2), LAST)
    assert [(lot.shares, lot.cost) for lot in lots.held["A"]] == [(100.0, 8_000.0), (50.0, 6_000.0)]
    assert [(lot.shares, lot.cost) for lot in lots.held["A" + CLAIMS]] == [(100.0, 2_000.0), (50.0, 1_500.0)]
    lots.change(step("list", shares=75.0, other="CHILD"), LAST)
    assert [(lot.acquired, lot.shares, lot.cost) for lot in lots.held["CHILD"]] == [
        (FIRST, 50.0, 2_000.0),
        (SECOND, 25.0, 1_500.0),
    ]
    lots.must_be({"A": 150.0, "CHILD": 75.0}, LAST)


def test_rights_that_were_renounced_are_a_gain_without_cost() -> None:
    lots = two_lots()
    lots.change(step("sell", cash=250.0), LAST)
    assert [(each.gain, each.is_long) for each in lots.realised] == [(250.0, False)]
    lots.must_be({"A": 150.0}, LAST)


def test_the_fair_value_follows_the_shares() -> None:
    lots = two_lots()
    lots.value_on({"A": 300.0})
    lots.change(step("scale", factor=2.0), dt.date(2018, 2, 5))
    lots.sell("A", 100.0, 20_000.0, dt.date(2018, 6, 1))  # half of the first lot: it cost 5,000 and was worth 15,000
    assert [(each.gain, each.is_long) for each in lots.realised] == [(5_000.0, True)]
    with pytest.raises(LotError, match="the lots of A have"):
        lots.must_be({"A": 199.0}, LAST)
