"""Returns: exact, withheld where they would not be returns, on rows made by hand and on the story of the synthetic exchange."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from champion_assets.features import returns
from champion_assets.lake.table import Workspace
from champion_assets_tests.helpers import build_until

DAY = dt.date(2024, 1, 15)
START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 15)


def _returns(**row: float) -> dict[str, Any]:
    frame = pl.DataFrame({"trade_date": [DAY], "instrument_id": ["A"], "symbol": ["A"]} | {name: [value] for name, value in row.items()})
    return returns.transform(frame).row(0, named=True)


def test_the_return_is_close_over_previous_close() -> None:
    row = _returns(open=101.0, close=110.0, prev_close=100.0)
    assert row["simple_return"] == pytest.approx(0.1)
    assert row["log_return"] == pytest.approx(np.log(1.1))
    assert not row["is_unexplained_gap"]


@pytest.mark.parametrize(("open_", "previous", "gap"),
                         [(50.2, 100.0, True), (79.4, 100.0, True), (79.6, 100.0, False), (121.0, 100.0, True),
                                                        (0.10, 0.05, False), (0.15, 0.05, False), (0.20, 0.05, True)])  # fmt: skip
def test_a_gap_beyond_any_band_is_flagged_and_its_return_withheld(open_: float, previous: float, gap: bool) -> None:
    row = _returns(open=open_, close=open_, prev_close=previous)
    assert row["is_unexplained_gap"] == gap
    assert (row["simple_return"] is None) == gap


def test_a_listing_day_without_previous_close_has_no_return() -> None:
    assert _returns(open=10.0, close=11.0, prev_close=0.0)["simple_return"] is None


def test_the_split_bonus_and_demerger_of_the_story_are_flagged_and_little_else(workspace: Workspace) -> None:
    build_until(workspace, "features/returns", START, dt.date(2024, 4, 30))
    rows = workspace.lake.read("features/returns", workspace.sessions(START, dt.date(2024, 4, 30)))
    assert rows["is_unexplained_gap"].sum() == 4  # split, two bonuses, demerger
