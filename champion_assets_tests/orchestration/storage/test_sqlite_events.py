"""The batched event log against Dagster's own: the same answers to the same questions, pinned to this version of
Dagster."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterEventType
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

import champion_assets
from champion_assets.orchestration.storage import sqlite_events
from champion_assets.orchestration.storage.sqlite_events import (
    OPEN_RUN_SHARDS,
    BatchedSqliteEventLogStorage,
    SqliteEventLogStorage,
)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        SqliteEventLogStorage, "_connect", sqlite_events._shipped_connect
    )  # the definitions may have been imported
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "")
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE")


GRID = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-03-01")


@dg.asset(
    partitions_def=GRID,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("good", asset="first")],
)
def first(context: dg.AssetExecutionContext) -> Iterator[Any]:
    for key in context.partition_keys:
        context.add_asset_metadata({"day": key}, partition_key=key)
    yield dg.AssetCheckResult(passed=True, check_name="good")
    yield dg.MaterializeResult(tags={"colour": "red"})


@dg.asset(partitions_def=GRID, backfill_policy=dg.BackfillPolicy.single_run(), deps=[first])
def second(context: dg.AssetExecutionContext) -> None:
    if "2024-02-10" in context.partition_keys:
        raise dg.Failure("no", allow_retries=False)


def _instance(folder: Path, storage: str) -> dg.DagsterInstance:
    folder.mkdir(parents=True)
    os.environ["DAGSTER_HOME"] = str(folder)
    if storage == "batched":
        text = (Path(champion_assets.__file__).parent / "orchestration/instance.yaml").read_text()
        (folder / "dagster.yaml").write_text(text)
    return dg.DagsterInstance.from_config(str(folder))


def _run(instance: dg.DagsterInstance, start: str, end: str) -> None:
    tags = {"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end}
    dg.materialize([first, second], instance=instance, tags=tags, raise_on_error=False)


def _planned_partitions(entry: dg.EventLogEntry) -> list[str | None]:
    """The partitions that a planned event announces, itself or as a subset."""
    data = entry.get_dagster_event().asset_materialization_planned_data
    return [data.partition] if data.partitions_subset is None else list(data.partitions_subset.get_partition_keys())


def _answers(instance: dg.DagsterInstance) -> dict[str, Any]:
    keys = [dg.AssetKey("first"), dg.AssetKey("second")]
    check = dg.AssetCheckKey(keys[0], "good")
    found: dict[str, Any] = {}
    storage = instance.event_log_storage
    runs = [record.dagster_run.run_id for record in instance.get_run_records(ascending=True)]
    for key in keys:
        name = key.to_user_string()
        records = instance.fetch_materializations(key, limit=500).records
        found[f"{name} partitions"] = sorted(instance.get_materialized_partitions(key))
        found[f"{name} metadata"] = sorted(
            (record.partition_key, str(record.asset_materialization.metadata)) for record in records
        )  # type: ignore[type-var,union-attr]
        planned = instance.event_log_storage.get_event_records(
            dg.EventRecordsFilter(DagsterEventType.ASSET_MATERIALIZATION_PLANNED, asset_key=key)
        )
        found[f"{name} planned"] = sorted(
            partition for each in planned for partition in _planned_partitions(each.event_log_entry)
        )
        latest = instance.get_latest_materialization_event(key)
        found[f"{name} latest"] = (
            latest.asset_materialization.partition if latest and latest.asset_materialization else None
        )
        found[f"{name} storage ids rise"] = [r.storage_id for r in records] == sorted(
            (r.storage_id for r in records), reverse=True
        )
        failed = storage.get_latest_asset_partition_materialization_attempts_without_materializations(key)
        found[f"{name} failed"] = sorted((partition, runs.index(run)) for partition, (run, _) in failed.items())
        statuses = get_and_update_asset_status_cache_value(instance, key, GRID)
        found[f"{name} statuses"] = statuses and [
            sorted(subset.get_partition_keys())
            for subset in (
                statuses.deserialize_materialized_partition_subsets(GRID),
                statuses.deserialize_failed_partition_subsets(GRID),
                statuses.deserialize_in_progress_partition_subsets(GRID),
            )
        ]
        for partition in (None, "2024-01-04", "2024-01-05", "2024-01-16", "2024-02-10"):
            info = instance.event_log_storage.get_latest_planned_materialization_info(key, partition)
            found[f"{name} planned last, {partition}"] = info and runs.index(info.run_id)
        for run in runs:
            of_run = [each for each in planned if each.run_id == run]
            later = storage.get_latest_asset_partition_materialization_attempts_without_materializations(
                key, after_storage_id=max((each.storage_id for each in of_run), default=None)
            )
            found[f"{name} failed after run {runs.index(run)}"] = sorted(later)
    tags = instance.event_log_storage.get_event_tags_for_asset(keys[0])
    found["tags"] = (len(tags), sorted({name for each in tags for name in each}))  # their values are hashes of run ids
    executions = instance.event_log_storage.get_asset_check_execution_history(check, limit=500)
    found["check"] = [(str(each.status), each.partition) for each in executions if each.status.value != "PLANNED"]
    found["assets"] = sorted(key.to_user_string() for key in instance.all_asset_keys())
    found["runs"] = sorted(str(run.status) for run in instance.get_runs())
    by_type: dict[str, int] = {}
    for run in instance.get_runs():
        for entry in instance.all_logs(run.run_id):
            kind = entry.dagster_event.event_type_value if entry.dagster_event else "log"
            days = _planned_partitions(entry) if kind == "ASSET_MATERIALIZATION_PLANNED" else [None]
            by_type[kind] = by_type.get(kind, 0) + len(days)
    found["events of the runs"] = by_type
    return found


def test_the_same_questions_get_the_same_answers_as_from_dagsters_own_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
    answers = {}
    for storage in ("shipped", "batched"):
        with _instance(tmp_path / storage, storage) as instance:
            assert isinstance(instance.event_log_storage, BatchedSqliteEventLogStorage) == (storage == "batched")
            _run(instance, "2024-01-05", "2024-01-20")
            _run(instance, "2024-01-15", "2024-01-31")
            _run(instance, "2024-02-05", "2024-02-15")
            answers[storage] = _answers(instance)
            _run(instance, "2024-02-11", "2024-02-12")
            _run(instance, "2024-02-10", "2024-02-10")
            answers[storage] |= {f"{name}, later": answer for name, answer in _answers(instance).items()}
            instance.wipe_assets([dg.AssetKey("second")])
            answers[storage] |= {f"{name}, wiped": answer for name, answer in _answers(instance).items()}
        monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
    for question, answer in answers["shipped"].items():
        assert answers["batched"][question] == answer, question
    assert len(answers["shipped"]["first partitions"]) == 38
    assert len(answers["shipped"]["second failed"]) == len(answers["shipped"]["second statuses"][1]) == 11
    assert len(answers["shipped"]["second failed, later"]) == 9
    assert answers["shipped"]["second failed, wiped"] == []


def test_batches_are_on_by_default_and_respect_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
    with _instance(tmp_path / "a", "batched"):
        assert os.environ["DAGSTER_EVENT_BATCH_SIZE"] == "500"
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "7")
    with _instance(tmp_path / "b", "batched"):
        assert os.environ["DAGSTER_EVENT_BATCH_SIZE"] == "7"


def test_another_process_sees_what_was_written_and_few_files_stay_open(tmp_path: Path) -> None:
    with _instance(tmp_path / "a", "batched") as instance:
        for day in range(1, OPEN_RUN_SHARDS + 5):
            _run(instance, f"2024-01-{day:02d}", f"2024-01-{day:02d}")
        storage = instance.event_log_storage
        assert isinstance(storage, BatchedSqliteEventLogStorage)
        assert len(storage._engines) <= OPEN_RUN_SHARDS + 1
        program = (
            "import sys, dagster as dg\n"
            "with dg.DagsterInstance.from_config(sys.argv[1]) as instance:\n"
            "    print(len(instance.get_materialized_partitions(dg.AssetKey('first'))))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "a")], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == str(OPEN_RUN_SHARDS + 4)


def test_two_processes_writing_at_once_lose_nothing(tmp_path: Path) -> None:
    with _instance(tmp_path / "a", "batched") as instance:
        program = (
            "import sys, dagster as dg\n"
            "from champion_assets_tests.orchestration.storage.test_sqlite_events import _run\n"
            "with dg.DagsterInstance.from_config(sys.argv[1]) as instance:\n"
            "    for day in range(int(sys.argv[2]), int(sys.argv[2]) + 6):\n"
            "        _run(instance, f'2024-01-{day:02d}', f'2024-01-{day + 2:02d}')\n"
        )
        workers = [
            subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "a"), start], stderr=subprocess.PIPE
            )
            for start in ("1", "15")
        ]
        for worker in workers:
            _, errors = worker.communicate(timeout=300)
            assert worker.returncode == 0, errors.decode()[-2000:]
        records = instance.fetch_materializations(dg.AssetKey("first"), limit=1000).records
        assert len(records) == 2 * 6 * 3
        assert len({record.storage_id for record in records}) == 36


def test_a_log_that_dagster_has_opened_becomes_the_batched_one_over_the_same_files(tmp_path: Path) -> None:
    with _instance(tmp_path / "a", "shipped") as instance:
        _run(instance, "2024-01-05", "2024-01-06")
        assert type(instance.event_log_storage) is SqliteEventLogStorage
        told: list[str] = []
        sqlite_events.adopt(lambda: told.append("once"))
        _run(instance, "2024-01-07", "2024-01-09")
        assert type(instance.event_log_storage) is BatchedSqliteEventLogStorage
        assert told == ["once"]
        assert os.environ["DAGSTER_EVENT_BATCH_SIZE"] == "500"
        assert len(instance.get_materialized_partitions(dg.AssetKey("first"))) == 5
    with dg.DagsterInstance.from_config(str(tmp_path / "a")) as again:
        assert len(again.get_materialized_partitions(dg.AssetKey("first"))) == 5


def test_without_a_home_the_log_lies_in_the_folder_of_its_instance(tmp_path: Path) -> None:
    configuration = tmp_path / "configuration"
    configuration.mkdir()
    (configuration / "dagster.yaml").write_text(
        (Path(champion_assets.__file__).parent / "orchestration/instance.yaml").read_text()
    )
    ref = dg.DagsterInstance.from_ref  # as `dagster dev` makes its temporary instance
    from dagster._core.instance.ref import InstanceRef

    (tmp_path / "temporary").mkdir()
    with ref(InstanceRef.from_dir(str(tmp_path / "temporary"), config_dir=str(configuration))) as instance:
        assert type(instance.event_log_storage) is BatchedSqliteEventLogStorage
        _run(instance, "2024-01-05", "2024-01-06")
    assert (tmp_path / "temporary/history/runs/index.db").exists()
    assert {path.name for path in configuration.iterdir()} == {"dagster.yaml"}


def test_the_pinned_version_is_installed() -> None:
    assert dg.__version__ == "1.13.27"
