"""`warehouse/duckdb`: the silver, checks, features, portfolio and backtest tables in one DuckDB file, for SQL.

Each table is `stage.name` with the lake's columns, `silver.prices_<level>` are views of adjusted prices; `meta.loads`
says which version of which day is inside. A load works on a file of its own in one transaction, compares rows and
checksums with the lake, and takes the place of the file that people read (`duckdb_file.py`). So readers are never
locked out, never see half a load, and a killed load leaves the old file as it was. A file that is damaged is put aside
and made anew from the lake.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from champion_assets.clients.duckdb import DuckdbDamaged, connect
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.progress import tell
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.warehouse import checksum
from champion_assets.warehouse.checksum import Held
from champion_assets.warehouse.duckdb_columns import columns, sql_name
from champion_assets.warehouse.duckdb_file import exclusive, has_spare, put_aside, replacing
from champion_assets.warehouse.duckdb_seal import identity, is_sealed, seal, sealed
from champion_assets.warehouse.loaded import Load, bring_up_to_date, chunks, compare, confirmed, loaded
from champion_assets.warehouse.views import create_views

NAME, CODE_VERSION = "warehouse/duckdb", "3"
_LOADS = "table_name VARCHAR, trade_date DATE, rows BIGINT, fingerprint VARCHAR, checksum VARCHAR, load BIGINT"


class Duckdb(Load):
    """What a load put into the file for a day: one row per table."""


class File:
    """The file as a load sees it (`loaded.Warehouse`), over an open connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._number = 0

    def prepare(self, tables: Sequence[DailyTable]) -> None:
        """Schemas and tables, and the number of this load."""
        self._connection.execute("CREATE SCHEMA IF NOT EXISTS meta")
        self._make("meta.loads", _LOADS)
        for table in tables:
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.group}")
            if self._make(sql_name(table), columns(table)):
                self._connection.execute("DELETE FROM meta.loads WHERE table_name = ?", [table.name])
        ((self._number,),) = self._connection.execute("SELECT coalesce(max(load), 0) + 1 FROM meta.loads").fetchall()

    def _make(self, name: str, wanted: str) -> bool:
        """Make a table, anew if it has other columns: its days come back from the lake. True if it was another one."""
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({wanted})")
        if self._has(name, wanted):
            return False
        tell(
            f"DuckDB's {name} has other columns than this version of Champion gives it; it is made anew, and "
            f"days outside this range come "
            "with the next load of them"
        )
        self._connection.execute(f"CREATE OR REPLACE TABLE {name} ({wanted})")
        return True

    def _has(self, name: str, wanted: str) -> bool:
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE wanted ({wanted})")
        try:
            return (
                self._connection.execute(f"DESCRIBE {name}").fetchall()
                == self._connection.execute("DESCRIBE wanted").fetchall()
            )
        except duckdb.CatalogException:
            return False

    def has_notes(self) -> bool:
        """True if `meta.loads` is as this version of Champion makes it."""
        return self._has("meta.loads", _LOADS)

    def held(self, table: DailyTable, first: dt.date, last: dt.date) -> dict[dt.date, Held]:
        """See `loaded.Warehouse`."""
        if not self._has(sql_name(table), columns(table)):
            return {}
        query = f"FROM {sql_name(table)} WHERE trade_date BETWEEN ? AND ?"
        dates = [
            date
            for (date,) in self._connection.execute(
                f"SELECT DISTINCT trade_date {query} ORDER BY 1", [first, last]
            ).fetchall()
        ]
        found: dict[dt.date, Held] = {}
        for days in chunks(dates):
            rows = self._connection.sql(f"SELECT * {query}", params=[days[0], days[-1]]).to_arrow_table()
            found |= checksum.held(pl.DataFrame(pl.from_arrow(rows)).cast(empty_frame(table.model).schema))
        return found

    def noted(self, table: DailyTable, first: dt.date, last: dt.date) -> dict[dt.date, Held]:
        """What the loads say that they put in, of a file that nobody else has written to (`duckdb_seal.py`)."""
        query = "SELECT trade_date, rows, checksum FROM meta.loads WHERE table_name = ? AND trade_date BETWEEN ? AND ?"
        return {
            date: Held(rows, int(summed, 16))
            for date, rows, summed in self._connection.execute(query, [table.name, first, last]).fetchall()
        }

    def days(self) -> set[dt.date]:
        """All days of which something was loaded."""
        return {date for (date,) in self._connection.execute("SELECT DISTINCT trade_date FROM meta.loads").fetchall()}

    def put(self, table: DailyTable, frame: pl.DataFrame, wanted: Mapping[dt.date, Held]) -> None:
        """See `loaded.Warehouse`."""
        name, days = sql_name(table), list(wanted)
        self._connection.execute(f"DELETE FROM {name} WHERE trade_date IN (SELECT unnest(?))", [days])
        with self._seen("rows_of_the_lake", frame):
            self._connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM rows_of_the_lake")
        there = self.held(table, min(days), max(days))
        compare(name, wanted, {date: each for date, each in there.items() if date in wanted})
        self._connection.execute(
            "DELETE FROM meta.loads WHERE table_name = ? AND trade_date IN (SELECT unnest(?))", [table.name, days]
        )

    def note(self, loads: pl.DataFrame) -> None:
        """Say what is inside.

        Days whose rows were found as they are in the lake keep the number of the load that put them there.
        """
        with self._seen("noted", loads):
            self._connection.execute(
                "UPDATE meta.loads SET fingerprint = "
                "noted.fingerprint FROM noted WHERE loads.trade_date = noted.trade_date "
                "AND loads.table_name = noted.table_name AND loads.fingerprint != noted.fingerprint"
            )
            self._connection.execute(f"INSERT INTO meta.loads BY NAME SELECT *, {self._number} AS load FROM noted "
                                     "ANTI JOIN meta.loads USING (trade_date, table_name)")  # fmt: skip

    @contextmanager
    def _seen(self, name: str, frame: pl.DataFrame) -> Iterator[None]:
        self._connection.register(name, frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
        yield
        self._connection.unregister(name)

    def catch_up(self, tables: Sequence[DailyTable], path: Path) -> bool:
        """Take from the file at `path`, which an earlier load made of this one, what was loaded since.

        False if tables were made anew.
        """
        self._connection.execute(f"ATTACH '{str(path).replace(chr(39), 2 * chr(39))}' AS newer (READ_ONLY)")
        try:
            names = {"meta.loads": "meta.loads"} | {table.name: sql_name(table) for table in tables}
            for name in names.values():
                described = [self._connection.execute(f"DESCRIBE {place}{name}").fetchall() for place in ("", "newer.")]
                if described[0] != described[1]:
                    return False
            self._connection.begin()
            for table in tables:
                changed = [
                    date
                    for (date,) in self._connection.execute(
                        "SELECT trade_date FROM (FROM meta.loads WHERE table_name = $1) AS old FULL JOIN "
                        "(FROM newer.meta.loads WHERE table_name = $1) AS new USING (trade_date) WHERE old.load IS "
                        "DISTINCT FROM new.load",
                        [table.name],
                    ).fetchall()
                ]
                where = "WHERE trade_date IN (SELECT unnest(?))"
                self._connection.execute(f"DELETE FROM {sql_name(table)} {where}", [changed])
                self._connection.execute(
                    f"INSERT INTO {sql_name(table)} FROM newer.{sql_name(table)} {where}", [changed]
                )
            self._connection.execute("DELETE FROM meta.loads; INSERT INTO meta.loads FROM newer.meta.loads")
            self._connection.commit()
            return True
        finally:
            self._connection.execute("DETACH newer")


def compute(tables: Sequence[DailyTable], inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Bring the file up to date for `dates` and report what is in it.

    Raises:
        DuckdbUnavailable: another program has the file open for writing.
    """
    path: Path = inputs.outside
    with exclusive(path):
        if has_spare(path):
            try:
                return Computed(_load(tables, inputs, path))
            except DuckdbDamaged:  # the spare is, perhaps, and it is gone now: the file in force tells
                pass
        try:
            return Computed(_load(tables, inputs, path))
        except DuckdbDamaged as error:
            if not path.exists():
                raise
            aside = put_aside(path)
            words = str(error).replace(str(path.with_suffix(".loading")), str(path))
            tell(
                f"{words}. It is kept as {aside.name}, and a new one is made; days outside this range come with "
                f"the next load of them"
            )
            return Computed(_load(tables, inputs, path), facts={date: {"damaged_file": str(aside)} for date in dates})


def _load(tables: Sequence[DailyTable], inputs: Inputs, path: Path) -> pl.DataFrame:
    kinds = [columns(table) for table in tables]
    known = sealed(path, kinds)
    trusted = not path.exists() or is_sealed(path, kinds)

    def catch_up(spare: Path) -> bool:
        nonlocal trusted
        is_known = identity(spare) in known
        done = _catch_up(tables, spare, path)
        trusted = trusted and (is_known or not done)
        return done

    with replacing(path, catch_up) as work:
        with connect(work) as connection:
            file = File(connection)
            file.prepare(tables)
            connection.begin()
            loads = bring_up_to_date(tables, inputs, file)
            file.note(loads)
            connection.commit()
            create_views(connection.execute, "duckdb")
            connection.execute("CHECKPOINT")
        made, former = identity(work), identity(path) if path.exists() else ""
    seal(path, kinds, {made, *({former} & known)} if trusted else known & {former})
    return loads


def _catch_up(tables: Sequence[DailyTable], spare: Path, path: Path) -> bool:
    with connect(spare) as connection:
        return File(connection).catch_up(tables, path)


def confirm(tables: Sequence[DailyTable], place: Place, dates: Sequence[dt.date]) -> set[dt.date]:
    """The days that the file holds as the lake has them, of every table; none if the file is gone or damaged.

    Raises:
        DuckdbUnavailable: another program has the file open for writing.
    """
    path = place.settings.duckdb_path
    if not dates or not path.exists():
        return set()
    kinds, seen = [columns(table) for table in tables], identity(path)
    is_whole = is_sealed(path, kinds)
    try:
        with connect(path, read_only=True) as connection:
            file = File(connection)
            if not file.has_notes():
                return set()
            found = confirmed(NAME, CODE_VERSION, tables, place, dates, file.noted if is_whole else file.held)
            if not is_whole and file.days() <= found:
                seal(path, kinds, {seen})
            return found
    except DuckdbDamaged:  # the load of these days finds it, says it, and makes a new file
        return set()


def _where(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, str]:
    """Which file the days are loaded to.

    No parameter, for the default's absolute path is another one in every working directory.
    """
    return dict.fromkeys(dates, str(place.settings.duckdb_path.resolve()))


def table_of(tables: Sequence[DailyTable]) -> DailyTable:
    """The declaration, for a graph of `tables`."""
    held = loaded(tables)
    return DailyTable(
        name=NAME,
        description="The silver, checks, features, portfolio and backtest tables in one DuckDB file that readers "
        "can open at any time.",
        model=Duckdb,
        code_version=CODE_VERSION,
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
