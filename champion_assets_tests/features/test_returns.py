"""Returns: exact, withheld where they would not be returns, on rows made by hand and on the story of the synthetic
exchange."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from champion_assets.features import returns
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets_tests.helpers import build_until

DAY = dt.date(2024, 1, 15)
START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 15)


FACTORS = {
    "instrument_id": pl.String,
    "f_capital": pl.Float64,
    "f_capital_special": pl.Float64,
    "f_total_return": pl.Float64,
    "is_confirmed": pl.Boolean,
}


IN_DOUBT = {"instrument_id": pl.String, "doubt": pl.String, "is_capital": pl.Boolean}


def _returns(
    factor: tuple[float, float, float] | None = None,
    *,
    confirmed: bool = False,
    doubt: tuple[str, bool] | None = None,
    **row: float | None,
) -> dict[str, Any]:
    day = {
        "trade_date": [DAY] * 2,
        "instrument_id": ["A", "B"],
        "symbol": ["A", "B"],
        "prior_date": [DAY - dt.timedelta(days=1)] * 2,
    }
    values = {"prev_close": 0.0} | row
    frame = pl.DataFrame(day | {name: [value, 1.0] for name, value in values.items()})
    factors = pl.DataFrame([] if factor is None else [("A", *factor, confirmed)], schema=FACTORS, orient="row")
    doubts = pl.DataFrame([] if doubt is None else [("A", *doubt)], schema=IN_DOUBT, orient="row")
    return returns.transform(frame, factors, doubts, DAY - dt.timedelta(days=100)).row(0, named=True)


def test_the_return_is_close_over_previous_close() -> None:
    row = _returns(open=101.0, close=110.0, prior_close=100.0)
    assert row["simple_return"] == pytest.approx(0.1)
    assert row["log_return"] == pytest.approx(np.log(1.1))
    assert not row["is_unexplained_gap"]


@pytest.mark.parametrize(
    ("open_", "previous", "gap"),
    [
        (50.2, 100.0, True),
        (79.4, 100.0, True),
        (79.6, 100.0, False),
        (121.0, 100.0, True),
        (0.10, 0.05, False),
        (0.15, 0.05, False),
        (0.20, 0.05, True),
    ],
)
def test_a_gap_beyond_any_band_is_flagged_and_its_return_withheld(open_: float, previous: float, gap: bool) -> None:
    row = _returns(open=open_, close=open_, prior_close=previous)
    assert row["is_unexplained_gap"] == gap
    assert (row["simple_return"] is None) == gap


def test_a_return_whose_factor_is_not_known_is_withheld_at_the_levels_that_it_concerns() -> None:
    """Also where the open looks ordinary: with the factor 1 it would be taken for a return."""
    paid = _returns(open=99.0, close=99.0, prior_close=100.0, doubt=("unread across 2024-01-15: x", False))
    assert (paid["simple_return"], paid["total_return"]) == (pytest.approx(-0.01), None)
    assert paid["doubt"] == "unread across 2024-01-15: x"
    shares = _returns(open=99.0, close=99.0, prior_close=100.0, doubt=("unconfirmed across 2024-01-15: x", True))
    assert [shares[name] for name in ("simple_return", "log_return", "total_return", "log_total_return")] == [None] * 4
    assert not shares["is_unexplained_gap"]
    assert _returns(open=99.0, close=99.0, prior_close=100.0)["doubt"] is None


def test_a_gap_and_an_unread_action_are_told_together() -> None:
    row = _returns(open=50.0, close=50.0, prior_close=100.0, doubt=("unread across 2024-01-15: x", True))
    gap = "unexplained across 2024-01-15: opened at 0.5 of its adjusted previous close"
    assert row["doubt"] == f"{gap}; unread across 2024-01-15: x"


def test_doubts_count_from_the_last_trade_on_until_they_are_settled() -> None:
    days = [DAY - dt.timedelta(days=number) for number in (12, 10, 5, 0)]
    equity = pl.DataFrame({"instrument_id": ["A"], "prior_date": [days[1]]})
    told = [(days[0], days[0], "unread", "capital"), (days[1], days[1], "unread", "capital"),
            (days[2], days[2], "unread", "capital_special"), (days[2], days[2], "unexplained", "capital")]  # fmt: skip
    rows = pl.DataFrame(told, schema=["trade_date", "ex_session", "doubt", "level"], orient="row")
    rows = rows.with_columns(instrument_id=pl.lit("A"), reason=pl.lit("x"))
    assert returns.day_doubts(equity, rows, DAY).rows() == [("A", f"unread across {days[2]}: x", False)]
    ended = pl.concat([rows, rows[2:3].with_columns(trade_date=DAY, doubt=pl.lit("settled"))])
    assert returns.day_doubts(equity, ended, DAY).is_empty()
    assert returns.day_doubts(equity, ended, DAY - dt.timedelta(days=1)).height == 1


def test_a_listing_day_has_no_return_since_an_issue_price_is_no_market_price() -> None:
    row = _returns(open=10.0, close=11.0, prior_close=None, prev_close=5.0)
    assert row["simple_return"] is None
    assert not row["is_unexplained_gap"]


def test_an_action_is_taken_out_at_its_level() -> None:
    row = _returns((0.5, 0.5, 0.49), open=49.0, close=51.0, prior_close=100.0)
    assert row["simple_return"] == pytest.approx(0.02)
    assert row["total_return"] == pytest.approx(51 / 49 - 1)
    assert row["open_gap"] == pytest.approx(-0.02)


def test_a_confirmed_gap_is_a_return() -> None:
    row = _returns((1.0, 1.0, 1.0), confirmed=True, open=60.0, close=62.0, prior_close=100.0)
    assert row["simple_return"] == pytest.approx(-0.38)


def test_the_factors_of_a_suspension_multiply_and_late_ones_do_not_count() -> None:
    equity = pl.DataFrame({"instrument_id": ["A"], "prior_date": [DAY - dt.timedelta(days=10)]})
    days = [DAY - dt.timedelta(days=number) for number in (12, 5, 0)]
    actions = pl.DataFrame(
        {
            "trade_date": days,
            "instrument_id": ["A"] * 3,
            "ex_date": days,
            "ex_session": days,
            "f_capital": [0.1, 0.5, 0.2],
            "f_capital_special": [0.1, 0.5, 0.2],
            "f_total_return": [0.1, 0.5, 0.2],
            "method": ["x"] * 3,
        }
    )
    assert returns.day_factors(equity, actions, DAY)["f_capital"].to_list() == pytest.approx([0.1])
    assert returns.day_factors(equity, actions, DAY - dt.timedelta(days=1))["f_capital"].to_list() == pytest.approx(
        [0.5]
    )


def test_the_actions_of_the_story_are_taken_out_and_no_gap_is_left(workspace: Workspace, exchange: Exchange) -> None:
    """The synthetic exchange knows the true returns: what comes out of its files must be these."""
    build_until(workspace, "features/returns", START, dt.date(2024, 4, 30))
    sessions = workspace.sessions(START, dt.date(2024, 4, 30))
    rows = workspace.lake.read("features/returns", sessions)
    assert rows["is_unexplained_gap"].sum() == 0
    moved = rows.filter((pl.col("f_capital") != 1) & (pl.col("f_capital") < 0.95))
    assert sorted(round(f, 3) for f in moved["f_capital"])[:4] == pytest.approx([0.2, 0.5, 2 / 3, 0.7], abs=0.05)
    assert (
        rows.filter(pl.col("f_total_return") < pl.col("f_capital") - 1e-9).height == 2
    )  # dividend and special dividend
    assert (rows["simple_return"].abs() < 0.25).all()
