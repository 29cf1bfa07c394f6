"""Whether the warehouses hold what the lake has.

Each table and month, counted and summed up in the database and in the lake.

What belongs here: looking, and saying what differs and what to run. What does not: loading it again, which the next
backfill does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import groupby

from champion_assets.clients.duckdb import connect
from champion_assets.common.errors import HelperUnavailable
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.store import Lake
from champion_assets.lake.table import DailyTable
from champion_assets.lake.verify import Damage
from champion_assets.settings import Settings
from champion_assets.warehouse import checksum, clickhouse, duckdb, duckdb_columns
from champion_assets.warehouse.checksum import NOTHING, Held
from champion_assets.warehouse.clickhouse_schema import sql_name
from champion_assets.warehouse.loaded import Warehouse, inside, loaded

LAST = dt.date(2149, 6, 6)
"""The last day that ClickHouse's type has."""
FIRST = dt.date(1970, 1, 1)
SHOWN = 3


def differences(
    settings: Settings, lake: Lake, tables: Iterable[DailyTable], since: dt.date = dt.date.min
) -> Iterator[tuple[Damage | None, int]]:
    """Look at every table of the warehouses that the settings ask for and that were ever loaded.

    Args:
        settings: which they are, and where.
        lake: what they should hold.
        tables: the tables of the graph.
        since: leave out earlier days.

    Yields:
        As `lake.verify.verify` takes it: for each table and month what differs, or None, and 0 bytes of the lake.
    """
    held, first = loaded(tables), max(since, FIRST)
    for name, address, opened in _databases(settings):
        if not (done := frozenset(lake.dates(name))):
            continue
        try:
            with opened as warehouse:
                for table in held:
                    yield from _of_table(lake, table, warehouse, first, f"{address}, {_sql_name(name, table)}", done)
        except HelperUnavailable as error:
            yield Damage("", name, f"{address} cannot be looked at: {error}", elsewhere=True), 0


def _databases(settings: Settings) -> Iterator[tuple[str, str, AbstractContextManager[Warehouse]]]:
    if settings.load_to_duckdb:
        yield duckdb.NAME, f"DuckDB {settings.duckdb_path}", _file(settings)
    if settings.load_to_clickhouse:
        yield clickhouse.NAME, f"ClickHouse {settings.clickhouse_host}:{settings.clickhouse_port}", _server(settings)


@contextmanager
def _file(settings: Settings) -> Iterator[Warehouse]:
    if not settings.duckdb_path.exists():
        yield _Nothing()
        return
    with connect(settings.duckdb_path, read_only=True) as connection:
        yield duckdb.File(connection)


@contextmanager
def _server(settings: Settings) -> Iterator[Warehouse]:
    server = clickhouse.Server(settings)
    yield server if server.exists() else _Nothing()


class _Nothing:
    """A database that is gone."""

    def held(self, table: DailyTable, first: dt.date, last: dt.date) -> Mapping[dt.date, Held]:
        del table, first, last
        return {}

    def put(self, *_: object) -> None:
        raise NotImplementedError


def _sql_name(name: str, table: DailyTable) -> str:
    return sql_name(table) if name == clickhouse.NAME else duckdb_columns.sql_name(table)


def _of_table(
    lake: Lake, table: DailyTable, warehouse: Warehouse, first: dt.date, where: str, done: frozenset[dt.date]
) -> Iterator[tuple[Damage | None, int]]:
    """Only days that were loaded (`done`) are compared: of one that failed the lake has tables that nobody loaded."""
    there = warehouse.held(table, first, LAST)
    dates = [date for date in lake.dates(table.name) if date >= first]
    for (year, month), days in groupby([date for date in dates if date in done], lambda date: (date.year, date.month)):
        wanted = dict.fromkeys(days, NOTHING)
        try:
            wanted |= checksum.held(inside(table, lake.read(table.name, wanted)))
        except CorruptObject:  # said of the lake already; nobody knows what should be there
            continue
        wrong = [date for date, each in wanted.items() if there.get(date, NOTHING) != each]
        yield (_different(table, f"{where} of {year}-{month:02}", wrong, wanted, there) if wrong else None), 0
    gone = {date for date in there.keys() - set(dates) if date in done or date > max(done)}
    if lost := sorted(gone):  # of a table, or since the lake is an older copy
        says = (
            f"{table.name}: the lake has lost {len(lost)} days that {where} still has; "
            f"`champion backfill {lost[0]} {lost[-1]}` builds them again"
        )
        yield Damage("", table.name, says, tuple(lost), elsewhere=True), 0
    if extra := sorted(there.keys() - set(dates) - gone):
        yield (
            Damage(
                "",
                table.name,
                f"{where}: rows of {len(extra)} days that the lake does not have; run `DELETE FROM "
                f"{where.rsplit(' ', 1)[1]} WHERE trade_date IN ({', '.join(f'{str(day)!r}' for day in extra)})` there",
                elsewhere=True,
            ),
            0,
        )


def _different(
    table: DailyTable,
    where: str,
    wrong: Sequence[dt.date],
    wanted: Mapping[dt.date, Held],
    there: Mapping[dt.date, Held],
) -> Damage:
    shown = "; ".join(
        f"{date}: the lake has {wanted[date]}, the database {there.get(date, NOTHING)}" for date in wrong[:SHOWN]
    )
    more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    says = f"{where} is not what the lake has: {shown}{more}. `champion backfill {wrong[0]} {wrong[-1]}` loads it again"
    return Damage("", table.name, says, tuple(wrong), elsewhere=True)
