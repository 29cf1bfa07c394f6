"""`raw/corporate_actions`: exports and bundles by session; what covers nothing has no row."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.names import action_bundles
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.raw.corporate_actions import NAME, TABLE

DAY = dt.date(2023, 11, 8)


def own_source(workspace: Workspace, folder: Path) -> Workspace:
    folder.mkdir(exist_ok=True)
    return replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))


def test_export_bundle_and_registers_are_kept(workspace: Workspace) -> None:
    build_range(TABLE, workspace, [DAY])
    assert set(workspace.lake.read(NAME, [DAY])["format"]) == {"export", "bundle", "symbolchange", "security list"}


def test_a_session_without_a_source_has_no_row_and_says_so(
    workspace: Workspace, exchange: Exchange, tmp_path: Path
) -> None:
    own = own_source(workspace, tmp_path / "s")
    report = build_range(TABLE, own, [DAY])
    assert "neither an export" in report.outcomes[DAY].facts["absent"]
    assert own.lake.read(NAME, [DAY]).is_empty()
    shutil.copy(exchange.folder / action_bundles(DAY)[0].path, tmp_path / "s")
    assert build_range(TABLE, own, [DAY]).outcomes[DAY].status == "written"
    assert own.lake.read(NAME, [DAY])["format"].to_list() == ["bundle"]


def test_a_longer_export_with_the_same_rows_makes_nothing_stale(workspace: Workspace, tmp_path: Path) -> None:
    head = '"SYMBOL","COMPANY NAME","SERIES","PURPOSE","FACE VALUE","EX-DATE","RECORD DATE"\n'
    row, later = (
        '"A","A","EQ","Bonus 1:1","10","08-Nov-2023","-"\n',
        '"A","A","EQ","Bonus 1:1","10","08-Nov-2024","-"\n',
    )
    own = own_source(workspace, tmp_path / "s")
    path = tmp_path / "s" / "CF-CA-equities-01-11-2023-to-30-11-2023.csv"
    path.write_text(head + row)
    build_range(TABLE, own, [DAY])
    path.unlink()
    path.with_name("CF-CA-equities-01-11-2023-to-30-11-2024.csv").write_text(head + later + row)
    assert build_range(TABLE, own, [DAY]).outcomes[DAY].status == "unchanged"


def test_a_broken_bundle_is_refused_and_listed(workspace: Workspace, tmp_path: Path) -> None:
    own = own_source(workspace, tmp_path / "s")
    (tmp_path / "s" / action_bundles(DAY)[0].name).write_bytes(b"<html>no bundle</html>")
    report = build_range(TABLE, own, [DAY])
    assert not report.failed
    assert report.outcomes[DAY].facts["quarantined_rows"] == 1


def test_the_lists_of_small_companies_and_of_funds_count_beside_that_of_shares_and_not_alone(
    workspace: Workspace, tmp_path: Path
) -> None:
    head = '"SYMBOL","COMPANY NAME","SERIES","PURPOSE","FACE VALUE","EX-DATE","RECORD DATE"\n'
    own = own_source(workspace, tmp_path / "s")
    for segment, row in (
        ("sme", '"B","B","SM","Bonus 1:1","10","08-Nov-2023","-"\n'),
        ("mf", '"C","C","EQ","Split","10","08-Nov-2023","-"\n'),
    ):
        (tmp_path / "s" / f"CF-CA-{segment}-01-11-2023-to-30-11-2023.csv").write_text(head + row)
    report = build_range(TABLE, own, [DAY])
    assert "neither an export of shares" in report.outcomes[DAY].facts["absent"]
    assert own.lake.read(NAME, [DAY]).is_empty()
    (tmp_path / "s" / "CF-CA-equities-01-11-2023-to-30-11-2023.csv").write_text(head)
    report = build_range(TABLE, own, [DAY])
    assert own.lake.read(NAME, [DAY]).sort("name").select("format", "rows").rows() == [
        ("export", 0),
        ("export", 1),
        ("export", 1),
    ]
