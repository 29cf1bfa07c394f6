"""What a computation is handed: what its table declares. Everything else is refused and the message says what to
declare."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest

import champion_assets
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import UndeclaredInput
from champion_assets.lake.fingerprints import recipe_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable, Group
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import put_day

START, DAY, TOMORROW = dt.date(2023, 11, 1), dt.date(2023, 11, 8), dt.date(2023, 11, 9)


class Toy(TableModel):
    """One row per day."""

    trade_date: pl.Date
    days: pl.Int64


class Near(Toy):
    """Of the table that is declared."""


NAMES = ("silver/near", "silver/far")
TABLES = {name: DailyTable(name, name, Near, "1", lambda _inputs, _dates: Computed(pl.DataFrame())) for name in NAMES}


@pytest.fixture
def place(workspace: Workspace) -> Workspace:
    """A lake that has more than the toy declares: another table, and later days."""
    for name, table in TABLES.items():
        recipe = recipe_of(table, workspace.settings)
        for date in workspace.sessions(START, dt.date(2023, 11, 30)):
            rows = pl.DataFrame({"trade_date": [date], "days": [1]})
            put_day(workspace.lake, name, date, rows, fingerprint=f"{name}{date}", recipe=recipe)
    return replace(workspace, tables=TABLES)


def build(place: Workspace, read: Callable[[Inputs], Any], **declared: Any) -> pl.DataFrame:
    """A toy that reads three sessions of silver/near, built for `DAY`; its one row says how many rows `read` found."""

    def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
        found = read(inputs)
        return Computed(
            pl.DataFrame({"trade_date": dates, "days": [found.height if isinstance(found, pl.DataFrame) else 0]})
        )

    table = DailyTable(
        "features/toy", "A toy", Toy, "1", compute, inputs=lambda _: (Input("silver/near", 3),), **declared
    )
    report = build_range(table, place, [DAY])
    assert not report.failed
    return place.lake.read("features/toy", [DAY])


def test_what_is_declared_is_read(place: Workspace) -> None:
    assert build(place, lambda inputs: inputs.read("silver/near"))["days"].item() == 3


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda inputs: inputs.read("silver/far"), "add `Input('silver/far')` to its `inputs`"),
        (lambda inputs: inputs.days("silver/far"), "add `Input('silver/far')` to its `inputs`"),
        (lambda inputs: inputs.infos("silver/far"), "silver/far, which it does not declare"),
        (lambda inputs: inputs.refused("silver/far"), "silver/far, which it does not declare"),
        (lambda inputs: inputs.originals("silver/far"), "silver/far, which it does not declare"),
        (lambda inputs: inputs.read("silver/near", days=[TOMORROW]), "Days after the day itself cannot be declared"),
        (lambda inputs: inputs.read("silver/near", days=[START]), r"declare a longer window"),
        (lambda inputs: inputs.read("silver/near", for_date=TOMORROW), "not a day of the block"),
        (lambda inputs: inputs.window("silver/near", TOMORROW), "not a day of the block"),
        (lambda inputs: inputs.files("silver/near", [TOMORROW]).__enter__(), "Days after the day itself"),
        (lambda inputs: inputs.calendar.next_session(DAY), "after the last day of its block"),
        (lambda inputs: inputs.calendar.is_session(TOMORROW), "declared as `day_facts`"),
        (lambda inputs: inputs.calendar.sessions_between(START, TOMORROW), "declared as `day_facts`"),
        (lambda inputs: inputs.parameters["universe_size"], "name it in the `parameters`"),
        (lambda inputs: inputs.parameters.universe_size, "name it in the `parameters`"),
        (lambda inputs: inputs.settings, "`parameters` for settings"),
        (lambda inputs: inputs.lake, "`inputs` for other tables"),
        (lambda inputs: inputs.outside, "data outside the lake; declare `outside`"),
        (lambda inputs: inputs.own, "only raw tables have"),
    ],
)
def test_everything_else_is_refused_and_nothing_is_written(
    place: Workspace, read: Callable[[Inputs], Any], words: str
) -> None:
    with pytest.raises(UndeclaredInput, match="features/toy") as refused:
        build(place, read)
    assert words in str(refused.value)
    assert place.lake.dates("features/toy") == []


def test_a_declared_parameter_and_fact_are_handed_over(place: Workspace) -> None:
    def read(inputs: Inputs) -> None:
        assert inputs.parameters.size == place.settings.universe_size
        assert inputs.facts[DAY] == TOMORROW

    build(
        place, read, parameters=lambda settings: {"size": settings.universe_size},
        day_facts=lambda where, dates: {date: where.calendar.next_session(date) for date in dates},
    )  # fmt: skip


def test_a_window_without_a_day_yet_has_no_rows(place: Workspace) -> None:
    """At the beginning of the history a window that ends earlier is empty, not an error."""

    def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
        heights = [inputs.read("silver/near", ["days"], for_date=date).height for date in dates]
        assert inputs.read("silver/near", days=[]).columns == ["trade_date", "days"]
        return Computed(pl.DataFrame({"trade_date": dates, "days": heights}))

    table = DailyTable("features/toy", "A toy", Toy, "1", compute, inputs=lambda _: (Input("silver/near", 2, lag=2),))
    sessions = place.sessions(START, DAY)
    build_range(table, place, sessions)
    assert place.lake.read("features/toy", sessions)["days"].to_list()[:5] == [0, 0, 1, 2, 2]


def test_no_table_goes_round_what_it_is_handed() -> None:
    """The settings of the process, the environment and an opened lake are within reach of every module, so their names
    may not occur."""
    root = Path(champion_assets.__file__).parent
    files = [path for stage in get_args(Group) for path in (root / stage).glob("*.py")]
    assert len(files) > 60
    ways = re.compile(r"\b(get_settings|open_workspace|open_lake|os\.environ|os\.getenv|date\.today)\b")
    assert [path.name for path in files if ways.search(path.read_text("utf-8"))] == []
