"""`bronze/index_constituents`: every row of the lists in force, and the industries that the universe takes from
them."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl

from champion_assets.bronze.index_constituents import NAME, TABLE
from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.features.universe import sectors_by_day
from champion_assets.lake.build import build_range
from champion_assets.lake.originals import file_key
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.raw.index_constituents import NAME as RAW
from champion_assets_tests.helpers import ORDER, drop_days, put_day

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
    mine = with_lists(
        workspace,
        tmp_path / "lists",
        _2023_11_20=first,
        _2023_12_05="HDFC Bank Ltd.,FINANCE,HDFCBANK,EQ,INE040A01034\n",
    )
    assert not build_range(TABLE, mine, DAYS).failed
    rows = mine.lake.read(NAME, DAYS)
    assert rows["trade_date"].to_list() == [DAYS[0], DAYS[0], DAYS[1], DAYS[1], DAYS[2]]
    assert rows["source_row"].to_list() == [1, 2, 1, 2, 1]
    assert rows.filter(pl.col("trade_date") == DAYS[0])["list_date"].unique().to_list() == [
        dt.date(2023, 11, 20)
    ]  # it looks ahead
    assert (
        rows.filter(pl.col("trade_date") == DAYS[2])["source_sha256"].to_list()
        == mine.lake.read(RAW, DAYS[2:])["sha256"].to_list()
    )
    sectors = sectors_by_day(rows)
    assert [sectors[day].is_look_ahead for day in DAYS] == [True, False, False]
    assert [dict(sectors[day].of) for day in DAYS] == [
        {"INE040A01": "Banks"},
        {"INE040A01": "Banks"},
        {"INE040A01": "Finance"},
    ]


def test_of_two_lists_of_a_day_the_larger_wins(workspace: Workspace, tmp_path: Path) -> None:
    mine = with_lists(workspace, tmp_path / "lists", _2023_11_20="HDFC Bank Ltd.,BANKS,HDFCBANK,EQ,INE040A01034\n")
    small = tmp_path / "lists" / "ind_nifty50list_2023-11-20.csv"
    small.write_text(HEAD + "A,IT,HDFCBANK,EQ,INE040A01034\n")
    assert not build_range(TABLES[RAW], mine, DAYS).failed
    assert not build_range(TABLE, mine, DAYS).failed
    rows = mine.lake.read(NAME, DAYS[:1])
    assert rows.sort("list_order")["list_name"].to_list() == [small.name, "ind_nifty500list_2023-11-20.csv"]
    assert dict(sectors_by_day(rows)[DAYS[0]].of) == {"INE040A01": "Banks"}


def test_a_damaged_list_stops_the_days_that_take_it_and_no_other(workspace: Workspace, tmp_path: Path) -> None:
    mine = with_lists(
        workspace,
        tmp_path / "lists",
        _2023_11_20="HDFC Bank Ltd.,BANKS,HDFCBANK,EQ,INE040A01034\n",
        _2023_12_05="A,IT,A,EQ,INE040A01034\n",
    )
    sha256 = mine.lake.read(RAW, DAYS[:1])["sha256"].item()
    Path(mine.lake.uri(file_key(RAW, sha256))).write_bytes(b"damaged")
    failed = build_range(TABLE, mine, DAYS).failed
    assert list(failed) == DAYS[:2]
    assert all("is damaged" in str(error) for error in failed.values())


def test_a_list_without_a_date_is_of_the_day_on_which_it_was_received(workspace: Workspace, tmp_path: Path) -> None:
    """Nobody knew in 2023 what is received today."""
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "ind_nifty500list.csv").write_text(f"{HEAD}HDFC Bank Ltd.,BANKS,HDFCBANK,EQ,INE040A01034\n")
    mine = replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))
    for name in (RAW, NAME):
        assert not build_range(TABLES[name], mine, DAYS[:1]).failed
    rows = mine.lake.read(NAME, DAYS[:1])
    assert rows["list_date"].to_list() == [None]
    assert rows["is_look_ahead"].to_list() == [True]
    received = mine.lake.read(RAW, DAYS[:1]).with_columns(
        fetched_at=pl.lit(dt.datetime(2023, 11, 9, 4, tzinfo=dt.UTC)).dt.cast_time_unit("us")
    )
    put_day(mine.lake, RAW, DAYS[0], received)
    assert not build_range(TABLE, mine, DAYS[:1]).failed
    drop_days(mine.lake, NAME, DAYS[:1])
    assert not build_range(TABLE, mine, DAYS[:1]).failed
    assert mine.lake.read(NAME, DAYS[:1])["is_look_ahead"].to_list() == [False]  # received the morning after


def test_a_later_list_is_not_used_and_a_cap_that_needs_one_is_refused(
    workspace: Workspace, exchange: Exchange, tmp_path: Path
) -> None:
    """Only a list of a later day is there: no sectors, no cap on them, unless one asks for it, and then every figure is
    marked."""
    start, end = dt.date(2023, 11, 1), dt.date(2023, 11, 30)
    folder = tmp_path / "files"
    shutil.copytree(exchange.folder, folder, ignore=shutil.ignore_patterns("ind_nifty500list_*", ".republished"))
    (folder / "content/indices/ind_nifty500list.csv").rename(folder / "content/indices/ind_nifty500list_2024-03-01.csv")
    changed = {"source": str(folder), "sector_cap": 0.4, "weight_cap": 0.2}
    for setting, marked in (("known", False), ("look_ahead", True)):
        settings = workspace.settings.model_copy(update={**changed, "sector_lists": setting})
        mine = replace(workspace, settings=settings, lake=Lake(str(tmp_path / setting)))
        reports = {}
        for name in ORDER[: ORDER.index("portfolio/account") + 1]:
            reports[name] = build_range(TABLES[name], mine, calendar_days(start, end))
        universe = mine.lake.read("features/universe", [end])
        assert universe["sector_is_look_ahead"].unique().to_list() == [marked]
        assert (universe["sector"] == "Unclassified").all() != marked
        failed = reports["portfolio/account"].failed
        if marked:
            assert not failed
            assert mine.lake.read("portfolio/account", [end])["is_look_ahead"].to_list() == [True]
        else:
            assert "SECTOR_CAP" in str(failed[end])
            assert "ind_nifty500list_YYYY-MM-DD.csv" in str(failed[end])
