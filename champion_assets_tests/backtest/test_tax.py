"""The table of taxes on the fictional exchange: by itself, day by day, and beside the attribution."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from champion_assets.backtest.tax import Tax, by_year
from champion_assets.backtest.tear_sheet import page, taxes_of
from champion_assets.backtest.tear_sheet_figures import figures
from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import MissingInput
from champion_assets.lake.schema import violations
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until, drop_days
from champion_assets_tests.pages.parsed import parsed

START, END = dt.date(2023, 11, 1), dt.date(2024, 4, 30)


@pytest.fixture
def taxed(workspace: Workspace) -> Workspace:
    build_until(workspace, "backtest/daily", START, END)
    return replace(workspace, settings=workspace.settings.model_copy(update={"tax": "resident"}))


def build(workspace: Workspace, first: dt.date = START, last: dt.date = END) -> None:
    for name in ("backtest/tax", "backtest/attribution"):
        failed = build_range(TABLES[name], workspace, calendar_days(first, last)).failed
        assert not failed, failed


def test_without_the_setting_there_is_none(workspace: Workspace) -> None:
    build_until(workspace, "backtest/tax", START, END)
    assert workspace.lake.read("backtest/tax", workspace.lake.dates("backtest/tax")).is_empty()


def test_the_tax_follows_from_the_lots_and_the_attribution_adds_up_after_it(taxed: Workspace) -> None:
    build(taxed)
    dates = taxed.lake.dates("backtest/tax")
    rows, account = (taxed.lake.read(name, dates).sort("trade_date") for name in ("backtest/tax", "portfolio/account"))
    sold = rows["realised"].explode().drop_nulls().struct.unnest()
    assert sold.height > 50
    assert not sold["is_long"].any()  # six months
    assert violations(Tax, rows) is None
    traded = account["executions"].explode().drop_nulls().struct.unnest().filter(pl.col("filled") < 0)
    paid_out = account["changes"].explode().drop_nulls().struct.unnest().filter(pl.col("kind") == "sell")["cash"].sum()
    stt = account["stt"].sum() * account["sold"].sum() / (account["sold"].sum() + account["bought"].sum())
    proceeds = (traded["filled"].abs() * traded["price"]).sum() - traded["charges"].sum() + stt + paid_out
    assert sold["proceeds"].sum() == pytest.approx(proceeds, abs=1.0)
    for year in by_year(rows).iter_rows(named=True):
        mine = rows.filter(pl.col("financial_year") == year["financial_year"])
        assert year["tax_of_year"] == pytest.approx(mine["tax"].sum())
        assert year["tax_of_year"] == pytest.approx(year["short_gain"] * 0.15 * 1.04)
    assert rows["tax"].sum() > 0
    lines = taxed.lake.read("backtest/attribution", dates)
    whole = dict(lines.group_by("trade_date").agg(pl.col("amount").sum()).iter_rows())
    for day, after in zip(account.iter_rows(named=True), rows.iter_rows(named=True), strict=True):
        assert whole.get(day["trade_date"], 0.0) == pytest.approx(day["pnl"] - day["costs"] - after["tax"], abs=0.01)
        assert after["value_after_tax"] == pytest.approx(day["value"] - after["tax_so_far"])


def test_the_tear_sheet_has_figures_before_and_after_it(taxed: Workspace) -> None:
    days = taxed.lake.read("backtest/daily", taxed.lake.dates("backtest/daily"))
    with pytest.raises(
        MissingInput, match="made by other code or settings; run `champion backfill 2023-11-01 2024-04-30`"
    ):
        taxes_of(taxed, days)  # they are there, without rows, since TAX was none
    build(taxed)
    taxes = taxes_of(taxed, days)
    assert taxes is not None
    values = dict(figures(days, taxes=taxes).select("metric", "value").iter_rows())
    assert values["tax_rupees"] == pytest.approx(taxes["tax"].sum())
    since = days.filter(pl.col("buys") > 0)["trade_date"].min()
    grown = (1 + taxes.filter(pl.col("trade_date") >= since)["return_after_tax"]).product() - 1
    assert values["total_return_after_tax"] == pytest.approx(grown, rel=1e-6)
    assert values["total_return_after_tax"] < values["total_return"]  # type: ignore[operator]
    assert not any("tax" in metric for metric in figures(days)["metric"])
    table = figures(days, taxes=taxes)
    sheet = parsed(page(taxed, days, table, "note"))
    assert "Capital gains tax" in sheet.headings
    assert sheet.column("tax-table", "Financial year") == ["2023–24", "2024–25"]
    assert sheet.column("tax-table", "Tax") == [f"{tax:,.0f}" for tax in by_year(taxes)["tax_of_year"]]
    assert any(row[0] == "Capital gains tax" for row in sheet.tables["lines-table"])
    told = dict(table.select("metric", "definition").iter_rows())
    assert "before income and capital gains tax" in told["total_return"]
    assert "after costs and capital gains tax" in told["total_return_after_tax"]


def test_day_by_day_is_the_same_as_at_once(taxed: Workspace) -> None:
    build(taxed)
    last = taxed.sessions(START, END)[-4:]  # the first of them begins with stored lots
    whole = {name: taxed.lake.read(name, last) for name in ("backtest/tax", "backtest/attribution")}
    for name in whole:
        drop_days(taxed.lake, name, last)
    for date in last:
        build(taxed, date, date)
    for name, rows in whole.items():
        assert taxed.lake.read(name, last).equals(rows)
