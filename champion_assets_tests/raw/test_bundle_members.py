"""`raw/bundle_members`: loose members of the PR bundle as people keep them, and the bronze tables that read them."""

from __future__ import annotations

import datetime as dt
import tarfile
from pathlib import Path

import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.build import build_range
from champion_assets.lake.range_report import RangeReport
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.market_files import EARNINGS
from champion_assets.raw.bundle_members import MEMBERS, NAME
from champion_assets.settings import Settings
from champion_assets_tests.bands import zipped

DAY = dt.date(2023, 11, 8)
ACTIONS = (
    "SERIES,SYMBOL,SECURITY,RECORD_DT,BC_STRT_DT,BC_END_DT,EX_DT,ND_STRT_DT,ND_END_DT,PURPOSE\n"
    "EQ,AAA,Aaa Limited,,,,08/11/2023,,,BONUS 1:1\n"
)
BANDS = "SYMBOL,SERIES,SECURITY,HIGH/LOW\nA,EQ,A LTD,H\n"


def built(
    tmp_path: Path, files: dict[str, bytes | str], *tables: str, day: dt.date = DAY
) -> tuple[Workspace, dict[str, RangeReport]]:
    """A lake with these tables of a day, from a folder of these files."""
    for name, body in files.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body.encode() if isinstance(body, str) else body)
    workspace = open_workspace(
        Settings(data_dir=tmp_path / "data", source=str(tmp_path / "source"), start_date=day, retry_delay_scale=0)
    )
    return workspace, {
        name: build_range(TABLES[name], workspace, [day]) for name in ("raw/corporate_actions", NAME, *tables)
    }


def test_members_are_found_under_any_letters_and_a_member_in_the_bundle_comes_first(tmp_path: Path) -> None:
    files = {
        "2023-11-08/BH08112023.CSV": BANDS,
        "deep/hl081123.csv": "SECURITY,NEW,PREVIOUS,NEW_STATUS\n",
        "__MACOSX/pd08112023.csv": "x",
        "PR081123.zip": zipped({"Bc081123.csv": ACTIONS, "bh081123.csv": BANDS.replace("LTD,H", "LTD,L")}),
    }
    workspace, reports = built(tmp_path, files, "bronze/bundle_bands")
    assert not any(report.failed for report in reports.values())
    rows = workspace.lake.read(NAME, [DAY])
    assert dict(rows.select("format", "name").iter_rows()) == {"bh": "bh08112023.csv", "hl": "HL081123.csv"}
    assert workspace.lake.read("bronze/bundle_bands", [DAY]).select("symbol", "side").rows() == [("A", "lower")]


def test_days_without_members_say_so_and_take_them_when_they_come(tmp_path: Path) -> None:
    workspace, reports = built(tmp_path, {"README.txt": "nothing"}, "bronze/bundle_bands")
    assert reports[NAME].outcomes[DAY].facts["absent"] == "no loose member of a PR bundle"
    workspace, reports = built(tmp_path, {"bh081123.csv": BANDS}, "bronze/bundle_bands")
    assert reports[NAME].outcomes[DAY].rows == 1
    assert workspace.lake.read("bronze/bundle_bands", [DAY]).height == 1


def test_two_that_differ_fail_the_day_and_one_that_is_none_costs_its_own_rows_only(tmp_path: Path) -> None:
    _, reports = built(
        tmp_path / "differ", {"a/bh081123.csv": BANDS, "b/bh081123.csv": BANDS.replace("LTD,H", "LTD,L")}
    )
    assert "different files of this day" in str(reports[NAME].failed[DAY])
    workspace, reports = built(tmp_path / "none", {"bh081123.csv": b"<html>no</html>"}, "bronze/bundle_bands")
    assert not reports["bronze/bundle_bands"].failed
    (refused,) = workspace.lake.read("quarantine/bronze/bundle_bands", [DAY]).iter_rows(named=True)
    assert "HTML" in refused["reason"]


@pytest.mark.real
def test_a_genuine_folder_of_a_day_gives_the_rows_of_its_members(real: Path, tmp_path: Path) -> None:
    day = dt.date(2025, 12, 16)
    with tarfile.open(real / "daily_folder" / f"{day}.tar.xz") as folder:
        files = {member.name: folder.extractfile(member).read() for member in folder if member.isfile()}  # type: ignore[union-attr]
    workspace, reports = built(tmp_path, files, "bronze/bundle_prices", "bronze/bundle_bands", day=day)
    assert not any(report.failed for report in reports.values())
    assert set(workspace.lake.read(NAME, [day])["format"]) == set(MEMBERS)
    prices = workspace.lake.read("bronze/bundle_prices", [day])
    assert prices["is_nifty_50"].sum() == 50
    assert workspace.lake.read("bronze/bundle_bands", [day]).height == 134
    assert EARNINGS.place.kind.lower() in MEMBERS  # type: ignore[union-attr]
