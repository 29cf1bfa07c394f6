"""`silver/index_total_return`: the routes agree on genuine days, and where they do not the row says so."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.indices import read_index_close
from champion_assets.silver.index_eod import IndexEod
from champion_assets.silver.index_eod import transform as index_rows
from champion_assets.silver.index_total_return import (
    AGREEMENT,
    NAME,
    IndexTotalReturn,
    by_leverage,
    by_leverage_and_rate,
    by_points,
    transform,
)
from champion_assets.silver.rates import Rates, row_of
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)
DAY = dt.date(2023, 1, 9)


def value(expression: pl.Expr) -> float:
    return float(pl.select(expression).item())


def rates(rate: float, days: int = 3, *, assumed: bool = False) -> pl.DataFrame:
    accrued = None if assumed else rate * days / 365
    return pl.DataFrame(
        [row_of(DAY, DAY - dt.timedelta(days=days), accrued, None, rate)], schema=empty_frame(Rates).schema
    )


def evening(points: float | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"trade_date": [DAY], "points_before": [points]}, schema={"trade_date": pl.Date, "points_before": pl.Float64}
    )


@pytest.mark.real
def test_a_genuine_day_without_dividend_has_none_by_every_route(real: Path) -> None:
    file = real / "index_close" / "ind_close_all_09012023.csv"
    rows = index_rows(read_index_close(file.read_bytes(), file.name).with_columns(source_sha256=pl.lit("x"))).frame
    frame = transform(rows, rates(0.0601), evening(183.04))
    assert violations(IndexTotalReturn, frame) is None
    nifty = frame.filter(pl.col("index_id") == "nifty_50").row(0, named=True)
    assert (nifty["route"], nifty["witnesses"], nifty["is_assumed"]) == ("leverage", 2, False)
    assert abs(nifty["dividend_return"]) < 5e-6
    assert nifty["disagreement"] < 2e-5
    bank = frame.filter(pl.col("index_id") == "nifty_bank").row(0, named=True)
    assert (bank["route"], bank["is_assumed"]) == ("dividend_yield", True)
    assert bank["dividend_return"] == pytest.approx(0.0067 * 3 / 365)
    bond = frame.filter(pl.col("index_id") == "nifty_composite_g_sec_index").row(0, named=True)
    assert (bond["route"], bond["dividend_return"]) == ("as_published", 0.0)


@pytest.mark.parametrize(
    ("total", "before_total", "price", "before_price"),
    [
        (18255.15, 18104.55, 12505.40, 12402.20),
        (7116.45, 6968.15, 5358.90, 5247.20),
        (21596.55, 21880.75, 14432.75, 14622.65),
        (21523.95, 21596.55, 14384.20, 14432.75),
    ],
    ids=["2025-01-16", "2020-12-01", "2025-12-16", "2025-12-17"],
)
def test_the_leveraged_pair_of_genuine_days_without_dividend(
    total: float, before_total: float, price: float, before_price: float
) -> None:
    found = value(by_leverage(pl.lit(total / before_total - 1), pl.lit(price / before_price - 1)))
    assert abs(found) < 1e-5


@given(
    move=st.floats(-0.1, 0.1),
    paid=st.floats(0.0, 60.0),
    rate=st.floats(0.0, 0.15),
    days=st.integers(1, 5),
    before=st.floats(0.0, 250.0),
)
def test_the_routes_agree_by_construction(move: float, paid: float, rate: float, days: int, before: float) -> None:
    level = 20_000.0
    whole = (1 + move) * (1 + paid / level) - 1
    total, price = 2 * whole - rate * days / 360, 2 * move - rate * days / 360
    dividend = whole - move
    assert value(by_leverage(pl.lit(total), pl.lit(price))) == pytest.approx(dividend, abs=1e-12)
    assert value(by_leverage_and_rate(pl.lit(total), pl.lit(rate), pl.lit(days), pl.lit(move))) == pytest.approx(
        dividend, abs=1e-12
    )
    assert value(by_points(pl.lit(before + paid), pl.lit(before), pl.lit(level), pl.lit(move))) == pytest.approx(
        dividend, abs=1e-12
    )
    restarted = by_points(pl.lit(paid), pl.lit(paid + 1.0), pl.lit(level), pl.lit(move))
    assert value(restarted) == pytest.approx(dividend, abs=1e-12)


def index(*lines: tuple[str, float | None, float, float | None]) -> pl.DataFrame:
    """Rows of silver/index_eod: id, return, close, dividend yield."""
    rows: list[dict[str, Any]] = [
        {
            "trade_date": DAY,
            "index_id": key,
            "index_name": key,
            "published_name": key,
            "close": close,
            "simple_return": moved,
            "prev_close": None if moved is None else close / (1 + moved),
            "dividend_yield": paid,
            "source_row": 1,
            "source_sha256": "x",
        }
        for key, moved, close, paid in lines
    ]
    return pl.DataFrame(rows, schema=empty_frame(IndexEod).schema)


@pytest.mark.parametrize(
    ("lines", "points", "assumed", "route"),
    [
        (
            [("nifty50_tr_2x_leverage", 0.0206, 1e4, None), ("nifty50_pr_2x_leverage", 0.0195, 1e4, None)],
            None,
            True,
            "leverage",
        ),
        ([("nifty50_dividend_points", None, 15.0, None)], 4.0, True, "dividend_points"),
        ([("nifty50_dividend_points", None, 15.0, None)], None, True, "dividend_yield"),
        ([("nifty50_tr_2x_leverage", 0.0206, 1e4, None)], None, False, "leverage_and_rate"),
        ([("nifty50_tr_2x_leverage", 0.0206, 1e4, None)], None, True, "dividend_yield"),
        ([], None, True, "dividend_yield"),
    ],
)
def test_the_route_is_the_first_that_the_day_has(
    lines: list[Any], points: float | None, assumed: bool, route: str
) -> None:
    rows = index(("nifty_50", 0.01, 20_200.0, 1.2), *lines)
    frame = transform(rows, rates(0.06, assumed=assumed), evening(points))
    assert violations(IndexTotalReturn, frame) is None
    row = frame.filter(pl.col("index_id") == "nifty_50").row(0, named=True)
    assert (row["route"], row["is_assumed"]) == (route, route == "dividend_yield")


def test_routes_that_disagree_leave_the_yield_and_an_index_without_one_its_price() -> None:
    lines = index(("nifty_50", 0.01, 20_200.0, 1.2), ("nifty50_tr_2x_leverage", 0.0206, 1e4, None),
                  ("nifty50_pr_2x_leverage", 0.0195, 1e4, None), ("nifty50_dividend_points", None, 100.0, None),
                  ("nifty_x", 0.01, 100.0, None))  # fmt: skip
    frame = transform(lines, rates(0.06), evening(50.0))
    row = frame.filter(pl.col("index_id") == "nifty_50").row(0, named=True)
    assert row["disagreement"] > AGREEMENT
    assert (row["route"], row["is_assumed"], row["witnesses"]) == ("dividend_yield", True, 2)
    assert row["dividend_return"] == pytest.approx(0.012 * 3 / 365)
    other = frame.filter(pl.col("index_id") == "nifty_x").row(0, named=True)
    assert (other["route"], other["total_return"], other["is_assumed"]) == ("none", None, True)
    assert "nifty50_dividend_points" not in frame["index_id"]


def test_a_built_history_has_three_routes_that_agree_on_every_day(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    rows = workspace.lake.read(NAME, workspace.sessions(START, END)).filter(pl.col("index_id") == "nifty_50")
    assert rows["route"].unique().to_list() == ["leverage"]
    assert rows["witnesses"][1:].to_list() == [2] * (rows.height - 1)
    assert (rows["disagreement"] <= AGREEMENT).all()
    assert rows["dividend_return"].max() > 3e-4  # type: ignore[operator]
