"""The mark of a trial changes with whatever it rests on, and with nothing else."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from champion_assets.experiments.marks import mark_of, require
from champion_assets.experiments.plan import Trial, changed
from champion_assets.experiments.trial import on_overlay, own_tables
from champion_assets.experiments.workbench import Workbench
from champion_assets.lake.errors import MissingInput
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until, drop_days, put_day

START, END = dt.date(2023, 11, 1), dt.date(2024, 2, 15)
LATER = dt.date(2024, 1, 8)


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    build_until(workspace, "backtest/daily", START, END)
    return workspace


def mark(base: Workspace, label: str = "a", last: dt.date = END, **changes: object) -> str:
    trial = Trial(label, changed(base.settings, changes, "here"), LATER)
    bench = Workbench(base)
    place = on_overlay(base, "m", trial, LATER, bench)
    own, dates = own_tables(place.tables, base.settings, place.settings), place.sessions(LATER, last)
    require(place, bench.memory, own, dates)
    return mark_of(place, bench.memory, own, dates, label)


def test_the_mark_is_that_of_settings_days_and_content(built: Workspace) -> None:
    first = mark(built)
    others = [mark(built, "b"), mark(built, last=dt.date(2024, 2, 14)), mark(built, weight_cap=0.1),
              mark(built, cov_window_days=30), mark(built, benchmark="Nifty 500")]  # fmt: skip
    assert len({first, *others}) == 6
    day = built.sessions(LATER, END)[3]
    index = built.lake.read("silver/index_total_return", [day])
    assert mark(built) == first
    number = next(name for name, kind in index.schema.items() if kind == pl.Float64)
    put_day(built.lake, "silver/index_total_return", day, index.with_columns(pl.col(number) + 0.5))
    assert mark(built) != first  # the page reads it, no table of the trial does


def test_what_the_lake_lacks_is_told_with_the_command(built: Workspace) -> None:
    days = built.sessions(START, END)
    drop_days(built.lake, "silver/rates", days[-3:-1])
    with pytest.raises(MissingInput, match=r"silver/rates of 2 session\(s\) from .*champion backfill"):
        mark(built)
