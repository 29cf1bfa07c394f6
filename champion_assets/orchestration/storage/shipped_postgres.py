"""Dagster's Postgres event log as shipped, with the configuration of the fast one.

Used on versions that the fast one does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.storage.config import pg_config
from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config


class ShippedPostgresEventLog(PostgresEventLogStorage):
    """`PostgresEventLogStorage` that accepts, and ignores, the field `batch_size`."""

    @classmethod
    def config_type(cls) -> Any:
        """The shipped fields and `batch_size`."""
        shipped: Any = pg_config()
        return {**shipped, "batch_size": dg.Field(dg.IntSource, default_value=500)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> ShippedPostgresEventLog:
        """Dagster's constructor."""
        return cls(pg_url_from_config(config_value), config_value.get("should_autocreate_tables", True), inst_data)
