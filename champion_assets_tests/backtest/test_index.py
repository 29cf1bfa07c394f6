"""The index beside the portfolio: the right one or none, a gap is a gap, and dividends count."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from champion_assets.backtest.index import IndexHistory, UnknownIndex, index_history, refuse_unknown
from champion_assets.backtest.sheet.words import shown
from champion_assets.backtest.tear_sheet import TearSheet, history, index_beside, page
from champion_assets.backtest.tear_sheet_figures import figures
from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.schema import violations
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until, put_day
from champion_assets_tests.pages.parsed import parsed

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)
LEVELS, TOTAL = "silver/index_eod", "silver/index_total_return"


def called(workspace: Workspace, benchmark: str) -> Workspace:
    return replace(workspace, settings=workspace.settings.model_copy(update={"benchmark": benchmark}))


def without(workspace: Workspace, dates: list[dt.date]) -> None:
    """The days' index files are absent."""
    for date in dates:
        for table in (LEVELS, TOTAL):
            put_day(workspace.lake, table, date, workspace.lake.read(table, [date]).clear())


def test_a_name_that_no_index_has_is_refused_with_the_nearest(workspace: Workspace) -> None:
    build_until(workspace, "portfolio/audit", START, START + dt.timedelta(days=14))
    for name, near in (("Fictional 5O", "Fictional 50"), ("Nifty Fifty", "Nifty 50")):
        report = build_range(
            TABLES["backtest/daily"], called(workspace, name), calendar_days(START, START + dt.timedelta(days=14))
        )
        assert set(report.failed) == set(workspace.sessions(START, START + dt.timedelta(days=14)))
        assert all(
            isinstance(error, UnknownIndex) and near in str(error) and name in str(error)
            for error in report.failed.values()
        )
    for name in ("Fictional 500", "CNX Nifty", "nifty 50"):
        assert refuse_unknown(called(workspace, name), [START]) == {}


def test_a_known_index_that_the_whole_lake_lacks_is_refused_when_the_history_is_told(workspace: Workspace) -> None:
    build_until(workspace, TOTAL, START, END)
    assert refuse_unknown(called(workspace, "Nifty Bank"), [START]) == {}  # later files may have it
    with pytest.raises(UnknownIndex, match="BENCHMARK=Nifty Bank"):
        index_history(called(workspace, "Nifty Bank"), workspace.sessions(START, END))


def test_a_lake_without_index_files_refuses_nothing(workspace: Workspace) -> None:
    assert refuse_unknown(called(workspace, "nonsense"), [START]) == {}
    beside = index_history(called(workspace, "nonsense"), workspace.sessions(START, END))
    assert beside.gaps == len(workspace.sessions(START, END))
    assert np.isnan(beside.growth).all()
    assert "no index file" in beside.in_words


def test_the_index_is_told_with_its_dividends(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    days, _ = history(workspace)
    index = index_beside(workspace, days)
    assert index is not None
    assert index.gaps == 0
    assert "total return" in index.in_words
    assert "leveraged total-return index" in index.in_words
    paid = index.rows[1:]["dividend_return"].sum()
    price = index.rows["close"][-1] / index.rows["close"][0] - 1
    assert paid > 0.0005
    assert index.growth[-1] == pytest.approx((1 + price) * (1 + paid), rel=1e-4)
    table = figures(days, index=index)
    assert violations(TearSheet, table) is None
    values = dict(table.select("metric", "value").iter_rows())
    assert values["index_total_return"] == pytest.approx(np.prod(1 + index.returns) - 1, abs=2e-5)
    assert values["index_gaps"] == 0
    assert values["universe_sharpe"] is not None
    assert "total return" in dict(table.select("metric", "definition").iter_rows())["index_alpha"]


def test_index_files_that_end_leave_a_gap_and_no_figure_that_would_need_them(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    days, before = history(workspace)
    gone = workspace.sessions(dt.date(2023, 12, 18), END)
    without(workspace, gone)
    _, after = history(workspace)
    assert after != before  # the page is made anew
    index = index_beside(workspace, days)
    assert index is not None
    assert index.gaps == len(gone)
    assert np.isnan(index.growth[-len(gone) :]).all()
    assert np.isfinite(index.growth[: -len(gone)]).all()
    values = dict(figures(days, index=index).select("metric", "value").iter_rows())
    assert values["index_total_return"] is None
    assert values["index_sharpe"] is None
    assert values["index_beta"] is not None
    text = page(workspace, days, figures(days, index=index), "note")
    rows = {row[0]: row[1:4] for row in parsed(text).tables["figures-table"]}
    assert rows["Sharpe ratio"][1:] == ["", shown("sharpe", values["universe_sharpe"])]
    assert rows["Beta"] == ["", shown("index_beta", values["index_beta"]), shown("beta", values["beta"])]
    assert f"{len(gone)} of {index.rows.height} sessions, the first 2023-12-18, the last {gone[-1]}" in text
    path = re.search(r'data-n="Nifty 50 \(total return\)" d="([^"]*)"', text)
    assert path is not None
    ends = [int(place) for place in re.findall(r"(\d+) \d+", path[1])]
    share = (dt.date(2023, 12, 15) - dt.date(2023, 12, 1)) / (END - dt.date(2023, 12, 1))
    assert max(ends) == round(share * 10_000)  # the curve ends where the files do


def test_levels_bridge_a_gap_in_the_middle(workspace: Workspace) -> None:
    build_until(workspace, TOTAL, START, END)
    sessions = workspace.sessions(START, END)
    whole = index_history(workspace, sessions)
    without(workspace, sessions[10:12])
    bridged = index_history(workspace, sessions)
    assert np.isnan(bridged.growth[10:12]).all()
    lost = float((1 + whole.rows["dividend_return"][10:12].fill_null(0.0)).product())
    assert bridged.growth[-1] * lost == pytest.approx(whole.growth[-1], rel=1e-4)


def test_an_index_without_any_dividend_is_a_price_return() -> None:
    dates = [dt.date(2024, 1, day) for day in (1, 2, 3)]
    rows = pl.DataFrame(
        {
            "trade_date": dates,
            "close": [100.0, 110.0, 99.0],
            "price_return": [0.0, 0.1, -0.1],
            "dividend_return": [None] * 3,
            "total_return": [None] * 3,
            "route": ["none"] * 3,
            "is_assumed": [True] * 3,
        },
        schema_overrides={"dividend_return": pl.Float64, "total_return": pl.Float64},
    )
    index = IndexHistory("Nifty X", rows)
    assert index.growth.tolist() == pytest.approx([1.0, 1.1, 0.99])
    assert index.in_words == "Nifty X, price return: dividends not known on 2 of 2 sessions"
