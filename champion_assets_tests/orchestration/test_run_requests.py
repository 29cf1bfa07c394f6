"""How often the same days are asked for, and how often a person hears of their failures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import dagster as dg
import pytest

from champion_assets.definitions import defs
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.reporting_sensors import failure_sensor
from champion_assets.orchestration.run_liveness import mark
from champion_assets.orchestration.run_requests import ASKED, ATTEMPTS, BEGINS, ask, failures_until, is_working

Put = Callable[[str, str], None]
FIRST, LAST, LATER = dt.date(2024, 1, 1), dt.date(2024, 1, 2), dt.date(2024, 1, 3)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def asked(
    instance: dg.DagsterInstance, workspace: Workspace, last: dt.date, marks: list[str]
) -> dg.RunRequest | dg.SkipReason:
    with dg.build_sensor_context(instance=instance) as context:
        return ask(context, workspace, FIRST, last, "published", marks)


def fail(instance: dg.DagsterInstance, request: dg.RunRequest | dg.SkipReason, number: int) -> dg.DagsterRun:
    assert isinstance(request, dg.RunRequest), request
    run = instance.add_run(
        dg.DagsterRun("nse_daily", f"run{number}", status=dg.DagsterRunStatus.STARTED, tags=request.tags)
    )
    instance.report_run_failed(run)
    return run


def test_days_that_failed_three_times_are_tried_once_more_for_each_session_that_comes(
    instance: dg.DagsterInstance, workspace: Workspace
) -> None:
    runs = [fail(instance, asked(instance, workspace, LAST, ["a", "b"]), number) for number in range(ATTEMPTS)]
    assert [failures_until(instance, run) for run in runs] == [1, 2, 3]
    assert isinstance(asked(instance, workspace, LAST, ["a", "b"]), dg.SkipReason)
    fail(instance, asked(instance, workspace, LATER, ["a", "b", "c"]), 3)
    assert isinstance(asked(instance, workspace, LATER, ["a", "b", "c"]), dg.SkipReason)
    assert isinstance(
        asked(instance, workspace, LATER, ["other", "b", "c"]), dg.RunRequest
    )  # another file of the first day


def test_a_run_that_nobody_will_ever_start_does_not_hold_up_the_others(
    instance: dg.DagsterInstance, workspace: Workspace
) -> None:
    def works() -> bool:
        with dg.build_sensor_context(instance=instance) as context:
            return is_working(context, workspace)

    def add(name: str, status: dg.DagsterRunStatus, **tags: str) -> dg.DagsterRun:
        return instance.add_run(dg.DagsterRun("nse_daily", name, status=status, tags=tags))

    add("killed while it began", dg.DagsterRunStatus.STARTED)
    assert not works()
    asked_for = add("asked for", dg.DagsterRunStatus.NOT_STARTED, **{ASKED: "x"})
    assert works()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("champion_assets.orchestration.run_requests.NEVER_LAUNCHED", 0)
        assert not works()
    instance.report_run_failed(asked_for)
    by_hand = add("by hand", dg.DagsterRunStatus.STARTED)
    mark(workspace.settings, by_hand.run_id)  # this process has taken it up
    assert works()
    instance.report_run_failed(by_hand)
    assert not works()


def test_of_days_that_are_tried_again_the_first_failure_is_told_and_the_last(
    environment: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def alarm(_settings: object, _title: str, text: str) -> list[str]:
        told.append(text)
        return ["log"]

    monkeypatch.setattr("champion_assets.orchestration.reporting_sensors.alarm", alarm)
    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection={dg.AssetKey(["bronze", "bhavcopy"])})
    with dg.DagsterInstance.ephemeral() as instance:
        for tags in [{BEGINS: "same"}] * ATTEMPTS + [{}]:
            result = job.execute_in_process(
                instance=instance, partition_key="2023-11-09", tags=tags, raise_on_error=False
            )
            event = next(event for event in result.all_events if event.event_type_value == "PIPELINE_FAILURE")
            run = instance.get_run_by_id(result.run_id)
            assert run is not None
            failure_sensor(dg.build_run_status_sensor_context("failure_sensor", event, instance, run).for_run_failure())
    assert [text.splitlines()[-1] for text in told[:2]] == [
        "It is retried automatically.",
        "It is not retried automatically.",
    ]
    assert len(told) == 3
    assert "tried again" not in told[2]
