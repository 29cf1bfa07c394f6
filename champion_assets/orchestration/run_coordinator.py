"""Dagster's run queue, looked at often enough that a backfill from the web page does not wait for its next look.

What belongs here: how long Dagster's daemon sleeps between two looks. What does not: how a backfill is cut
into runs (`asset_factory.py`).

The daemon looks at backfills every 30 seconds, a constant of Dagster. A backfill of everything needs three looks
(start, the tables of the whole history after the daily ones, the end), so small ones spend most of their time waiting.
A look costs some milliseconds.
"""

from __future__ import annotations

from typing import Any, Self

import dagster as dg
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster._serdes import ConfigurableClassData

from champion_assets.orchestration.storage.event_log import is_known_version


class PromptRunCoordinator(QueuedRunCoordinator):
    """`QueuedRunCoordinator` whose daemon looks at backfills every few seconds.

    Config: that of `QueuedRunCoordinator`, and
        backfill_interval_seconds: time between two looks at the backfills that are under way. On a version of Dagster
        that was not
            tried it stays at Dagster's own.
    """

    def __init__(
        self, backfill_interval_seconds: int = 2, inst_data: ConfigurableClassData | None = None, **shipped: Any
    ) -> None:
        """The daemon makes one before its loops begin."""
        if is_known_version():
            from dagster._daemon import controller

            controller.DEFAULT_DAEMON_INTERVAL_SECONDS = backfill_interval_seconds
        super().__init__(inst_data=inst_data, **shipped)

    @classmethod
    def config_type(cls) -> Any:
        """The shipped fields and `backfill_interval_seconds`."""
        shipped: Any = super().config_type()
        return {**shipped, "backfill_interval_seconds": dg.Field(dg.IntSource, default_value=2)}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Dagster's constructor."""
        return cls(inst_data=inst_data, **config_value)
