"""Dagster's SQLite event log as shipped, with one difference.

Without a `base_dir` it lies in the folder of its instance.

What belongs here: configuration and where the files lie. `sqlite_events.py` adds the speed. Without the difference
`dagster dev` in a fresh checkout, which puts its instance into a temporary folder and reads this folder's
`dagster.yaml`, could not say where the log is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData

from champion_assets.orchestration.storage.event_bodies import read_packed_bodies

read_packed_bodies()


class ShippedSqliteEventLog(SqliteEventLogStorage):
    """`SqliteEventLogStorage` in `base_dir`, or in `history/runs` of the instance that registers it.

    Config:
        base_dir: folder of the database files.
        batch_size, planned_events_as_subset, pack_events: see `BatchedSqliteEventLogStorage`; this class ignores them,
        but it reads what that one packed.
    """

    _is_open = True  # of an object that Dagster opened and that became one of this class

    def __init__(self, base_dir: str | None = None, inst_data: ConfigurableClassData | None = None) -> None:
        """Open the log in `base_dir`; without one it is opened by `register_instance`."""
        self._inst_data = inst_data
        self._is_open = base_dir is not None
        if base_dir is not None:
            super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> Any:
        """The fields of the class docstring."""
        return {
            "base_dir": dg.Field(dg.StringSource, is_required=False),
            "batch_size": dg.Field(dg.IntSource, default_value=500),
            "planned_events_as_subset": dg.Field(bool, default_value=True),
            "pack_events": dg.Field(bool, default_value=True),
        }

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Dagster's constructor."""
        return cls(config_value.get("base_dir"), inst_data)

    def register_instance(self, instance: dg.DagsterInstance) -> None:
        """Dagster's: called once, before the log is used."""
        if not self._is_open:
            self._is_open = True
            SqliteEventLogStorage.__init__(
                self, str(Path(instance.root_directory) / "history" / "runs"), self._inst_data
            )
        super().register_instance(instance)
