"""The tear sheet: its figures, its page, and its refusal to sum up a history with holes or of mixed making."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from champion_assets.backtest.tear_sheet import TearSheet, decisions_of, history, page, story_of
from champion_assets.backtest.tear_sheet_data import doubtful_holdings, written_down
from champion_assets.backtest.tear_sheet_details import details_of
from champion_assets.backtest.tear_sheet_figures import figures
from champion_assets.backtest.tear_sheet_page import render
from champion_assets.lake.errors import MissingInput
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.silver.doubts import Doubts
from champion_assets_tests.helpers import build_until, drop_days, put_day
from champion_assets_tests.pages.parsed import parsed

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
    before = days.filter(pl.col("trade_date") < dt.date(2023, 12, 1))["value"][
        -1
    ]  # the capital and what it earned as cash
    assert before > workspace.settings.initial_capital
    assert values["total_return"] == pytest.approx(days["value"][-1] / before - 1)
    assert values["costs_rupees"] == pytest.approx(invested["costs"].sum())
    years = (dt.date(2023, 12, 29) - dt.date(2023, 11, 30)).days / 365.25
    assert values["years"] == pytest.approx(years)
    assert values["sessions_a_year"] == pytest.approx(invested.height / years)
    assert values["cagr"] == pytest.approx((1 + values["total_return"]) ** (1 / years) - 1)
    excess = invested["portfolio_return"] - invested["overnight_return"]
    assert invested["overnight_return"].min() > 0
    assert values["sharpe"] == pytest.approx(excess.mean() / excess.std() * values["sessions_a_year"] ** 0.5)
    with pytest.raises(ValueError, match="the session before the first fill"):
        figures(invested)
    said = dict(table.select("metric", "definition").iter_rows())
    assert "in excess of the overnight rate" in said["sharpe"]
    assert "net of costs" in said["sharpe"]


def test_a_history_without_a_fill_has_a_page_that_says_so(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, dt.date(2023, 11, 15))
    days, _ = history(workspace)
    assert "No order was filled yet" in page(workspace, days, figures(days), "note")


def test_holdings_across_a_session_in_doubt_are_counted_and_named(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    days, before = history(workspace)
    assert "None of" in page(workspace, days, figures(days), "note")
    last = days["holdings"][-1]
    name, symbol = last[0]["instrument_id"], last[0]["symbol"]
    closes = days.select("trade_date", "holdings").explode("holdings").drop_nulls().unnest("holdings")
    since = closes.filter(pl.col("instrument_id") == name)["trade_date"]
    across = since[3]
    told = {"trade_date": across, "instrument_id": name, "symbol": symbol, "ex_session": across, "doubt": "unread",
            "level": "capital", "reason": "<gibberish>"}  # fmt: skip
    put_day(workspace.lake, "silver/doubts", across, pl.DataFrame([told], schema=empty_frame(Doubts).schema))
    _, after = history(workspace)
    assert after != before  # the page is made anew
    text = page(workspace, days, figures(days), "note")
    every = days["holdings"].list.len().sum()
    assert f"{len(since) - 3:,} of {every:,} holding days, of 1 names" in text
    row = parsed(text).tables["doubt-table"][1]
    assert row[:2] == [symbol, str(across)]
    assert row[4] == f"unread across {across}: <gibberish>"
    assert "<gibberish>" not in text
    drop_days(workspace.lake, "silver/doubts", [across])
    with pytest.raises(MissingInput, match="silver/doubts lacks 1 sessions"):
        history(workspace)


def test_holding_days_count_from_the_doubt_until_the_position_is_sold() -> None:
    sessions = pl.Series("trade_date", [dt.date(2024, 1, number) for number in range(1, 11)])
    closes = {"A": [0, 1, 2, 3, 6, 7], "B": [4, 5]}
    rows = [(sessions[number], name, name, 0.1) for name, held in closes.items() for number in held]
    held = pl.DataFrame(rows, schema=["trade_date", "instrument_id", "symbol", "weight"], orient="row")
    told = [("A", 2), ("A", 3), ("A", 4), ("A", 6), ("A", 0), ("B", 6), ("B", 7), ("C", 2)]
    across = [(name, sessions[at], "x") for name, at in told]
    doubts = pl.DataFrame(across, schema=["instrument_id", "ex_session", "doubt"], orient="row")
    found = doubtful_holdings(held, sessions, doubts)
    assert [(symbol, session.day - 1, since, new) for symbol, session, _, _, since, new in found.iter_rows()] == [
        ("A", 2, 2, 2), ("A", 3, 1, 0), ("A", 4, 0, 0), ("B", 6, 0, 0),
    ]  # fmt: skip


def test_a_hole_or_a_mixed_history_is_refused(workspace: Workspace) -> None:
    with pytest.raises(MissingInput, match="no day yet"):
        history(workspace)
    build_until(workspace, "backtest/daily", START, END)
    costlier = replace(workspace, settings=workspace.settings.model_copy(update={"slippage_bps": 50.0}))
    with pytest.raises(MissingInput, match="other code or settings"):
        history(costlier)
    drop_days(workspace.lake, "backtest/daily", [dt.date(2023, 12, 6)])
    with pytest.raises(MissingInput, match="lacks 1 sessions"):
        history(workspace)


def test_sectors_and_holdings_of_the_story_add_up(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    days, _ = history(workspace)
    told = story_of(workspace, days)
    assert told is not None
    for rows in (told.sectors, told.holdings):
        sums = rows.group_by("trade_date").agg(pl.col("weight").sum()).sort("trade_date")["weight"]
        assert (
            sums
            if rows is told.sectors
            else sums + told.sectors.filter(pl.col("sector") == "Cash").sort("trade_date")["weight"]
        ).to_numpy() == (pytest.approx(1.0))
    assert told.written_down.is_empty()


def test_what_stands_at_old_prices_is_told_both_ways(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    days, _ = history(workspace)
    part = days["value"][-1] * 0.1
    last = pl.col("trade_date") == days["trade_date"][-1]
    stale = days.with_columns(stale_value=pl.when(last).then(part).otherwise(0.0))
    told = dict(figures(stale).select("metric", "value").iter_rows())
    assert 1 + told["total_return_without_stale"] == pytest.approx((1 + told["total_return"]) * 0.9)
    assert told["cagr_without_stale"] < told["cagr"]
    assert told["stale_rupees"] == pytest.approx(part)
    plain = dict(figures(days).select("metric", "value").iter_rows())
    assert plain["total_return_without_stale"] == plain["total_return"]
    story, plain_story = story_of(workspace, stale), story_of(workspace, days)
    assert story is not None
    details = details_of(workspace, story.days, decisions_of(workspace, days))
    assert "10.00 % of the value is based on the last prices of names that have not" in render(
        stale, story, figures(stale), "", details=details
    )
    assert "is based on the last prices" not in render(days, plain_story, figures(days), "", details=details)


def test_a_holding_that_was_written_down_is_named() -> None:
    def holding(name: str, shares: float, price: float, idle: int) -> dict[str, object]:
        return {
            "instrument_id": name,
            "symbol": name,
            "shares": shares,
            "price": price,
            "value": shares * price,
            "idle": idle,
        }

    def held(day: int, price: float, idle: int) -> dict[str, object]:
        return {"trade_date": dt.date(2024, 1, day), "written_down": 500.0 if price == 0 else 0.0,
                "holdings": [holding("GONE", 10.0, price, idle), holding("HERE", 1.0, 100.0 - day, 0)]}  # fmt: skip

    rows = written_down(pl.DataFrame([held(1, 50.0, 248), held(2, 50.0, 249), held(3, 0.0, 250)]))
    assert rows.rows() == [(dt.date(2024, 1, 3), "GONE", 500.0)]
