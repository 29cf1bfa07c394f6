"""`silver/board_meetings`: meetings with their company, subjects as flags; small companies are companies."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from champion_assets.lake.workspace import Workspace
from champion_assets.silver.board_meetings import NAME, with_subjects
from champion_assets_tests.daily_folder import DAYS
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)


def test_by_hand() -> None:
    subjects = ["Financial Results/Dividend", "Interim Dividend", "Outcome of Board Meeting", "unknown"]
    found = with_subjects(pl.DataFrame({"subject": subjects})).rows()
    assert [row[1:] for row in found] == [
        (True, True, False),
        (False, True, False),
        (False, False, True),
        (False, False, False),
    ]


def test_a_notice_comes_before_its_meeting_and_an_outcome_on_its_day(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    rows = workspace.lake.read(NAME, workspace.sessions(START, END))
    assert rows.filter("is_outcome").height
    assert (rows.filter("is_outcome")["meeting_date"] == rows.filter("is_outcome")["trade_date"]).all()
    assert (rows.filter("is_results")["meeting_date"] > rows.filter("is_results")["trade_date"]).all()
    assert rows.filter(pl.col("symbol").str.starts_with("SMEFIRM")).height


@pytest.mark.real
def test_genuine_meetings_have_a_company(folder_lake: Workspace) -> None:
    assert [folder_lake.lake.read(NAME, [day]).height for day in DAYS] == [19, 17]
    rows = folder_lake.lake.read(NAME, [DAYS[0]])
    assert rows.filter(pl.col("symbol") == "ASIANPAINT").select("meeting_date", "is_results").rows() == [
        (dt.date(2026, 1, 27), True)
    ]
    assert "AAKAAR" in rows["symbol"].to_list()
