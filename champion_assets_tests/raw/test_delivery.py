"""`raw/delivery`: kept as received; absent or refused files make a day without rows, never a failed day and never
data."""

from __future__ import annotations

import datetime as dt
import gzip
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from champion_assets.catalog import TABLES
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.names import delivery_file
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.raw.delivery import NAME, TABLE

DAY = dt.date(2023, 11, 8)


def with_source(workspace: Workspace, folder: Path) -> Workspace:
    return replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))


def test_the_file_of_the_day_is_kept(workspace: Workspace) -> None:
    outcome = build_range(TABLE, workspace, [DAY]).outcomes[DAY]
    assert outcome.rows > 100
    assert outcome.facts["format"] == "sec_bhavdata_full"
    assert build_range(TABLE, workspace, [DAY]).outcomes[DAY].status == "unchanged"


def test_a_day_without_a_file_says_so_and_takes_the_file_when_it_comes(
    workspace: Workspace, exchange: Exchange, tmp_path: Path
) -> None:
    folder = tmp_path / "late"
    folder.mkdir()
    late = with_source(workspace, folder)
    first = build_range(TABLE, late, [DAY])
    assert "no sec_bhavdata_full" in first.outcomes[DAY].facts["absent"]
    assert build_range(TABLE, late, [DAY]).outcomes[DAY].status == "unchanged"
    shutil.copy(exchange.folder / delivery_file(DAY).path, folder)
    assert build_range(TABLE, late, [DAY]).outcomes[DAY].rows > 100


@pytest.mark.parametrize("served", ["yesterday", "html", "bhavcopy"])
def test_what_is_not_the_days_file_is_refused_and_listed(
    workspace: Workspace, exchange: Exchange, tmp_path: Path, served: str
) -> None:
    folder = tmp_path / "wrong"
    folder.mkdir()
    before = workspace.calendar.previous_session(DAY)
    assert before is not None
    bodies = {
        "yesterday": (exchange.folder / delivery_file(before).path).read_bytes(),
        "html": b"<html>no</html>",
        "bhavcopy": (
            b"SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,\n"
            b"A,EQ,1,1,1,1,1,1,1,1,08-NOV-2023,\n"
        ),
    }
    (folder / delivery_file(DAY).name).write_bytes(bodies[served])
    wrong = with_source(workspace, folder)
    report = build_range(TABLE, wrong, [DAY])
    assert not report.failed
    assert wrong.lake.read(NAME, [DAY]).is_empty()
    refused = wrong.lake.read(f"quarantine/{NAME}", [DAY])
    assert refused["name"].to_list() == [delivery_file(DAY).name]
    assert not build_range(TABLES["bronze/delivery"], wrong, [DAY]).failed


@pytest.mark.real
@pytest.mark.parametrize(
    ("asked", "quirk"),
    [
        (dt.date(2021, 11, 4), "04112021.csv.MUHURAT_ECHO_OF_03NOV2021"),
        (dt.date(2022, 8, 8), "08082022.csv.XLSX_CONTENT"),
        (dt.date(2019, 9, 30), "30092019.csv.CONTAINS_27JUN2019"),
    ],
)
def test_the_genuine_wrong_files_never_become_data(
    workspace: Workspace, real: Path, tmp_path: Path, asked: dt.date, quirk: str
) -> None:
    folder = tmp_path / "quirk"
    folder.mkdir()
    body = gzip.decompress((real / f"sec_bhavdata_full/quirks/sec_bhavdata_full_{quirk}.gz").read_bytes())
    (folder / delivery_file(asked).name).write_bytes(body)
    own = replace(
        with_source(workspace, folder),
        settings=workspace.settings.model_copy(update={"source": str(folder), "start_date": asked}),
    )
    assert not build_range(TABLE, own, [asked]).failed
    assert own.lake.read(NAME, [asked]).is_empty()
