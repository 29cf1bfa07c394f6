"""The orders of a decision and what became of them."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from champion_assets.backtest.executions import NAME, Execution
from champion_assets.lake.schema import violations
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until
from champion_assets_tests.portfolio.test_account import FIRST, with_settings


def test_the_orders_of_a_decision_are_told_with_their_end(workspace: Workspace) -> None:
    slow = with_settings(workspace, participation=1e-4)
    session = slow.calendar.next_session(FIRST)
    assert session is not None
    orders = slow.lake.read(NAME, [session])
    day = slow.lake.read("backtest/daily", [session]).row(0, named=True)
    assert orders.height == day["buys"] + orders.filter(pl.col("filled") == 0).height
    assert orders["value"].sum() == pytest.approx(day["bought"])
    assert orders["charges"].sum() == pytest.approx(day["costs"])
    assert day["unfilled"] == orders["reason"].is_not_null().sum() > 10
    assert set(orders["reason"].drop_nulls()) == {"volume"}
    assert violations(Execution, orders) is None
    assert violations(Execution, orders.with_columns(reason=pl.lit(None, pl.String))) is not None
    assert violations(Execution, orders.with_columns(filled=pl.col("wanted") * 2)) is not None


def test_what_a_fill_cost_beside_the_evenings_close_is_told(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", dt.date(2023, 11, 1), dt.date(2023, 12, 29))
    orders = workspace.lake.read(NAME, [dt.date(2023, 12, 1)])
    closes = dict(workspace.lake.read("silver/equity_eod", [FIRST]).select("instrument_id", "close").iter_rows())
    for row in orders.iter_rows(named=True):
        assert row["reference"] == pytest.approx(closes[row["instrument_id"]])  # no action lies between
        assert row["shortfall"] == pytest.approx(row["filled"] * (row["price"] - row["reference"]))
    account = (
        workspace.lake.read("portfolio/account", [dt.date(2023, 12, 1)])["results"].explode().struct.field("execution")
    )
    assert account.sum() == pytest.approx(-orders["shortfall"].sum())
