"""How a sensor asks for a run of the daily job: once for the same content, again if the days were not finished.

What belongs here: that, and whether a daily run is under way. What does not: which days (`publication.py`,
`sensors.py`).

What is asked for is named by the content of the files. The same content is asked for again only if its run did not
finish the days: at growing intervals, three times at most. If the first of the days has failed three times, more days
behind it are tried once and no more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any, TypeAlias

import dagster as dg

from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.jobs import TAGS, daily_job
from champion_assets.orchestration.run_liveness import bury, marked

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
ASKED, BEGINS, LONGEST = "champion/asked", "champion/begins", "dagster/max_runtime_seconds"
ATTEMPTS = 3
LONGEST_SECONDS = 21_600
"""After so long Dagster ends a run of a sensor."""
NEVER_LAUNCHED = 600
"""A run that is not in the queue so many seconds after it was made was cut off before."""
WAITS = (0.0, 300.0, 1800.0)
"""Seconds after a failed run before its days are asked for again."""
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
FAILED = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
UNDER_WAY = dg.SkipReason("a daily run is in progress; days depend on each other, so the next one waits for it")


Asked: TypeAlias = dg.RunRequest | dg.SkipReason


def ask(context: Any, workspace: Workspace, first: dt.date, last: dt.date, why: str, marks: Sequence[str]) -> Asked:
    """A run for the days from `first` to `last`, or why there is none now.

    Args:
        context: of the sensor.
        workspace: whose days they are.
        first: first day.
        last: last day.
        why: one word for the kind of cause.
        marks: what the days are asked for, as hashes; the first is that of the first day.
    """
    begins = f"{why}:{first}:{_short(marks[0])}"
    name = f"{why}:{first}:{last}:{_short(''.join(marks))}"
    runs = context.instance.get_run_records(dg.RunsFilter(tags={ASKED: name}))
    if any(not record.dagster_run.is_finished for record in runs):
        return dg.SkipReason(f"{first} to {last}: a run is in progress")
    failed = context.instance.get_run_records(dg.RunsFilter(tags={BEGINS: begins}, statuses=FAILED), limit=ATTEMPTS)
    if len(runs) >= (1 if len(failed) >= ATTEMPTS else ATTEMPTS):
        return dg.SkipReason(f"{first} to {last}: {len(runs)} runs did not finish these days; remove the cause, "
                             f"then run `champion backfill {first} {last}`")  # fmt: skip
    wait = WAITS[len(runs)] * workspace.settings.retry_delay_scale
    if runs and (passed := dt.datetime.now(dt.UTC).timestamp() - (runs[0].end_time or 0.0)) < wait:
        return dg.SkipReason(f"{first} to {last}: again in {wait - passed:.0f} s")
    tags = {**TAGS, ASKED: name, BEGINS: begins, "champion/why": why, LONGEST: str(LONGEST_SECONDS)}
    key, span = f"{name}:{len(runs)}", {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
    if first == last:
        return dg.RunRequest(run_key=key, partition_key=first.isoformat(), tags=tags)
    return dg.RunRequest(run_key=key, tags=tags | span)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def result_of(found: Asked, cursor: str | None) -> dg.SensorResult:
    """The result of a sensor that asked."""
    if isinstance(found, dg.SkipReason):
        return dg.SensorResult(skip_reason=found, cursor=cursor)
    return dg.SensorResult(run_requests=[found], cursor=cursor)


def is_working(context: Any, workspace: Workspace) -> bool:
    """True if a daily run waits or works.

    Runs whose process is gone do not count, nor do those that nobody will ever start: a sensor's run that was made long
    ago, and a run of somebody else that no process has taken up.
    """
    for run_id in bury(workspace.settings, context.instance):
        context.log.warning(f"run {run_id}: its process is gone; reported as failed")
    records = context.instance.get_run_records(dg.RunsFilter(job_name=daily_job.name, statuses=UNFINISHED))
    taken = marked(workspace.settings)
    return any(record.dagster_run.run_id in taken or _is_expected(record) for record in records)


def _is_expected(record: dg.RunRecord) -> bool:
    """True for a sensor's run that may still start or end by itself."""
    run, age = record.dagster_run, dt.datetime.now(dt.UTC).timestamp() - record.create_timestamp.timestamp()
    limit = NEVER_LAUNCHED if run.status == dg.DagsterRunStatus.NOT_STARTED else LONGEST_SECONDS
    return ASKED in run.tags and age < limit


def failures_until(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int:
    """How many runs for the first of these days have failed up to `run`; 0 for a run that no sensor asked for."""
    begins = run.tags.get(BEGINS)
    if begins is None:
        return 0
    records = instance.get_run_records(dg.RunsFilter(tags={BEGINS: begins}, statuses=FAILED))
    own = next((record.storage_id for record in records if record.dagster_run.run_id == run.run_id), None)
    return sum(own is None or record.storage_id <= own for record in records)
