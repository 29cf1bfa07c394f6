"""One planned row for each asset check of a run, instead of one for each partition.

What belongs here: a mixin for Dagster's event log storages. Dagster 1.13 writes, when a range run is created, one
PLANNED row for each check and partition, although a check without partitions reports one result: the rows of the single
partitions are never completed, and a range of 250 days with 70 checks costs 17,500 of them. None of Champion's checks
has partitions, so the one row that the result will complete is enough. It also keeps secrets out of every event.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dagster import DagsterEventType, EventLogEntry
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._serdes import serialize_value
from sqlalchemy.engine import Connection

from champion_assets.common.redaction import redacted


class OnePlannedRow(SqlEventLogStorage):
    """Put it before the storage class: `class Fast(OnePlannedRow, SqliteEventLogStorage)`.

    It derives from the base that all of Dagster's SQL logs share, so that an open log of Dagster's can become a fast
    one (`adopt`): Python lets an object change its class only along one line of bases.
    """

    def _event_to_row(self, event: EventLogEntry) -> dict[str, Any]:
        """The row of an event; the words of other libraries in it are kept without secrets."""
        row = super()._event_to_row(event)
        return row | {"event": redacted(row["event"])}

    def _planned_check_row(self, event: EventLogEntry, event_id: int | None) -> dict[str, Any]:
        """The row of a planned check in the table of check executions."""
        planned = event.get_dagster_event().asset_check_planned_data
        return {
            "asset_key": planned.asset_key.to_string(),
            "check_name": planned.check_name,
            "partition": None,
            "run_id": event.run_id,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
            "evaluation_event": serialize_value(_without_partitions(event)),
            "evaluation_event_timestamp": self._event_insert_timestamp(event),  # type: ignore[no-untyped-call]
            "evaluation_event_storage_id": event_id,
        }

    def _store_planned_checks(
        self, connection: Connection, events: Sequence[EventLogEntry], identifiers: Sequence[int]
    ) -> None:
        """Store the planned checks among `events` by one statement of a transaction that is open.

        Args:
            connection: to the index.
            events: any events.
            identifiers: theirs in the event log, in the same order.
        """
        rows = [
            self._planned_check_row(event, number)
            for event, number in zip(events, identifiers, strict=True)
            if event.dagster_event_type == DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
        ]
        if rows:
            connection.execute(AssetCheckExecutionsTable.insert(), rows)

    def _store_asset_check_evaluation_planned(self, event: EventLogEntry, event_id: int | None) -> None:
        with self.index_connection() as connection:
            connection.execute(AssetCheckExecutionsTable.insert(), [self._planned_check_row(event, event_id)])


def _without_partitions(event: EventLogEntry) -> EventLogEntry:
    dagster_event = event.get_dagster_event()
    planned = dagster_event.asset_check_planned_data
    whole = AssetCheckEvaluationPlanned(asset_key=planned.asset_key, check_name=planned.check_name)
    return event._replace(dagster_event=dagster_event._replace(event_specific_data=whole))
