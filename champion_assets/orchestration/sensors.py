"""Sensors: what starts a run by itself, and what tells a person.

What belongs here: one sensor a reason to act. What does not: looking at the source (`publication.py`), computing. A sensor asks for a range
of days in one run, since days build on each other. What was asked for is named by the content of the files: the same content is not asked
for twice, unless the run for it did not finish its days; then again, at growing intervals, three times at most. Cursors hold nothing that
cannot be found again, so that a lost one costs a second look and no more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import dagster as dg

from champion_assets.catalog import open_workspace
from champion_assets.common.clock import instant_in_india, now
from champion_assets.common.logs import log
from champion_assets.lake.store import partition_key
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.errors import NotYetPublished, NseError
from champion_assets.orchestration.alerts import alarm
from champion_assets.orchestration.freshness import fresh_check_evaluation, freshness
from champion_assets.orchestration.jobs import TAGS, daily_job
from champion_assets.orchestration.publication import FILES, due_sessions, is_finished, published, stale_days, stored
from champion_assets.orchestration.resources import settings_of_run
from champion_assets.orchestration.run_liveness import bury
from champion_assets.orchestration.waiting import is_waiting
from champion_assets.settings import get_settings

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
ASKED, LONGEST = "champion/asked", "dagster/max_runtime_seconds"
ATTEMPTS = 3
WAITS = (0.0, 300.0, 1800.0)
"""Seconds after a failed run before its days are asked for again."""
LOOK_BACK = 10
"""Sessions that the publication sensor looks back; older gaps are the catch-up's."""
REPUBLISHED = 5
"""Sessions after a day within which NSE republishes its files."""
UNTRACKED = "told"
"""Cursor of the tracking sensor while MLflow fails and a person has been told."""
SECONDS = get_settings().sensor_seconds
STATUS = dg.DefaultSensorStatus.RUNNING if get_settings().automation == "on" else dg.DefaultSensorStatus.STOPPED


def ask(context: Any, workspace: Workspace, first: dt.date, last: dt.date, why: str, content: str) -> dg.RunRequest | dg.SkipReason:
    """A run for the days from `first` to `last`, or why there is none now: one is under way, or three have failed."""
    for run_id in bury(workspace.settings, context.instance):
        context.log.warning(f"run {run_id}: its process is gone; reported as failed")
    name = f"{why}:{first}:{last}:{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    runs = context.instance.get_run_records(dg.RunsFilter(tags={ASKED: name}))
    if any(not record.dagster_run.is_finished for record in runs):
        return dg.SkipReason(f"{first} to {last}: a run is under way")
    if len(runs) >= ATTEMPTS:
        return dg.SkipReason(f"{first} to {last}: {len(runs)} runs did not finish these days; mend the cause, then run "
                             f"`champion backfill {first} {last}`")  # fmt: skip
    wait = WAITS[len(runs)] * workspace.settings.retry_delay_scale
    if runs and (passed := dt.datetime.now(dt.UTC).timestamp() - (runs[0].end_time or 0.0)) < wait:
        return dg.SkipReason(f"{first} to {last}: again in {wait - passed:.0f} s")
    tags = {**TAGS, ASKED: name, "champion/why": why, LONGEST: "21600"}
    if first == last:
        return dg.RunRequest(run_key=f"{name}:{len(runs)}", partition_key=first.isoformat(), tags=tags)
    return dg.RunRequest(run_key=f"{name}:{len(runs)}", tags=tags | {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()})


def _told(found: dg.RunRequest | dg.SkipReason, cursor: str) -> dg.SensorResult:
    """The result of a sensor that asked."""
    if isinstance(found, dg.SkipReason):
        return dg.SensorResult(skip_reason=found, cursor=cursor)
    return dg.SensorResult(run_requests=[found], cursor=cursor)


def is_working(context: Any, workspace: Workspace) -> bool:
    """True if a daily run waits or works; those whose process is gone do not count."""
    bury(workspace.settings, context.instance)
    statuses = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    return bool(context.instance.get_run_records(dg.RunsFilter(job_name=daily_job.name, statuses=statuses), limit=1))


