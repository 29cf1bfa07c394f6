"""Loading days of a table into ClickHouse: beside the old table, compared with the lake, then exchanged in one step.

What belongs here: the statements of a load. What does not: DDL (`clickhouse_schema.py`), bytes (`clickhouse_columns.py`).

A load makes a table `loading_<table>_<id>`, attaches to it the partitions that it does not touch (hard links, no copy), copies the other
days of those that it does, inserts the new days, compares rows and checksums with the lake, and then exchanges it with the table that
people read. `EXCHANGE TABLES` is atomic for readers and for a server that is killed. (`REPLACE PARTITION` is not: a server killed in it
had old and new rows of a partition in 13 of 40 trials.) The table of a load is also its claim: who finds another's gives way until that
is gone, or until its owner is: a process that no longer exists on this host, or nothing written for CLICKHOUSE_LEASE seconds. Then it
is dropped, and should the owner live after all, its next statement fails. So two loads never overwrite each other's days.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import socket
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import polars as pl

from champion_assets.clients.clickhouse import clickhouse
from champion_assets.common.processes import started
from champion_assets.lake.errors import BuildError
from champion_assets.lake.table import DailyTable
from champion_assets.settings import Settings
from champion_assets.warehouse.clickhouse_columns import checksum_sql, checksums, encode, is_nested
from champion_assets.warehouse.clickhouse_schema import MARK, columns, partition_of, sql_name

WAIT_SECONDS = 0.05


class LoadMismatch(BuildError):
    """What ClickHouse holds after a load is not what the lake has; the load was not shown to anybody."""


def load_days(settings: Settings, table: DailyTable, frame: pl.DataFrame, marks: Mapping[dt.date, str]) -> None:
    """Make the days of `marks` in ClickHouse those of `frame`.

    Args:
        settings: where ClickHouse is.
        table: the table, which exists there (`clickhouse_schema.migrate`).
        frame: the rows of these days; a day may have none.
        marks: fingerprint of each day.

    Raises:
        LoadMismatch: rows or checksums differ, nothing was changed.
        ClickHouseUnreachable, ClickHouseRefused, SchemaConflict: see there.
    """
    name = sql_name(table)
    with clickhouse(settings) as client, _claim(client, name, settings.clickhouse_lease) as staging:
        _keep_other_days(client, table, staging, sorted(marks))
        _insert(settings, staging, frame, marks)
        _compare(client, table, staging, frame, marks)
        client.execute(f"EXCHANGE TABLES {name} AND {staging}")


@contextmanager
def _claim(client: Any, name: str, lease: float) -> Iterator[str]:
    """The only load of the table `name`: an empty table beside it, dropped in the end."""
    staging = f"loading_{name}_{uuid.uuid4().hex}"
    _wait_for_others(client, name, staging, lease)
    while True:
        client.execute(f"CREATE TABLE {staging} AS {name} COMMENT %(owner)s", {"owner": _owner()})
        if not _others(client, name, staging, lease):
            break
        client.execute(f"DROP TABLE {staging} SYNC")  # both came at once: both give way, for unequal times
        time.sleep(random.uniform(WAIT_SECONDS, 10 * WAIT_SECONDS))
        _wait_for_others(client, name, staging, lease)
    try:
        yield staging
    finally:
        client.disconnect()  # whatever broke, this is a new conversation
        client.execute(f"DROP TABLE IF EXISTS {staging}")


def _wait_for_others(client: Any, name: str, staging: str, lease: float) -> None:
    while _others(client, name, staging, lease):
        time.sleep(WAIT_SECONDS * random.uniform(1, 3))


def _others(client: Any, name: str, staging: str, lease: float) -> list[str]:
    """Loads of the table that live; those whose owner is gone are dropped on the way."""
    found = client.execute(
        """SELECT t.name, t.comment, dateDiff('second', greatest(t.metadata_modification_time, ifNull(p.written, toDateTime(0))), now())
           FROM system.tables AS t
           LEFT JOIN (SELECT table, max(modification_time) AS written FROM system.parts WHERE database = currentDatabase() GROUP BY table)
             AS p ON p.table = t.name
           WHERE t.database = currentDatabase() AND match(t.name, %(pattern)s) AND t.name != %(own)s""",
        {"pattern": f"^loading_{name}_[0-9a-f]{{32}}$", "own": staging},
    )
    alive = [other for other, owner, silent in found if silent <= lease and not _is_gone(owner)]
    for other in {other for other, _, _ in found} - set(alive):
        client.execute(f"DROP TABLE IF EXISTS {other} SYNC")
    return alive


def _owner() -> str:
    return f"{socket.gethostname()} {os.getpid()} {started(os.getpid())}"


def _is_gone(owner: str) -> bool:
    """True if the owner was a process of this host that is no more."""
    host, _, rest = owner.partition(" ")
    process, _, since = rest.partition(" ")
    return host == socket.gethostname() and process.isdigit() and started(int(process)) != since


def _keep_other_days(client: Any, table: DailyTable, staging: str, dates: list[dt.date]) -> None:
    """Attach the partitions that no day of `dates` touches, copy the other days of those that are."""
    name = sql_name(table)
    number = "toYYYYMM" if partition_of(table).startswith("toYYYYMM") else "toYear"
    touched = {date.year * 100 + date.month if number == "toYYYYMM" else date.year for date in dates}
    present = {int(each) for (each,) in client.execute(
        "SELECT DISTINCT partition FROM system.parts WHERE database = currentDatabase() AND table = %(name)s AND active", {"name": name}
    )}  # fmt: skip
    if untouched := sorted(present - touched):
        client.execute(f"ALTER TABLE {staging} " + ", ".join(f"ATTACH PARTITION {each} FROM {name}" for each in untouched))
    if both := sorted(present & touched):
        names = ", ".join(f"`{column}`" for column in [*columns(table), MARK])
        client.execute(f"INSERT INTO {staging} ({names}) SELECT {names} FROM {name} "
                       f"WHERE {partition_of(table)} IN %(both)s AND trade_date NOT IN %(dates)s",
                       {"both": both, "dates": dates})  # fmt: skip


def _insert(settings: Settings, staging: str, frame: pl.DataFrame, marks: Mapping[dt.date, str]) -> None:
    if frame.is_empty():
        return
    mark = frame.select(pl.col("trade_date").replace_strict(dict(marks), return_dtype=pl.String).alias(MARK))
    whole = pl.concat([frame, mark], how="horizontal")
    names = ", ".join(f"`{column}`" for column in whole.columns)
    nested = is_nested(frame)
    with clickhouse(settings, columns=not nested) as client:
        if nested:
            rows = [_plain(column) for column in whole.iter_columns()]
            client.execute(f"INSERT INTO {staging} ({names}) VALUES", rows, columnar=True)
            return
        sent = encode(whole)
        client.execute(f"INSERT INTO {staging} ({names}) SELECT {', '.join(sent.select)} FROM input(%(structure)s) FORMAT Native"
                       % {"structure": _quoted(", ".join(sent.structure))}, sent.data, columnar=True)  # fmt: skip


def _quoted(text: str) -> str:
    from clickhouse_driver.util.escape import escape_param

    return str(escape_param(text, None))


def _plain(column: pl.Series) -> list[Any]:
    """Python values, structs as tuples."""
    if isinstance(column.dtype, pl.List) and isinstance(column.dtype.inner, pl.Struct):
        return [[tuple(each.values()) for each in rows] for rows in column.to_list()]
    return column.to_list()


def _compare(client: Any, table: DailyTable, staging: str, frame: pl.DataFrame, marks: Mapping[dt.date, str]) -> None:
    """Rows, checksum and version of each loaded day, and the rows of all others, before anybody sees them."""
    name, declared = sql_name(table), table.model.to_schema().columns
    checksum = checksum_sql(frame.schema, {column: declared[column].nullable for column in frame.columns})
    dates = sorted(marks)
    found = client.execute(
        f"SELECT trade_date, count(), {checksum}, groupUniqArray(`{MARK}`) FROM {staging} WHERE trade_date IN %(dates)s "
        "GROUP BY trade_date ORDER BY trade_date", {"dates": dates},
    )  # fmt: skip
    counts = dict(frame.group_by("trade_date").len().iter_rows())
    expected = [(date, counts[date], total, [marks[date]]) for date, total in sorted(checksums(frame).items())]
    stored = [tuple(row) for row in found]
    for want, got in zip(expected, stored, strict=False):
        if want != got:
            raise LoadMismatch(
                f"{name} {want[0]}: the lake has {want[1]} rows with checksum {want[2]:016x}, ClickHouse got {got[1]} rows with "
                f"checksum {got[2]:016x} of {got[0]}; nothing was changed, load again"
            )
    if len(expected) != len(stored):
        raise LoadMismatch(
            f"{name}: {len(expected)} days have rows in the lake, {len(stored)} in ClickHouse; nothing was changed, load again"
        )
    ((kept, there),) = client.execute(
        f"SELECT (SELECT count() FROM {staging} WHERE trade_date NOT IN %(dates)s), "
        f"(SELECT count() FROM {name} WHERE trade_date NOT IN %(dates)s)", {"dates": dates},
    )  # fmt: skip
    if kept != there:
        raise LoadMismatch(f"{name}: {there} rows of other days became {kept}; nothing was changed, load again")


def versions(client: Any, table: DailyTable, first: dt.date, last: dt.date) -> dict[dt.date, tuple[int, list[str]]]:
    """Rows and versions of each day that the table holds between two days."""
    name = sql_name(table)
    ((exists,),) = client.execute(f"EXISTS TABLE {name}")
    if not exists:
        return {}
    found = client.execute(
        f"SELECT trade_date, count(), groupUniqArray(`{MARK}`) FROM {name} "
        "WHERE trade_date BETWEEN %(first)s AND %(last)s GROUP BY trade_date",
        {"first": first, "last": last},
    )  # fmt: skip
    return {date: (count, list(marks)) for date, count, marks in found}
