"""`raw/index_constituents`: a session takes the newest list of its day or before, and says when it looks ahead."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from champion_assets.lake.build import build_range
from champion_assets.lake.quarantine import refused_files
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.constituents import read_constituents
from champion_assets.raw.index_constituents import NAME, TABLE

HEAD = "Company Name,Industry,Symbol,Series,ISIN Code\n"
EARLY, LATE = dt.date(2023, 11, 8), dt.date(2023, 12, 12)


def with_lists(workspace: Workspace, folder: Path, **industries: str) -> Workspace:
    folder.mkdir(exist_ok=True)
    for day, industry in industries.items():
        name = f"ind_nifty500list_{day.strip('_').replace('_', '-')}.csv"
        (folder / name).write_text(f"{HEAD}HDFC Bank Ltd.,{industry},HDFCBANK,EQ,INE040A01034\n")
    return replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))


def test_a_session_takes_the_newest_list_up_to_its_day_and_before_the_first_that_one(
    workspace: Workspace, tmp_path: Path
) -> None:
    mine = with_lists(workspace, tmp_path / "lists", _2023_11_20="BANKS", _2023_12_05="FINANCE")
    assert not build_range(TABLE, mine, [EARLY, dt.date(2023, 11, 24), LATE]).failed
    names = mine.lake.read(NAME, [EARLY, dt.date(2023, 11, 24), LATE])["name"].to_list()
    assert names == [
        "ind_nifty500list_2023-11-20.csv",
        "ind_nifty500list_2023-11-20.csv",
        "ind_nifty500list_2023-12-05.csv",
    ]


def test_a_newer_list_changes_no_day_before_it(workspace: Workspace, tmp_path: Path) -> None:
    mine = with_lists(workspace, tmp_path / "lists", _2023_11_01="BANKS")
    build_range(TABLE, mine, [EARLY, LATE])
    with_lists(workspace, tmp_path / "lists", _2023_12_05="FINANCE")
    outcomes = build_range(TABLE, mine, [EARLY, LATE]).outcomes
    assert (outcomes[EARLY].status, outcomes[LATE].status) == ("unchanged", "written")


def test_a_month_without_a_day_counts_from_its_last(workspace: Workspace, tmp_path: Path) -> None:
    mine = with_lists(workspace, tmp_path / "lists", _2023_11_01="BANKS", _2023_11="FINANCE")
    build_range(TABLE, mine, [dt.date(2023, 11, 29), dt.date(2023, 11, 30)])
    names = [mine.lake.read(NAME, [dt.date(2023, 11, day)])["name"].item() for day in (29, 30)]
    assert names == ["ind_nifty500list_2023-11-01.csv", "ind_nifty500list_2023-11.csv"]


def test_of_the_same_list_under_two_names_the_dated_one_counts(workspace: Workspace, tmp_path: Path) -> None:
    mine = with_lists(workspace, tmp_path / "lists", _2023_11_01="BANKS")
    (tmp_path / "lists" / "ind_nifty500list.csv").write_bytes(
        (tmp_path / "lists" / "ind_nifty500list_2023-11-01.csv").read_bytes()
    )
    build_range(TABLE, mine, [EARLY])
    assert mine.lake.read(NAME, [EARLY])["name"].to_list() == ["ind_nifty500list_2023-11-01.csv"]


def test_without_a_list_the_day_says_so(workspace: Workspace, tmp_path: Path) -> None:
    mine = with_lists(workspace, tmp_path / "empty")
    outcome = build_range(TABLE, mine, [EARLY]).outcomes[EARLY]
    assert "no list of index members" in outcome.facts["absent"]


@pytest.mark.parametrize("body", ["a,b\n1,2\n", "<html>Access denied</html>", "", HEAD + "one,two\n"])
def test_what_is_no_list_is_listed_and_the_other_lists_serve(workspace: Workspace, tmp_path: Path, body: str) -> None:
    mine = with_lists(workspace, tmp_path / "lists", _2023_11_01="BANKS")
    (tmp_path / "lists" / "ind_nifty500list.csv").write_text(body)
    report = build_range(TABLE, mine, [EARLY])
    assert not report.failed
    assert mine.lake.read(NAME, [EARLY])["name"].to_list() == ["ind_nifty500list_2023-11-01.csv"]
    (refused,) = refused_files(mine.lake).iter_rows(named=True)
    assert (refused["table"], refused["name"]) == (NAME, "ind_nifty500list.csv")
    (tmp_path / "lists" / "ind_nifty500list.csv").unlink()
    assert build_range(TABLE, mine, [EARLY]).outcomes[EARLY].status == "unchanged"
    assert refused_files(mine.lake).is_empty()  # mended, although the day's own list is the same


@pytest.mark.real
def test_the_genuine_lists_are_read(real: Path) -> None:
    paths = sorted(real.rglob("ind_nifty500list*.csv"))
    assert paths
    for path in paths:
        members = read_constituents(path.read_bytes(), path.name)
        assert 490 < len(members) < 510, path
        assert 15 < len({each.industry for each in members}) < 30, path
