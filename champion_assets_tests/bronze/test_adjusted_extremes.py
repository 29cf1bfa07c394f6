"""`bronze/adjusted_extremes`: the exchange's own adjusted highs and lows of each day."""

from __future__ import annotations

import datetime as dt

import polars as pl

from champion_assets.bronze.adjusted_extremes import NAME
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)


def test_highs_are_not_below_lows_and_their_days_before_the_file(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    rows = workspace.lake.read(NAME, workspace.sessions(START, END))
    assert rows.height
    assert rows.filter((pl.col("high") < pl.col("low")) | (pl.col("high_date") >= pl.col("trade_date"))).is_empty()
