"""A run of the daily job in this process that Dagster's page shows like one of its own.

With target, job, tags and on the timeline.

What belongs here: making and executing one run. What does not: which days and tables it is for (`backfill.py`).

Dagster's `execute_in_process` leaves the run without an origin, so that the page knows neither its job nor its code
location.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.execution.api import execute_run
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from champion_assets.orchestration.interruption import INTERRUPTED
from champion_assets.orchestration.jobs import TAGS, daily_job

LOCATION = "champion"
"""The code location's name at every door: workspace.yaml, pyproject.toml, deploy/."""
_QUIET: Mapping[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_in_process(
    names: Sequence[str], tags: Mapping[str, str], instance: dg.DagsterInstance
) -> tuple[str, dict[str, str]]:
    """Run the assets `names` in this process, one after another.

    Returns the run's id and the error of each failed step.

    The errors are by asset; what fails without being one of `names` stands under its step's key, or under "" if it was
    the run itself.
    """
    from champion_assets.definitions import defs

    job = defs.resolve_job_def(daily_job.name).with_executor_def(dg.in_process_executor)
    chosen = {dg.AssetKey(name.split("/")) for name in names}
    run = instance.create_run_for_job(
        job_def=job.get_subset(asset_selection=chosen),
        run_config=_QUIET,
        tags={**TAGS, **tags},
        asset_selection=chosen,
        remote_job_origin=RemoteJobOrigin(RemoteRepositoryOrigin(_location(), SINGLETON_REPOSITORY_NAME), job.name),
    )
    outcome = execute_run(InMemoryJob(job), run, instance)
    assets = {name.replace("/", "__"): name for name in names}
    failures = outcome.filter_events(lambda event: event.is_step_failure)
    errors = {assets.get(key := str(event.step_key), key): _error_text(event) for event in failures}
    if INTERRUPTED in errors.values() or outcome.filter_events(
        lambda event: event.event_type is dg.DagsterEventType.PIPELINE_CANCELED
    ):
        raise KeyboardInterrupt  # Dagster keeps it to itself
    for event in outcome.filter_events(lambda event: event.is_failure and not event.is_step_failure):
        reason = event.job_failure_data.failure_reason
        if reason is not None and reason.name == "UNEXPECTED_TERMINATION":
            raise KeyboardInterrupt
        if not errors:
            errors[""] = _error_text(event)
    return run.run_id, errors


def _location() -> ManagedGrpcPythonEnvCodeLocationOrigin:
    target = LoadableTargetOrigin(executable_path=sys.executable, module_name="champion_assets.definitions")
    return ManagedGrpcPythonEnvCodeLocationOrigin(target, LOCATION)


def _error_text(event: dg.DagsterEvent) -> str:
    if not event.is_step_failure:
        error = event.job_failure_data.error
        return str(event.message) if error is None else f"{event.message} {error.to_string()}"
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return data.user_failure_data.description
    return str(data.error.to_string()) if data.error is not None else str(event.message)
