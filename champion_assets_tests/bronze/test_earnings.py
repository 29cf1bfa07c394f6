"""`bronze/earnings`: every line of the day's `PE`, numbers where there are any."""

from __future__ import annotations

import datetime as dt

from champion_assets.bronze.earnings import NAME
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 30)


def test_every_line_is_a_row_of_its_day(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    rows = workspace.lake.read(NAME, workspace.sessions(START, END))
    assert rows.height
    assert rows.select("trade_date", "symbol").is_duplicated().sum() == 0
    assert (rows["pe"].drop_nulls() > 0).all()
    first = rows.filter(rows["trade_date"] == rows["trade_date"][0])
    assert first["source_row"].to_list() == list(range(1, first.height + 1))
    assert set(rows["source_sha256"].str.len_chars()) == {64}