@dg.sensor(
    job=daily_job,
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Runs the sessions whose bhavcopies have come out, up to ten back, as soon as they are out; says so when one is late.",
)
def publication_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """No run before the file is there and is the file."""
    workspace = open_workspace(get_settings())
    instant = now(workspace.settings)
    waiting = [date for date in due_sessions(workspace, instant, LOOK_BACK) if not is_finished(workspace, date)]
    told = set(json.loads(context.cursor)) if context.cursor else set()
    marks: list[str] = []
    problem = ""
    for date in waiting:
        try:
            marks.append(published(workspace, "raw/bhavcopy", date))
        except NseError as error:  # the days after it rest on it
            problem = f"{type(error).__name__}: {error}"
            late = instant >= instant_in_india(date, workspace.settings.late_at)
            if late and f"late:{date}" not in told:
                alarm(workspace.settings, f"the bhavcopy of {date} is late", problem)
                told.add(f"late:{date}")
            if not isinstance(error, NotYetPublished) and f"{date}:{problem}" not in told:  # once, not at every look
                log(workspace.settings).warning("file not usable", asset="raw/bhavcopy", day=date.isoformat(), error=problem)
                told.add(f"{date}:{problem}")
            context.log.info(problem)
            break
    cursor = json.dumps(sorted(told)[-50:])
    if not marks:
        return dg.SensorResult(skip_reason=problem or "every session is built", cursor=cursor)
    return _told(ask(context, workspace, waiting[0], waiting[len(marks) - 1], "published", "".join(marks)), cursor)


@dg.sensor(
    job=daily_job,
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Looks at the files of the last five sessions again: one that changed, or came late, rebuilds its day and those after it.",
)
def republish_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """NSE republishes files without a word."""
    workspace = open_workspace(get_settings())
    instant = now(workspace.settings)
    looked: dict[str, float] = json.loads(context.cursor) if context.cursor else {}
    built = [date for date in due_sessions(workspace, instant, LOOK_BACK) if is_finished(workspace, date)]
    changed: dict[dt.date, str] = {}
    for date in built[-REPUBLISHED:]:
        if instant.timestamp() - looked.get(date.isoformat(), 0.0) < workspace.settings.republish_seconds:
            continue
        looked[date.isoformat()] = instant.timestamp()
        for asset in FILES:
            try:
                served = published(workspace, asset, date)
            except NotYetPublished:
                continue
            except NseError as error:  # what the lake has is better
                context.log.warning(f"{asset} {date}: {type(error).__name__}: {error}")
                continue
            if served != stored(workspace, asset, date):
                changed[date] = changed.get(date, "") + served
                looked.pop(date.isoformat(), None)  # looked at again until the lake has it
                context.log.warning(f"{asset} {date}: another version is published")
    cursor = json.dumps(dict(sorted(looked.items())[-3 * LOOK_BACK :]))
    why = "republished"
    if not changed and not is_working(context, workspace):  # a run that should have carried a change through may have been killed
        why, changed = "stale", {date: stored(workspace, "raw/bhavcopy", date) or "" for date in stale_days(workspace, built)}
    if not changed:
        return dg.SensorResult(skip_reason="no file has changed", cursor=cursor)
    asked = ask(context, workspace, min(changed), built[-1], why, "".join(changed.values()))
    if isinstance(asked, dg.RunRequest):
        log(workspace.settings).warning("rebuild asked for", why=why, days=[date.isoformat() for date in sorted(changed)])
    return _told(asked, cursor)


