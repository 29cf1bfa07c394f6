"""The equally weighted universe: what it returns and costs, against the tables themselves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from champion_assets.backtest.equal_weight import equal_weight
from champion_assets.backtest.tear_sheet_figures import figures
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.costs import cost_rates
from champion_assets_tests.helpers import build_until, inputs_of, put_day

START, END = dt.date(2023, 11, 1), dt.date(2024, 4, 30)


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    build_until(workspace, "backtest/daily", START, END)
    return workspace


def weights_before(workspace: Workspace, evening: dt.date, before: dt.date) -> dict[str, float]:
    """Equal weights in the members of `before`, after the returns of `evening`."""
    names = workspace.lake.read("features/universe", [before])["instrument_id"]
    moves = dict(workspace.lake.read("features/returns", [evening]).select("instrument_id", "total_return").iter_rows())
    values = {name: 1 + (moves.get(name) or 0.0) for name in names}
    return {name: value / sum(values.values()) for name, value in values.items()}


def test_costs_are_those_of_what_enters_leaves_and_drifts(built: Workspace) -> None:
    before, evening, date = built.sessions(dt.date(2024, 2, 1), dt.date(2024, 2, 8))[:3]
    row = built.lake.read("backtest/daily", [date]).row(0, named=True)
    held = weights_before(built, evening, before)
    members = built.lake.read("features/universe", [evening])["instrument_id"].to_list()
    moves = built.lake.read("features/returns", [date]).filter(pl.col("instrument_id").is_in(members))
    assert row["benchmark_return"] == pytest.approx(moves["total_return"].mean())
    changes = [(name in members) / len(members) - held.get(name, 0.0) for name in {*members, *held}]
    rates, slippage = cost_rates(date), 0.0005
    expected = sum(
        change * (rates.buy + slippage) if change > 0 else -change * (rates.sell + slippage) for change in changes
    )
    assert row["benchmark_cost"] == pytest.approx(expected)
    assert 0 < row["benchmark_cost"] < 0.001
    first = (
        built.lake.read("backtest/daily", built.sessions(START, END))
        .filter(pl.col("benchmark_cost") > 0)
        .row(0, named=True)
    )
    assert first["benchmark_cost"] == pytest.approx(
        cost_rates(first["trade_date"]).buy + slippage
    )  # all of it is bought


def test_impact_makes_it_dearer(built: Workspace) -> None:
    date = built.sessions(dt.date(2024, 2, 1), dt.date(2024, 2, 8))[2]
    other = replace(built, settings=built.settings.model_copy(update={"impact": 1.0}))
    plain, dear = (equal_weight(inputs_of("backtest/daily", each, [date]), [date]) for each in (built, other))
    assert dear["benchmark_cost"][0] > plain["benchmark_cost"][0]
    assert dear["benchmark_return"][0] == plain["benchmark_return"][0]


def test_a_member_that_ends_returns_what_its_holders_get(built: Workspace) -> None:
    """Two shares of another member and 5 rupees for each."""
    before, date = built.sessions(dt.date(2024, 2, 1), dt.date(2024, 2, 8))[:2]
    members = built.lake.read("features/universe", [before])["instrument_id"].sort().to_list()
    gone, acquirer = members[3], members[7]
    returns = built.lake.read("features/returns", [date]).filter(pl.col("instrument_id") != gone)
    put_day(built.lake, "features/returns", date, returns)
    row = {
        "trade_date": date,
        "instrument_id": gone,
        "symbol": "GONE",
        "last_session": before,
        "kind": "merged",
        "confidence": "document",
        "child_instrument_id": acquirer,
        "child_symbol": "HEIR",
        "ratio": 2.0,
        "cash": 5.0,
        "evidence": "x",
    }
    empty = built.lake.read("silver/endings", [date])
    prices = built.lake.read("silver/equity_eod", [before, date])
    close = {
        (day, name): price for day, name, price in prices.select("trade_date", "instrument_id", "close").iter_rows()
    }
    old, heir = close[before, gone], close[date, acquirer]
    others = returns.filter(pl.col("instrument_id").is_in(members))["total_return"].drop_nulls().to_list()
    for confidence, values in (("document", [*others, (2 * heir + 5) / old - 1]), ("unknown", others)):
        told = row | {"confidence": confidence} | ({"ratio": None, "cash": 0.0} if confidence == "unknown" else {})
        put_day(built.lake, "silver/endings", date, pl.DataFrame([told], schema=empty.schema))
        found = equal_weight(inputs_of("backtest/daily", built, [date]), [date])
        assert found["benchmark_return"][0] == pytest.approx(sum(values) / len(values))


def test_the_figures_say_gross_and_net(built: Workspace) -> None:
    table = figures(built.lake.read("backtest/daily", built.sessions(START, END)))
    values, words = (dict(table.select("metric", column).iter_rows()) for column in ("value", "definition"))
    assert values["universe_net_total_return"] < values["universe_total_return"]
    assert values["universe_net_alpha"] > values["alpha"]
    assert "before costs" in words["alpha"]
    assert "before costs" in words["universe_cagr"]
    assert "net of costs" in words["universe_net_alpha"]
    assert "net of the same costs" in words["universe_net_cagr"]
