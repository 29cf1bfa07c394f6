"""`warehouse/clickhouse`: the same tables as in DuckDB, on a ClickHouse server.

For those who ask for it (LOAD_TO_CLICKHOUSE).

What belongs here: the declaration, and the server as a load sees it. The server is asked what it holds, so rows that
were altered, lost or doubled there are loaded again. If the server is down the load fails after its retries, and
nothing else does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from champion_assets.clients.clickhouse import clickhouse
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.settings import Settings
from champion_assets.warehouse import clickhouse_load
from champion_assets.warehouse.checksum import Held
from champion_assets.warehouse.clickhouse_schema import migrate
from champion_assets.warehouse.loaded import Load, bring_up_to_date, confirmed, loaded
from champion_assets.warehouse.views import create_views

NAME, CODE_VERSION = "warehouse/clickhouse", "2"


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
    """ClickHouse as a load sees it (`loaded.Warehouse`); nothing is asked of it before it has to be."""

    settings: Settings

    def exists(self) -> bool:
        """True if the server has the database."""
        with clickhouse(self.settings, database=False) as client:
            return bool(client.execute(f"EXISTS DATABASE `{self.settings.clickhouse_database}`") == [(1,)])

    def held(self, table: DailyTable, first: dt.date, last: dt.date) -> Mapping[dt.date, Held]:
        """See `loaded.Warehouse`."""
        with clickhouse(self.settings) as client:
            return clickhouse_load.held(client, table, first, last)

    def put(self, table: DailyTable, frame: pl.DataFrame, wanted: Mapping[dt.date, Held]) -> None:
        """See `loaded.Warehouse`."""
        clickhouse_load.load_days(self.settings, table, frame, wanted)


def compute(tables: Sequence[DailyTable], inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Load the days that ClickHouse does not hold as the lake has them."""
    del dates
    server: Server = inputs.outside
    make_tables(server.settings, tables)
    return Computed(bring_up_to_date(tables, inputs, server))


def confirm(tables: Sequence[DailyTable], place: Place, dates: Sequence[dt.date]) -> set[dt.date]:
    """The days that the server holds as the lake has them, of every table; none if it has no such database."""
    server = Server(place.settings)
    return confirmed(NAME, CODE_VERSION, tables, place, dates, server.held) if dates and server.exists() else set()


def _where(settings: Settings) -> dict[str, str | int]:
    return {
        "host": settings.clickhouse_host,
        "port": settings.clickhouse_port,
        "database": settings.clickhouse_database,
    }


def table_of(tables: Sequence[DailyTable]) -> DailyTable:
    """The declaration, for a graph of `tables`."""
    held = loaded(tables)
    return DailyTable(
        name=NAME,
        description="The silver, checks, features, portfolio and backtest tables on a ClickHouse server; asked for "
        "by LOAD_TO_CLICKHOUSE.",
        model=Clickhouse,
        code_version=CODE_VERSION,
        inputs=lambda _: tuple(Input(table.name) for table in held),
        parameters=_where,
        outside=Server,
        compute=partial(compute, held),
        confirm=partial(confirm, held),
        block=366,
        reads_provenance=True,
        kinds=frozenset({"clickhouse"}),
        mlflow_names=("load_duration_seconds", "rows_loaded"),
        is_enabled=lambda settings: settings.load_to_clickhouse,
    )
