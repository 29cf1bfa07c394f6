"""A load works on a spare of DuckDB's file: nothing is copied, nothing is lost, and whoever reads or wrote is left
alone."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.warehouse import duckdb_file
from champion_assets.warehouse.duckdb import NAME, File
from champion_assets.warehouse.loaded import loaded
from champion_assets.warehouse.verify import differences
from champion_assets_tests.helpers import build_until, put_day

TABLE = TABLES[NAME]
START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 1)
DAYS = [dt.date(2023, 11, day) for day in (6, 7, 8, 9, 10)]


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were copied whole."""
    found: list[Path] = []

    def copyfile(source: Path, target: Path) -> None:
        found.append(source)
        target.write_bytes(source.read_bytes())

    monkeypatch.setattr(duckdb_file.shutil, "copyfile", copyfile)
    return found


@pytest.fixture
def lake(workspace: Workspace) -> Workspace:
    """Everything but the warehouses until END."""
    build_until(workspace, "backtest/daily", START, END)
    return workspace


def load(workspace: Workspace, *dates: dt.date) -> None:
    report = build_range(TABLE, workspace, calendar_days(min(dates), max(dates)))
    assert not report.failed


def wrong(workspace: Workspace, until: dt.date) -> list[dt.date]:
    """Days until `until` that are not in the file as the lake has them."""
    found = differences(workspace.settings, workspace.lake, workspace.tables.values())
    return sorted({day for damage, _ in found if damage is not None for day in damage.days if day <= until})


def test_only_the_second_load_copies(lake: Workspace, copies: list[Path]) -> None:
    for day in DAYS:
        load(lake, START, day)
        assert wrong(lake, day) == []
    assert copies == [lake.settings.duckdb_path]  # the first made the file, the second kept that as a spare
    files = [path.name for path in lake.settings.data_dir.glob("champion.duckdb*")]
    assert len(files) == 2
    assert not list(lake.settings.data_dir.glob("champion.loading*"))


def test_a_republished_day_reaches_both_files(lake: Workspace, copies: list[Path]) -> None:
    for day in DAYS[:3]:
        load(lake, START, day)
    copies.clear()
    for number, day in enumerate(DAYS[:2]):
        rows = lake.lake.read("features/returns", [day])
        put_day(lake.lake, "features/returns", day, rows.head(-1 - number), fingerprint="republished")
        load(lake, day)
        assert wrong(lake, DAYS[2]) == []
    for _ in range(3):  # in turns on either file
        put_day(
            lake.lake,
            "features/returns",
            DAYS[2],
            lake.lake.read("features/returns", [DAYS[2]]).head(-1),
            fingerprint="republished",
        )
        load(lake, DAYS[2])
        assert wrong(lake, DAYS[2]) == []
    assert copies == []


