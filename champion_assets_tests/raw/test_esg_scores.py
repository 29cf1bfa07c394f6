"""`raw/esg_scores`: files as received, in a ledger that outlives the folder, by the session from which their rows were
known."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from champion_assets.common.dates import calendar_days
from champion_assets.common.errors import FolderAbsent
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.raw.esg_scores import NAME, TABLE, known_rows, ledger
from champion_assets_tests.helpers import originals

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)


def own(workspace: Workspace, folder: Path | None) -> Workspace:
    return replace(workspace, settings=workspace.settings.model_copy(update={"esg_folder": folder}))


def test_every_file_is_kept_byte_for_byte_and_its_rows_are_cut_into_sessions(
    workspace: Workspace, exchange: Exchange
) -> None:
    report = build_range(TABLE, workspace, calendar_days(START, END))
    assert not report.failed
    received = ledger(originals(NAME, workspace))
    files = sorted((exchange.folder / "esg").glob("*.csv"))
    assert [each.name for each in received] == [path.name for path in files]
    for each, path in zip(received, files, strict=True):
        assert originals(NAME, workspace).read(each.sha256, each.name) == path.read_bytes()
    rows = known_rows(originals(NAME, workspace))[0]
    stored = workspace.lake.read(NAME, workspace.sessions(START, END))
    known = rows.filter(rows["known_on"] <= END)
    assert stored["rows"].sum() == known.height
    assert build_range(TABLE, workspace, calendar_days(START, END)).outcomes[END].status == "unchanged"


def test_what_was_received_stays_when_the_folder_is_emptied(
    workspace: Workspace, exchange: Exchange, tmp_path: Path
) -> None:
    folder = tmp_path / "esg"
    shutil.copytree(exchange.folder / "esg", folder)
    mine = own(workspace, folder)
    build_range(TABLE, mine, calendar_days(START, END))
    before = known_rows(originals(NAME, mine))[0]
    for path in folder.iterdir():
        path.unlink()
    assert {outcome.status for outcome in build_range(TABLE, mine, calendar_days(START, END)).outcomes.values()} == {
        "unchanged",
        "closed",
    }
    assert known_rows(originals(NAME, mine))[0].equals(before)


def test_the_hash_in_the_ledger_is_that_of_the_file(workspace: Workspace, exchange: Exchange) -> None:
    build_range(TABLE, workspace, [START])
    for each in ledger(originals(NAME, workspace)):
        assert each.sha256 == hashlib.sha256((exchange.folder / "esg" / each.name).read_bytes()).hexdigest()


def test_no_folder_makes_days_without_ratings_and_a_wrong_one_is_an_error(workspace: Workspace, tmp_path: Path) -> None:
    outcome = build_range(TABLE, own(workspace, None), [START]).outcomes[START]
    assert "no folder in CHAMPION_ESG" in outcome.facts["absent"]
    with pytest.raises(FolderAbsent, match="CHAMPION_ESG"):
        build_range(TABLE, own(workspace, tmp_path / "nowhere"), [START])
