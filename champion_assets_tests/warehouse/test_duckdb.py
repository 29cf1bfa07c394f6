"""The DuckDB file equals the lake, after any number of loads, while people read it."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.clients.duckdb import DuckdbDamaged, DuckdbUnavailable
from champion_assets.common.dates import calendar_days
from champion_assets.common.errors import ChampionError
from champion_assets.lake.build import build_range
from champion_assets.lake.commit import day_rows, write_days
from champion_assets.lake.errors import BuildError
from champion_assets.lake.manifest import Stamp
from champion_assets.lake.progress import report_progress
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.publication import stale_days
from champion_assets.warehouse.duckdb import NAME
from champion_assets.warehouse.duckdb_columns import sql_type
from champion_assets.warehouse.loaded import loaded, rows_of
from champion_assets_tests.helpers import build_until, inputs_of, put_day

TABLE = TABLES["warehouse/duckdb"]

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)


def assert_equals_lake(workspace: Workspace, start: dt.date = START, end: dt.date = END) -> None:
    with duckdb.connect(str(workspace.settings.duckdb_path), read_only=True) as connection:
        for table in loaded(workspace.tables.values()):
            lake = rows_of(workspace, table, workspace.sessions(start, end))
            columns = [name for name in lake.columns if name != "holdings"]
            keys = [name for name in columns if not isinstance(lake.schema[name], pl.List)]
            rows = connection.execute(
                f"SELECT {', '.join(columns)} FROM {table.name.replace('/', '.')} ORDER BY {', '.join(keys)}"
            ).fetchall()
            stored = pl.DataFrame(rows, schema={name: lake.schema[name] for name in columns}, orient="row")
            assert stored.equals(lake.select(columns).sort(keys, nulls_last=True)), table.name


def test_every_table_equals_the_lake(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    assert_equals_lake(workspace)


def test_loading_again_in_pieces_and_after_a_republication_gives_one_copy(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, dt.date(2023, 11, 20))
    build_until(workspace, NAME, START, END)
    for day in (dt.date(2023, 11, 8), dt.date(2023, 11, 9)):
        put_day(
            workspace.lake,
            "features/returns",
            day,
            workspace.lake.read("features/returns", [day]).head(-1),
            fingerprint="republished",
        )
    report = build_range(TABLE, workspace, calendar_days(START, END))
    assert report.count("written") == 2
    assert_equals_lake(workspace)


def test_a_reader_keeps_its_snapshot_while_a_load_goes_on(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, dt.date(2023, 11, 20))
    with duckdb.connect(str(workspace.settings.duckdb_path), read_only=True) as reader:
        before = reader.execute("SELECT count(*) FROM silver.equity_eod").fetchone()
        build_until(workspace, NAME, START, END)
        assert reader.execute("SELECT count(*) FROM silver.equity_eod").fetchone() == before
    assert_equals_lake(workspace)


def test_a_killed_load_leaves_the_old_file(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    build_until(workspace, NAME, START, dt.date(2023, 11, 20))
    before = workspace.settings.duckdb_path.read_bytes()
    build_until(workspace, "backtest/daily", START, END)
    monkeypatch.setattr(
        "champion_assets.warehouse.duckdb.create_views", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        build_range(TABLE, workspace, calendar_days(START, END))
    assert workspace.settings.duckdb_path.read_bytes() == before
    monkeypatch.undo()
    build_until(workspace, NAME, START, END)
    assert_equals_lake(workspace)


def test_a_lost_file_is_built_anew(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    workspace.settings.duckdb_path.unlink()
    build_until(workspace, NAME, START, END)
    assert workspace.settings.duckdb_path.exists()
    assert_equals_lake(workspace)


@contextmanager
def written_to(path: Path) -> Iterator[int]:
    """Another program has the file open for writing, with a table of its own in its log; its process number."""
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); c.execute('CREATE TABLE IF NOT EXISTS "
        "mine AS SELECT 1 AS a'); "
        "print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"open\n"
    try:
        yield other.pid
    finally:
        other.communicate()


def test_a_file_that_another_program_writes_to_is_left_alone_and_loaded_later(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, dt.date(2023, 11, 3))
    more = build_until(workspace, "backtest/daily", START, dt.date(2023, 11, 6))
    assert more["silver/equity_eod"].count("written") == 1
    path, days = workspace.settings.duckdb_path, calendar_days(START, dt.date(2023, 11, 6))
    with written_to(path) as process:
        with pytest.raises(DuckdbUnavailable, match=rf"is open for writing in .*\(PID {process}\); close it there"):
            build_range(TABLE, workspace, days)
        with pytest.raises(DuckdbUnavailable):  # not by way of the plan
            TABLE.compute(
                inputs_of(NAME, workspace, workspace.sessions(START, days[-1])), workspace.sessions(START, days[-1])
            )
        assert stale_days(workspace, workspace.sessions(START, days[-1])) == []
        assert "cannot be looked at" in (workspace.settings.data_dir / "logs/champion.jsonl").read_text()
    assert build_range(TABLE, workspace, days).count("written") == 1
    assert_equals_lake(workspace, START, days[-1])
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT a FROM mine").fetchone() == (1,)


def test_what_a_killed_program_wrote_is_kept(workspace: Workspace) -> None:
    path, day = workspace.settings.duckdb_path, dt.date(2023, 11, 1)
    program = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('CREATE TABLE mine AS "
        "SELECT 7 AS a'); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert path.with_name(path.name + ".wal").exists()
    build_until(workspace, NAME, START, day)
    assert not path.with_name(path.name + ".wal").exists()
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT a FROM mine").fetchone() == (7,)
    assert_equals_lake(workspace, START, day)


def _overwritten(path: Path) -> None:
    path.write_bytes(b"<html>no database</html>" * 1000)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 3)


def _scratched(path: Path) -> None:
    body = bytearray(path.read_bytes())
    for start in range(12288, len(body), 4096):
        body[start + 100] ^= 1
    path.write_bytes(body)


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [_overwritten, _cut, _scratched, _emptied])
def test_a_damaged_file_is_put_aside_and_made_anew(workspace: Workspace, damage: Callable[[Path], None]) -> None:
    path, day = workspace.settings.duckdb_path, dt.date(2023, 11, 2)
    build_until(workspace, NAME, START, day)
    damage(path)
    body, said = path.read_bytes(), list[str]()
    with report_progress(lambda *_: None, said.append):
        report = build_range(TABLE, workspace, calendar_days(START, day))
    assert report.count("written") == 2
    aside = path.with_name(f"{path.name}.damaged-1")
    assert aside.read_bytes() == body
    assert {each.facts["damaged_file"] for each in report.outcomes.values()} == {str(aside)}
    assert f"{path} is damaged, of another version of DuckDB, or altered" in said[0]
    assert f"kept as {aside.name}" in said[0]
    assert_equals_lake(workspace, START, day)
    assert build_range(TABLE, workspace, calendar_days(START, day)).count("unchanged") == 2


def test_a_folder_in_the_files_place_is_left_alone(workspace: Workspace) -> None:
    workspace.settings.duckdb_path.mkdir()
    with pytest.raises(DuckdbUnavailable, match="is a folder; name a file in CHAMPION_DUCKDB"):
        build_until(workspace, NAME, START, START)
    assert workspace.settings.duckdb_path.is_dir()


def test_a_damaged_object_of_the_lake_is_not_taken_for_a_damaged_database(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, START)
    path = (
        Path(workspace.lake.root) / "silver/equity_eod" / workspace.lake.state("silver/equity_eod").file_of[START].path
    )
    body = bytearray(path.read_bytes())
    body[4:2000] = b"\xff" * 1996
    path.unlink()
    path.write_bytes(body)
    with pytest.raises(ChampionError) as caught:
        build_range(TABLE, workspace, [START])
    assert not isinstance(caught.value, DuckdbDamaged)
    assert not list(workspace.settings.duckdb_path.parent.glob("*.damaged-*"))


def test_a_difference_to_the_lake_fails_the_load(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    rows = workspace.lake.read("features/returns", [END])
    days = day_rows({END: rows.with_columns(trade_date=pl.lit(START))})  # the file does not say what the manifest says
    write_days(workspace.lake, "features/returns", {END: days[END].stamped(Stamp("x", "1"))})
    with pytest.raises(BuildError, match="the lake says"):
        build_range(TABLE, workspace, calendar_days(START, END))


def test_every_column_type_has_a_sql_type() -> None:
    kinds = {sql_type(kind) for table in TABLES.values() for kind in empty_frame(table.model).schema.values()}
    assert {"DATE", "DOUBLE", "VARCHAR", "BIGINT"} <= kinds
