"""`bronze/index_constituents`: every row of the lists in force, and the industries that the universe takes from them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import polars as pl

from champion_assets.bronze.index_constituents import NAME, TABLE
from champion_assets.catalog import TABLES
from champion_assets.features.universe import sectors_by_day
from champion_assets.lake.build import build_range
from champion_assets.lake.originals import file_key
from champion_assets.lake.workspace import Workspace
from champion_assets.raw.index_constituents import NAME as RAW

HEAD = "Company Name,Industry,Symbol,Series,ISIN Code\n"
DAYS = [dt.date(2023, 11, 8), dt.date(2023, 11, 24), dt.date(2023, 12, 12)]


def with_lists(workspace: Workspace, folder: Path, **lists: str) -> Workspace:
    folder.mkdir()
    for day, rows in lists.items():
        (folder / f"ind_nifty500list_{day.strip('_').replace('_', '-')}.csv").write_text(HEAD + rows)
    mine = replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))
    assert not build_range(TABLES[RAW], mine, DAYS).failed
    return mine


def test_every_row_of_the_list_in_force_is_there_and_says_where_from(workspace: Workspace, tmp_path: Path) -> None:
    first = "HDFC Bank Ltd.,BANKS,HDFCBANK,EQ,INE040A01034\nNo ISIN Ltd.,IT,NOISIN,EQ,\n"
    mine = with_lists(workspace, tmp_path / "lists", _2023_11_20=first, _2023_12_05="HDFC Bank Ltd.,FINANCE,HDFCBANK,EQ,INE040A01034\n")
    assert not build_range(TABLE, mine, DAYS).failed
    rows = mine.lake.read(NAME, DAYS)
    assert rows["trade_date"].to_list() == [DAYS[0], DAYS[0], DAYS[1], DAYS[1], DAYS[2]]
    assert rows["source_row"].to_list() == [1, 2, 1, 2, 1]
    assert rows.filter(pl.col("trade_date") == DAYS[0])["list_date"].unique().to_list() == [dt.date(2023, 11, 20)]  # it looks ahead
    assert rows.filter(pl.col("trade_date") == DAYS[2])["source_sha256"].to_list() == mine.lake.read(RAW, DAYS[2:])["sha256"].to_list()
    sectors = sectors_by_day(rows)
    assert [dict(sectors[day]) for day in DAYS] == [{"INE040A01": "Banks"}, {"INE040A01": "Banks"}, {"INE040A01": "Finance"}]


def test_of_two_lists_of_a_day_the_larger_wins(workspace: Workspace, tmp_path: Path) -> None:
    mine = with_lists(workspace, tmp_path / "lists", _2023_11_20="HDFC Bank Ltd.,BANKS,HDFCBANK,EQ,INE040A01034\n")
    small = tmp_path / "lists" / "ind_nifty50list_2023-11-20.csv"
    small.write_text(HEAD + "A,IT,HDFCBANK,EQ,INE040A01034\n")
    assert not build_range(TABLES[RAW], mine, DAYS).failed
    assert not build_range(TABLE, mine, DAYS).failed
    rows = mine.lake.read(NAME, DAYS[:1])
    assert rows.sort("list_order")["list_name"].to_list() == [small.name, "ind_nifty500list_2023-11-20.csv"]
    assert dict(sectors_by_day(rows)[DAYS[0]]) == {"INE040A01": "Banks"}


def test_a_damaged_list_stops_the_days_that_take_it_and_no_other(workspace: Workspace, tmp_path: Path) -> None:
    mine = with_lists(
        workspace, tmp_path / "lists", _2023_11_20="HDFC Bank Ltd.,BANKS,HDFCBANK,EQ,INE040A01034\n", _2023_12_05="A,IT,A,EQ,INE040A01034\n"
    )
    sha256 = mine.lake.read(RAW, DAYS[:1])["sha256"].item()
    Path(mine.lake.uri(file_key(RAW, sha256))).write_bytes(b"damaged")
    failed = build_range(TABLE, mine, DAYS).failed
    assert list(failed) == DAYS[:2]
    assert all("is damaged" in str(error) for error in failed.values())
