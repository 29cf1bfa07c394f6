"""What the warehouses share.

Which tables and rows they hold, how they are brought up to date, and when a day in one is confirmed.

What belongs here: what `warehouse/duckdb` and `warehouse/clickhouse` do alike. What does not: a word of either's SQL. A
load compares every day of its range, table by table, with the lake's rows: those in the database are counted and summed
up there (`checksum.py`), and a day that differs is put there again. What was found equal is noted in the lake, in the
warehouse's own table; so later the database alone has to be read to see that it still holds what the lake has.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import pandera.polars as pa
import polars as pl

from champion_assets.lake.errors import BuildError
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.manifest import DayInfo
from champion_assets.lake.place import Place
from champion_assets.lake.progress import tell
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import DailyTable
from champion_assets.warehouse import checksum
from champion_assets.warehouse.checksum import NOTHING, Held

CHUNK = 128
"""Days whose rows are in memory at once."""


class LoadMismatch(BuildError):
    """What a warehouse holds after a load is not what the lake has; the load was not shown to anybody."""


class Load(TableModel):
    """What a load put into a warehouse for a day: one row per table."""

    trade_date: pl.Date = pa.Field(description="Day loaded")
    table_name: str = pa.Field(str_matches=r"^[a-z]+/[a-z_]+$", description="Table, stage/name")
    rows: pl.Int64 = pa.Field(ge=0, description="Rows of the day in the table")
    fingerprint: str = pa.Field(description="Fingerprint of the day's rows as loaded")
    checksum: str = pa.Field(
        str_matches="^[0-9a-f]{16}$", description="Checksum of the rows, as warehouse/checksum.py computes it"
    )

    class Config(TableModel.Config):
        """One row per table and day."""

        unique = ["trade_date", "table_name"]


class Warehouse(Protocol):
    """A database as a load sees it."""

    def held(self, table: DailyTable, first: dt.date, last: dt.date) -> Mapping[dt.date, Held]:
        """What the database itself counts and sums up of each day with rows.

        Nothing if the table is absent or has other columns.
        """

    def put(self, table: DailyTable, frame: pl.DataFrame, wanted: Mapping[dt.date, Held]) -> None:
        """Make the days of `wanted` those of `frame`; raises LoadMismatch if they are not afterwards."""


def loaded(tables: Iterable[DailyTable]) -> list[DailyTable]:
    """Those of `tables` that a warehouse holds, in the order of the graph."""
    return [table for table in tables if table.in_warehouse]


def inside(table: DailyTable, rows: pl.DataFrame) -> pl.DataFrame:
    """Of rows of the lake those that a warehouse holds."""
    return rows if table.warehouse_rows is None else rows.filter(pl.sql_expr(table.warehouse_rows))


def rows_of(place: Place, table: DailyTable, dates: Sequence[dt.date]) -> pl.DataFrame:
    """The rows of the lake that a warehouse holds of these days, in order of the dates."""
    return inside(table, place.lake.read(table.name, dates))


def chunks(dates: Sequence[dt.date], size: int = CHUNK) -> Iterator[Sequence[dt.date]]:
    """`dates` in pieces."""
    yield from (dates[place : place + size] for place in range(0, len(dates), size))


def bring_up_to_date(tables: Sequence[DailyTable], inputs: Inputs, warehouse: Warehouse) -> pl.DataFrame:
    """Put every day of the inputs that the database does not hold as the lake has it; the rows of `Load`.

    Raises:
        LoadMismatch: the database holds something else afterwards, or a file of the lake has other rows than the lake
            says.
    """
    found = []
    for table in tables:
        infos = {date: info for date, info in inputs.infos(table.name).items() if info is not None}
        for days in chunks(sorted(infos)):
            frame = inside(table, inputs.read(table.name, days=days))
            wanted = dict.fromkeys(days, NOTHING) | checksum.held(frame)
            _compare_with_manifest(table, wanted, infos)
            there = warehouse.held(table, days[0], days[-1])
            stale = {date: each for date, each in wanted.items() if there.get(date, NOTHING) != each}
            if stale:
                rows = frame.filter(pl.col("trade_date").is_in(list(stale)))
                warehouse.put(table, rows, stale)
            found += [
                (date, table.name, each.rows, infos[date].exact, f"{each.checksum:016x}")
                for date, each in wanted.items()
            ]
    return pl.DataFrame(found, schema=empty_frame(Load).schema, orient="row").sort("trade_date", "table_name")


def _compare_with_manifest(table: DailyTable, wanted: Mapping[dt.date, Held], infos: Mapping[dt.date, DayInfo]) -> None:
    for date, each in wanted.items():
        if table.warehouse_rows is None and each.rows != infos[date].stored_rows:
            raise LoadMismatch(
                f"{date}: the lake says {infos[date].stored_rows} rows of {table.name}, its file has {each.rows}"
            )


def compare(name: str, wanted: Mapping[dt.date, Held], there: Mapping[dt.date, Held]) -> None:
    """What a database holds after a load must be what the lake has; `name` is the table's there."""
    for date in sorted(wanted.keys() | there.keys()):
        want, got = wanted.get(date, NOTHING), there.get(date, NOTHING)
        if want != got:
            raise LoadMismatch(
                f"{name} {date}: the lake has {want}, the database got {got}; nothing was changed, load again"
            )


def confirmed(
    name: str, code_version: str, tables: Sequence[DailyTable], place: Place, dates: Sequence[dt.date],
    held: Callable[[DailyTable, dt.date, dt.date], Mapping[dt.date, Held]],
) -> set[dt.date]:  # fmt: skip
    """The days of which a database holds the lake's version of every table.

    Counted and summed up in the database itself.

    The months of `dates` are looked at whole. Days outside `dates` whose rows were altered are told to whoever watches.

    Args:
        name: the warehouse's own table in the lake.
        code_version: of that table; what another one noted confirms nothing.
        tables: what it holds.
        place: the lake.
        dates: days that are asked for.
        held: see `Warehouse`.
    """
    first, last = min(dates).replace(day=1), (max(dates).replace(day=1) + dt.timedelta(days=31)).replace(day=1)
    state = place.lake.state(name)
    days = [
        date
        for date, file in state.file_of.items()
        if first <= date < last and file.days[date].code_version == code_version
    ]
    if not days:
        return set()
    noted = {
        (row[0], row[1]): row[2:]
        for row in place.lake.read(name, days).select(list(empty_frame(Load).columns)).iter_rows()
    }
    current, altered = set(days), set[dt.date]()
    for each in tables:
        infos, there = place.lake.infos(each.name, days), held(each, days[0], days[-1])
        for date in days:
            rows, mark, summed = noted.get((date, each.name), (0, "", "0"))
            info = infos[date]
            if info is None or info.exact != mark:
                current.discard(date)
            elif there.get(date, NOTHING) != (rows, int(summed, 16)):
                current.discard(date)
                altered.add(date)
    if outside := sorted(altered.difference(dates)):
        tell(
            f"{name}: rows of {len(outside)} days outside this range, from {outside[0]} to {outside[-1]}, "
            f"are not those of the lake; "
            f"`champion backfill {outside[0]} {outside[-1]}` loads them again"
        )
    return current & set(dates)
