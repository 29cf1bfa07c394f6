"""`bronze/participant_open_interest`: four participants a day, and a day whose totals are wrong in the quarantine."""

from __future__ import annotations

import datetime as dt

from champion_assets.bronze.participant_open_interest import NAME
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)


def test_a_day_has_its_participants_or_is_refused(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    days = workspace.sessions(START, END)
    rows = workspace.lake.read(NAME, days)
    (refused,) = workspace.lake.read(f"quarantine/{NAME}", workspace.lake.dates(f"quarantine/{NAME}")).iter_rows(
        named=True
    )
    assert "their line of totals says" in refused["reason"]
    assert set(rows["trade_date"]) == set(days) - {refused["trade_date"]}
    assert rows.height == 4 * (len(days) - 1)
