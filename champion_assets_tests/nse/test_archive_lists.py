"""The archive is asked for a list only if a setting names it, and for the newest one only on its day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.archive_lists import ARCHIVED, DERIVATIVES, archive_names, check_is_of_day
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.errors import NotYetPublished
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.nse.synthetic.server import State, serve
from champion_assets.raw.market_lists import KINDS, NAME
from champion_assets.settings import Settings
from champion_assets.settings.source import ArchiveFile

START, TODAY = dt.date(2023, 12, 4), dt.date(2023, 12, 6)


@pytest.fixture
def state(exchange: Exchange) -> State:
    return State(exchange.folder, load_calendar(), published_until=TODAY)


@pytest.fixture
def url(state: State) -> Iterator[str]:
    with serve(state) as address:
        yield address


def asking(url: str, folder: Path, *files: str) -> Workspace:
    """A lake of the server, on the evening of `TODAY`."""
    clock = folder / "clock"
    clock.write_text(f"{TODAY}T15:30:00+00:00")
    settings = Settings(
        data_dir=folder / "data", source=url, start_date=START, clock=clock, archive_files=",".join(files),
        retry_delay_scale=0, http_interval_seconds=0,
    )  # fmt: skip
    return open_workspace(settings)


def kinds(workspace: Workspace) -> dict[dt.date, set[str]]:
    """What was found of each day."""
    sessions = workspace.sessions(START, TODAY)
    report = build_range(TABLES[NAME], workspace, sessions)
    assert not report.failed
    return {date: set(workspace.lake.read(NAME, [date])["format"]) for date in sessions}


def test_every_kind_has_an_address_and_a_word_in_the_setting() -> None:
    assert set(ARCHIVED) == set(KINDS)
    assert set(get_args(ArchiveFile)) == {*KINDS, DERIVATIVES}
    assert set(Settings(archive_files="all").archive_files) == set(get_args(ArchiveFile))
    assert Settings(archive_files="CMVOLT, REG1_IND").archive_files == ("CMVOLT", "REG1_IND")
    with pytest.raises(ValueError, match=r"(?i)archive_files"):
        Settings(archive_files="news")


def test_addresses_and_first_days() -> None:
    day = dt.date(2025, 1, 16)
    (short,) = archive_names("shortselling", ["shortselling"], TODAY)(day)
    assert (short.path, short.is_served) == ("archives/equities/shortSelling/shortselling_16012025.csv", True)
    (watched,) = archive_names("REG1_IND", ["REG1_IND"], TODAY)(day)
    assert watched.path == "content/cm/REG1_IND160125.csv"
    assert not archive_names("REG1_IND", ["REG1_IND"], TODAY)(TODAY)[0].is_served  # it began a year later
    assert not archive_names("CMVOLT", ["REG1_IND"], TODAY)(TODAY)[0].is_served
    assert archive_names("bulk", ["bulk"], TODAY)(TODAY)[0].path == "content/equities/bulk.csv"
    assert not archive_names("bulk", ["bulk"], TODAY)(START)[0].is_served


def test_nothing_is_asked_for_by_default(url: str, state: State, tmp_path: Path) -> None:
    assert set().union(*kinds(asking(url, tmp_path)).values()) == set()
    assert state.requests == []


def test_lists_come_from_the_server_with_their_lag(url: str, state: State, tmp_path: Path) -> None:
    workspace = asking(url, tmp_path, *get_args(ArchiveFile))
    dated = {"shortselling", "fao_participant_oi", "CM_52_wk_High_low", "sec_list", "CMVOLT"}
    found = kinds(workspace)
    assert found[START] == dated
    assert dated | {"bulk", "block"} <= found[TODAY] <= dated | {"bulk", "block", "series_change"}
    asked = [path for path, _ in state.requests]
    assert sum("bulk.csv" in path for path in asked) == 1  # on the day itself
    sessions = workspace.sessions(START, TODAY)
    for table in ("bronze/market_lists", "bronze/published_volatility"):
        report = build_range(TABLES[table], workspace, sessions)
        assert not report.failed
        assert workspace.lake.read(table, sessions).height
    assert not workspace.lake.dates("quarantine/bronze/market_lists")  # the short sales are of the session before


def test_derivatives_come_from_the_server_if_they_are_asked_for(url: str, tmp_path: Path) -> None:
    for files, rows in (((), 0), (("derivatives",), 3)):
        folder = tmp_path / str(rows)
        folder.mkdir()
        workspace = asking(url, folder, *files)
        sessions = workspace.sessions(START, TODAY)
        assert not build_range(TABLES["raw/derivatives"], workspace, sessions).failed
        assert workspace.lake.read("raw/derivatives", sessions).height == rows


def test_the_newest_list_counts_only_on_the_day_that_it_names() -> None:
    header = "Date,Symbol,Client,Buy/Sell,Quantity,Price\n"
    check_is_of_day("bulk", header + "06-DEC-2023,A,entity,BUY,5,10\n", "x", TODAY)
    check_is_of_day("CMVOLT", "anything", "x", TODAY)  # has the day in its name
    for rows in ("05-DEC-2023,A,entity,BUY,5,10\n", ""):
        with pytest.raises(NotYetPublished):
            check_is_of_day("bulk", header + rows, "x", TODAY)
    changes = "Symbol,Security,From Series,To Series,Change Date,Remarks\n"
    check_is_of_day("series_change", changes + "A,A,EQ,BE,06-DEC-2023,-\n", "x", TODAY)
    with pytest.raises(NotYetPublished):
        check_is_of_day("series_change", changes + "NIL,,,,,\n", "x", TODAY)
