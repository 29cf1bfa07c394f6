"""One planned row for each asset check of a run, instead of one for each partition.

What belongs here: a mixin for Dagster's event log storages. Dagster 1.13 writes, when a range run is created, one
PLANNED row for each check and partition, although a check without partitions reports one result: the rows of the single
partitions are never completed, and a range of 250 days with 70 checks costs 17,500 of them. None of Champion's checks
has partitions, so the one row that the result will complete is enough. It also keeps secrets out of every event.
"""

from __future__ import annotations

from typing import Any

from dagster import EventLogEntry
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

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

    def _store_asset_check_evaluation_planned(self, event: EventLogEntry, event_id: int | None) -> None:
        dagster_event = event.get_dagster_event()
        planned = dagster_event.event_specific_data
        if isinstance(planned, AssetCheckEvaluationPlanned) and planned.partitions_subset is not None:
            whole = AssetCheckEvaluationPlanned(
                asset_key=planned.asset_key, check_name=planned.check_name, partitions_subset=None
            )
            event = event._replace(dagster_event=dagster_event._replace(event_specific_data=whole))
        super()._store_asset_check_evaluation_planned(event, event_id)
