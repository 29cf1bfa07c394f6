"""The original bytes: kept once, versioned, verified; refused when they are of another day."""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.originals import file_key
from champion_assets.lake.store import Lake
from champion_assets.lake.table import Computed
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.errors import NotYetPublished, UnexpectedSession, WrongDate
from champion_assets.nse.names import bhavcopy_files, legacy_bhavcopy
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.raw.bhavcopy import NAME, TABLE
from champion_assets_tests.helpers import build_until, inputs_of, originals, version_in_force

DAY = dt.date(2023, 11, 8)


@pytest.fixture
def own_source(workspace: Workspace, exchange: Exchange, tmp_path: Path) -> tuple[Workspace, Path]:
    """A copy of one day's file in a folder that the test may change."""
    folder = tmp_path / "source"
    folder.mkdir()
    shutil.copy(exchange.folder / legacy_bhavcopy(DAY).path, folder)
    return replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)})), folder


def test_the_bytes_are_kept_under_their_hash_with_their_origin(workspace: Workspace, exchange: Exchange) -> None:
    build_range(TABLE, workspace, [DAY])
    version = version_in_force(NAME, workspace, DAY)
    original = (exchange.folder / legacy_bhavcopy(DAY).path).read_bytes()
    assert originals(NAME, workspace).read(version["sha256"], version["name"]) == original
    assert version["uri"].endswith(legacy_bhavcopy(DAY).path)
    assert version["format"] == "legacy_l2"


def test_looking_again_changes_nothing(workspace: Workspace) -> None:
    build_range(TABLE, workspace, [DAY])
    first = workspace.lake.state(NAME)
    assert build_range(TABLE, workspace, [DAY]).outcomes[DAY].status == "unchanged"
    assert workspace.lake.state(NAME) == first


def test_a_republished_file_becomes_a_new_version_and_what_depends_on_it_is_rebuilt(
    workspace: Workspace, exchange: Exchange
) -> None:
    day = exchange.republished
    workspace = replace(workspace, settings=workspace.settings.model_copy(update={"start_date": day}))
    build_until(workspace, "features/returns", day, day)
    before = workspace.lake.read("silver/equity_eod", [day])
    folder = workspace.settings.data_dir / "corrected"
    file = bhavcopy_files(day)[0]
    folder.mkdir()
    shutil.copy(exchange.corrected / file.path, folder)
    again = replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))
    reports = build_until(again, "features/returns", day, day)
    states = {
        name: reports[name].outcomes[day].status for name in ("raw/bhavcopy", "bronze/bhavcopy", "silver/equity_eod")
    }
    assert states == dict.fromkeys(states, "written")
    states = {name: reports[name].outcomes[day].status for name in ("silver/instruments", "features/returns")}
    assert states == dict.fromkeys(states, "unchanged"), "no volume is in these"
    versions = workspace.lake.read(NAME, [day])
    assert versions["is_current"].to_list() == [False, True]
    assert all(workspace.lake.exists(file_key(NAME, sha256)) for sha256 in versions["sha256"])
    after = workspace.lake.read("silver/equity_eod", [day])
    assert (before["volume"] != after["volume"]).sum() == 1


def test_other_bytes_with_the_same_rows_go_no_further_than_bronze(own_source: tuple[Workspace, Path]) -> None:
    workspace, folder = own_source
    workspace = replace(workspace, settings=workspace.settings.model_copy(update={"start_date": DAY}))
    tables = ("raw/bhavcopy", "bronze/bhavcopy", "raw/security_master", "bronze/symbol_changes", "silver/instruments")
    for name in tables:
        assert not build_range(TABLES[name], workspace, [DAY]).failed
    (path,) = folder.iterdir()
    with zipfile.ZipFile(path) as archive:
        (member,) = archive.namelist()
        body = archive.read(member)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(member, body)
    reports = {name: build_range(TABLES[name], workspace, [DAY]).outcomes[DAY] for name in tables}
    assert (reports["raw/bhavcopy"].status, reports["bronze/bhavcopy"].status) == ("written", "written")
    assert reports["silver/instruments"].reason == "inputs and code are the same"
    rows = workspace.lake.read("raw/bhavcopy", [DAY])
    assert (
        workspace.lake.read("bronze/bhavcopy", [DAY])["source_sha256"][0] == rows.filter("is_current")["sha256"].item()
    )


def test_two_runs_that_receive_different_versions_at_once_lose_none(workspace: Workspace, exchange: Exchange) -> None:
    day = exchange.republished
    folder = workspace.settings.data_dir / "corrected"
    folder.mkdir(parents=True)
    shutil.copy(exchange.corrected / bhavcopy_files(day)[0].path, folder)
    settings = workspace.settings.model_copy(update={"start_date": day})
    other = replace(
        workspace, settings=settings.model_copy(update={"source": str(folder)}), lake=Lake(workspace.lake.root)
    )
    calls = []

    def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
        computed = TABLE.compute(inputs, dates)
        if not calls:  # the other run comes between this one's look and its commit
            build_range(TABLE, other, [day])
        calls.append(dates)
        return computed

    report = build_range(replace(TABLE, compute=compute), replace(workspace, settings=settings), [day])
    assert (report.count("written"), len(calls)) == (1, 2)
    versions = workspace.lake.read(NAME, [day])
    assert versions["sha256"].n_unique() == 2
    assert versions["is_current"].to_list() == [False, True]


