"""`bronze/board_meetings`: a row per record, and the planted meeting on a day of no calendar in the quarantine."""

from __future__ import annotations

import datetime as dt

from champion_assets.bronze.board_meetings import NAME
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)


def test_every_record_is_a_row_or_refused(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    days = workspace.sessions(START, END)
    rows = workspace.lake.read(NAME, days)
    assert set(rows["trade_date"]) == set(days)
    assert rows["purpose"].str.ends_with("and other matters").all()  # the second line of each text
    refused = workspace.lake.read(f"quarantine/{NAME}", workspace.lake.dates(f"quarantine/{NAME}"))
    assert refused["reason"].str.contains("BM DATE: 31-FEB-2024 is not a date").all()
    assert refused.height == 1
