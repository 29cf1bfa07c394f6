"""Every row of the file is in bronze, and knows where it came from."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from champion_assets.catalog import TABLES
from champion_assets.lake.build import build_range
from champion_assets.lake.originals import file_key
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.raw.bhavcopy import NAME as RAW
from champion_assets_tests.helpers import build_until, version_in_force

DAY = dt.date(2023, 11, 8)


def test_bronze_is_the_market_row_by_row(workspace: Workspace, exchange: Exchange) -> None:
    build_until(workspace, "bronze/bhavcopy", DAY, DAY)
    stored = workspace.lake.read("bronze/bhavcopy", [DAY])
    market = exchange.market.rows(exchange.market.sessions.index(DAY))
    columns = [
        "symbol",
        "series",
        "isin",
        "open",
        "high",
        "low",
        "close",
        "last",
        "prev_close",
        "volume",
        "trades",
        "source_row",
    ]
    assert stored.select(columns).equals(market.select(columns))
    assert stored["source_row"].to_list() == list(range(1, market.height + 1))
    assert stored["source_sha256"].unique().to_list() == [version_in_force(RAW, workspace, DAY)["sha256"]]


def test_counts_equal_those_of_the_files(workspace: Workspace) -> None:
    reports = build_until(workspace, "bronze/bhavcopy", dt.date(2023, 11, 1), dt.date(2024, 1, 31))
    for date, outcome in reports["bronze/bhavcopy"].outcomes.items():
        assert outcome.rows == reports["raw/bhavcopy"].outcomes[date].rows


def test_damaged_bytes_stop_their_day_only(workspace: Workspace) -> None:
    days = [DAY, dt.date(2023, 11, 9)]
    build_range(TABLES["raw/bhavcopy"], workspace, days)
    sha256 = version_in_force(RAW, workspace, DAY)["sha256"]
    Path(workspace.lake.uri(file_key(RAW, sha256))).write_bytes(b"damaged")
    report = build_range(TABLES["bronze/bhavcopy"], workspace, days)
    assert "is damaged" in str(report.failed[DAY])
    assert report.outcomes[days[1]].status == "written"


def test_prices_are_exactly_as_published(workspace: Workspace) -> None:
    build_until(workspace, "bronze/bhavcopy", DAY, DAY)
    closes = workspace.lake.read("bronze/bhavcopy", [DAY])["close"]
    assert closes.equals(closes.round(2))
    assert closes.dtype == pl.Float64
