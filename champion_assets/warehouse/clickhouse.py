"""`warehouse/clickhouse`: the same tables as in DuckDB, on a ClickHouse server, for those who ask for it (LOAD_TO_CLICKHOUSE).

What belongs here: which days are loaded and which are current. The server is asked what it holds, so a table that was lost or changed
there is loaded again. If the server is down the load fails after its retries, and nothing else does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from champion_assets.clients.clickhouse import clickhouse
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.settings import Settings
from champion_assets.warehouse.clickhouse_load import load_days, versions
from champion_assets.warehouse.clickhouse_schema import migrate
from champion_assets.warehouse.loaded import Load, inside, loaded, rows_of
from champion_assets.warehouse.views import create_views

NAME = "warehouse/clickhouse"


class Clickhouse(Load):
    """What a load put into ClickHouse for a day: one row per table."""


def make_tables(settings: Settings, tables: Sequence[DailyTable]) -> None:
    """Database, tables and views, made or brought up to date."""
    with clickhouse(settings, database=False) as client:
        client.execute(f"CREATE DATABASE IF NOT EXISTS `{settings.clickhouse_database}`")
    with clickhouse(settings) as client:
        for table in tables:
            migrate(client, table)
        create_views(client.execute, "clickhouse")


@dataclass(frozen=True)
class Server:
    """ClickHouse as a load sees it: tables are made, the server is asked, days are put there."""

    make_tables: Callable[[Sequence[DailyTable]], None]
    connect: Callable[[], AbstractContextManager[Any]]
    load_days: Callable[[DailyTable, pl.DataFrame, Mapping[dt.date, str]], None]


def server_of(settings: Settings) -> Server:
    """The server in the settings; nothing is asked of it yet."""
    return Server(partial(make_tables, settings), partial(clickhouse, settings), partial(load_days, settings))


def compute(tables: Sequence[DailyTable], inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Load the days that ClickHouse does not have in the lake's version."""
    server: Server = inputs.outside
    server.make_tables(tables)
    frames = []
    for table in tables:
        frame = inside(table, inputs.read(table.name))
        counts = dict(frame.group_by("trade_date").len().iter_rows())
        wanted = {date: info.exact if info else "" for date, info in inputs.infos(table.name).items()}
        with server.connect() as client:
            there = versions(client, table, min(dates), max(dates))
        stale = {date: mark for date, mark in wanted.items() if there.get(date, (0, [mark])) != (counts.get(date, 0), [mark])}
        if stale:
            server.load_days(table, frame.filter(pl.col("trade_date").is_in(sorted(stale))), stale)
        frames.append(pl.DataFrame({"trade_date": list(wanted), "table_name": table.name, "rows": [counts.get(date, 0) for date in wanted],
                                    "fingerprint": list(wanted.values())}, schema=empty_frame(Clickhouse).schema))  # fmt: skip
    return Computed(pl.concat(frames).sort("trade_date", "table_name"))


def confirm(tables: Sequence[DailyTable], place: Place, dates: Sequence[dt.date]) -> set[dt.date]:
    """The days that the server holds in the lake's version of every table; none if it has no such database."""
    if not dates:
        return set()
    settings = place.settings
    with clickhouse(settings, database=False) as client:
        ((exists,),) = client.execute(f"EXISTS DATABASE `{settings.clickhouse_database}`")
    if not exists:
        return set()
    current = set(dates)
    with clickhouse(settings) as client:
        for table in tables:
            inside = versions(client, table, min(dates), max(dates))
            known = place.lake.infos(table.name, inside)
            same = {date for date, (_, found) in inside.items() if (info := known[date]) is not None and found == [info.exact]}
            current &= same | _empty(place, table, sorted(current - inside.keys()))
    return current


def _empty(place: Place, table: DailyTable, dates: Sequence[dt.date]) -> set[dt.date]:
    """The days of which the lake, too, has no row to load: such a day leaves no trace on the server."""
    known = {date: info for date, info in place.lake.infos(table.name, dates).items() if info is not None}
    if table.warehouse_rows is None:
        return {date for date, info in known.items() if info.stored_rows == 0}
    there = list(known)
    return set(there) - set(rows_of(place, table, there)["trade_date"]) if there else set()


def _where(settings: Settings) -> dict[str, str | int]:
    return {"host": settings.clickhouse_host, "port": settings.clickhouse_port, "database": settings.clickhouse_database}


def table_of(tables: Sequence[DailyTable]) -> DailyTable:
    """The declaration, for a graph of `tables`."""
    held = loaded(tables)
    return DailyTable(
        name=NAME,
        description="The silver, checks, features, portfolio and backtest tables on a ClickHouse server; asked for by LOAD_TO_CLICKHOUSE.",
        model=Clickhouse,
        code_version="1",
        inputs=lambda _: tuple(Input(table.name) for table in held),
        parameters=_where,
        outside=server_of,
        compute=partial(compute, held),
        confirm=partial(confirm, held),
        block=366,
        reads_provenance=True,
        kinds=frozenset({"clickhouse"}),
        mlflow_names=("load_duration_seconds", "rows_loaded"),
        is_enabled=lambda settings: settings.load_to_clickhouse,
    )
