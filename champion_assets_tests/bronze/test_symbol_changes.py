"""`bronze/symbol_changes`: a line stands on the session on which it takes effect, and on no other."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from champion_assets.bronze.symbol_changes import NAME, TABLE
from champion_assets.catalog import TABLES
from champion_assets.lake.build import build_range
from champion_assets.lake.originals import file_key
from champion_assets.lake.workspace import Workspace
from champion_assets.raw.security_master import NAME as RAW

MONDAY = dt.date(2023, 11, 6)
DAYS = [MONDAY + dt.timedelta(days=number) for number in range(3)]


def workspace_of(workspace: Workspace, folder: Path, *lines: str) -> Workspace:
    folder.mkdir(exist_ok=True)
    (folder / "symbolchange.csv").write_text("".join(f"Name,{line}\n" for line in lines))
    own = replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))
    assert not build_range(TABLES[RAW], own, DAYS).failed
    return own


def test_lines_of_closed_days_stand_on_the_next_session(workspace: Workspace, tmp_path: Path) -> None:
    own = workspace_of(workspace, tmp_path / "s", "A,B,05-NOV-2023", "C,D,07-NOV-2023", "E,F,01-JAN-2025")
    assert not build_range(TABLE, own, DAYS).failed
    rows = own.lake.read(NAME, DAYS)
    assert rows.select("trade_date", "change_date", "old_symbol", "new_symbol").rows() == [
        (DAYS[0], dt.date(2023, 11, 5), "A", "B"), (DAYS[1], dt.date(2023, 11, 7), "C", "D"),
    ]  # fmt: skip
    assert rows["source_sha256"].to_list() == own.lake.read(RAW, DAYS)["sha256"].to_list()


def test_a_newer_register_changes_only_the_days_of_which_it_says_more(workspace: Workspace, tmp_path: Path) -> None:
    own = workspace_of(workspace, tmp_path / "s", "A,B,05-NOV-2023")
    build_range(TABLE, own, DAYS)
    own = workspace_of(workspace, tmp_path / "s", "A,B,05-NOV-2023", "E,F,08-NOV-2023")
    report = build_range(TABLE, own, DAYS)
    assert [report.outcomes[day].status for day in DAYS] == ["unchanged", "unchanged", "written"]


def test_a_damaged_register_is_noticed(workspace: Workspace, tmp_path: Path) -> None:
    own = workspace_of(workspace, tmp_path / "s", "A,B,05-NOV-2023")
    sha256 = own.lake.read(RAW, DAYS)["sha256"].item()
    Path(own.lake.uri(file_key(RAW, sha256))).write_bytes(b"Name,A,C,05-NOV-2023\n")
    report = build_range(TABLE, own, DAYS)
    assert list(report.failed) == DAYS[:1]
    assert "is damaged" in str(report.failed[DAYS[0]])
