"""The tear sheet: its figures, its page, and its refusal to sum up a history with holes or of mixed making."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from champion_assets.backtest.tear_sheet import TearSheet, figures, history, page
from champion_assets.lake.build import MissingInput
from champion_assets.lake.schema import violations
from champion_assets.lake.store import partition_key
from champion_assets.lake.table import Workspace
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