def test_what_another_program_wrote_is_kept_in_every_later_file(lake: Workspace, copies: list[Path]) -> None:
    path = lake.settings.duckdb_path
    for day in DAYS[:3]:
        load(lake, START, day)
    copies.clear()
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 7 AS a")
        connection.execute("UPDATE silver.equity_eod SET close = 1 WHERE trade_date = ?", [DAYS[0]])
    for day in DAYS[3:]:
        load(lake, START, day)
        assert wrong(lake, day) == []
        with duckdb.connect(str(path), read_only=True) as connection:
            assert connection.execute("SELECT a FROM mine").fetchall() == [(7,)]
    assert copies == [path]
    load(lake, START, END)
    assert wrong(lake, END) == []
    assert copies == [path]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_reader_of_the_spare_keeps_its_snapshot(lake: Workspace, copies: list[Path], elsewhere: bool) -> None:
    path, query = lake.settings.duckdb_path, "SELECT count(*), sum(volume) FROM silver.equity_eod"
    for day in DAYS[:2]:
        load(lake, START, day)
    copies.clear()
    program = ("import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True)\n"
               "for _ in sys.stdin: print(c.execute(sys.argv[2]).fetchall(), flush=True)")  # fmt: skip
    with duckdb.connect(str(path), read_only=True) as connection:
        before = connection.execute(query).fetchall()
        if elsewhere:
            other = subprocess.Popen(
                [sys.executable, "-c", program, str(path), query],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert other.stdin is not None
            assert other.stdout is not None
            connection.close()

        def ask() -> str:
            if not elsewhere:
                return str(connection.execute(query).fetchall())
            other.stdin.write("\n")  # type: ignore[union-attr]
            other.stdin.flush()  # type: ignore[union-attr]
            return str(other.stdout.readline().strip())  # type: ignore[union-attr]

        assert ask() == str(before)
        for day in DAYS[2:]:  # the file that is read becomes the spare, and is left alone
            load(lake, START, day)
            assert wrong(lake, day) == [] if elsewhere else True
            assert ask() == str(before)
        if elsewhere:
            other.communicate()
    assert len(copies) == 1
    assert wrong(lake, DAYS[-1]) == []


def test_a_damaged_spare_is_not_taken_for_a_damaged_file(lake: Workspace, copies: list[Path]) -> None:
    for day in DAYS[:3]:
        load(lake, START, day)
    (spare,) = lake.settings.data_dir.glob("champion.duckdb.spare-*")
    body = bytearray(spare.read_bytes())
    for start in range(12288, len(body), 4096):
        body[start + 100] ^= 1
    spare.write_bytes(body)
    copies.clear()
    load(lake, START, DAYS[3])
    assert copies == [lake.settings.duckdb_path]
    assert not list(lake.settings.data_dir.glob("*.damaged-*"))
    assert wrong(lake, DAYS[3]) == []


def test_tables_of_another_version_are_copied_and_made_anew(
    lake: Workspace, copies: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in DAYS[:3]:
        load(lake, START, day)
    (spare,) = lake.settings.data_dir.glob("champion.duckdb.spare-*")
    with duckdb.connect(str(spare)) as connection:
        connection.execute("ALTER TABLE features.esg ADD COLUMN more DOUBLE")
    copies.clear()
    load(lake, START, DAYS[3])
    assert copies == [lake.settings.duckdb_path]
    assert wrong(lake, DAYS[3]) == []


LOADER = """
import datetime as dt, sys
from champion_assets.catalog import TABLES, open_workspace
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.settings import Settings
from champion_assets_tests.helpers import put_day
workspace = open_workspace(Settings.model_validate_json(sys.argv[1]))
print("begun", flush=True)
for number in range(1000):
    day = dt.date(2023, 11, 6 + number % 5)
    rows = workspace.lake.read("features/returns", [day])
    put_day(workspace.lake, "features/returns", day, rows.reverse(), fingerprint=f"{number}")
    days = calendar_days(dt.date(2023, 11, 1), dt.date(2023, 11, 10))
    assert not build_range(TABLES["warehouse/duckdb"], workspace, days).failed
"""


def test_kill_9_at_any_moment_leaves_a_whole_file(lake: Workspace) -> None:
    load(lake, START, DAYS[-1])
    path, chance = lake.settings.duckdb_path, random.Random(5)
    settings = lake.settings.model_dump_json()
    for _ in range(8):
        loader = subprocess.Popen(
            [sys.executable, "-c", LOADER, settings], stdout=subprocess.PIPE, env=dict(os.environ)
        )
        assert loader.stdout is not None
        loader.stdout.readline()
        time.sleep(chance.uniform(0.0, 2.0))
        loader.send_signal(signal.SIGKILL)
        loader.communicate()
        with duckdb.connect(str(path), read_only=True) as connection:
            file = File(connection)
            for table in loaded(lake.tables.values()):
                marks = dict(
                    connection.execute(
                        "SELECT trade_date, rows FROM meta.loads WHERE table_name = ?", [table.name]
                    ).fetchall()
                )
                there = {day: each.rows for day, each in file.held(table, START, END).items()}
                assert there == {day: rows for day, rows in marks.items() if rows}
    load(lake, START, DAYS[-1])
    assert wrong(lake, DAYS[-1]) == []


def test_the_descriptors_of_this_process_are_known(tmp_path: Path) -> None:
    path: Any = tmp_path / "file"
    path.write_bytes(b"x")
    assert not duckdb_file._is_open_here(path)
    with path.open("rb"):
        os.link(path, tmp_path / "other name")
        assert duckdb_file._is_open_here(tmp_path / "other name")
    assert not duckdb_file._is_open_here(path)
