"""`silver/index_eod`: one row per index and day under one key, whatever it was called."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from champion_assets.lake.workspace import Workspace
from champion_assets.nse.indices import read_index_close
from champion_assets.silver.index_eod import transform
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 10)


def test_returns_follow_the_levels(workspace: Workspace) -> None:
    build_until(workspace, "silver/index_eod", START, END)
    rows = workspace.lake.read("silver/index_eod", workspace.sessions(START, END)).filter(
        pl.col("index_id") == "fictional_50"
    )
    close = rows["close"].to_numpy()
    assert rows["simple_return"].to_numpy()[1:] == pytest.approx(close[1:] / close[:-1] - 1, abs=2e-5)


def test_a_second_row_and_one_without_a_close_go_to_quarantine() -> None:
    bronze = pl.DataFrame(
        {
            "trade_date": [START] * 3,
            "published_name": ["CNX Nifty", "Nifty 50", "X"],
            "open": [1.0] * 3,
            "high": [1.0] * 3,
            "low": [1.0] * 3,
            "close": [100.0, 100.0, None],
            "points_change": [1.0] * 3,
            "change_pct": [1.0] * 3,
            "volume": [None] * 3,
            "turnover": [None] * 3,
            "pe": [1.0] * 3,
            "pb": [1.0] * 3,
            "dividend_yield": [1.0] * 3,
            "source_row": [1, 2, 3],
            "source_sha256": ["s"] * 3,
        },
        schema_overrides={"volume": pl.Int64, "turnover": pl.Float64, "source_row": pl.Int32},
    )
    done = transform(bronze)
    assert done.frame["published_name"].to_list() == ["CNX Nifty"]
    assert done.rejects is not None
    assert done.rejects["reason"].to_list() == ["second row of the index", "no closing level"]


def test_dividend_points_are_a_running_total_whose_zero_is_a_close() -> None:
    text = (
        "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index "
        "Value,Points Change,Change(%),"
        "Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield\n"
        "Nifty50 Dividend Points,01-04-2024,-,-,-,0.0,0.0,-,-,-,-,-,-\nNifty 50,01-04-2024,-,-,-,0.0,0.0,-,-,-,-,-,-\n"
    )
    done = transform(read_index_close(text.encode(), "x").with_columns(source_sha256=pl.lit("x")))
    row = done.frame.row(0, named=True)
    assert done.frame.height == 1
    assert (row["index_id"], row["close"], row["prev_close"], row["simple_return"]) == (
        "nifty50_dividend_points",
        0.0,
        None,
        None,
    )
    assert done.rejects is not None
    assert done.rejects["published_name"].to_list() == ["Nifty 50"]


@pytest.mark.real
def test_genuine_names_become_one_series(real: Path) -> None:
    frames = [read_index_close(path.read_bytes(), path.name) for path in sorted((real / "index_close").glob("*.csv"))]
    bronze = pl.concat(frames).with_columns(source_sha256=pl.lit("x"))
    rows = transform(bronze).frame.filter(pl.col("index_id") == "nifty_50").sort("trade_date")
    assert rows["published_name"].to_list() == ["S&P CNX Nifty", "CNX Nifty", "CNX Nifty", "Nifty 50"]
    assert rows["simple_return"].to_numpy() * 100 == pytest.approx([0.27, 1.33, -0.2, 1.35], abs=0.005)
