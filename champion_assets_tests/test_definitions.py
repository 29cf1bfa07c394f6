"""The graph as Dagster sees it: loads fast, without I/O, and holds exactly what it should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dagster as dg

from champion_assets.catalog import HISTORY_TABLES, TABLES, enabled_tables
from champion_assets.checks.registry import RULES
from champion_assets.definitions import defs
from champion_assets.settings import get_settings

NAMES = {*enabled_tables(get_settings()), *(table.name for table in HISTORY_TABLES)}
MAY_READ = {
    "raw": set[str](),
    "bronze": {"raw"},
    "silver": {"bronze", "silver"},
    "checks": {"raw", "bronze", "silver"},
    "features": {"bronze", "silver", "checks", "features"},
    "portfolio": {"silver", "features", "portfolio"},
    "backtest": {"silver", "features", "portfolio", "backtest"},
    "warehouse": {"silver", "features", "portfolio", "backtest", "checks"},
}
"""The stages that a table of each stage may read."""


def test_the_definitions_are_loadable() -> None:
    dg.Definitions.validate_loadable(defs)


def edges() -> dict[str, set[str]]:
    """Each asset with what it depends on, as Dagster has it."""
    graph = defs.resolve_asset_graph()
    return {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }


def test_the_graph_is_what_the_tables_declare() -> None:
    """Of a warehouse's many inputs only those that no other one rests on are edges; the next test is about them."""
    found = edges()
    assert set(found) == NAMES
    for name, table in TABLES.items():
        if name in found and table.group != "warehouse":
            assert found[name] == {wanted.table for wanted in table.inputs(get_settings())} - {name}, name
    for history in HISTORY_TABLES:
        assert found[history.name] == set(history.inputs)


def test_a_warehouse_comes_after_all_that_it_holds() -> None:
    found = edges()

    def before(name: str) -> set[str]:
        return found[name].union(*(before(parent) for parent in found[name]))

    assert {table.name for table in TABLES.values() if table.in_warehouse} <= before("warehouse/duckdb")
    last = {
        "backtest/daily",
        "backtest/executions",
        "backtest/attribution",
        "backtest/tax",
        "portfolio/audit",
        "portfolio/target_weights",
        "checks/index_replication",
        "silver/board_meetings",
        "features/factor_returns",
        "features/characteristics",
    }
    assert found["warehouse/duckdb"] == last


def test_no_stage_is_skipped() -> None:
    for name, parents in edges().items():
        stages = {parent.split("/")[0] for parent in parents}
        assert stages <= MAY_READ[name.split("/")[0]], name


def test_every_asset_says_what_it_is() -> None:
    for spec in defs.resolve_all_asset_specs():
        name = spec.key.to_user_string()
        assert spec.description, name
        assert spec.owners, name
        assert {"domain", "tier"} <= set(spec.tags), name
        assert spec.code_version, name
        assert spec.kinds, name
        assert spec.group_name == name.split("/")[0]
        assert spec.metadata["dagster/table_name"] == name.replace("/", ".")
        assert len(spec.metadata["dagster/column_schema"].columns) > 2
        assert all(column.description for column in spec.metadata["dagster/column_schema"].columns), name


def test_every_asset_has_its_schema_check_and_the_rules_that_judge_it() -> None:
    graph = defs.resolve_asset_graph()
    assert {f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys} == {
        f"{name}:schema" for name in NAMES
    } | {f"{rule.asset}:{rule.name}" for rule in RULES} | {
        f"{name}:fresh" for name in NAMES if name != "backtest/tear_sheet"
    } | {"checks/index_replication:residual"}


def test_one_name_everywhere() -> None:
    import importlib

    for name, table in TABLES.items():
        module = importlib.import_module(f"champion_assets.{name.replace('/', '.')}")
        assert module.NAME == name == table.name
        assert (Path(__file__).parent / name.rsplit("/", 1)[0] / f"test_{name.rsplit('/', 1)[1]}.py").is_file(), name


def test_jobs_schedules_and_sensors() -> None:
    repository = defs.get_repository_def()
    assert sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__")) == [
        "experiment",
        "nse_daily",
    ]
    assert {each.name: each.cron_schedule for each in repository.schedule_defs} == {
        "nse_daily_schedule": ["30 12 * * 1-5", "30 12 * * 6,0"],
        "catch_up_schedule": "0 1 * * 0",
    }
    assert {each.name for each in repository.sensor_defs} == {
        "publication_sensor",
        "republish_sensor",
        "drop_folder_sensor",
        "closed_days_sensor",
        "freshness_sensor",
        "failure_sensor",
        "tracking_sensor",
        "attention_sensor",
    }
    assert {each.default_status for each in repository.sensor_defs} == {dg.DefaultSensorStatus.STOPPED}


def test_no_asset_is_called_fresh_by_the_time_of_its_last_run() -> None:
    assert [spec.key for spec in defs.resolve_all_asset_specs() if spec.freshness_policy is not None] == []


def test_import_is_fast_and_touches_nothing(tmp_path) -> None:  # type: ignore[no-untyped-def]
    program = (
        "import time; t = time.perf_counter(); import champion_assets.definitions, sys;"
        "print(time.perf_counter() - t, "
        "*[m for m in ('matplotlib', 'plotly', 'mlflow', 'scipy', 'daqp', 'structlog', 'sqlalchemy', "
        "'alembic', 'fastapi', 'hypothesis')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    seconds, *heavy = done.stdout.split()
    assert heavy == []
    assert float(seconds) < 30  # a guard against I/O at import only; the benchmark measures it
    assert not list(tmp_path.iterdir())


def test_pure_packages_import_no_dagster() -> None:
    program = (
        "import importlib, pkgutil, sys, champion_assets.nse as n, champion_assets.quant as q\n"
        "for p in (n, q):\n"
        "    for m in pkgutil.walk_packages(p.__path__, p.__name__ + '.'): importlib.import_module(m.name)\n"
        "print('dagster' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )
