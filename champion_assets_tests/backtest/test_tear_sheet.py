"""The tear sheet: its figures, its page, and its refusal to sum up a history with holes or of mixed making."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from champion_assets.backtest.tear_sheet import TearSheet, figures, history, page, story_of
from champion_assets.backtest.tear_sheet_data import written_down
from champion_assets.lake.errors import MissingInput
from champion_assets.lake.schema import violations
from champion_assets.lake.store import partition_key
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)


def test_the_tear_sheets_figures_are_checked(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    table = figures(workspace.lake.read("backtest/daily", workspace.sessions(START, END)))
    assert violations(TearSheet, table) is None
    assert violations(TearSheet, pl.concat([table, table])) is not None
    assert table.filter(pl.col("metric") == "sharpe")["value"].is_not_null().all()


def test_figures_count_from_the_first_fill_on(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    days, _ = history(workspace)
    table = figures(days)
    assert table["first"].unique().to_list() == [dt.date(2023, 12, 1)]
    values = dict(table.select("metric", "value").iter_rows())
    invested = days.filter(pl.col("trade_date") >= dt.date(2023, 12, 1))
    assert values["total_return"] == pytest.approx(days["value"][-1] / workspace.settings.initial_capital - 1)
    assert values["costs_rupees"] == pytest.approx(invested["costs"].sum())


def test_a_history_without_a_fill_has_a_page_that_says_so(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, dt.date(2023, 11, 15))
    days, _ = history(workspace)
    assert "No order was filled yet" in page(workspace, days, figures(days), "note")


def test_a_hole_or_a_mixed_history_is_refused(workspace: Workspace) -> None:
    with pytest.raises(MissingInput, match="no day yet"):
        history(workspace)
    build_until(workspace, "backtest/daily", START, END)
    costlier = replace(workspace, settings=workspace.settings.model_copy(update={"slippage_bps": 50.0}))
    with pytest.raises(MissingInput, match="other code or settings"):
        history(costlier)
    workspace.lake.delete(partition_key("backtest/daily", dt.date(2023, 12, 6)))
    with pytest.raises(MissingInput, match="lacks 1 sessions"):
        history(workspace)


def test_the_page_tells_the_whole_story(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    days, _ = history(workspace)
    text = page(workspace, days, figures(days), "note")
    for title in ("Growth of one rupee", "Drawdown", "Turnover and costs", "Exposure by sector", "Largest holdings over time", "ESG score",
                  "Constraints that bind", "Return by sector", "Constraints at work", "Monthly returns"):  # fmt: skip
        assert title in text, title
    assert "http" not in text.split("<body>")[1].replace("http://www.w3.org", "")  # self-contained
    told = story_of(workspace, days)
    assert told is not None
    for rows in (told.sectors, told.holdings):
        sums = rows.group_by("trade_date").agg(pl.col("weight").sum()).sort("trade_date")["weight"]
        assert (
            sums if rows is told.sectors else sums + told.sectors.filter(pl.col("sector") == "Cash").sort("trade_date")["weight"]
        ).to_numpy() == (pytest.approx(1.0))
    assert told.written_down.is_empty()


def test_the_return_by_sector_adds_up_to_the_return_of_the_holdings(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    days, _ = history(workspace)
    told = story_of(workspace, days)
    assert told is not None
    invested = told.days[1:]
    gross = (invested["pnl"] / (invested["value"] - invested["pnl"] + invested["costs"])).sum()
    quiet = invested.filter((pl.col("buys") + pl.col("sells")) == 0).height
    assert quiet > 15
    assert told.attribution["contribution"].sum() == pytest.approx(gross, abs=0.004)  # rebalance days hold other names at the open


def test_a_holding_that_was_written_down_is_named() -> None:
    def holding(name: str, shares: float, price: float, idle: int) -> dict[str, object]:
        return {"instrument_id": name, "symbol": name, "shares": shares, "price": price, "value": shares * price, "idle": idle}

    def held(day: int, price: float, idle: int) -> dict[str, object]:
        return {"trade_date": dt.date(2024, 1, day), "written_down": 500.0 if price == 0 else 0.0,
                "holdings": [holding("GONE", 10.0, price, idle), holding("HERE", 1.0, 100.0 - day, 0)]}  # fmt: skip

    rows = written_down(pl.DataFrame([held(1, 50.0, 248), held(2, 50.0, 249), held(3, 0.0, 250)]))
    assert rows.rows() == [(dt.date(2024, 1, 3), "GONE", 500.0)]
