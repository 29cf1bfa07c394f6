"""Rows a second into ClickHouse and DuckDB, from the lake's Parquet files to rows that people see, as a ratio to the
drivers' own way.

Table: silver/equity_eod, all columns. Baselines, in the same run, best of three: clickhouse-driver's columnar NumPy
insert (as the driver takes it: NULL becomes NaN, nothing is compared), and DuckDB's `COPY ... FROM` of the same files.
Ours compares counts and checksums, and exchanges or renames in the end.

    DATA_DIR=... python -m champion_assets_tests.benchmarks.warehouse 2016-01-01 2020-12-31
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb as engine
import polars as pl
from pydantic import SecretStr

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.clients.clickhouse import clickhouse as connect
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace, open_inputs
from champion_assets.settings import Settings
from champion_assets.silver.equity_eod import TABLE
from champion_assets.warehouse import clickhouse, duckdb
from champion_assets.warehouse.clickhouse_schema import create_statement
from champion_assets_tests.servers.run import clickhouse_server

ROUNDS = 3


def main(start: dt.date, end: dt.date) -> None:
    with tempfile.TemporaryDirectory() as name, clickhouse_server(Path(name) / "clickhouse") as server:
        settings = Settings().model_copy(
            update={"clickhouse_host": "127.0.0.1", "clickhouse_port": server.port, "clickhouse_user": server.user,
                    "clickhouse_password": SecretStr(server.password), "clickhouse_database": "bench"}
        )  # fmt: skip
        workspace = open_workspace(settings)
        days = workspace.sessions(start, end)
        workspace.lake.read(TABLE.name, days)  # the files are in the system's cache for all
        blocks, whole = (
            _blocks(days, TABLES["warehouse/clickhouse"].block_size(settings)),
            _blocks(days, TABLES["warehouse/duckdb"].block_size(settings)),
        )
        for module in (clickhouse, duckdb):
            module.create_views = lambda *_: None  # type: ignore[attr-defined]
        with connect(settings, database=False) as client:
            client.execute("CREATE DATABASE bench")
        rows = sum(workspace.lake.read(TABLE.name, block, ["trade_date"]).height for block in blocks)
        print(f"{TABLE.name}: {rows} rows of {len(days)} days, {len(TABLE.model.to_schema().columns)} columns")  # noqa: T201
        folder = Path(name)
        _compare(
            "ClickHouse",
            rows,
            lambda: _driver(workspace, blocks),
            lambda number: _ours(workspace, blocks, f"ours_{number}"),
        )
        _compare(
            "DuckDB",
            rows,
            lambda: _copy(workspace, days, folder),
            lambda number: _file(workspace, whole, folder / str(number)),
        )


def _blocks(days: Sequence[dt.date], size: int) -> list[Sequence[dt.date]]:
    return [days[place : place + size] for place in range(0, len(days), size)]


def _compare(what: str, rows: int, baseline: Callable[[], None], ours: Callable[[int], None]) -> None:
    theirs, mine = [], []
    for number in range(ROUNDS):
        for action, times in ((baseline, theirs), (lambda number=number: ours(number), mine)):
            clock = time.perf_counter()
            action()
            times.append(time.perf_counter() - clock)
    print(  # noqa: T201
        f"{what}: ours {rows / min(mine):,.0f} rows/s, raw {rows / min(theirs):,.0f} rows/s, ratio "
        f"{min(theirs) / min(mine):.2f}"
    )


def _driver(workspace: Workspace, blocks: Sequence[Sequence[dt.date]]) -> None:
    with connect(workspace.settings, columns=True) as client:
        client.execute("DROP TABLE IF EXISTS raw SYNC")
        client.execute(create_statement(TABLE, "raw"))
        for block in blocks:
            frame = workspace.lake.read(TABLE.name, block)
            names = ", ".join(f"`{name}`" for name in frame.columns)
            data = [_array(column) for column in frame.iter_columns()]
            client.execute(f"INSERT INTO raw ({names}) VALUES", data, columnar=True)


def _array(column: pl.Series) -> object:
    return column.to_numpy().astype("datetime64[D]") if column.dtype == pl.Date else column.to_numpy()


def _ours(workspace: Workspace, blocks: Sequence[Sequence[dt.date]], database: str) -> None:
    there = replace(workspace, settings=workspace.settings.model_copy(update={"clickhouse_database": database}))
    _load(clickhouse.table_of([TABLE]), there, blocks)


def _copy(workspace: Workspace, days: Sequence[dt.date], folder: Path) -> None:
    path = folder / "raw.duckdb"
    path.unlink(missing_ok=True)
    files = workspace.lake.paths(TABLE.name, days)
    with engine.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE raw AS SELECT * FROM read_parquet($1) WHERE trade_date BETWEEN $2 AND $3",
            [files, days[0], days[-1]],
        )
        connection.execute("CHECKPOINT")


def _file(workspace: Workspace, blocks: Sequence[Sequence[dt.date]], folder: Path) -> None:
    there = replace(
        workspace, settings=workspace.settings.model_copy(update={"data_dir": folder, "lake": workspace.lake.root})
    )
    _load(duckdb.table_of([TABLE]), there, blocks)


def _load(table: DailyTable, workspace: Workspace, blocks: Sequence[Sequence[dt.date]]) -> None:
    for block in blocks:
        table.compute(open_inputs(table, workspace, block), block)


if __name__ == "__main__":
    main(dt.date.fromisoformat(sys.argv[1]), dt.date.fromisoformat(sys.argv[2]))
