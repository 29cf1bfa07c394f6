"""`bronze/published_volatility`: every line of NSE's volatility file, those of the other exchange included."""

from __future__ import annotations

import datetime as dt
import tarfile
from pathlib import Path

import polars as pl
import pytest

from champion_assets.bronze.published_volatility import NAME
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.market_lists import VOLATILITY
from champion_assets_tests.daily_folder import DAYS
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)


def step(rows: pl.DataFrame) -> pl.Series:
    """How far the printed volatility is from its own formula."""
    formula = (0.995 * pl.col("previous_volatility") ** 2 + 0.005 * pl.col("log_return") ** 2).sqrt()
    return rows.select((formula - pl.col("volatility")).abs()).to_series()


def test_the_volatility_of_a_day_is_that_before_of_the_next(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    rows = workspace.lake.read(NAME, workspace.sessions(START, END))
    assert (step(rows) <= 0.000101).mean() > 0.99
    one = rows.filter(pl.col("symbol") == rows["symbol"][0]).sort("trade_date")
    assert one["volatility"][:-1].to_list() == one["previous_volatility"][1:].to_list()


@pytest.mark.real
@pytest.mark.parametrize(("day", "rows"), [(DAYS[0], 4787), (DAYS[1], 4790)])
def test_genuine_volatilities_follow_their_formula(real: Path, day: dt.date, rows: int) -> None:
    with tarfile.open(real / "daily_folder" / f"{day}.tar.xz") as archive:
        member = archive.extractfile(f"{day}/CMVOLT_{day:%d%m%Y}.CSV")
        assert member is not None
        read = read_daily_file(VOLATILITY, member.read().decode(), "x")
    assert (read.rows.height, read.refused.height, read.date) == (rows, 0, day)
    assert (step(read.rows) <= 0.000102).all()
    annual = read.rows.select((pl.col("volatility") * 365**0.5 - pl.col("annual_volatility")).abs()).to_series()
    assert annual.max() < 0.0011  # type: ignore[operator]
