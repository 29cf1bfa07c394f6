"""Attribution adds up: on every day to the paisa, and by hand on a small account."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from champion_assets.backtest.attribution import NAME, Attribution, _moves
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.portfolio.account import AccountDay
from champion_assets_tests.helpers import build_until
from champion_assets_tests.portfolio.test_account import with_settings

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 31)
DAY = dt.date(2024, 1, 2)


@pytest.mark.parametrize(
    "changed", [{}, {"impact": 1.0, "participation": 1e-3, "unfilled": "carry", "brokerage_bps": 20.0}]
)
def test_the_lines_of_every_session_add_up_to_its_return(workspace: Workspace, changed: dict[str, object]) -> None:
    mine = with_settings(workspace, **changed)
    sessions = mine.sessions(START, END)
    lines, days = mine.lake.read(NAME, sessions), mine.lake.read("backtest/daily", sessions)
    sums = lines.group_by("trade_date").agg(pl.col("contribution", "amount").sum())
    both = days.join(sums, on="trade_date", how="left").with_columns(pl.col("contribution", "amount").fill_null(0.0))
    assert (both["contribution"] - both["portfolio_return"]).abs().max() < 1e-9  # type: ignore[operator]
    gain = both["value"][-1] - mine.settings.initial_capital
    assert lines["amount"].sum() == pytest.approx(gain, abs=0.5)
    assert {"market", "sector", "selection", "execution", "cash", "costs"} <= set(lines["line"])
    assert lines.filter(pl.col("line") == "sector")["part"].n_unique() > 3
    paid = lines.filter(pl.col("line") == "costs")["amount"].sum()
    assert paid == pytest.approx(-days["costs"].sum())
    assert lines.filter(pl.col("line") == "dividends")["amount"].sum() == pytest.approx(days["dividends"].sum())


def test_market_sector_and_selection_by_hand() -> None:
    """600 in IT that made 2 %, 200 in Banks that made -1 %; the universe is half IT (+1 %) and half Banks (-2 %)."""
    kinds = empty_frame(AccountDay).schema
    holdings = [("A", 612.0), ("B", 198.0)]
    account = pl.DataFrame(
        {
            "trade_date": [DAY],
            "holdings": [
                [
                    {"instrument_id": name, "symbol": name, "shares": 1.0, "price": value, "value": value, "idle": 0}
                    for name, value in holdings
                ]
            ],
            "results": [
                [
                    {
                        "instrument_id": name,
                        "symbol": name,
                        "market": move,
                        "dividends": 0.0,
                        "execution": 0.0,
                        "actions": 0.0,
                        "written_down": 0.0,
                    }
                    for name, move in (("A", 12.0), ("B", -2.0))
                ]
            ],
        },
        schema={name: kinds[name] for name in ("trade_date", "holdings", "results")},
    )
    sectors = pl.DataFrame(
        {
            "trade_date": [DAY] * 2,
            "sector": ["Banks", "IT"],
            "weight": [0.5, 0.5],
            "made": [-0.02, 0.01],
            "whole": [-0.005] * 2,
        }
    )
    known = pl.DataFrame({"trade_date": [DAY] * 2, "instrument_id": ["A", "B"], "sector": ["IT", "Banks"]})
    told = {(line, part): amount for _, line, part, amount in _moves(account, known, sectors).iter_rows()}
    assert told["market", ""] == pytest.approx(800 * -0.005)
    assert told["sector", "IT"] == pytest.approx((600 - 400) * 0.015)
    assert told["sector", "Banks"] == pytest.approx((200 - 400) * -0.015)
    assert told["selection", "IT"] == pytest.approx(12 - 600 * 0.01)
    assert told["selection", "Banks"] == pytest.approx(-2 + 200 * 0.02)
    assert sum(told.values()) == pytest.approx(10.0)


def test_a_line_that_is_missing_breaks_the_model(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, dt.date(2023, 12, 29))
    rows = workspace.lake.read(NAME, [dt.date(2023, 12, 5)])
    assert violations(Attribution, rows) is None
    assert violations(Attribution, rows.filter(pl.col("line") != "market")) is not None


def test_no_holding_is_unclassified_on_the_day_of_the_next_decision(workspace: Workspace) -> None:
    """What is held in a session was decided before it, whatever its close decides."""
    build_until(workspace, "backtest/daily", START, END)
    decided = dt.date(2023, 12, 29)
    rows = workspace.lake.read(NAME, [decided])
    assert rows.filter(pl.col("line") == "selection").height > 3
    assert "Unclassified" not in rows["part"]
