"""The backtest on the synthetic exchange: next-session fills, the account, restarts."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from champion_assets.backtest.daily import Daily
from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.schema import violations
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.costs import cost_rates
from champion_assets_tests.helpers import build_until, content

START, END = dt.date(2023, 11, 1), dt.date(2024, 2, 29)


def days(workspace: Workspace) -> pl.DataFrame:
    return workspace.lake.read("backtest/daily", workspace.sessions(START, END))


def test_a_decision_is_filled_at_the_next_sessions_open_with_its_costs(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    table = days(workspace)
    traded = table.filter(pl.col("buys") > 0)
    assert traded["trade_date"][0] == dt.date(2023, 12, 1)  # decided on 2023-11-30
    first = traded.row(0, named=True)
    opens = dict(
        workspace.lake.read("silver/equity_eod", [dt.date(2023, 12, 1)]).select("instrument_id", "open").rows()
    )
    slippage = 1 + workspace.settings.slippage_bps / 1e4
    ticks = {
        held["instrument_id"]: math.ceil(opens[held["instrument_id"]] * slippage / 0.05 - 1e-6) * 0.05
        for held in first["holdings"]
    }
    paid = sum(held["shares"] * ticks[held["instrument_id"]] for held in first["holdings"])
    assert first["bought"] == pytest.approx(paid)
    assert first["costs"] == pytest.approx(paid * cost_rates(dt.date(2023, 12, 1)).buy)
    earned = table.filter(pl.col("trade_date") <= dt.date(2023, 12, 1))["interest"].sum()
    assert earned > 0
    assert first["cash"] == pytest.approx(workspace.settings.initial_capital + earned - paid - first["costs"], abs=0.01)


def test_value_before_plus_pnl_minus_costs_is_value_after_on_every_day(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    table = days(workspace).with_columns(before=pl.col("value").shift().fill_null(0.0))
    difference = (table["before"] + table["flows"] + table["pnl"] - table["costs"] - table["value"]).abs()
    assert difference.max() < 0.005  # type: ignore[operator]
    assert table["flows"].to_list()[1:] == [0.0] * (table.height - 1)
    assert table["benchmark_return"].abs().sum() > 0


def test_cash_earns_the_overnight_rate_less_a_spread_or_what_one_says(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, dt.date(2023, 11, 10))
    day = dt.date(2023, 11, 6)  # a Monday
    rate = workspace.lake.read("silver/rates", [day])["overnight_rate"].item()
    row, before = (
        workspace.lake.read("backtest/daily", [each]).row(0, named=True) for each in (day, dt.date(2023, 11, 3))
    )
    assert row["interest"] == pytest.approx(before["cash"] * (rate - 0.005) * 3 / 365)
    fixed = replace(workspace, settings=workspace.settings.model_copy(update={"cash_rate": 0.0}))
    for name in ("portfolio/account", "backtest/executions", "backtest/daily"):
        assert not build_range(TABLES[name], fixed, calendar_days(START, dt.date(2023, 11, 10))).failed
    assert fixed.lake.read("backtest/daily", [day])["interest"].item() == 0.0


def test_a_restart_in_the_middle_gives_the_same_bytes(workspace: Workspace, tmp_path: Path) -> None:
    build_until(workspace, "backtest/daily", START, END)
    other = replace(workspace, lake=Lake(str(tmp_path / "other")))
    for first, last in (
        (START, dt.date(2023, 12, 31)),
        (dt.date(2024, 1, 1), dt.date(2024, 1, 1)),
        (dt.date(2024, 1, 2), END),
    ):
        build_until(other, "backtest/daily", first, last)
    assert content(Path(other.lake.root)) == content(Path(workspace.lake.root))


def test_without_yesterdays_book_it_says_what_to_backfill(workspace: Workspace) -> None:
    build_until(workspace, "portfolio/account", START, dt.date(2023, 11, 30))
    build_until(workspace, "features/covariance", dt.date(2023, 12, 1), END)
    report = build_range(TABLES["portfolio/account"], workspace, calendar_days(dt.date(2023, 12, 5), END))
    assert "portfolio/account" in str(report.failed[dt.date(2023, 12, 5)])
    assert "champion backfill 2023-11-01 2023-12-04" in str(report.failed[dt.date(2023, 12, 5)])


@pytest.mark.parametrize("column", ["value", "cash"])
def test_the_model_refuses_a_book_that_does_not_add_up(workspace: Workspace, column: str) -> None:
    build_until(workspace, "backtest/daily", START, dt.date(2023, 12, 15))
    frame = workspace.lake.read("backtest/daily", [dt.date(2023, 12, 15)])
    assert violations(Daily, frame) is None
    assert violations(Daily, frame.with_columns(pl.col(column) + 1.0)) is not None
