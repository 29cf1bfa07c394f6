"""`warehouse/duckdb`: the silver, checks, features, portfolio and backtest tables in one DuckDB file, for SQL.

Each table is `stage.name` with the lake's columns, `silver.prices_<level>` are views of adjusted prices; `meta.loads` says which version of
which day is inside. A load copies the file, brings the copy up to date in one transaction, compares the row counts with the lake and
renames the copy over the old file. So readers are never locked out, never see half a load, and a killed load leaves
the old file as it was. While a load works it holds the file open for reading, so that no other program can write to a
file that is about to be replaced. A file that is damaged is put aside and made anew from the lake.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import duckdb
import polars as pl

from champion_assets.clients.duckdb import DuckdbDamaged, connect
from champion_assets.lake.errors import BuildError
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.manifest import DayInfo
from champion_assets.lake.place import Input, Place
from champion_assets.lake.progress import tell
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.warehouse.loaded import Load, inside, loaded
from champion_assets.warehouse.views import create_views

NAME = "warehouse/duckdb"


class Duckdb(Load):
    """What a load put into the file for a day: one row per table."""


def compute(tables: Sequence[DailyTable], inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Bring the file up to date for `dates` and report what is in it.

    Raises:
        DuckdbUnavailable: another program has the file open for writing.
    """
    path: Path = inputs.outside
    with _exclusive(path):
        try:
            return Computed(_load_all(tables, inputs, dates, path))
        except DuckdbDamaged as error:
            if not path.exists():
                raise
            aside = _put_aside(path)
            words = str(error).replace(str(path.with_suffix(".loading")), str(path))
            tell(f"{words}. It is kept as {aside.name}, and a new one is made; days outside this range come with the next load of them")
            return Computed(_load_all(tables, inputs, dates, path), facts={date: {"damaged_file": str(aside)} for date in dates})


def _load_all(tables: Sequence[DailyTable], inputs: Inputs, dates: Sequence[dt.date], path: Path) -> pl.DataFrame:
    lake = {table.name: inputs.infos(table.name) for table in tables}
    wanted = {name: {date: info.exact if info else "" for date, info in infos.items()} for name, infos in lake.items()}
    with _copied(path) as copy, connect(copy) as connection:
        _prepare(connection, tables)
        connection.begin()
        for table in tables:
            _load(connection, inputs, table, wanted[table.name])
        connection.commit()
        create_views(connection.execute, "duckdb")
        frame = _inside(connection, dates)
        _compare(tables, inputs, frame, lake)
        connection.execute("CHECKPOINT")
    return frame


def confirm(tables: Sequence[DailyTable], place: Place, dates: Sequence[dt.date]) -> set[dt.date]:
    """The days that the file holds in the lake's version of every table; none if the file is gone or damaged.

    Raises:
        DuckdbUnavailable: another program has the file open for writing.
    """
    path = place.settings.duckdb_path
    if not path.exists():
        return set()
    try:
        with connect(path, read_only=True) as connection:
            loads = connection.execute(
                "SELECT trade_date, table_name, fingerprint FROM meta.loads WHERE trade_date BETWEEN ? AND ?", [min(dates), max(dates)]
            ).fetchall()
    except DuckdbDamaged:  # the load of these days finds it, says it, and makes a new file
        return set()
    states = {table.name: place.lake.state(table.name) for table in tables}
    current = Counter(
        date for date, name, mark in loads
        if name in states and (info := states[name].info(date)) is not None and info.exact == mark
    )  # fmt: skip
    return {date for date, count in current.items() if count == len(tables)}


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    """One load at a time; a second waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    copy = path.with_suffix(".loading")
    copy.unlink(missing_ok=True)
    _log_of(copy).unlink(missing_ok=True)
    if not path.exists():
        yield copy
        copy.replace(path)
        return
    with connect(path, read_only=True):
        shutil.copyfile(path, copy)
        if _log_of(path).exists():  # a program that wrote to the file was killed
            shutil.copyfile(_log_of(path), _log_of(copy))
        yield copy
        copy.replace(path)
        _log_of(path).unlink(missing_ok=True)


def _log_of(path: Path) -> Path:
    """The write-ahead log beside a database file."""
    return path.with_name(path.name + ".wal")


def _put_aside(path: Path) -> Path:
    """Keep a damaged file, and its log, under a name that is free."""
    number = next(each for each in count(1) if not path.with_name(f"{path.name}.damaged-{each}").exists())
    aside = path.with_name(f"{path.name}.damaged-{number}")
    path.replace(aside)
    if _log_of(path).exists():
        _log_of(path).replace(_log_of(aside))
    return aside


def _prepare(connection: duckdb.DuckDBPyConnection, tables: Sequence[DailyTable]) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS meta")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS meta.loads (table_name VARCHAR, trade_date DATE, rows BIGINT, fingerprint VARCHAR, "
        "PRIMARY KEY (table_name, trade_date))"
    )
    for table in tables:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.group}")
        columns = ", ".join(f'"{name}" {sql_type(kind)}' for name, kind in empty_frame(table.model).schema.items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {_sql_name(table)} ({columns})")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE wanted ({columns})")
        # another version of Champion made it: its days count as not loaded and come back from the lake
        if connection.execute(f"DESCRIBE {_sql_name(table)}").fetchall() != connection.execute("DESCRIBE wanted").fetchall():
            connection.execute(f"CREATE OR REPLACE TABLE {_sql_name(table)} ({columns})")
            connection.execute("DELETE FROM meta.loads WHERE table_name = ?", [table.name])


_SQL_TYPES = {
    pl.Date: "DATE",
    pl.String: "VARCHAR",
    pl.Float64: "DOUBLE",
    pl.Int64: "BIGINT",
    pl.Int32: "INTEGER",
    pl.Boolean: "BOOLEAN",
}


def sql_type(kind: pl.DataType) -> str:
    """DuckDB's type for a column type of the lake."""
    if isinstance(kind, pl.Datetime):
        return "TIMESTAMPTZ"
    if isinstance(kind, pl.List):
        return f"{sql_type(kind.inner)}[]"  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        return "STRUCT(" + ", ".join(f'"{field.name}" {sql_type(field.dtype)}' for field in kind.fields) + ")"  # type: ignore[arg-type]
    return _SQL_TYPES[type(kind)]


