"""Dagster's SQLite event log, made fast enough for long backfills without a server.

What belongs here: the storage class, written for dagster 1.13.27 (see `event_log.py`). Content and meaning of the log
are Dagster's own.

The storage as shipped builds a new SQLAlchemy engine for every event (each statement compiled anew), commits several
times an event with an fsync each, and checkpoints the write-ahead log whenever the last connection closes: about 70 ms
an asset-day on a slow disk. Here each shard keeps one engine and one connection, WAL runs with `synchronous=NORMAL`
(safe against corruption; a power cut may lose the last moments), and the events of a range run are stored in batches,
as Dagster's Postgres storage does.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Self

import sqlalchemy as db
from dagster import DagsterEventType, EventLogEntry
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

from champion_assets.orchestration.storage.event_bodies import pack
from champion_assets.orchestration.storage.planned_checks import OnePlannedRow
from champion_assets.orchestration.storage.planned_partitions import PlannedPartitions
from champion_assets.orchestration.storage.shipped import ShippedSqliteEventLog

_BATCHED = {
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.ASSET_OBSERVATION,
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
}
BATCH = 500
"""Events that are written at once."""
_INDEXED = ASSET_EVENTS | ASSET_CHECK_EVENTS | EVENT_TYPE_TO_PIPELINE_RUN_STATUS.keys()
"""Events that are in the index, too."""
_INSERT = SqlEventLogStorageTable.insert()
OPEN_RUN_SHARDS = 8
"""A run's events lie in a file of their own; more than a few runs are never written at once by one process."""


