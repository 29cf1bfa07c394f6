"""Where a run reads and writes, as Dagster's resources: lake, source, DuckDB, ClickHouse, MLflow.

What belongs here: that they are seen on the page, and can be replaced by a test or at launch. What does not: the
clients themselves (`lake/`, `nse/source/`, `clients/`), which know no Dagster, and secrets: passwords and keys stay in
the settings and are never shown.

The values come from the settings. A resource whose value differs from the one that the code location was loaded with
replaces the setting for that run; every other setting of the run is what the environment says when the run begins.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource
from pydantic import Field

from champion_assets.clients.duckdb import opening_by
from champion_assets.common.address import HIDDEN, Address
from champion_assets.common.errors import ConfigurationError
from champion_assets.lake.table import DailyTable
from champion_assets.settings import Settings, get_settings


class LakeResource(dg.ConfigurableResource[None]):
    """The lake of tables and original files."""

    root: str = Field(
        description="Folder or s3:// address. Setting: CHAMPION_LAKE, else the folder `lake` in DATA_DIR."
    )


class SourceResource(dg.ConfigurableResource[None]):
    """Where the exchange's files come from."""

    address: str = Field(description="Folder, s3:// prefix, or address of an archive server. Setting: CHAMPION_SOURCE.")


class ClickHouseResource(dg.ConfigurableResource[None]):
    """The ClickHouse server of warehouse/clickhouse. The password is read from CLICKHOUSE_PASSWORD and not shown."""

    host: str = Field(description="Setting: CLICKHOUSE_HOST.")
    port: int = Field(description="Native protocol. Setting: CLICKHOUSE_PORT.")
    user: str = Field(description="Setting: CLICKHOUSE_USER.")
    database: str = Field(description="Setting: CLICKHOUSE_DATABASE.")
    secure: bool = Field(description="TLS. Setting: CLICKHOUSE_SECURE.")


class MlflowResource(dg.ConfigurableResource[None]):
    """Where runs and experiments are tracked."""

    tracking_uri: str = Field(description="Empty: a store in DATA_DIR. Setting: MLFLOW_TRACKING_URI.")
    experiment: str = Field(description="Experiment of the pipeline's runs. Setting: MLFLOW_EXPERIMENT.")


_SETTING_OF: Mapping[tuple[str, str], str] = {
    ("lake", "root"): "lake",
    ("source", "address"): "source",
    ("duckdb", "database"): "duckdb",
    ("clickhouse", "host"): "clickhouse_host",
    ("clickhouse", "port"): "clickhouse_port",
    ("clickhouse", "user"): "clickhouse_user",
    ("clickhouse", "database"): "clickhouse_database",
    ("clickhouse", "secure"): "clickhouse_secure",
    ("mlflow", "tracking_uri"): "mlflow_tracking_uri",
    ("mlflow", "experiment"): "mlflow_experiment",
}
_ADDRESSES = frozenset({"lake", "source", "clickhouse_host", "mlflow_tracking_uri"})


def resources_of(settings: Settings) -> dict[str, dg.ConfigurableResource[Any]]:
    """The resources that the settings describe, by key."""
    return {
        "lake": LakeResource(root=Address(settings.lake_root)),
        "source": SourceResource(address=Address(settings.source)),
        "duckdb": DuckDBResource(database=str(settings.duckdb_path)),
        "clickhouse": ClickHouseResource(
            host=settings.clickhouse_host,
            port=settings.clickhouse_port,
            user=settings.clickhouse_user,
            database=settings.clickhouse_database,
            secure=settings.clickhouse_secure,
        ),
        "mlflow": MlflowResource(
            tracking_uri=Address(settings.mlflow_tracking_uri or ""), experiment=settings.mlflow_experiment
        ),
    }


@lru_cache(maxsize=1)
def default_resources() -> dict[str, dg.ConfigurableResource[Any]]:
    """The resources of this code location, from the settings with which it was loaded."""
    return resources_of(get_settings())


def keys_for(table: DailyTable) -> set[str]:
    """The resources that a daily table's asset needs."""
    outside = {"raw": {"source"}, "warehouse": {table.name.split("/", 1)[1]}}
    return {"lake"} | outside.get(table.group, set())


def settings_of_run(resources: Any) -> Settings:
    """The settings of a run with what its resources replace.

    Args:
        resources: `context.resources`; keys that it does not have replace nothing.

    Raises:
        ConfigurationError: a launch changed an address of which it knows only what is shown.
    """
    loaded = default_resources()
    replaced = {
        setting: getattr(resource, field)
        for (key, field), setting in _SETTING_OF.items()
        if (resource := getattr(resources, key, None)) is not None
        and getattr(resource, field) != getattr(loaded[key], field)
    }
    for setting in replaced.keys() & _ADDRESSES:
        if HIDDEN in replaced[setting]:
            raise ConfigurationError(
                f"{setting}: {HIDDEN} is a placeholder for hidden text; change the setting instead"
            )
        replaced[setting] = Address(replaced[setting])
    return get_settings().model_copy(
        update=replaced | ({"duckdb": Path(replaced["duckdb"])} if "duckdb" in replaced else {})
    )


def opened_by(resources: Any) -> AbstractContextManager[None]:
    """Inside the `with` block the DuckDB file is opened by the run's DuckDB resource, if it has one."""
    resource = getattr(resources, "duckdb", None)
    return (
        nullcontext()
        if resource is None
        else opening_by(lambda path, read_only: _connection(resource, path, read_only=read_only))
    )


@contextmanager
def _connection(resource: DuckDBResource, path: Path, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of the resource to another file: a load works on a copy of the one that it replaces."""
    access = {"access_mode": "READ_ONLY"} if read_only else {}
    there = DuckDBResource(database=os.fspath(path), connection_config={**resource.connection_config, **access})
    with there.get_connection() as connection:
        try:
            yield connection
        finally:
            connection.close()  # the resource closes it only if nothing was raised
