"""What the page shows of assets: where columns come from, where the module lies, edges that can be read."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from champion_assets.catalog import TABLES
from champion_assets.definitions import defs
from champion_assets.orchestration.asset_description import code_reference, column_lineage
from champion_assets.orchestration.asset_factory import ARCHIVE_POOL, daily_asset


def test_columns_come_from_declared_inputs_of_the_same_name_and_nothing_else_is_claimed() -> None:
    found = column_lineage(
        TABLES["features/returns"], ["silver/equity_eod", "silver/corporate_actions", "features/returns"]
    )
    assert found is not None
    tables = {dep.asset_key.to_user_string() for dep in found.deps_by_column["instrument_id"]}
    assert tables == {"silver/equity_eod", "silver/corporate_actions"}
    assert all(dep.column_name == "instrument_id" for dep in found.deps_by_column["instrument_id"])
    assert "simple_return" not in found.deps_by_column
    assert column_lineage(TABLES["raw/bhavcopy"], []) is None


def test_the_gate_of_a_table_is_no_source_of_its_columns() -> None:
    (spec,) = [spec for spec in defs.resolve_all_asset_specs() if spec.key == dg.AssetKey(["features", "returns"])]
    lineage = spec.metadata["dagster/column_lineage"]
    assert {dep.asset_key.to_user_string() for deps in lineage.deps_by_column.values() for dep in deps} == {
        "silver/equity_eod", "silver/corporate_actions", "silver/doubts",
    }  # fmt: skip


def test_an_installed_package_shows_no_path_of_its_machine(tmp_path: Path) -> None:
    module = "champion_assets/silver/equity_eod.py"
    assert code_reference(module, tmp_path, None) is None
    at_home = code_reference(module, tmp_path, "https://example.org/champion/blob/main/")
    assert isinstance(at_home, dg.UrlCodeReference)
    assert at_home.url == "https://example.org/champion/blob/main/champion_assets/silver/equity_eod.py"
    (tmp_path / "champion_assets/silver").mkdir(parents=True)
    (tmp_path / module).touch()
    (tmp_path / "pyproject.toml").touch()
    local = code_reference(module, tmp_path, None)
    assert isinstance(local, dg.LocalFileCodeReference)
    assert local.file_path == str(tmp_path / module)


def test_tables_of_a_server_share_a_pool_and_those_of_a_folder_need_none(environment) -> None:  # type: ignore[no-untyped-def]
    assert daily_asset(TABLES["raw/bhavcopy"]).op.pool is None
    environment("CHAMPION_SOURCE", "https://archive.example.org")
    assert daily_asset(TABLES["raw/bhavcopy"]).op.pool == ARCHIVE_POOL
    assert daily_asset(TABLES["bronze/bhavcopy"]).op.pool is None


def test_a_warehouse_runs_last_though_few_edges_lead_to_it(environment) -> None:  # type: ignore[no-untyped-def]
    names = ["warehouse/duckdb", "silver/index_eod", "raw/index_close", "bronze/index_close"]
    job = defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={dg.AssetKey(name.split("/")) for name in names}
    )
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, partition_key="2023-11-09", raise_on_error=False)
    started = [event.step_key for event in result.all_events if event.is_step_start]
    assert started.index("warehouse__duckdb") > max(started.index(name.replace("/", "__")) for name in names[1:])