def test_yesterdays_file_under_todays_name_is_refused(own_source: tuple[Workspace, Path]) -> None:
    workspace, folder = own_source
    (folder / legacy_bhavcopy(DAY).name).rename(folder / legacy_bhavcopy(dt.date(2023, 11, 9)).name)
    report = build_range(TABLE, workspace, [dt.date(2023, 11, 9)])
    assert isinstance(report.failed[dt.date(2023, 11, 9)], WrongDate)
    assert workspace.lake.tables() == [f"quarantine/{NAME}"]
    listed = workspace.lake.read(f"quarantine/{NAME}", [dt.date(2023, 11, 9)]).row(0, named=True)
    assert (listed["name"], listed["rule"]) == (legacy_bhavcopy(dt.date(2023, 11, 9)).name, "B2")


def test_a_file_on_a_day_that_the_calendar_calls_closed_is_no_silent_drop(
    own_source: tuple[Workspace, Path], tmp_path: Path
) -> None:
    workspace, _ = own_source
    override = tmp_path / "calendar.csv"
    override.write_text(f"date,status,reason,open,close,evidence\n{DAY},closed,thought to be a holiday,,,\n")
    wrong = replace(workspace, calendar=load_calendar(override))
    report = build_range(TABLE, wrong, [DAY, dt.date(2023, 11, 11)])
    assert isinstance(report.failed[DAY], UnexpectedSession)
    assert f"{DAY},special," in str(report.failed[DAY])
    assert report.outcomes[dt.date(2023, 11, 11)].status == "closed"
    assert build_range(TABLE, workspace, [DAY]).outcomes[DAY].status == "written"


def test_an_echo_on_a_closed_day_is_left_alone(own_source: tuple[Workspace, Path]) -> None:
    workspace, folder = own_source
    shutil.copy(folder / legacy_bhavcopy(DAY).name, folder / legacy_bhavcopy(dt.date(2023, 11, 14)).name)
    report = build_range(TABLE, workspace, [dt.date(2023, 11, 14)])
    assert not report.failed
    assert report.outcomes[dt.date(2023, 11, 14)].status == "closed"


def test_a_missing_file_fails_its_day_only(own_source: tuple[Workspace, Path]) -> None:
    workspace, _ = own_source
    report = build_range(TABLE, workspace, [DAY, dt.date(2023, 11, 9)])
    assert report.outcomes[DAY].status == "written"
    assert isinstance(report.failed[dt.date(2023, 11, 9)], NotYetPublished)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"damaged")])
def test_lost_or_damaged_bytes_are_noticed(workspace: Workspace, damage) -> None:  # type: ignore[no-untyped-def]
    build_range(TABLE, workspace, [DAY])
    version = version_in_force(NAME, workspace, DAY)
    damage(Path(workspace.lake.uri(file_key(NAME, version["sha256"]))))
    with pytest.raises(CorruptObject, match="materialize raw/bhavcopy again"):
        originals(NAME, workspace).read(version["sha256"], version["name"])


def test_over_http_blocks_are_written_as_they_come_and_a_refusal_ends_the_asking(
    workspace: Workspace, exchange: Exchange
) -> None:
    from champion_assets.common.dates import calendar_days
    from champion_assets.nse.errors import Blocked
    from champion_assets.nse.names import udiff_bhavcopy
    from champion_assets.nse.synthetic.server import State, serve

    sessions = workspace.sessions(dt.date(2024, 1, 1), dt.date(2024, 3, 31))
    state = State(exchange.folder, load_calendar(), faults={udiff_bhavcopy(day).name: "403" for day in sessions[20:]})
    with serve(state) as url:
        there = replace(workspace, settings=workspace.settings.model_copy(update={"source": url}))
        report = build_range(TABLE, there, calendar_days(sessions[0], sessions[-1]))
        asked, written, beside = len(state.requests), report.count("written"), there.settings.http_connections - 1
        assert (
            20 - beside <= written <= 20
        )  # a day that waits for its turn while later ones are refused is not asked for
        assert written + 3 <= asked <= written + 3 + beside  # those under way when the first refusal came
        assert set(sessions[20:]) <= set(report.failed)
        assert len(report.failed) == len(sessions) - written
        assert all(isinstance(error, Blocked) for error in report.failed.values())
        state.faults.clear()
        again = build_range(TABLE, there, calendar_days(sessions[0], sessions[-1]), refetch=())
        assert again.count("written") == len(sessions) - written
        assert len(state.requests) == asked + len(sessions) - written


@pytest.mark.real
def test_a_genuine_echo_and_a_misdated_file_are_refused(real: Path, workspace: Workspace) -> None:
    from champion_assets.nse.source.base import Fetched
    from champion_assets.raw.bhavcopy import accept
    from champion_assets.raw.files import _accept

    for name, day in (("26012026.csv.HOLIDAY_ECHO_OF_23JAN2026", dt.date(2026, 1, 26)),
                      ("30092019.csv.CONTAINS_27JUN2019", dt.date(2019, 9, 30)),
                      ("04112021.csv.MUHURAT_ECHO_OF_03NOV2021", dt.date(2021, 11, 4))):  # fmt: skip
        body = (real / f"sec_bhavdata_full/quirks/sec_bhavdata_full_{name}.gz").read_bytes()
        with pytest.raises(WrongDate, match="refused"):
            _accept(inputs_of(NAME, workspace, [day]), day, Fetched(name, "uri", body), accept)
    assert pl.DataFrame(
        {"path": [str(each) for each in Path(workspace.lake.root).rglob("*") if each.is_file()]}
    ).is_empty()