def _sql_name(table: DailyTable) -> str:
    return table.name.replace("/", ".")


def _load(connection: duckdb.DuckDBPyConnection, inputs: Inputs, table: DailyTable, wanted: dict[dt.date, str]) -> None:
    inside = dict(connection.execute("SELECT trade_date, fingerprint FROM meta.loads WHERE table_name = ?", [table.name]).fetchall())
    days = [date for date, mark in wanted.items() if inside.get(date) != mark]
    if not days:
        return
    again = [date for date in days if date in inside]
    if again:
        connection.execute(f"DELETE FROM {_sql_name(table)} WHERE trade_date IN (SELECT unnest(?))", [again])
        connection.execute("DELETE FROM meta.loads WHERE table_name = ? AND trade_date IN (SELECT unnest(?))", [table.name, again])
    where = table.warehouse_rows or "true"
    with inputs.files(table.name, days) as paths:
        connection.execute(
            f"INSERT INTO {_sql_name(table)} SELECT * FROM read_parquet(?, hive_partitioning = false) "
            f"WHERE trade_date IN (SELECT unnest(?)) AND ({where})",
            [paths, days],
        )
    connection.execute(
        f"""INSERT INTO meta.loads
            SELECT ?, day.date, coalesce(counted.rows, 0), day.mark
            FROM (SELECT unnest(?) AS date, unnest(?) AS mark) AS day
            LEFT JOIN (SELECT trade_date, count(*) AS rows FROM {_sql_name(table)}
                       WHERE trade_date IN (SELECT unnest(?)) GROUP BY trade_date) AS counted
              ON counted.trade_date = day.date""",
        [table.name, days, [wanted[date] for date in days], days],
    )


def _inside(connection: duckdb.DuckDBPyConnection, dates: Sequence[dt.date]) -> pl.DataFrame:
    rows = connection.execute(
        "SELECT trade_date, table_name, rows, fingerprint FROM meta.loads WHERE trade_date IN (SELECT unnest(?)) ORDER BY 1, 2",
        [list(dates)],
    ).fetchall()
    return pl.DataFrame(rows, schema=empty_frame(Duckdb).schema, orient="row")


def _compare(
    tables: Sequence[DailyTable], inputs: Inputs, frame: pl.DataFrame, lake: Mapping[str, Mapping[dt.date, DayInfo | None]]
) -> None:
    """The rows in the file must be those of the lake, day by day, and no day may have changed meanwhile."""
    counted = {
        table.name: dict(inside(table, inputs.read(table.name)).group_by("trade_date").len().iter_rows())
        for table in tables if table.warehouse_rows is not None
    }  # fmt: skip
    for (name,), loads in frame.partition_by("table_name", as_dict=True).items():
        by_day, stored = counted.get(name), inputs.infos(name)
        for date, rows in loads.select("trade_date", "rows").iter_rows():
            info, then = stored[date], lake[name][date]
            expected = (info.stored_rows if info else 0) if by_day is None else by_day.get(date, 0)
            if info is None or then is None or expected != rows or info.exact != then.exact:
                raise BuildError(f"{NAME} {date}: {name} has {rows} rows in DuckDB, the lake says {info}")
    if frame.height != sum(map(len, lake.values())):
        raise BuildError(f"{NAME}: {frame.height} of {sum(map(len, lake.values()))} loads are recorded")


def _where(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, str]:
    """Which file the days are loaded to; no parameter, for the default's absolute path is another one in every working directory."""
    return dict.fromkeys(dates, str(place.settings.duckdb_path.resolve()))


def table_of(tables: Sequence[DailyTable]) -> DailyTable:
    """The declaration, for a graph of `tables`."""
    held = loaded(tables)
    return DailyTable(
        name=NAME,
        description="The silver, checks, features, portfolio and backtest tables in one DuckDB file that readers can open at any time.",
        model=Duckdb,
        code_version="2",
        inputs=lambda _: tuple(Input(table.name) for table in held),
        day_facts=_where,
        outside=lambda settings: settings.duckdb_path,
        compute=partial(compute, held),
        confirm=partial(confirm, held),
        block=2500,
        reads_provenance=True,
        kinds=frozenset({"duckdb"}),
        peak_megabytes=1220,
        mlflow_names=("load_duration_seconds", "rows_loaded"),
        is_enabled=lambda settings: settings.load_to_duckdb,
    )
