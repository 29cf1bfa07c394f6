"""A file that nobody has written to since its load is believed; any other is summed up row by row."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Never

import duckdb
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.warehouse.duckdb import NAME, File
from champion_assets.warehouse.duckdb_columns import columns
from champion_assets.warehouse.duckdb_seal import identity, is_sealed, seal, sealed
from champion_assets.warehouse.loaded import loaded
from champion_assets_tests.helpers import build_until

TABLE = TABLES[NAME]
KINDS = [columns(table) for table in loaded(TABLES.values())]
START, END, LATER = dt.date(2023, 11, 1), dt.date(2023, 11, 7), dt.date(2023, 11, 9)
LAST = dt.date(2023, 12, 1)
"""Of the lake, which is that of test_duckdb_file.py, so that it is built once."""


@pytest.fixture
def lake(workspace: Workspace) -> Workspace:
    build_until(workspace, "backtest/daily", START, LAST)
    load(workspace, START, END)
    return workspace


def load(workspace: Workspace, first: dt.date, last: dt.date) -> None:
    assert build_range(TABLE, workspace, calendar_days(first, last)).count("written")


@pytest.fixture
def sums(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables whose rows were summed up in the file."""
    found: list[str] = []
    held = File.held

    def counted(file: File, table, first, last):  # type: ignore[no-untyped-def]
        found.append(table.name)
        return held(file, table, first, last)

    monkeypatch.setattr(File, "held", counted)
    return found


def confirm(lake: Workspace) -> set[dt.date]:
    assert TABLE.confirm is not None
    return TABLE.confirm(lake, lake.sessions(START, END))


def alter(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE silver.equity_eod SET volume = volume + 1 WHERE trade_date = '2023-11-06'")


def test_a_load_seals_its_file_and_no_row_is_summed_up_again(lake: Workspace, sums: list[str]) -> None:
    assert is_sealed(lake.settings.duckdb_path, KINDS)
    assert confirm(lake) == set(lake.sessions(START, END))
    assert sums == []


def test_what_somebody_wrote_is_found_and_after_its_repair_the_whole_file_is_summed_up_once(
    lake: Workspace, sums: list[str]
) -> None:
    path, day = lake.settings.duckdb_path, dt.date(2023, 11, 6)
    alter(path)
    assert confirm(lake) == set(lake.sessions(START, END)) - {day}
    assert len(sums) == len(KINDS)
    assert not is_sealed(path, KINDS)
    load(lake, day, day)
    assert not is_sealed(path, KINDS)  # of the other days nobody knows
    sums.clear()
    assert confirm(lake) == set(lake.sessions(START, END))
    assert len(sums) == len(KINDS)
    assert confirm(lake) == set(lake.sessions(START, END))
    assert len(sums) == len(KINDS)


def test_a_spare_that_somebody_wrote_to_is_never_sealed(lake: Workspace) -> None:
    path = lake.settings.duckdb_path
    load(lake, START, dt.date(2023, 11, 8))
    (spare,) = path.parent.glob("*.spare-*")
    assert identity(spare) in sealed(path, KINDS)
    alter(spare)
    load(lake, START, LATER)
    assert not is_sealed(path, KINDS)
    assert dt.date(2023, 11, 6) not in confirm(lake)


def test_other_columns_seal_nothing_and_neither_does_half_a_note(lake: Workspace) -> None:
    path = lake.settings.duckdb_path
    assert sealed(path, [*KINDS[1:], "a BIGINT"]) == frozenset()
    path.with_suffix(".sealed").write_text('{"columns')
    assert sealed(path, KINDS) == frozenset()
    seal(path, KINDS, [identity(path)])
    assert is_sealed(path, KINDS)


def test_a_damaged_file_is_not_believed(lake: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lake.settings.duckdb_path
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])

    def never(*_: object) -> Never:
        raise AssertionError("the notes of a file that was written to")

    monkeypatch.setattr(File, "noted", never)
    assert confirm(lake) == set()
    load(lake, START, END)
