"""`raw/market_lists`: lists under their dated names or in the folder of a day; no name of a client reaches the lake."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.build import build_range
from champion_assets.raw.market_lists import KINDS, NAME
from champion_assets.settings import Settings

DAY = dt.date(2023, 11, 8)
HEADER = "Date,Symbol,Security Name,Client Name,Buy/Sell,Quantity Traded,Trade Price / Wght. Avg. Price"


def test_lists_are_found_and_names_are_not_kept(tmp_path: Path) -> None:
    files = {
        "2023-11-08/bulk.csv": f"{HEADER},Remarks\n08-NOV-2023,A,A Ltd,ASHA KALPANIK,BUY,10,5.0,-\n",
        "2023-11-08/block.csv": f"{HEADER}\nNO RECORDS,,,,,,\n",
        "deep/ShortSelling_08112023.CSV": '"Security Name","Symbol Name","Trade '
        'Date","Quantity"\n"A","A","07-Nov-2023","5"\n',
        "REG1_IND081123.csv": "Symbol,Series\nA,EQ\n",
        "2023-11-08/sec_list.csv": "Symbol,Series,Security Name,Band,Remarks\nA,EQ,A Ltd,20,-\n",
        "2023-11-08/series_change.csv": "Symbol,Security,From Series,To Series,Change Date,Remarks\nNIL,,,,,\n",
        "CMVOLT_08112023.CSV": "Date,Symbol\n08-NOV-2023,A\n",
    }
    for name, text in files.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    workspace = open_workspace(
        Settings(data_dir=tmp_path / "data", source=str(tmp_path / "source"), start_date=DAY, retry_delay_scale=0)
    )
    assert not build_range(TABLES[NAME], workspace, [DAY]).failed
    assert set(workspace.lake.read(NAME, [DAY])["format"]) == set(KINDS) - {"fao_participant_oi", "CM_52_wk_High_low"}
    for path in (tmp_path / "data" / "lake").rglob("*"):
        assert path.is_dir() or b"KALPANIK" not in path.read_bytes()


def test_a_day_without_lists_says_so_and_a_file_that_is_none_is_refused_without_its_text(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "bulk_08112023.csv").write_text("Name,Symbol\nASHA KALPANIK,A\n")
    workspace = open_workspace(
        Settings(data_dir=tmp_path / "data", source=str(source), start_date=DAY, retry_delay_scale=0)
    )
    report = build_range(TABLES[NAME], workspace, [DAY])
    assert report.outcomes[DAY].facts["absent"] == "no list of the market"
    (refused,) = workspace.lake.read(f"quarantine/{NAME}", [DAY]).iter_rows(named=True)
    assert "not the header of a file of bulk or block deals" in refused["reason"]
    assert "KALPANIK" not in str(refused)
