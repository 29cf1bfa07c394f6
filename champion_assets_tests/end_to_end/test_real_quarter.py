"""A genuine quarter through the whole graph with `champion backfill`: every row accounted for, every session there.

September to November 2019 hold HDFCBANK's face-value split (ex 19 September, new ISIN on the 20th), the closure for
elections on 21 October and the Muhurat session of Sunday, 27 October.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from champion_assets.catalog import open_workspace
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.research import api
from champion_assets.settings import Settings
from champion_assets_tests.helpers import copy_days

pytestmark = pytest.mark.real
START, END = dt.date(2019, 9, 3), dt.date(2019, 11, 29)


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory, real: Path) -> Workspace:
    folder = tmp_path_factory.mktemp("quarter")
    environment = os.environ | {
        "DATA_DIR": str(folder),
        "CHAMPION_SOURCE": str(real),
        "CHAMPION_START_DATE": str(START),
        "COV_WINDOW_DAYS": "40",
        "EXPECTED_RETURN_LOOKBACK": "40",
        "UNIVERSE_WARMUP": "18",
        "DAGSTER_HOME": "",
    }
    command = [sys.executable, "-m", "champion_assets.cli", "backfill", str(START), str(END)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return open_workspace(
        Settings(data_dir=folder, source=str(real), start_date=START, cov_window_days=40, expected_return_lookback=40)
    )


def test_every_line_of_every_file_is_in_bronze(quarter: Workspace, real: Path) -> None:
    counts = {}
    with tarfile.open(real / "runs/cm_2019.tar.xz") as bundle:
        for member in bundle:
            if member.isfile():
                counts[Path(member.name).name] = bundle.extractfile(member).read().count(b"\n") - 1  # type: ignore[union-attr]
    sessions = quarter.sessions(START, END)
    stored = dict(
        quarter.lake.read("bronze/bhavcopy", sessions, ["trade_date"]).group_by("trade_date").len().iter_rows()
    )
    assert stored == {
        day: counts[f"cm{day:%d}{day:%b}{day:%Y}bhav.csv".replace(f"{day:%b}", f"{day:%b}".upper())] for day in sessions
    }


def test_no_check_blocks_a_genuine_day(quarter: Workspace) -> None:
    """Nor warns more often than it did in five genuine years (see checks/thresholds.py)."""
    rows = quarter.lake.read("checks/results", quarter.sessions(START, END)).filter(~pl.col("passed"))
    assert rows.filter(pl.col("severity") == "block").is_empty()
    warned = dict(rows.filter(pl.col("severity") == "warn").group_by("check_name").len().iter_rows())
    assert set(warned) <= {"open_gap", "outliers", "price_band", "stale_price", "action_witness", "prev_close_chain"}
    assert max(warned.values()) < 20


def test_the_sessions_are_those_of_the_exchange(quarter: Workspace) -> None:
    dates = quarter.lake.dates("backtest/daily")
    assert len(dates) == 59
    assert dt.date(2019, 10, 27) in dates
    assert dt.date(2019, 10, 21) not in dates


def test_silver_has_one_row_an_instrument_and_day_and_loses_none(quarter: Workspace) -> None:
    sessions = quarter.sessions(START, END)
    silver = quarter.lake.read("silver/equity_eod", sessions)
    bronze = quarter.lake.read("bronze/bhavcopy", sessions, ["series"]).filter(pl.col("series").is_in(EQUITY_SERIES))
    assert silver.height == bronze.height
    assert not silver.select("trade_date", "instrument_id").is_duplicated().any()


def test_a_split_keeps_the_identity_and_is_taken_out(quarter: Workspace) -> None:
    sessions = quarter.sessions(START, END)
    bank = quarter.lake.read("silver/equity_eod", sessions).filter(pl.col("symbol") == "HDFCBANK")
    assert bank["instrument_id"].unique().to_list() == ["INE040A01"]
    assert bank["isin"].unique().sort().to_list() == ["INE040A01026", "INE040A01034"]
    event = (
        quarter.lake.read("silver/corporate_actions", [dt.date(2019, 9, 19)])
        .filter(pl.col("symbol") == "HDFCBANK")
        .row(0, named=True)
    )
    assert (event["kind"], event["f_capital"], event["q"], event["last_close"], event["verdict"]) == (
        "split",
        0.5,
        2.0,
        2187.75,
        "ok",
    )
    assert event["witness"] == pytest.approx(1099.90 / 2187.75)
    day = (
        quarter.lake.read("features/returns", [dt.date(2019, 9, 19)])
        .filter(pl.col("instrument_id") == "INE040A01")
        .row(0, named=True)
    )
    close = bank.filter(pl.col("trade_date") == dt.date(2019, 9, 19))["close"][0]
    assert day["simple_return"] == pytest.approx(close / (2187.75 * 0.5) - 1)


def test_no_gap_is_left_that_the_suspects_do_not_name(quarter: Workspace) -> None:
    sessions = quarter.sessions(START, END)
    gaps = (
        quarter.lake.read("features/returns", sessions)
        .filter("is_unexplained_gap")
        .select("trade_date", "instrument_id")
    )
    suspects = quarter.lake.read("silver/suspects", sessions)
    assert gaps.height < 20
    assert gaps.join(
        suspects.filter(pl.col("suspicion") == "unexplained_gap"), on=["trade_date", "instrument_id"], how="anti"
    ).is_empty()
    broken = suspects.filter((pl.col("suspicion") == "chain_break") & (pl.col("trade_date") == dt.date(2019, 10, 30)))
    assert broken.height == 6  # fund units of one house, renamed that day with other base prices


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_prices_as_of_a_day_do_not_know_what_came_after(
    quarter: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seed: int
) -> None:
    """The truncated store, in which nothing after a random A exists, gives the same bits as the full one asked for
    A."""
    cut = random.Random(seed).choice(quarter.sessions(START, END)[14:-2])
    truncated = Lake(str(tmp_path / "lake"))
    for table in (
        "silver/equity_eod",
        "silver/corporate_actions",
        "silver/doubts",
        "silver/instruments",
        "raw/corporate_actions",
    ):
        copy_days(quarter.lake, truncated, table, quarter.sessions(START, cut))
    small = replace(quarter, lake=truncated)
    for level in ("none", "capital", "capital_special", "total_return"):
        answers = []
        for workspace in (quarter, small):
            monkeypatch.setattr(api, "_workspace", lambda workspace=workspace: workspace)
            answers.append(api.prices(START, END, adjust=level, as_of=cut))  # type: ignore[arg-type]
        assert answers[0].equals(answers[1], null_equal=True), level
    bank = answers[0].filter(pl.col("symbol") == "HDFCBANK").sort("trade_date")
    assert bank["trade_date"].max() == cut
    assert bank["factor"][0] == pytest.approx(0.5)  # split on 19 September, before every A


def test_the_previous_close_is_the_last_close_of_the_same_instrument(quarter: Workspace) -> None:
    columns = ["trade_date", "instrument_id", "close", "prev_close"]
    rows = quarter.lake.read("silver/equity_eod", quarter.sessions(START, END), columns).sort(
        "instrument_id", "trade_date"
    )
    rows = rows.with_columns(last=pl.col("close").shift().over("instrument_id")).drop_nulls("last")
    broken = rows.filter((pl.col("last") - pl.col("prev_close")).abs() >= 0.006)
    renamed_funds = broken.filter(
        pl.col("instrument_id").str.starts_with("INF") & (pl.col("trade_date") == dt.date(2019, 10, 30))
    )
    assert broken.height == renamed_funds.height <= 6


def test_the_portfolio_is_invested_and_sql_answers(quarter: Workspace) -> None:
    with duckdb.connect(str(quarter.settings.duckdb_path), read_only=True) as connection:
        positions, value = connection.execute(
            "SELECT len(holdings), value FROM backtest.daily ORDER BY trade_date DESC LIMIT 1"
        ).fetchone()  # type: ignore[misc]
    assert positions >= 15
    assert 5_000_000 < value < 20_000_000
    assert quarter.lake.exists("backtest/tear_sheet/tear_sheet.html")
