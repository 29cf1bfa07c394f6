"""The DuckDB file equals the lake, after any number of loads, while people read it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import duckdb
import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import BuildError
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.store import partition_key
from champion_assets.lake.workspace import Workspace
from champion_assets.warehouse.duckdb import NAME, sql_type
from champion_assets.warehouse.loaded import loaded, rows_of
from champion_assets_tests.helpers import build_until

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
            assert stored.equals(lake.select(columns).sort(keys)), table.name


def test_every_table_equals_the_lake(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    assert_equals_lake(workspace)


def test_loading_again_in_pieces_and_after_a_republication_gives_one_copy(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, dt.date(2023, 11, 20))
    build_until(workspace, NAME, START, END)
    for day in (dt.date(2023, 11, 8), dt.date(2023, 11, 9)):
        key = partition_key("features/returns", day)
        info = workspace.lake.info(key)
        assert info is not None
        workspace.lake.write(key, workspace.lake.read("features/returns", [day]), replace(info, fingerprint="republished"))
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
    monkeypatch.setattr("champion_assets.warehouse.duckdb._compare", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
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


def test_a_difference_to_the_lake_fails_the_load(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    key = partition_key("features/returns", END)
    info = workspace.lake.info(key)
    assert info is not None
    workspace.lake.write(key, workspace.lake.read("features/returns", [END]), replace(info, rows=info.rows + 1))
    with pytest.raises(BuildError, match="the lake says"):
        build_range(TABLE, workspace, calendar_days(START, END))


def test_every_column_type_has_a_sql_type() -> None:
    kinds = {sql_type(kind) for table in TABLES.values() for kind in empty_frame(table.model).schema.values()}
    assert {"DATE", "DOUBLE", "VARCHAR", "BIGINT"} <= kinds
