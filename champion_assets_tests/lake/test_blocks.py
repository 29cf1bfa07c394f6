"""Blocks end with a month if one is near, and hold few days where days have many rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from champion_assets.catalog import TABLES
from champion_assets.lake.blocks import next_block
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)
TABLE = TABLES["bronze/derivatives"]


@pytest.mark.parametrize(("block", "wanted"), [(60, 25), (24, 21), (22, 21), (21, 21), (20, 20), (5, 5), (1, 1)])
def test_days(workspace: Workspace, block: int, wanted: int) -> None:
    days = workspace.sessions(START, END)  # 21 of November, 4 of December
    assert len(next_block(replace(TABLE, block=block, block_rows=None), workspace, days)) == wanted


def test_rows(workspace: Workspace) -> None:
    build_until(workspace, "raw/derivatives", START, END)
    days = workspace.sessions(START, END)
    rows = [0 if info is None else info.rows for info in workspace.lake.infos("raw/derivatives", days).values()]
    assert rows[13] == 0  # no file, no rows
    for most in (1, rows[0], sum(rows[:6]), sum(rows[:13])):
        block = next_block(replace(TABLE, block_rows=most), workspace, days)
        assert len(block) == 1 or sum(rows[: len(block)]) <= most < sum(rows[: len(block) + 1])
        assert len(block) == {1: 1, rows[0]: 1, sum(rows[:6]): 6, sum(rows[:13]): 14}[most]
    assert next_block(TABLE, workspace, days) == days
