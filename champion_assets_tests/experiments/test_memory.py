"""What trials have in common: made once, within bounds, never of another state of the lake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from champion_assets.experiments.memory import BELOW, Memory, Snapshot, TrialShared, size_of
from champion_assets.lake.commit import NO_STAMP, day_rows, write_days
from champion_assets.lake.store import Lake

DAYS = [dt.date(2024, 1, day) for day in (1, 2, 3)]


@dataclass
class Holder:
    """Something with parts."""

    values: np.ndarray
    names: list[str]


def test_the_size_counts_everything_once() -> None:
    values = np.zeros(1000)
    assert size_of(values) == 8000
    assert size_of([values, values[:10], values]) < 8300
    assert 8000 < size_of(Holder(values, ["a"])) < 9000
    assert size_of(pl.DataFrame({"a": values})) == 8000
    assert size_of({"a": (values,)}) > 8000


def test_a_value_is_made_once_and_no_more_are_kept_than_fit() -> None:
    memory, made = Memory(10_000), []

    def make(number: int) -> np.ndarray:
        made.append(number)
        return np.full(1000, float(number))

    for _ in range(2):
        for number in (1, 2):
            assert memory.once(number, (BELOW,), lambda: make(number))[0] == number  # noqa: B023
    assert made == [1, 2, 2]  # the second never fitted beside the first
    assert memory.used == 8000
    memory.forget(but=())
    assert memory.used == 0
    assert memory.once(2, (BELOW,), lambda: make(2))[0] == 2
    assert 2 in memory


def test_what_is_made_for_something_else_is_kept_with_that_alone() -> None:
    memory = Memory()
    whole = memory.once("whole", (BELOW,), lambda: [memory.once("part", (BELOW,), lambda: 1)])
    assert whole == [1]
    assert "part" not in memory


def test_what_rests_on_features_that_nobody_has_is_forgotten() -> None:
    memory = Memory()
    for key, sources in (("a", (BELOW,)), ("b", (BELOW, "long")), ("c", ("short",))):
        memory.once(key, sources, lambda: 1)
    memory.forget(but={BELOW, "long"})
    assert [key in memory for key in "abc"] == [True, True, False]


def test_days_are_made_as_they_are_missing_and_those_of_an_own_table_by_each() -> None:
    memory, asked = Memory(), []

    def make(days: Sequence[dt.date]) -> Iterator[tuple[dt.date, int]]:
        asked.append(list(days))
        yield from ((day, day.day) for day in days)

    shared = TrialShared(memory, {"features/x": "hash", "portfolio/account": None})
    assert list(shared.each("k", ["features/x"], DAYS[:2], make)) == [(DAYS[0], 1), (DAYS[1], 2)]
    assert [number for _, number in shared.each("k", ["features/x"], DAYS, make)] == [1, 2, 3]
    assert asked == [DAYS[:2], DAYS[2:]]
    other = TrialShared(memory, {"features/x": "another hash"})
    assert [number for _, number in other.each("k", ["features/x"], DAYS, make)] == [1, 2, 3]
    assert asked[2:] == [DAYS]
    for _ in range(2):
        assert shared.once("own", ["portfolio/account"], lambda: asked.append([])) is None
        assert len(list(shared.each("k", ["portfolio/account"], DAYS, make))) == 3
    assert asked[3:] == [[], DAYS] * 2

    def wrong(days: Sequence[dt.date]) -> Iterator[tuple[dt.date, int]]:
        yield days[-1], 0

    with pytest.raises(LookupError, match="2024-01-03 came out where 2024-01-01"):
        list(shared.each("w", ["features/x"], DAYS, wrong))


def test_a_snapshot_stays_as_it_was_and_says_that_the_lake_has_changed(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))

    def write(day: dt.date, value: float) -> None:
        frame = pl.DataFrame({"trade_date": [day], "x": [value]})
        write_days(lake, "silver/x", {day: day_rows({day: frame})[day].stamped(NO_STAMP)})

    write(DAYS[0], 1.0)
    snapshot = Snapshot(lake, Memory())
    assert snapshot.read("silver/x", DAYS[:1])["x"].to_list() == [1.0]
    assert snapshot.read("silver/x", DAYS[:1]) is snapshot.read("silver/x", DAYS[:1])
    assert snapshot.read("silver/x", DAYS[:1], ["x"], where=pl.col("x") > 1).is_empty()
    assert snapshot.is_current()
    write(DAYS[1], 2.0)
    assert not snapshot.is_current()
    assert snapshot.dates("silver/x") == DAYS[:1]
