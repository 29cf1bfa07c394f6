"""What other charges and more capital would cost, against plain recomputation on a real history of the fictional
exchange."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from champion_assets.backtest.sheet.costs import capacity_of, growth_at, owned_words
from champion_assets.backtest.tear_sheet import decisions_of, history, story_of
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.backtest.tear_sheet_details import Details, details_of
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.backtest.test_tear_sheet import END, START
from champion_assets_tests.helpers import build_until


@pytest.fixture
def told(workspace: Workspace) -> tuple[Story, Details]:
    build_until(workspace, "backtest/daily", START, END)
    days, _ = history(workspace)
    story = story_of(workspace, days)
    assert story is not None
    return story, details_of(workspace, story.days, decisions_of(workspace, days))


def test_the_charges_as_they_were_give_the_growth_as_it_was(told: tuple[Story, Details]) -> None:
    story, _ = told
    years = story.measures.yardstick.years
    own = float(np.prod(1 + story.days["portfolio_return"].to_numpy())) ** (1 / years) - 1
    assert growth_at(story, 1.0) == pytest.approx(own)
    gross = story.days["pnl"] / (story.days["value"] - story.days["pnl"] + story.days["costs"])
    assert growth_at(story, 0.0) == pytest.approx(float(np.prod(1 + gross.to_numpy())) ** (1 / years) - 1)
    assert growth_at(story, 2.0) < own


def test_impact_is_the_square_root_law_summed_over_the_fills(told: tuple[Story, Details], workspace: Workspace) -> None:
    story, details = told
    found = capacity_of(story, details)
    assert found is not None
    dates = story.days["trade_date"].to_list()
    prices = {
        (row["trade_date"], row["instrument_id"]): row
        for row in workspace.lake.read("silver/equity_eod", dates).iter_rows(named=True)
    }
    lost = 0.0
    for fill in workspace.lake.read("backtest/executions", dates).filter(pl.col("filled") != 0).iter_rows(named=True):
        row = prices[fill["trade_date"], fill["instrument_id"]]
        sigma = math.log(row["high"] / row["low"]) / (2 * math.sqrt(math.log(2)))
        lost += fill["value"] * sigma * math.sqrt(fill["value"] / row["turnover"])
    assert found.drag == pytest.approx(lost / story.days["value"].mean() / story.measures.yardstick.years)
    assert found.at(np.array([found.value_for(0.01)])) == pytest.approx(0.01)
    assert found.large_at(1.0) == 0
    assert found.large_at(1e15) == pytest.approx(1)


def test_the_parts_of_the_risk_are_all_of_it(told: tuple[Story, Details], workspace: Workspace) -> None:
    story, details = told
    assert details.risk is not None
    assert details.risk.rows["share"].sum() == pytest.approx(1)
    last = story.days.row(-1, named=True)
    held = sum(each["value"] for each in last["holdings"]) / last["value"]
    assert details.risk.rows["weight"].sum() + details.risk.left_out == pytest.approx(held)
    assert details.frontier is not None
    assert details.frontier.date == last["trade_date"]


def test_the_account_is_a_share_of_each_companys_capitalisation(
    told: tuple[Story, Details], workspace: Workspace
) -> None:
    story, details = told
    last = story.days.tail(1)
    sizes = workspace.lake.read("silver/shares_outstanding", last["trade_date"].to_list())
    capitalisation = dict(sizes.select("instrument_id", "market_cap").iter_rows())
    held = last["holdings"].item()
    expected = [each["value"] / capitalisation[each["instrument_id"]] for each in held]
    assert details.owned["share"].to_list() == pytest.approx(expected)
    assert details.owned["symbol"].to_list() == [each["symbol"] for each in held]


def test_what_is_owned_is_said_with_what_is_not_known() -> None:
    owned = pl.DataFrame({"symbol": ["A", "B", "C"], "share": [0.0001, 0.0004, None]})
    words = owned_words(owned, 1e7, 1e9)
    assert "at most 0.0400 % of a company's market capitalisation (B)" in words
    assert "it would own 4.00 %" in words
    assert "Of 1 holdings" in words
    assert "Of " not in owned_words(owned.head(2), 1e7, 1e9)
    assert "No market capitalisation" in owned_words(owned.tail(1), 1e7, 1e9)
