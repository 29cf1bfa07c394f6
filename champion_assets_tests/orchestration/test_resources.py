"""Lake, source, DuckDB, ClickHouse and MLflow as resources: seen without secrets, replaced by a test or at launch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import duckdb
import pytest
from dagster_duckdb import DuckDBResource

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.clients.duckdb import connect
from champion_assets.common.errors import ConfigurationError
from champion_assets.definitions import defs
from champion_assets.lake.store import Lake
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.orchestration.asset_factory import daily_asset
from champion_assets.orchestration.resources import (
    LakeResource,
    MlflowResource,
    SourceResource,
    default_resources,
    keys_for,
    resources_of,
    settings_of_run,
)  # fmt: skip
from champion_assets.settings import Settings, get_settings
from champion_assets_tests.helpers import ORDER, build_until

Put = Callable[[str, str], None]
DAY = "2023-11-09"


def job(*names: str) -> dg.JobDefinition:
    return defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={dg.AssetKey(name.split("/")) for name in names}
    )


def test_the_definitions_have_them_and_each_asset_asks_for_its_own() -> None:
    assert set(defs.resources or {}) == {"lake", "source", "duckdb", "clickhouse", "mlflow"}
    assert keys_for(TABLES["raw/bhavcopy"]) == {"lake", "source"}
    assert keys_for(TABLES["silver/equity_eod"]) == {"lake"}
    assert keys_for(TABLES["warehouse/duckdb"]) == {"lake", "duckdb"}
    assert keys_for(TABLES["warehouse/clickhouse"]) == {"lake", "clickhouse"}


def test_nothing_secret_is_shown(settings: Settings) -> None:
    secret = settings.model_copy(
        update={"mlflow_tracking_uri": "https://me:hush@mlflow.example", "source": "https://key@example.org/nse"}
    )
    shown = {name: str(resource) for name, resource in resources_of(secret).items()}
    assert "hush" not in str(shown)
    assert "key@" not in str(shown)
    assert "https://***@mlflow.example" in shown["mlflow"]
    assert "password" not in str(
        resources_of(settings)["clickhouse"].__class__.to_config_schema().as_field().config_type.fields
    )


def test_a_launch_cannot_change_an_address_that_it_knows_in_part_only(environment: Put) -> None:
    changed = SimpleNamespace(mlflow=MlflowResource(tracking_uri="https://***@elsewhere.example", experiment="x"))
    with pytest.raises(ConfigurationError, match=r"mlflow_tracking_uri: .* change the setting instead"):
        settings_of_run(changed)
    changed = SimpleNamespace(mlflow=MlflowResource(tracking_uri="https://me:hush@elsewhere.example", experiment="x"))
    assert settings_of_run(changed).mlflow_tracking_uri == "https://***@elsewhere.example"


def test_a_test_replaces_lake_and_source(environment: Put, exchange: Exchange, tmp_path: Path) -> None:
    environment("CHAMPION_SOURCE", str(tmp_path / "nowhere"))
    resources = {
        "lake": LakeResource(root=str(tmp_path / "other")),
        "source": SourceResource(address=str(exchange.folder)),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize(
            [daily_asset(TABLES["raw/bhavcopy"])], partition_key=DAY, resources=resources, instance=instance
        ).success
    assert Lake(str(tmp_path / "other")).dates("raw/bhavcopy") == [dt.date(2023, 11, 9)]
    assert open_workspace(get_settings()).lake.dates("raw/bhavcopy") == []


def test_a_launch_replaces_the_lake(environment: Put, tmp_path: Path) -> None:
    config = {"resources": {"lake": {"config": {"root": str(tmp_path / "launched")}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        assert job("raw/bhavcopy").execute_in_process(instance=instance, partition_key=DAY, run_config=config).success
    assert Lake(str(tmp_path / "launched")).dates("raw/bhavcopy") == [dt.date(2023, 11, 9)]
    assert open_workspace(get_settings()).lake.dates("raw/bhavcopy") == []


def test_what_nobody_replaced_follows_the_environment_of_the_run(environment: Put, exchange: Exchange) -> None:
    assert default_resources()["source"].address != str(exchange.folder)  # type: ignore[attr-defined]
    with dg.DagsterInstance.ephemeral() as instance:
        assert job("raw/bhavcopy").execute_in_process(instance=instance, partition_key=DAY).success
    assert open_workspace(get_settings()).lake.dates("raw/bhavcopy") == [dt.date(2023, 11, 9)]


def test_the_duckdb_file_is_opened_by_the_resource(
    environment: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_until(
        open_workspace(get_settings()),
        ORDER[ORDER.index("warehouse/duckdb") - 1],
        dt.date(2023, 11, 1),
        dt.date(2023, 11, 9),
    )
    opened: list[tuple[str, dict[str, object]]] = []
    original = DuckDBResource.get_connection

    def seen(self: DuckDBResource) -> object:
        opened.append((Path(self.database).name, dict(self.connection_config)))
        return original(self)

    monkeypatch.setattr(DuckDBResource, "get_connection", seen)
    file = tmp_path / "elsewhere" / "prices.duckdb"
    config = {"resources": {"duckdb": {"config": {"database": str(file), "connection_config": {"threads": 1}}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(2):
            assert (
                job("warehouse/duckdb")
                .execute_in_process(instance=instance, partition_key=DAY, run_config=config)
                .success
            )
    assert opened == [("prices.loading", {"threads": 1}), ("prices.duckdb", {"threads": 1, "access_mode": "READ_ONLY"})]
    assert not get_settings().duckdb_path.exists()
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM silver.equity_eod").fetchone() > (0,)


def test_outside_dagster_the_file_is_opened_by_duckdb(tmp_path: Path) -> None:
    with connect(tmp_path / "a.duckdb") as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    with (
        connect(tmp_path / "a.duckdb", read_only=True) as connection,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        connection.execute("DROP TABLE t")
