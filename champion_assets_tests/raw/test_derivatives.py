"""`raw/derivatives`: both eras out of a folder, every version kept; a day without a file or with a wrong one is no
failure."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from champion_assets.catalog import open_workspace
from champion_assets.lake.build import build_range
from champion_assets.nse.names import derivatives_files
from champion_assets.nse.synthetic.derivatives import LEGACY_HEADER
from champion_assets.nse.synthetic.files import UDIFF_HEADER
from champion_assets.raw.derivatives import NAME, TABLE
from champion_assets.settings import Settings

OLD, NEW, NONE, WRONG = (dt.date(2024, 7, day) for day in (5, 8, 9, 10))


def legacy(lots: int) -> bytes:
    return f"{LEGACY_HEADER}\nFUTIDX,NIFTY,25-Jul-2024,0,XX,1,2,1,1.5,1.5,3,0.01,{50 * lots},0,05-JUL-2024,\n".encode()


def udiff(date: dt.date) -> bytes:
    contract = "FO,NSE,STO,1,,ABC,,2024-07-25,2024-07-25,105.00,CE,X"
    row = f"{date},{date},{contract},1,2,1,1.5,1.5,1.4,100,1.55,500,-50,7,4200.5,3,F1,50,,,,,"
    return f"{UDIFF_HEADER}Rsvd1,Rsvd2,Rsvd3,Rsvd4\n{row}\n".encode()


def test_files_are_found_and_versions_kept(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    files = {
        OLD: source / "fo05JUL2024bhav.csv",
        NEW: source / "deep" / derivatives_files(NEW)[0].name.removesuffix(".zip"),
        WRONG: source / derivatives_files(WRONG)[0].name.removesuffix(".zip"),
    }
    files[NEW].parent.mkdir()
    files[OLD].write_bytes(legacy(1))
    files[NEW].write_bytes(udiff(NEW))
    files[WRONG].write_bytes(udiff(NEW))
    settings = Settings(data_dir=tmp_path / "data", source=str(source), start_date=OLD, retry_delay_scale=0)
    workspace = open_workspace(settings)
    days = [OLD, NEW, NONE, WRONG]
    report = build_range(TABLE, workspace, days)
    assert not report.failed
    assert [report.outcomes[day].rows for day in days] == [1, 1, 0, 0]
    assert "BhavCopy_NSE_FO_0_0_0_20240709_F_0000.csv.zip" in report.outcomes[NONE].facts["absent"]
    assert "its rows are of 2024-07-08" in report.outcomes[WRONG].facts["absent"]
    (refused,) = workspace.lake.read(f"quarantine/{NAME}", [WRONG]).iter_rows(named=True)
    assert "2024-07-08" in refused["reason"]
    files[OLD].write_bytes(legacy(2))
    again = open_workspace(settings)
    assert not build_range(TABLE, again, [OLD]).failed
    versions = again.lake.read(NAME, [OLD])
    assert versions["is_current"].to_list() == [False, True]
    assert versions["format"].to_list() == ["legacy_fo", "legacy_fo"]
