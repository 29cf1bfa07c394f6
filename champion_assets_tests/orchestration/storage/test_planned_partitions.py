"""What a run announces, counted: one row per asset, one row per check, and few transactions. The answers that come from
them stand beside Dagster's own in test_sqlite_events.py and test_postgres_events.py."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as db
from dagster import DagsterEventType

from champion_assets.orchestration.dagster_home import instance_yaml
from champion_assets.orchestration.storage.sqlite_events import BatchedSqliteEventLogStorage

GRID = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-03-01")
CHECKS = 40


@dg.asset(
    partitions_def=GRID,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec(f"check_{number}", asset="judged") for number in range(CHECKS)],
)
def judged(context: dg.AssetExecutionContext) -> Iterator[Any]:
    for number in range(CHECKS):
        yield dg.AssetCheckResult(passed=True, check_name=f"check_{number}")
    yield dg.MaterializeResult()


JOB = dg.Definitions(assets=[judged], jobs=[dg.define_asset_job("job", [judged])]).resolve_job_def("job")


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "")
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text(instance_yaml())
    with dg.DagsterInstance.from_config(str(tmp_path)) as found:
        yield found


def _announce(instance: dg.DagsterInstance, start: str, end: str) -> dg.DagsterRun:
    tags = {"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end}
    return instance.create_run_for_job(JOB, tags=tags, asset_selection={judged.key})


def _counted(tmp_path: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(tmp_path / "history/runs/index.db") as connection:
        return connection.execute(query).fetchall()


def test_a_run_announces_an_asset_once_and_each_check_once_whatever_its_days(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    _announce(instance, "2024-01-05", "2024-02-20")
    counts = dict(_counted(tmp_path, "SELECT dagster_event_type, count(*) FROM event_logs GROUP BY 1"))
    assert counts == {"ASSET_MATERIALIZATION_PLANNED": 1, "ASSET_CHECK_EVALUATION_PLANNED": CHECKS}
    assert _counted(
        tmp_path, "SELECT execution_status, partition, count(*) FROM asset_check_executions GROUP BY 1, 2"
    ) == [("PLANNED", None, CHECKS)]
    info = instance.event_log_storage.get_latest_planned_materialization_info
    assert info(judged.key, "2024-02-20") is not None
    assert info(judged.key, "2024-02-21") is None


def test_a_run_of_one_day_names_it(instance: dg.DagsterInstance) -> None:
    _announce(instance, "2024-01-05", "2024-01-05")
    (planned,) = instance.event_log_storage.get_event_records(
        dg.EventRecordsFilter(DagsterEventType.ASSET_MATERIALIZATION_PLANNED, asset_key=judged.key)
    )
    assert planned.partition_key == "2024-01-05"


def test_no_check_stays_planned_after_its_run(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    tags = {"dagster/asset_partition_range_start": "2024-01-05", "dagster/asset_partition_range_end": "2024-01-09"}
    assert dg.materialize([judged], instance=instance, tags=tags).success
    assert _counted(tmp_path, "SELECT execution_status, count(*) FROM asset_check_executions GROUP BY 1") == [
        ("SUCCEEDED", CHECKS)
    ]


def test_announcing_takes_as_many_statements_for_forty_checks_as_for_one(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = instance.event_log_storage
    assert isinstance(storage, BatchedSqliteEventLogStorage)
    instance.get_event_records(dg.EventRecordsFilter(DagsterEventType.ASSET_MATERIALIZATION))  # opens the index
    statements: list[str] = []
    made = storage._engine

    def watched(shard: str) -> Any:
        engine = made(shard)
        if not db.event.contains(engine, "before_cursor_execute", heard):
            db.event.listen(engine, "before_cursor_execute", heard)
        return engine

    def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO"):
            statements.append(statement.split()[2])

    monkeypatch.setattr(storage, "_engine", watched)
    _announce(instance, "2024-01-05", "2024-02-20")
    assert sorted(statements) == ["alembic_version", "asset_check_executions", "asset_keys", "event_logs", "event_logs"]
