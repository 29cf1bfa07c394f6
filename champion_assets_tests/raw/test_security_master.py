"""`raw/security_master`: the register cut into sessions; a newer one makes stale only what it changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.raw.security_master import NAME, TABLE

MONDAY = dt.date(2023, 11, 6)
DAYS = [MONDAY + dt.timedelta(days=number) for number in range(3)]


def workspace_of(workspace: Workspace, folder: Path, *lines: str) -> Workspace:
    folder.mkdir(exist_ok=True)
    (folder / "symbolchange.csv").write_text("".join(f"Name,{line}\n" for line in lines))
    return replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))


def test_lines_of_closed_days_belong_to_the_next_session_and_a_newer_register_changes_only_its_days(
    workspace: Workspace, tmp_path: Path
) -> None:
    own = workspace_of(workspace, tmp_path / "s", "A,B,05-NOV-2023", "C,D,07-NOV-2023")
    build_range(TABLE, own, DAYS)
    assert own.lake.read(NAME, DAYS).select("trade_date", "rows").rows() == [(DAYS[0], 1), (DAYS[1], 1)]
    own = workspace_of(
        workspace, tmp_path / "s", "A,B,05-NOV-2023", "C,D,07-NOV-2023", "E,F,08-NOV-2023", "G,H,01-JAN-2025"
    )
    report = build_range(TABLE, own, DAYS)
    assert [report.outcomes[day].status for day in DAYS] == ["unchanged", "unchanged", "written"]


def test_a_source_without_a_register_says_so(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    own = replace(workspace, settings=workspace.settings.model_copy(update={"source": str(tmp_path / "s")}))
    report = build_range(TABLE, own, [MONDAY])
    assert report.outcomes[MONDAY].facts["absent"] == "the source has no symbolchange.csv"
