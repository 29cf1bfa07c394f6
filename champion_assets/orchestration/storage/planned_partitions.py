"""One planned event for each asset of a run, and the answers that Dagster gives from one for each partition.

What belongs here: a mixin for Dagster's event log storages. Dagster announces each day and asset of a range run by an
event of its own, twice stored on SQLite, or, where a log says that it can, all days of an asset by one. But with that
one its own logs no longer know which days of a failed run are missing. Here they are found in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as db
from dagster import AssetKey, DagsterEventType, EventLogEntry
from dagster._core.events import AssetMaterializationPlannedData
from dagster._core.storage.event_log.base import PlannedMaterializationInfo
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._serdes import deserialize_value


class PlannedPartitions(SqlEventLogStorage):
    """Put it before the storage class, as `planned_checks.OnePlannedRow`."""

    _planned_as_subset = False

    @property
    def supports_partition_subset_in_asset_materialization_planned_events(self) -> bool:
        """True where this log announces all days of an asset at once."""
        return self._planned_as_subset or super().supports_partition_subset_in_asset_materialization_planned_events

    def get_latest_asset_partition_materialization_attempts_without_materializations(
        self, asset_key: AssetKey, after_storage_id: int | None = None
    ) -> Mapping[str, tuple[str, int]]:
        """The partitions announced and not materialized since, in the newest run that announced them.

        Args:
            asset_key: the asset.
            after_storage_id: only events after this one count.

        Returns:
            run and event that announced it, by partition.
        """
        single = super().get_latest_asset_partition_materialization_attempts_without_materializations(
            asset_key, after_storage_id
        )
        announced: dict[str, tuple[str, int]] = {}
        for run_id, number, keys in self._announced(asset_key, after_storage_id):
            announced |= dict.fromkeys(keys, (run_id, number))
        if not announced:
            return single
        done = self.get_latest_storage_id_by_partition(
            asset_key, DagsterEventType.ASSET_MATERIALIZATION, after_cursor=after_storage_id
        )
        found = dict(single)
        for partition, (run_id, number) in announced.items():
            if number > max(done.get(partition, 0), found.get(partition, ("", 0))[1]):
                found[partition] = (run_id, number)
        return found

    def get_latest_planned_materialization_info(
        self, asset_key: AssetKey, partition: str | None = None
    ) -> PlannedMaterializationInfo | None:
        """The newest event that announced the asset, or this partition of it.

        Args:
            asset_key: the asset.
            partition: its key; without one any.
        """
        found = super().get_latest_planned_materialization_info(asset_key, partition)
        if partition is None:
            return found
        for run_id, number, keys in self._announced(asset_key, found.storage_id if found else None):
            if partition in keys:
                found = PlannedMaterializationInfo(storage_id=number, run_id=run_id)
        return found

    def _event_to_row(self, event: EventLogEntry) -> dict[str, Any]:
        """The row of an event; one that announces a single partition names it, so that no subset has to be read."""
        planned = event.dagster_event.event_specific_data if event.dagster_event else None
        if isinstance(planned, AssetMaterializationPlannedData) and planned.partitions_subset is not None:
            keys = list(itertools.islice(planned.partitions_subset.get_partition_keys(), 2))
            if len(keys) == 1:
                single = AssetMaterializationPlannedData(planned.asset_key, partition=keys[0])
                event = event._replace(dagster_event=event.get_dagster_event()._replace(event_specific_data=single))
        return super()._event_to_row(event)

    def _announced(self, asset_key: AssetKey, after: int | None) -> Iterator[tuple[str, int, frozenset[str]]]:
        """The events that announce several partitions of an asset, the oldest first: run, number and partitions."""
        table = SqlEventLogStorageTable.c
        query = db.select(table.run_id, table.id, table.event).where(
            table.asset_key == asset_key.to_string(),
            table.dagster_event_type == DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value,
            table.partition.is_(None),
        )
        if after is not None:
            query = query.where(table.id > after)
        kept = self._add_assets_wipe_filter_to_query(query, self._get_assets_details([asset_key]), [asset_key])
        with self.index_connection() as connection:
            rows = connection.execute(kept.order_by(table.id)).fetchall()
        for run_id, number, body in rows:
            planned = deserialize_value(body, EventLogEntry).get_dagster_event().event_specific_data
            if isinstance(planned, AssetMaterializationPlannedData) and planned.partitions_subset is not None:
                yield run_id, number, frozenset(planned.partitions_subset.get_partition_keys())