class BatchedSqliteEventLogStorage(PlannedPartitions, OnePlannedRow, ShippedSqliteEventLog):
    """`SqliteEventLogStorage` with kept connections and batched writes.

    Config:
        base_dir: folder of the database files; by default `history/runs` in the folder of the instance, as Dagster's
        own. batch_size: events a batch, sets `DAGSTER_EVENT_BATCH_SIZE` for the process unless it is set already; 0
        turns batches off. planned_events_as_subset: one planned event an asset and run instead of one a partition; the
        single partitions of a failed run are found in it (`planned_partitions.py`). pack_events: bodies of events at
        an eighth of their size (`event_bodies.py`); without it other programs can read them in the files.

    A log of Dagster's that became one of this class (`adopt`) does neither of the last two, for other processes read
    it with Dagster's own class.
    """

    _packs = False

    def __init__(
        self, base_dir: str | None = None, batch_size: int = BATCH, planned_events_as_subset: bool = True,
        pack_events: bool = True, inst_data: ConfigurableClassData | None = None,
    ) -> None:  # fmt: skip
        """Open the log in `base_dir`, or in the folder of the instance that registers it."""
        self._reset()
        self._planned_as_subset = planned_events_as_subset
        self._packs = pack_events
        _batch(batch_size)
        super().__init__(base_dir, inst_data)

    def _reset(self) -> None:
        """What this class keeps in memory, empty."""
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._known_tables: set[str] = set()
        self._known_columns: set[str] = set()
        self._open_index = threading.local()

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Dagster's constructor."""
        return cls(inst_data=inst_data, **config_value)

    def _event_to_row(self, event: EventLogEntry) -> dict[str, Any]:
        """The row of an event, its body packed where the configuration says so."""
        row = super()._event_to_row(event)
        return row | {"event": pack(row["event"])} if self._packs else row

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        if shard in self._engines:
            self._engines.move_to_end(shard)
            return self._engines[shard]
        engine = create_engine(
            self.conn_string_for_shard(shard), poolclass=StaticPool,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )  # fmt: skip
        db.event.listen(engine, "connect", _set_pragmas)
        self._engines[shard] = engine
        runs = [name for name in self._engines if name != INDEX_SHARD_NAME]
        for stale in runs[: max(0, len(runs) - OPEN_RUN_SHARDS)]:
            self._engines.pop(stale).dispose()
        return engine

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event: one transaction in the run's shard and, if other runs may ask for it, one in the index."""
        row = self._event_to_row(event)
        with self.run_connection(event.run_id) as connection:
            connection.execute(_INSERT, row)
        kind = event.dagster_event_type if event.is_dagster_event else None
        if kind in _INDEXED:
            with self.index_transaction() as connection:
                number = connection.execute(_INSERT, row).lastrowid
                if kind in ASSET_EVENTS:
                    self._store_tags(connection, [event], [number])
                    self._store_asset_event(connection, event, number)
                elif kind in ASSET_CHECK_EVENTS:
                    with self._index_is(connection):
                        self.store_asset_check_event(event, number)

    @contextmanager
    def _index_is(self, connection: Connection) -> Iterator[None]:
        """Let Dagster's methods that open the index take part in the transaction that is open in this thread."""
        self._open_index.connection = connection
        try:
            yield
        finally:
            self._open_index.connection = None

    def index_connection(self) -> AbstractContextManager[Connection]:
        """A connection to the index: the one of `_index_is` if there is one, else a transaction of its own."""
        open_now = getattr(self._open_index, "connection", None)
        return super().index_connection() if open_now is None else nullcontext(open_now)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; it never loses one, so that a yes is asked for once."""
        if table_name not in self._known_tables and super().has_table(table_name):
            self._known_tables.add(table_name)
        return table_name in self._known_tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        """As `has_table`."""
        if column_name not in self._known_columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._known_columns.add(column_name)
        return column_name in self._known_columns

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events with one transaction in the run's shard and one in the index.

        Kinds that need more go one by one.
        """
        batch = [event for event in events if event.get_dagster_event().event_type in _BATCHED]
        for event in events:
            if event.get_dagster_event().event_type not in _BATCHED:
                self.store_event(event)
        for run_id in dict.fromkeys(event.run_id for event in batch):
            self._store_asset_events(run_id, [event for event in batch if event.run_id == run_id])

    def _store_asset_events(self, run_id: str, events: Sequence[EventLogEntry]) -> None:
        rows = [self._event_to_row(event) for event in events]
        with self.run_connection(run_id) as connection:
            connection.execute(_INSERT, rows)
        with self.index_transaction() as connection:
            connection.execute(_INSERT, rows)  # takes the write lock: the identifiers are consecutive
            last = connection.execute(db.select(db.func.max(SqlEventLogStorageTable.c.id))).scalar_one()
            identifiers = list(range(last - len(rows) + 1, last + 1))
            self._store_tags(connection, events, identifiers)
            self._store_planned_checks(connection, events, identifiers)
            last_of_asset = {
                event.get_dagster_event().asset_key: place
                for place, event in enumerate(events)
                if event.dagster_event_type in ASSET_EVENTS
            }
            for place in last_of_asset.values():
                self._store_asset_event(connection, events[place], identifiers[place])

    def _store_tags(self, connection: Connection, events: Sequence[EventLogEntry], identifiers: Sequence[int]) -> None:
        tagged = [
            (event, number)
            for event, number in zip(events, identifiers, strict=True)
            if self._tags_for_asset_event(event)
        ]
        if tagged:
            self._store_asset_event_tags(connection, [event for event, _ in tagged], [number for _, number in tagged])

    def wipe(self) -> None:
        """Close what is open first, the files go away."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close all connections."""
        self._close()
        super().dispose()

    def _close(self) -> None:
        with self._db_lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _batch(size: int) -> None:
    if size > 0:
        os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(size))


_shipped_connect: Callable[[SqliteEventLogStorage, str], AbstractContextManager[Connection]] = (
    SqliteEventLogStorage._connect  # noqa: SLF001
)


def adopt(then: Callable[[], None] = lambda: None) -> None:
    """Let every `SqliteEventLogStorage` of this process become the batched one when it first connects.

    Then `then` is called. For instances that Dagster makes by itself, before it loads our code: those of a
    `DAGSTER_HOME` without a `dagster.yaml`.
    """
    _batch(BATCH)

    def connect(storage: SqliteEventLogStorage, shard: str) -> AbstractContextManager[Connection]:
        if type(storage) is not SqliteEventLogStorage:
            return _shipped_connect(storage, shard)
        storage.__class__ = BatchedSqliteEventLogStorage
        storage._reset()  # type: ignore[attr-defined]  # noqa: SLF001
        then()
        return storage._connect(shard)  # noqa: SLF001

    SqliteEventLogStorage._connect = connect  # type: ignore[method-assign, assignment]  # noqa: SLF001
