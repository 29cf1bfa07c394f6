"""Runs of a backfill that come before their inputs: they wait, give their slot back, and are told from runs that
fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.retries import auto_reexecution_should_retry_run
from dagster._core.storage.dagster_run import DagsterRunStatus

from champion_assets.definitions import defs
from champion_assets.orchestration import waiting
from champion_assets.orchestration.reporting_sensors import failure_sensor
from champion_assets.orchestration.waiting import WAITING_TAG, earlier_run_goes_on, is_waiting

Put = Callable[[str, str], None]
BACKFILL = {"dagster/backfill": "one"}


@pytest.fixture
def instance(tmp_path: Path, environment: Put) -> Iterator[dg.DagsterInstance]:
    """An instance with run retries."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("run_retries: {enabled: true}\n")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def _job(*names: str) -> dg.JobDefinition:
    return defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={dg.AssetKey(name.split("/")) for name in names}
    )


def run(instance: dg.DagsterInstance, name: str, day: str, **tags: str) -> dg.ExecuteInProcessResult:
    return _job(name).execute_in_process(
        instance=instance, partition_key=day, tags={**BACKFILL, **tags}, raise_on_error=False
    )


def until(condition: Callable[[], Any]) -> None:
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.1)


def test_a_run_waits_for_the_earlier_runs_that_build_its_inputs(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOKS", 100)
    day = "2023-11-09"
    earlier = instance.create_run_for_job(job_def=_job("raw/bhavcopy"), tags=BACKFILL)
    later: list[dg.ExecuteInProcessResult] = []
    thread = threading.Thread(target=lambda: later.append(run(instance, "bronze/bhavcopy", day)))
    thread.start()

    def waits() -> bool:
        started = instance.get_run_records(dg.RunsFilter(statuses=[DagsterRunStatus.STARTED]))
        return any(entry.dagster_event is not None and entry.dagster_event.is_step_up_for_retry
                   for record in started for entry in instance.all_logs(record.dagster_run.run_id))  # fmt: skip

    until(waits)
    assert run(instance, "raw/bhavcopy", day).success
    thread.join(60)
    assert later[0].success
    instance.report_run_failed(
        earlier
    )  # nothing is left to wait for: the next run fails at once, and says what it lacks
    failed = run(instance, "bronze/bhavcopy", "2023-11-10")
    assert not failed.success
    assert not [event for event in failed.all_events if event.is_step_up_for_retry]


def test_a_run_that_waited_long_enough_gives_its_slot_back_and_is_started_again(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOKS", 1)
    earlier = instance.create_run_for_job(job_def=_job("raw/bhavcopy"), tags=BACKFILL)
    ended = run(instance, "bronze/bhavcopy", "2023-11-09")
    again = instance.get_run_by_id(ended.run_id)
    assert again is not None
    assert again.status == DagsterRunStatus.FAILURE
    assert "is started again automatically" in str(
        next(event for event in ended.all_events if event.is_step_failure).step_failure_data
    )
    assert len([event for event in ended.all_events if event.is_step_up_for_retry]) == 1
    assert auto_reexecution_should_retry_run(instance, again, None)  # what Dagster's daemon asks
    assert is_waiting(again)
    assert not _alarms(instance, ended)

    instance.report_run_failed(earlier)
    instance.add_run_tags(ended.run_id, {"dagster/auto_retry_run_id": "the next one"})
    inherited = {name: value for name, value in again.tags.items() if name in (WAITING_TAG, "dagster/max_retries")}
    failed = run(instance, "bronze/bhavcopy", "2023-11-09", **inherited)  # the retry: nothing builds its input any more
    final = instance.get_run_by_id(failed.run_id)
    assert final is not None
    assert final.tags["dagster/max_retries"] == "0"
    assert not auto_reexecution_should_retry_run(instance, final, None)
    assert not is_waiting(final)
    assert _alarms(instance, failed)


def _alarms(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> bool:
    """Whether the failure sensor tells a person."""
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "champion_assets.orchestration.reporting_sensors.alarm",
            lambda _settings, title, _text: told.append(title) or ["log"],
        )
        found = instance.get_run_by_id(result.run_id)
        event = next(
            event for event in result.all_events if event.is_failure and event.event_type_value == "PIPELINE_FAILURE"
        )
        assert found is not None
        context = dg.build_run_status_sensor_context("failure_sensor", event, instance, found).for_run_failure()
        failure_sensor(context)
    return bool(told)


def test_an_instance_without_run_retries_waits_in_its_place(environment: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOKS", 1)
    monkeypatch.setattr(waiting, "LOOKS_WITHOUT_RETRIES", 2)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.create_run_for_job(job_def=_job("raw/bhavcopy"), tags=BACKFILL)
        ended = run(instance, "bronze/bhavcopy", "2023-11-09")
        assert len([event for event in ended.all_events if event.is_step_up_for_retry]) == 2
        assert WAITING_TAG not in instance.get_run_by_id(ended.run_id).tags  # type: ignore[union-attr]


def test_a_retry_keeps_the_place_of_the_run_that_it_repeats(instance: dg.DagsterInstance) -> None:
    job = _job("raw/bhavcopy")
    first = instance.create_run_for_job(job, tags=BACKFILL, status=DagsterRunStatus.NOT_STARTED)
    second = instance.create_run_for_job(job, tags=BACKFILL, status=DagsterRunStatus.NOT_STARTED)
    records = lambda: instance.get_run_records(dg.RunsFilter(tags=BACKFILL))  # noqa: E731
    assert earlier_run_goes_on(records(), second)
    assert not earlier_run_goes_on(records(), first)
    instance.add_run_tags(first.run_id, {"dagster/max_retries": "5"})
    instance.report_run_failed(instance.get_run_by_id(first.run_id))  # type: ignore[arg-type]
    assert earlier_run_goes_on(records(), second)  # between two attempts
    retry = instance.create_run_for_job(job, tags=BACKFILL, parent_run_id=first.run_id, root_run_id=first.run_id)
    instance.add_run_tags(first.run_id, {"dagster/auto_retry_run_id": retry.run_id})
    assert earlier_run_goes_on(records(), second)
    assert not earlier_run_goes_on(records(), retry)  # the second does not come before it
    instance.report_run_canceled(retry)
    assert not earlier_run_goes_on(records(), second)
