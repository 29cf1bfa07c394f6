"""Dagster's event log in Postgres, fast enough for years of daily partitions: kept connections and batched writes.

What belongs here: one storage class for `dagster.yaml`, pinned to dagster-postgres 0.29.27. Content and meaning of the
log are Dagster's.

The storage as shipped opens a connection for every event, and of the events that come in batches it writes those that
announce partitions (one a day and asset of a run) one by one. Here each process keeps one connection (more while
several threads write), and a batch is one transaction. `sqlite_events.py` does the same for one machine.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import sqlalchemy.pool
from dagster import DagsterEventType, EventLogEntry
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.config import pg_config
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.utils import create_pg_engine, pg_url_from_config

from champion_assets.orchestration.storage.planned_checks import OnePlannedRow
from champion_assets.orchestration.storage.planned_partitions import PlannedPartitions

_BATCHED = {
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.ASSET_OBSERVATION,
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
}


class BatchedPostgresEventLogStorage(PlannedPartitions, OnePlannedRow, PostgresEventLogStorage):
    """`PostgresEventLogStorage` with kept connections and batched writes.

    Config: that of `PostgresEventLogStorage` (`postgres_url` or `postgres_db`), and
        batch_size: events a batch, sets `DAGSTER_EVENT_BATCH_SIZE` for the process unless it is set already; 0 turns
        batches off.
    """

    def __init__(
        self, postgres_url: str, should_autocreate_tables: bool = True, batch_size: int = 500,
        inst_data: ConfigurableClassData | None = None,
    ) -> None:  # fmt: skip
        """Open the log at `postgres_url`."""
        if batch_size > 0:
            os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(batch_size))
        super().__init__(postgres_url, should_autocreate_tables, inst_data)
        self._engine = create_pg_engine(
            self.postgres_url,
            None,
            isolation_level="AUTOCOMMIT",
            poolclass=sqlalchemy.pool.QueuePool,
            pool_size=1,
            max_overflow=9,
            pool_pre_ping=True,
            pool_recycle=1800,
        )

    @classmethod
    def config_type(cls) -> Any:
        """The fields of the class docstring."""
        shipped: Any = pg_config()
        return {**shipped, "batch_size": dg.Field(dg.IntSource, default_value=500)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> BatchedPostgresEventLogStorage:
        """Dagster's constructor."""
        return cls(
            pg_url_from_config(config_value),
            config_value.get("should_autocreate_tables", True),
            config_value["batch_size"],
            inst_data,
        )

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events with one statement and one transaction; kinds that need more go one by one."""
        batch = [event for event in events if event.get_dagster_event().event_type in _BATCHED]
        for event in events:
            if event.get_dagster_event().event_type not in _BATCHED:
                self.store_event(event)
        if not batch:
            return
        with self._connect() as connection:
            statement = self.prepare_insert_event_batch(batch).returning(SqlEventLogStorageTable.c.id)
            identifiers = sorted(row[0] for row in connection.execute(statement))  # given in the order of the events
        tagged = [
            (event, number)
            for event, number in zip(batch, identifiers, strict=True)
            if self._tags_for_asset_event(event)
        ]
        last_of_asset = {
            event.get_dagster_event().asset_key: place
            for place, event in enumerate(batch)
            if event.dagster_event_type in ASSET_EVENTS
        }
        with self.index_transaction() as connection:
            if tagged:
                self._store_asset_event_tags(
                    connection, [event for event, _ in tagged], [number for _, number in tagged]
                )
            self._store_planned_checks(connection, batch, identifiers)
            for place in last_of_asset.values():
                self._store_asset_event(connection, batch[place], identifiers[place])
