"""A file that was cut off at the end of a line: the other file of the day, or the next day's previous closes, tell who
is gone."""

from __future__ import annotations

import datetime as dt
import gzip
import shutil
import tarfile
import zipfile
from pathlib import Path

import polars as pl
import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.checks.results import NAME
from champion_assets.checks.rules import in_paise
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import BlockedByCheck
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings
from champion_assets_tests.helpers import ORDER

DAY = dt.date(2020, 7, 13)
CUT = 46


def _judged(real: Path, folder: Path, lines: slice, *, delivery: bool = True) -> Workspace:
    """A lake of the genuine 2020-07-13, of whose bhavcopy only `lines` arrived."""
    source = folder / "source"
    source.mkdir()
    with zipfile.ZipFile(real / "legacy_cm/cm13JUL2020bhav.csv.zip") as whole:
        body = whole.read(whole.namelist()[0])
    header, *rows = body.splitlines(keepends=True)
    (source / "cm13JUL2020bhav.csv").write_bytes(b"".join([header, *rows[lines]]))
    name = "sec_bhavdata_full_13072020.csv"
    if delivery:
        (source / name).write_bytes(gzip.decompress((real / f"sec_bhavdata_full/{name}.gz").read_bytes()))
    workspace = open_workspace(
        Settings(data_dir=folder / "data", source=str(source), start_date=DAY, retry_delay_scale=0)
    )
    for table in ORDER[: ORDER.index(NAME) + 1]:
        report = build_range(TABLES[table], workspace, [DAY])
        assert not report.failed, report.failed
    return workspace


@pytest.mark.real
def test_a_bhavcopy_without_its_last_lines_blocks_the_day_and_the_missing_names_are_told(
    real: Path, tmp_path: Path
) -> None:
    workspace = _judged(real, tmp_path, slice(None, -CUT))
    found = workspace.lake.read(NAME, [DAY]).filter((pl.col("severity") == "block") & ~pl.col("passed"))
    assert found["check_name"].to_list() == ["bhavcopy_complete"]
    assert found["rows"].item() == CUT - 1  # of one of the lines the delivery file knows nothing
    report = build_range(TABLES["features/returns"], workspace, calendar_days(DAY, DAY))
    error = report.failed[DAY]
    assert isinstance(error, BlockedByCheck)
    assert "sec_bhavdata_full_13072020.csv lists 45 traded names that the bhavcopy lacks: " in str(error)


@pytest.mark.real
@pytest.mark.parametrize("delivery", [True, False])
def test_the_whole_file_blocks_nothing(real: Path, tmp_path: Path, delivery: bool) -> None:
    workspace = _judged(real, tmp_path, slice(None), delivery=delivery)
    rows = workspace.lake.read(NAME, [DAY])
    assert rows.filter((pl.col("severity") == "block") & ~pl.col("passed")).is_empty()


BUNDLE_DAY = dt.date(2020, 12, 1)


@pytest.fixture(scope="module")
def december(real: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The genuine bhavcopy of 2020-12-01."""
    member = "2020/cm01DEC2020bhav.csv"
    with tarfile.open(real / "runs/cm_2020.tar.xz") as run:
        body = run.extractfile(member)
        assert body is not None
        return body.read()


def _with_bundle(real: Path, folder: Path, body: bytes, bundle: str = "PR011220.zip") -> Workspace:
    """A lake of 2020-12-01 with `body` as its bhavcopy and the PR bundle of the day, but no delivery file."""
    source = folder / "source"
    source.mkdir()
    (source / "cm01DEC2020bhav.csv").write_bytes(body)
    shutil.copy(real / "pr_zip" / bundle, source / "PR011220.zip")
    workspace = open_workspace(
        Settings(data_dir=folder / "data", source=str(source), start_date=BUNDLE_DAY, retry_delay_scale=0)
    )
    for table in ORDER[: ORDER.index(NAME) + 1]:
        report = build_range(TABLES[table], workspace, [BUNDLE_DAY])
        assert not report.failed, report.failed
    return workspace


def _outcome(workspace: Workspace, check: str) -> dict[str, object]:
    return workspace.lake.read(NAME, [BUNDLE_DAY]).filter(pl.col("check_name") == check).row(0, named=True)


@pytest.mark.real
def test_the_bundle_tells_what_a_cut_bhavcopy_lacks_sme_shares_too(real: Path, tmp_path: Path, december: bytes) -> None:
    header, *rows = december.splitlines(keepends=True)
    sme = [row for row in rows if b",SM," in row][:2]
    workspace = _with_bundle(real, tmp_path, b"".join([header, *(row for row in rows if row not in sme)]))
    found = _outcome(workspace, "bhavcopy_complete")
    assert (found["passed"], found["rows"]) == (False, 2)
    assert str(found["sample"]).startswith("PR011220.zip lists 2 traded names that the bhavcopy lacks: ")
    assert workspace.lake.read("bronze/bundle_prices", [BUNDLE_DAY])["is_nifty_50"].sum() == 50


@pytest.mark.real
def test_whole_files_agree_and_a_rename_that_the_bundle_has_not_heard_of_is_no_missing_name(
    real: Path, tmp_path: Path, december: bytes
) -> None:
    workspace = _with_bundle(real, tmp_path, december.replace(b"\nWIPRO,EQ", b"\nWIPRONEW,EQ"))
    assert _outcome(workspace, "bhavcopy_complete")["passed"]
    assert _outcome(workspace, "bundle_agrees")["passed"]


@pytest.mark.real
def test_a_bundle_of_another_day_is_no_witness_and_is_told(real: Path, tmp_path: Path, december: bytes) -> None:
    workspace = _with_bundle(real, tmp_path, december, "PR160125.zip")
    assert _outcome(workspace, "bhavcopy_complete")["passed"]
    assert not _outcome(workspace, "bundle_agrees")["passed"]


@pytest.mark.real
def test_one_missing_line_is_enough(real: Path, tmp_path: Path) -> None:
    workspace = _judged(real, tmp_path, slice(1, None))
    failed = workspace.lake.read(NAME, [DAY]).filter(pl.col("check_name") == "bhavcopy_complete")
    assert not failed["passed"].item()
    assert "1 traded names that the bhavcopy lacks: 20MICRONS EQ" in failed["sample"].item()


def test_a_turnover_of_any_size_can_be_summed() -> None:
    frame = pl.DataFrame({"turnover": [1.25, 1e22, 1e300, None]}).select(in_paise(pl.col("turnover")))
    assert frame["turnover"].to_list() == [125, 10**16, 10**16, None]
