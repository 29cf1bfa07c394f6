"""`features/characteristics`: by hand, recomputed from stored rows by other means, null where files are absent."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.features.characteristics import (
    LEAST_SESSIONS,
    NAME,
    SESSIONS,
    TABLE,
    Characteristics,
    share_of_value,
    transform,
)
from champion_assets.lake.schema import violations
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.daily_folder import DAYS, built
from champion_assets_tests.helpers import build_until, inputs_of

DAY = dt.date(2024, 1, 16)
START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)
NOTHING: dict[str, pl.DataType] = {
    "trade_date": pl.Date(),
    "instrument_id": pl.String(),
    "shares": pl.Int64(),
    "close": pl.Float64(),
    "simple_return": pl.Float64(),
    "pe": pl.Float64(),
    "adjusted_pe": pl.Float64(),
    "open_interest": pl.Int64(),
    "oi_change": pl.Int64(),
}


def made(*said: dict[str, Any], **sums: list[float]) -> list[dict[str, Any]]:
    """The rows of two members of a day."""
    members = pl.DataFrame({"trade_date": [DAY, DAY], "instrument_id": ["A", "B"], "symbol": ["A", "B"]})
    given_sums = {name: np.array(sums.get(name, [math.nan] * 2)) for name in ("delivery_share", "short_interest")}
    frame = transform(
        members, [pl.DataFrame([{"trade_date": DAY, **each} for each in said], schema=NOTHING)], given_sums
    )
    assert violations(Characteristics, frame) is None
    return list(frame.iter_rows(named=True))


def test_by_hand() -> None:
    one = {"instrument_id": "A", "shares": 1000, "close": 50.0, "simple_return": 0.25, "pe": 10.0, "adjusted_pe": 8.0,
           "open_interest": 900, "oi_change": -100}  # fmt: skip
    two = {"instrument_id": "B", "shares": 10, "close": 50.0}
    first, second = made(one, two, delivery_share=[0.4, 0.6], short_interest=[math.nan, 0.01])
    assert (first["market_cap"], second["market_cap"]) == (50_000.0, 500.0)
    assert (first["earnings_yield"], first["reported_earnings_yield"]) == (1 / 10.0, 1 / 12.5)
    assert first["open_interest_change"] == -0.1
    assert (first["size_z"], second["size_z"]) == pytest.approx((1.0, -1.0))
    assert (first["delivery_z"], second["delivery_z"]) == pytest.approx((-1.0, 1.0))
    assert (first["short_interest"], second["short_interest"]) == (None, 0.01)


def test_what_no_file_says_is_null_and_never_nothing() -> None:
    for row in made():
        assert {name for name, value in row.items() if value is not None} == {"trade_date", "instrument_id", "symbol"}
    of_a_ratio_of_nothing = made({"instrument_id": "A", "simple_return": 0.0, "pe": 0.0})[0]
    assert of_a_ratio_of_nothing["reported_earnings_yield"] is None
    assert made({"instrument_id": "A", "open_interest": 5, "oi_change": 5})[0]["open_interest_change"] is None


def test_a_day_of_many_prices_is_weighed_by_value() -> None:
    part, value = np.full((SESSIONS, 3), 2.0), np.full((SESSIONS, 3), 10.0)
    part[0], value[0] = 90.0, 90.0  # all of an expensive day
    part[LEAST_SESSIONS - 1 :, 1] = np.nan
    value[:, 2] = np.nan
    found = share_of_value(part, value)
    assert found[0] == pytest.approx((90 + 2 * (SESSIONS - 1)) / (90 + 10 * (SESSIONS - 1)))
    assert np.isnan(found[1:]).all()


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(1, 1e9)), min_size=LEAST_SESSIONS, max_size=SESSIONS))
def test_a_share_lies_between_the_shares_of_its_days(days: list[tuple[float, float]]) -> None:
    value, part = np.array([[each] for _, each in days]), np.array([[share * each] for share, each in days])
    shares = [share for share, _ in days]
    assert min(shares) - 1e-9 <= share_of_value(part, value)[0] <= max(shares) + 1e-9


def test_the_fictional_members(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    read = workspace.lake.read
    rows = read(NAME, [END])
    assert rows["instrument_id"].to_list() == read("features/universe", [END])["instrument_id"].sort().to_list()
    for column in ("market_cap", "earnings_yield", "short_interest", "open_interest_change", "delivery_share"):
        assert rows[column].drop_nulls().len(), column
    sessions = workspace.sessions(START, END)
    window, before = sessions[-SESSIONS:], sessions[-SESSIONS - 1 : -1]
    name = rows.drop_nulls(["short_interest", "delivery_share", "market_cap"]).row(0, named=True)
    mine = pl.col("instrument_id") == name["instrument_id"]
    prices = {row["trade_date"]: row for row in read("silver/equity_eod", sessions).filter(mine).iter_rows(named=True)}
    traded = [prices[day] for day in window if day in prices and prices[day]["delivery_qty"] is not None]
    delivered = sum(row["delivery_qty"] * row["vwap"] for row in traded) / sum(row["turnover"] for row in traded)
    assert name["delivery_share"] == pytest.approx(delivered)
    lists = read("silver/trading_activity", window).filter(mine).drop_nulls("short_sold")
    sold = dict(lists.select("trade_date", "short_sold").iter_rows())
    there = set(read("silver/trading_activity", window).drop_nulls("short_sold")["trade_date"])
    pairs = [(sold.get(file, 0), prices[day]) for file, day in zip(window, before, strict=True)
             if file in there and day in prices]  # fmt: skip
    short = sum(count * row["vwap"] for count, row in pairs) / sum(row["turnover"] for _, row in pairs)
    assert name["short_interest"] == pytest.approx(short)
    assert short > 0
    said = read("silver/shares_outstanding", [END]).filter(mine)["market_cap"].item()
    assert name["market_cap"] == pytest.approx(said)


def test_a_day_does_not_depend_on_its_block(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    some = [workspace.sessions(START, END)[place] for place in (-22, -21, -2, -1)]
    for date in some:
        alone = TABLE.compute(inputs_of(NAME, workspace, [date]), [date]).frame
        together = TABLE.compute(inputs_of(NAME, workspace, some), some).frame.filter(pl.col("trade_date") == date)
        assert alone.equals(together)
        assert alone.equals(workspace.lake.read(NAME, [date]))


@pytest.mark.real
def test_genuine_earnings_yields_and_sizes(real: Path, tmp_path: Path) -> None:
    """The genuine day as if every share were a member: 98 % of the yields are those of the day before at today's
    prices, to the rounding of the ratio."""
    workspace = built(real, tmp_path, "silver/earnings")
    read, yields = workspace.lake.read, []
    for day in DAYS:
        prices = read("silver/equity_eod", [day], ["trade_date", "instrument_id", "symbol", "close", "prev_close"])
        ratios = read("silver/earnings", [day], ["trade_date", "instrument_id", "pe", "adjusted_pe"])
        members = prices.join(ratios, on="instrument_id").select("trade_date", "instrument_id", "symbol")
        returns = prices.select(
            "trade_date", "instrument_id", "close", simple_return=pl.col("close") / pl.col("prev_close") - 1
        )
        empty = ["trade_date", "instrument_id", "open_interest", "oi_change"]
        nothing = pl.DataFrame(schema={name: NOTHING[name] for name in empty})
        shares = read("silver/shares_outstanding", [day], ["trade_date", "instrument_id", "shares"])
        sums = dict.fromkeys(("delivery_share", "short_interest"), np.full(members.height, np.nan))
        found = transform(members.sort("instrument_id"), [ratios, returns, shares, nothing], sums)
        assert found["market_cap"].null_count() < 0.01 * found.height
        yields.append(found.join(prices.select("instrument_id", "close"), on="instrument_id"))
    both = yields[0].join(yields[1], on="instrument_id").drop_nulls(["earnings_yield", "earnings_yield_right"])
    moved = (both["earnings_yield_right"] * both["close_right"]) / (both["earnings_yield"] * both["close"])
    assert both.height > 1500
    assert ((moved - 1).abs() < 0.002).mean() > 0.95