@dg.sensor(
    job=daily_job,
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Watches the folders of the source, of ESG ratings and of your decisions: changed files rebuild what they touch.",
)
def drop_folder_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Corporate-action exports, ESG files, bundles, overrides."""
    workspace = open_workspace(get_settings())
    listing = dropped(workspace)
    mark = hashlib.sha256(json.dumps(listing).encode()).hexdigest()
    if context.cursor is None:  # what is there already is the publication sensor's, or a backfill's
        return dg.SensorResult(skip_reason="noted what is there", cursor=mark)
    if context.cursor == mark:
        return dg.SensorResult(skip_reason="no file has changed", cursor=mark)
    built = [date for date in workspace.lake.dates("backtest/daily") if is_finished(workspace, date)]
    if not built:
        return dg.SensorResult(skip_reason="files have changed; nothing is built yet that they could touch", cursor=mark)
    found = ask(context, workspace, built[0], built[-1], "dropped", mark)
    return _told(found, context.cursor if isinstance(found, dg.SkipReason) else mark)  # a skipped one is asked for again


def dropped(workspace: Workspace) -> list[tuple[str, int, int]]:
    """Path, size and time of every file that a person may drop."""
    settings = workspace.settings
    paths = [each for each in (settings.action_overrides, settings.identity_overrides, settings.check_overrides, settings.calendar) if each]
    folders = [settings.esg_folder] if settings.esg_folder else []
    if "://" not in settings.source:
        folders.append(Path(settings.source))
    for folder in folders:
        paths += [path for path in sorted(folder.expanduser().rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return [(str(path), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in paths if path.is_file()]


@dg.sensor(minimum_interval_seconds=SECONDS, default_status=STATUS,
           description="Records closed days with their reason, without starting a run, once their evening has come.")  # fmt: skip
def closed_days_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """A closed day is accounted for like any other."""
    workspace = open_workspace(get_settings())
    instant = now(workspace.settings)
    recorded = set(context.instance.get_materialized_partitions(dg.AssetKey(["backtest", "daily"])))
    events: list[dg.AssetMaterialization] = []
    last = dt.date.fromisoformat(context.cursor) if context.cursor else None
    for offset in range(3 * LOOK_BACK, -1, -1):
        date = (instant - dt.timedelta(days=offset)).date()
        if date < workspace.settings.start_date or date.isoformat() in recorded or (last is not None and date <= last):
            continue
        if instant < instant_in_india(date, workspace.settings.published_at) or date > workspace.calendar.last:
            continue
        if (reason := workspace.calendar.why_closed(date)) is not None:
            events += [
                dg.AssetMaterialization(
                    dg.AssetKey(name.split("/")), partition=date.isoformat(), metadata={"status": "closed", "reason": reason}
                )
                for name in workspace.tables
            ]
            last = date
    skip = None if events else "no closed day is unaccounted for"
    return dg.SensorResult(asset_events=events, skip_reason=skip, cursor=last.isoformat() if last else None)


@dg.sensor(
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Says on each table's page whether the last session that is due is there, when that changes between two runs.",
)
def freshness_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """A table that nobody builds any more must not stay green."""
    workspace = open_workspace(get_settings())
    told: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    found = {name: freshness(table, workspace) for name, table in workspace.tables.items()}
    changed = [fresh_check_evaluation(workspace.tables[name], each) for name, each in found.items() if told.get(name) != str(each)]
    skip = None if changed else "nothing has become due or has been built"
    return dg.SensorResult(asset_events=changed, skip_reason=skip, cursor=json.dumps({name: str(each) for name, each in found.items()}))


@dg.run_failure_sensor(
    minimum_interval_seconds=SECONDS, default_status=STATUS, description="Tells a person of every failed run: log, webhook, e-mail."
)
def failure_sensor(context: dg.RunFailureSensorContext) -> None:
    """The message has the run, its days and the first error."""
    run = context.dagster_run
    if is_waiting(run):
        context.log.info(f"run {run.run_id} gave its place to earlier runs of its backfill and is started again")
        return
    days = run.tags.get("dagster/partition") or f"{run.tags.get(RANGE_START, '?')} to {run.tags.get(RANGE_END, '?')}"
    errors = [event.message for event in context.get_step_failure_events()] or [context.failure_event.message]
    text = "\n".join(str(each) for each in errors)[:4000]
    sent = alarm(get_settings(), f"run {run.run_id[:8]} of {run.job_name} failed ({days})", text)
    context.log.info(f"told: {', '.join(sent)}")


@dg.sensor(
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Sends finished runs to MLflow; what could not be sent is sent later, and told once.",
    required_resource_keys={"lake", "mlflow"},
)
def tracking_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """A dead MLflow server delays nothing but this; a person is told when it begins to fail."""
    from champion_assets.orchestration.run_tracking import send_pending

    settings = settings_of_run(context.resources)
    sent, waiting, problem = send_pending(settings, context.instance)
    if problem and context.cursor != UNTRACKED:
        alarm(settings, f"{waiting} run(s) wait to be sent to MLflow", problem)
    skip = f"{sent} runs sent, {waiting} wait{f': {problem}' if problem else ''}"
    return dg.SensorResult(skip_reason=skip, cursor=UNTRACKED if problem else "")


@dg.schedule(
    job=daily_job,
    cron_schedule="0 1 * * 0",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING if get_settings().automation == "on" else dg.DefaultScheduleStatus.STOPPED,
    description="Every Sunday: sessions that the lake lacks, since the first, are asked for in one run.",
)
def catch_up_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Gaps of any age; what is current is left alone, so the range may be generous."""
    workspace = open_workspace(get_settings())
    due = due_sessions(workspace, now(workspace.settings), 10_000)
    begun = set(workspace.lake.dates("raw/bhavcopy"))
    gaps = [date for date in due if begun and date >= min(begun) and not workspace.lake.exists(partition_key("backtest/daily", date))]
    if not gaps:
        return dg.SkipReason("no gap")
    tags = {**TAGS, RANGE_START: gaps[0].isoformat(), RANGE_END: due[-1].isoformat(), "champion/why": "catch-up"}
    return dg.RunRequest(run_key=f"catch-up:{context.scheduled_execution_time.date()}:{gaps[0]}", tags=tags)


default_sensors = [
    publication_sensor, republish_sensor, drop_folder_sensor, closed_days_sensor, freshness_sensor, failure_sensor, tracking_sensor,
]  # fmt: skip
