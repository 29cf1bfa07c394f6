"""Loading days of a table into ClickHouse: beside the old table, compared with the lake, then exchanged in one step.

What belongs here: the statements of a load. What does not: DDL (`clickhouse_schema.py`), bytes
(`clickhouse_columns.py`).

A load makes a table `loading_<table>_<id>`, attaches all partitions to it (hard links, no copy), deletes its days
there, inserts them anew, compares rows and checksums with the lake, and then exchanges it with the table that people
read. `EXCHANGE TABLES` is atomic for readers and for a server that is killed. (`REPLACE PARTITION` is not: a server
killed in it had old and new rows of a partition in 13 of 40 trials.) The table of a load is also its claim: who finds
another's gives way until that is gone, or until its owner is: a process that no longer exists on this host, or nothing
written for CLICKHOUSE_LEASE seconds. Then it is dropped, and should the owner live after all, its next statement fails.
So two loads never overwrite each other's days.
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
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.table import DailyTable
from champion_assets.settings import Settings
from champion_assets.warehouse.checksum import Held
from champion_assets.warehouse.clickhouse_columns import checksum_sql, insert
from champion_assets.warehouse.clickhouse_schema import columns, columns_there, sql_name
from champion_assets.warehouse.loaded import LoadMismatch, compare

WAIT_SECONDS = 0.05


def load_days(settings: Settings, table: DailyTable, frame: pl.DataFrame, wanted: Mapping[dt.date, Held]) -> None:
    """Make the days of `wanted` in ClickHouse those of `frame`.

    Args:
        settings: where ClickHouse is.
        table: the table, which exists there (`clickhouse_schema.migrate`).
        frame: the rows of these days; a day may have none.
        wanted: rows and checksum of each day.

    Raises:
        LoadMismatch: rows or checksums differ, nothing was changed.
        ClickHouseUnreachable, ClickHouseRefused: see there.
    """
    name, dates = sql_name(table), {"dates": sorted(wanted)}
    with clickhouse(settings) as client, _claim(client, name, settings.clickhouse_lease) as staging:
        client.execute(f"ALTER TABLE {staging} ATTACH PARTITION ALL FROM {name}")
        client.execute(f"ALTER TABLE {staging} DELETE WHERE trade_date IN %(dates)s SETTINGS mutations_sync = 1", dates)
        if not frame.is_empty():
            insert(settings, staging, frame)
        compare(name, wanted, _counted(client, table, staging, "trade_date IN %(dates)s", dates))
        others = "SELECT count() FROM {} WHERE trade_date NOT IN %(dates)s"
        ((kept, there),) = client.execute(f"SELECT ({others.format(staging)}), ({others.format(name)})", dates)
        if kept != there:
            raise LoadMismatch(f"{name}: {there} rows of other days became {kept}; nothing was changed, load again")
        client.execute(f"EXCHANGE TABLES {name} AND {staging}")


def held(client: Any, table: DailyTable, first: dt.date, last: dt.date) -> dict[dt.date, Held]:
    """Rows and checksum of each day between two that the table has, as the server counts.

    None if it has no such table of these columns.
    """
    if columns_there(client, sql_name(table)) != columns(table):
        return {}
    return _counted(
        client, table, sql_name(table), "trade_date BETWEEN %(first)s AND %(last)s", {"first": first, "last": last}
    )


def _counted(client: Any, table: DailyTable, name: str, where: str, values: Mapping[str, Any]) -> dict[dt.date, Held]:
    checksum = checksum_sql(empty_frame(table.model).schema)
    found = client.execute(
        f"SELECT trade_date, count(), {checksum} FROM {name} WHERE {where} GROUP BY trade_date", values
    )
    return {date: Held(rows, total) for date, rows, total in found}


@contextmanager
def _claim(client: Any, name: str, lease: float) -> Iterator[str]:
    """The only load of the table `name`: an empty table beside it, dropped in the end."""
    staging = f"loading_{name}_{uuid.uuid4().hex}"
    owner = f"{socket.gethostname()} {os.getpid()} {started(os.getpid())}"
    while True:
        while _others(client, name, staging, lease):
            time.sleep(WAIT_SECONDS * random.uniform(1, 3))
        client.execute(f"CREATE TABLE {staging} AS {name} COMMENT %(owner)s", {"owner": owner})
        if not _others(client, name, staging, lease):
            break
        client.execute(f"DROP TABLE {staging} SYNC")  # both came at once: both give way, for unequal times
        time.sleep(random.uniform(WAIT_SECONDS, 10 * WAIT_SECONDS))
    try:
        yield staging
    finally:
        client.disconnect()  # whatever broke, this is a new conversation
        client.execute(f"DROP TABLE IF EXISTS {staging}")


def _others(client: Any, name: str, staging: str, lease: float) -> list[str]:
    """Loads of the table that live; those whose owner is gone are dropped on the way."""
    found = client.execute(
        """SELECT t.name, t.comment,
             dateDiff('second', greatest(t.metadata_modification_time, ifNull(p.written, toDateTime(0))), now())
           FROM system.tables AS t
           LEFT JOIN (
             SELECT table, max(modification_time) AS written FROM system.parts
             WHERE database = currentDatabase() GROUP BY table
           ) AS p ON p.table = t.name
           WHERE t.database = currentDatabase() AND match(t.name, %(pattern)s) AND t.name != %(own)s""",
        {"pattern": f"^loading_{name}_[0-9a-f]{{32}}$", "own": staging},
    )
    alive = [other for other, owner, silent in found if silent <= lease and not _is_gone(owner)]
    for other in {other for other, _, _ in found} - set(alive):
        client.execute(f"DROP TABLE IF EXISTS {other} SYNC")
    return alive


def _is_gone(owner: str) -> bool:
    """True if the owner was a process of this host that is no more."""
    host, process, since = (*owner.split(" ", 2), "", "")[:3]
    return host == socket.gethostname() and process.isdigit() and started(int(process)) != since
