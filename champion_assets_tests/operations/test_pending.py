"""What `champion run` builds of a lake that is up to date: nothing, what was lost; and what it says of stale days."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from champion_assets.lake.workspace import Workspace
from champion_assets.operations.pending import pending_sessions
from champion_assets_tests.helpers import build_until, drop_days

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 15)


def test_lost_days_are_built_again_and_stale_ones_are_said(workspace: Workspace, tmp_path: Path) -> None:
    build_until(workspace, "warehouse/duckdb", START, END)
    clock = tmp_path / "clock"
    clock.write_text("2023-12-15T16:00:00+00:00")
    settings = workspace.settings.model_copy(update={"clock": clock})
    current = pending_sessions(settings)
    assert (current.first, current.last, current.said, current.refetch) == (END, END, (), False)
    other = pending_sessions(settings.model_copy(update={"risk_aversion": 2.0}))
    assert (other.first, other.last) == (END, END)
    (said,) = other.said
    assert said.startswith("days from 2023-11-01 on rest on other input, code or settings than the present ones")
    assert "`champion backfill 2023-11-01 2023-12-15` builds them again" in said
    drop_days(workspace.lake, "features/esg", [dt.date(2023, 11, 8), dt.date(2023, 11, 9)])
    lost = pending_sessions(settings)
    assert (lost.first, lost.last) == (dt.date(2023, 11, 8), dt.date(2023, 11, 9))
    assert lost.said == ("2 built day(s) from 2023-11-08 on lack some table; they are built again",)
