"""Sensors that tell and start no run: closed days, freshness, failed runs, MLflow, and what needs a person.

What belongs here: one sensor for each thing that a person or another system is told. What does not: delivery
(`alerts.py`), starting runs (`sensors.py`). Each thing is told once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import dagster as dg

from champion_assets.catalog import open_workspace
from champion_assets.common.clock import instant_in_india, now
from champion_assets.common.errors import ConfigurationError
from champion_assets.common.logs import log
from champion_assets.orchestration.alerts import alarm
from champion_assets.orchestration.attention import matters
from champion_assets.orchestration.freshness import fresh_check_evaluation, freshness
from champion_assets.orchestration.publication import LOOK_BACK
from champion_assets.orchestration.resources import settings_of_run
from champion_assets.orchestration.run_requests import ATTEMPTS, RANGE_END, RANGE_START, failures_until
from champion_assets.orchestration.sensors import SECONDS, STATUS
from champion_assets.orchestration.waiting import is_waiting
from champion_assets.settings import Settings, current_settings, get_settings

UNTRACKED = "told"
"""Cursor of the tracking sensor while MLflow fails and a person has been told."""
LOADED = get_settings()
"""The settings with which this code location was loaded."""


def alarm_settings() -> Settings:
    """Whom to tell: as the settings say now or, if they cannot be read, as they said when the location was loaded."""
    try:
        return current_settings()
    except ConfigurationError:  # that is what has to be told
        return LOADED


@dg.sensor(
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Alerts about what needs a person: the calendar ends, a file cannot be read, settings need a restart.",
)
def attention_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason | dg.SensorResult:
    """Each matter once, and again if it comes back after it had gone.

    One at a look, so that an alarm that cannot be delivered repeats no other.
    """
    told: list[str] = json.loads(context.cursor) if context.cursor else []
    found, settings = matters(LOADED), alarm_settings()
    marks = [hashlib.sha256(f"{each.title}\n{each.text}".encode()).hexdigest() for each in found]
    for mark, each in zip(marks, found, strict=True):
        if mark in told:
            continue
        if each.is_alarm:
            alarm(settings, each.title, each.text)
        else:
            log(settings).warning(each.title, text=each.text)
        told.append(mark)
        break
    skip = "; ".join(f"{each.title}: {each.text}" for each in found) or "nothing needs attention"
    return dg.SensorResult(skip_reason=skip, cursor=json.dumps([mark for mark in told if mark in marks]))


@dg.sensor(
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Records each closed day with its reason after 18:00 IST, without starting a run.",
)
def closed_days_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """A closed day is accounted for like any other, also one that became closed only later."""
    workspace = open_workspace(current_settings())
    instant = now(workspace.settings)
    told: list[str] = json.loads(context.cursor) if context.cursor else []
    recorded = {*context.instance.get_materialized_partitions(dg.AssetKey(["backtest", "daily"])), *told}
    events: list[dg.AssetMaterialization] = []
    for offset in range(3 * LOOK_BACK, -1, -1):
        date = (instant - dt.timedelta(days=offset)).date()
        if date < workspace.settings.start_date or date.isoformat() in recorded or date > workspace.calendar.last:
            continue
        if instant < instant_in_india(date, workspace.settings.published_at):
            continue
        if (reason := workspace.calendar.why_closed(date)) is not None:
            metadata = {"status": "closed", "reason": reason}
            for name in workspace.tables:
                key = dg.AssetKey(name.split("/"))
                events.append(dg.AssetMaterialization(key, partition=date.isoformat(), metadata=metadata))
            told.append(date.isoformat())
    skip = None if events else "all closed days are recorded"
    return dg.SensorResult(asset_events=events, skip_reason=skip, cursor=json.dumps(sorted(told)[-4 * LOOK_BACK :]))


@dg.sensor(
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Reports on each table's page, whenever it changes, whether the last due session is in the lake.",
)
def freshness_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """A table that nobody builds any more must not stay green."""
    workspace = open_workspace(current_settings())
    told: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    found = {name: freshness(table, workspace) for name, table in workspace.tables.items()}
    changed = [name for name, each in found.items() if told.get(name) != str(each)]
    events = [fresh_check_evaluation(workspace.tables[name], found[name]) for name in changed]
    skip = None if changed else "nothing has become due or has been built"
    cursor = json.dumps({name: str(each) for name, each in found.items()})
    return dg.SensorResult(asset_events=events, skip_reason=skip, cursor=cursor)


@dg.run_failure_sensor(
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Sends an alert for each failed run: log, webhook, e-mail.",
)
def failure_sensor(context: dg.RunFailureSensorContext) -> None:
    """Run, days and errors; of days that are tried again the first failure and the last are told."""
    run = context.dagster_run
    if is_waiting(run):
        context.log.info(f"run {run.run_id} ended early for earlier runs of its backfill and is started again")
        return
    days = run.tags.get("dagster/partition") or f"{run.tags.get(RANGE_START, '?')} to {run.tags.get(RANGE_END, '?')}"
    errors = [event.message for event in context.get_step_failure_events()] or [context.failure_event.message]
    failures, settings = failures_until(context.instance, run), alarm_settings()
    again = "" if failures == 0 else f"\nIt is {'' if failures < ATTEMPTS else 'not '}retried automatically."
    text = "\n".join(str(each) for each in errors)[:4000] + again
    if 1 < failures < ATTEMPTS:
        log(settings).warning("failed again", run=run.run_id, days=days, failures=failures, text=text)
        return
    sent = alarm(settings, f"run {run.run_id[:8]} of {run.job_name} failed ({days})", text)
    context.log.info(f"told: {', '.join(sent)}")


@dg.sensor(
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Sends finished runs to MLflow. Failed transfers are repeated later and reported once.",
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


reporting_sensors = [attention_sensor, closed_days_sensor, freshness_sensor, failure_sensor, tracking_sensor]
