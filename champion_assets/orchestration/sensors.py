"""Sensors that start runs: a day's files are out, files have changed, a person has edited something, a gap was left.

What belongs here: one sensor for each reason to act. What does not: looking at the source (`publication.py`), how a run
is asked for (`run_requests.py`), telling a person (`reporting_sensors.py`), computing. A sensor asks for a range of
days in one run, since days build on each other, and one run is under way at a time. Cursors hold nothing that cannot be
found again, so that a lost one costs a second look and no more. Settings and everything that a person edits are read at
every look.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections.abc import Sequence

import dagster as dg

from champion_assets.catalog import open_workspace
from champion_assets.common.clock import instant_in_india, now
from champion_assets.common.logs import log
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.errors import NotYetPublished, NseError
from champion_assets.orchestration.alerts import alarm
from champion_assets.orchestration.dropped import dropped, edited
from champion_assets.orchestration.freshness import calendar_end
from champion_assets.orchestration.jobs import TAGS, daily_job
from champion_assets.orchestration.publication import (
    EVERY,
    FILES,
    LOOK_BACK,
    REPUBLISHED,
    due_sessions,
    finished_sessions,
    is_finished,
    look,
    published,
    stale_days,
    stored,
    waiting_sessions,
)
from champion_assets.orchestration.run_requests import RANGE_END, RANGE_START, UNDER_WAY, ask, is_working, result_of
from champion_assets.settings import current_settings, get_settings

DAYS_A_RUN = 20
"""Sessions that one run makes up for, so that what a daemon missed comes in runs of minutes."""
LOOK_SECONDS = 20.0
"""After so long a sensor asks for what it has found; Dagster ends one that takes a minute."""
SECONDS = get_settings().sensor_seconds
IS_ON = get_settings().automation == "on"
STATUS = dg.DefaultSensorStatus.RUNNING if IS_ON else dg.DefaultSensorStatus.STOPPED


@dg.sensor(
    job=daily_job,
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Starts runs for sessions whose bhavcopy is published, oldest first; alerts when one is late.",
)
def publication_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """No run before the file is there and is the file."""
    workspace = open_workspace(current_settings())
    instant = now(workspace.settings)
    if is_working(context, workspace):
        return dg.SensorResult(skip_reason=UNDER_WAY, cursor=context.cursor)
    waiting = waiting_sessions(workspace, instant)
    told = set(json.loads(context.cursor)) if context.cursor else set()
    marks, problem = _usable(context, workspace, waiting[:DAYS_A_RUN], instant, told)
    cursor = json.dumps(sorted(told)[-50:])
    if not marks:
        end = calendar_end(workspace, instant)
        done = "every session is built" if end is None else f"{end.says}: {end.do}"
        return dg.SensorResult(skip_reason=problem or done, cursor=cursor)
    return result_of(ask(context, workspace, waiting[0], waiting[len(marks) - 1], "published", marks), cursor)


def _usable(
    context: dg.SensorEvaluationContext,
    workspace: Workspace,
    waiting: Sequence[dt.date],
    instant: dt.datetime,
    told: set[str],
) -> tuple[list[str], str]:
    """The marks of the files of the first days of `waiting`, up to one that is not usable, and what is wrong with it.

    What was said to a person is added to `told`, so that it is said once.
    """
    began, marks = time.monotonic(), list[str]()
    for date, found in look(workspace, "raw/bhavcopy", waiting):
        if isinstance(found, str):
            marks.append(found)
            if time.monotonic() - began > LOOK_SECONDS:
                break
            continue
        problem = f"{type(found).__name__}: {found}"  # the days after it rest on it
        if instant >= instant_in_india(date, workspace.settings.late_at) and f"late:{date}" not in told:
            text = f"{problem}{_start_of_history(workspace, date)}"
            alarm(workspace.settings, f"the bhavcopy of {date} is late", text)
            told.add(f"late:{date}")
        if not isinstance(found, NotYetPublished) and f"{date}:{problem}" not in told:  # once, not at every look
            day = date.isoformat()
            log(workspace.settings).warning("file not usable", asset="raw/bhavcopy", day=day, error=problem)
            told.add(f"{date}:{problem}")
        context.log.info(problem)
        return marks, problem
    return marks, ""


def _start_of_history(workspace: Workspace, date: dt.date) -> str:
    """What to do if the files begin later than the grid, which nobody has told a lake that is still empty."""
    if workspace.lake.dates("raw/bhavcopy"):
        return ""
    return f". Nothing is built yet: if your files begin after {date}, set CHAMPION_START_DATE to their first day"


@dg.sensor(
    job=daily_job,
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Compares the source files of the last five sessions again and rebuilds from the first change.",
)
def republish_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """NSE republishes files without a word."""
    workspace = open_workspace(current_settings())
    if is_working(context, workspace):
        return dg.SensorResult(skip_reason=UNDER_WAY, cursor=context.cursor)
    instant = now(workspace.settings)
    looked: dict[str, float] = json.loads(context.cursor) if context.cursor else {}
    built = [date for date in due_sessions(workspace, instant, LOOK_BACK) if is_finished(workspace, date)]
    changed = _republished(context, workspace, built[-REPUBLISHED:], instant, looked)
    cursor = json.dumps(dict(sorted(looked.items())[-3 * LOOK_BACK :]))
    why, days, marks = "republished", sorted(changed), [changed[date] for date in sorted(changed)]
    first = min(changed, default=None)
    if first is None and (days := stale_days(workspace, built)):  # a run that should have done it may have been killed
        why, marks = "stale", [*(stored(workspace, "raw/bhavcopy", date) or "" for date in days), _situation(workspace)]
        first = days[0] if days[0] != built[0] else min(finished_sessions(workspace))  # what is older may be stale, too
    if first is None:
        return dg.SensorResult(skip_reason="no file has changed", cursor=cursor)
    asked = ask(context, workspace, first, built[-1], why, marks)
    if isinstance(asked, dg.RunRequest):
        log(workspace.settings).warning("rebuild asked for", why=why, days=[date.isoformat() for date in days])
    return result_of(asked, cursor)


def _republished(
    context: dg.SensorEvaluationContext,
    workspace: Workspace,
    dates: Sequence[dt.date],
    instant: dt.datetime,
    looked: dict[str, float],
) -> dict[dt.date, str]:
    """The marks of the days whose files are not those that the lake has; `looked` notes when a day was looked at."""
    changed: dict[dt.date, str] = {}
    for date in dates:
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
    return changed


def _situation(workspace: Workspace) -> str:
    """A mark of the settings and of what a person edits: under others a day may be stale anew."""
    text = workspace.settings.model_dump_json() + json.dumps(edited(workspace))
    return hashlib.sha256(text.encode()).hexdigest()


@dg.sensor(
    job=daily_job,
    minimum_interval_seconds=SECONDS,
    default_status=STATUS,
    description="Watches the source, ESG ratings, override files and settings; a change rebuilds the affected days.",
)
def drop_folder_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Corporate-action exports, ESG files, bundles, overrides, the calendar, `champion.toml`."""
    workspace = open_workspace(current_settings())
    mark = hashlib.sha256(json.dumps([edited(workspace), dropped(workspace)]).encode()).hexdigest()
    if context.cursor is None:  # what is there already is the publication sensor's, or a backfill's
        return dg.SensorResult(skip_reason="noted what is there", cursor=mark)
    if context.cursor == mark:
        return dg.SensorResult(skip_reason="no file has changed", cursor=mark)
    if is_working(context, workspace):
        return dg.SensorResult(skip_reason=UNDER_WAY, cursor=context.cursor)
    built = sorted(date for date in finished_sessions(workspace) if workspace.calendar.why_closed(date) is None)
    if not built:
        return dg.SensorResult(skip_reason="files have changed; nothing is built that they could touch", cursor=mark)
    found = ask(context, workspace, built[0], built[-1], "dropped", [mark])
    noted = context.cursor if isinstance(found, dg.SkipReason) else mark  # a skipped one is asked for again
    return result_of(found, noted)


@dg.schedule(
    job=daily_job,
    cron_schedule="0 1 * * 0",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING if IS_ON else dg.DefaultScheduleStatus.STOPPED,
    description="Every Sunday: one run for all sessions missing since the first.",
)
def catch_up_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Gaps of any age whose first file is there; what is current is left alone, so the range may be generous."""
    workspace = open_workspace(current_settings())
    due, finished = due_sessions(workspace, now(workspace.settings), EVERY), finished_sessions(workspace)
    begun = workspace.lake.dates("raw/bhavcopy")
    gaps = [date for date in due if begun and date >= begun[0] and date not in finished]
    if not gaps:
        return dg.SkipReason("no gap")
    ((_, found),) = look(workspace, "raw/bhavcopy", gaps[:1])
    if not isinstance(found, str):
        return dg.SkipReason(f"the first gap cannot be filled: {type(found).__name__}: {found}")
    tags = {**TAGS, RANGE_START: gaps[0].isoformat(), RANGE_END: due[-1].isoformat(), "champion/why": "catch-up"}
    return dg.RunRequest(run_key=f"catch-up:{context.scheduled_execution_time.date()}:{gaps[0]}", tags=tags)


run_sensors = [publication_sensor, republish_sensor, drop_folder_sensor]
