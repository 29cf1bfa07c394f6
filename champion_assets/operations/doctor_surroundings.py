"""What `champion doctor` finds around the lake: what is due, the calendar, Dagster's runs, services, versions.

What belongs here: findings of everything but what was built; each says what to do next. What does not: the lake
itself (`doctor_lake.py`).
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from collections.abc import Iterator

from champion_assets.common.clock import INDIA, now
from champion_assets.common.dates import calendar_days
from champion_assets.common.redaction import redacted
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.calendar import NO_FILE
from champion_assets.nse.calendar_files import CONFIRMED_FROM
from champion_assets.operations.doctor_findings import Finding
from champion_assets.operations.helpers import does_not_answer, states
from champion_assets.operations.history import price_days
from champion_assets.orchestration.freshness import calendar_end, overdue_sessions
from champion_assets.orchestration.publication import finished_sessions, is_finished
from champion_assets.orchestration.run_tracking import pending
from champion_assets.raw.files import source_of
from champion_assets.settings import Settings, source_folder

PACKAGES = ("champion-assets", "dagster", "polars", "duckdb", "pandera", "daqp", "mlflow", "obstore")


def overdue_findings(workspace: Workspace) -> Iterator[Finding]:
    """Sessions whose files should have come by now."""
    instant = now(workspace.settings)
    due = overdue_sessions(workspace, instant, 10)
    late = [date for date in due if not is_finished(workspace, date)]
    folder = source_folder(workspace.settings.source)
    days = price_days(workspace.settings) if late and folder is not None and folder.is_dir() else None
    if late and days and days[-1] < late[0]:
        yield Finding(
            "freshness",
            "error",
            f"{workspace.settings.source} ends on {days[-1]}; {len(late)} of the last {len(due)} sessions are overdue",
            f"put newer files there and run `champion run`; if none will come, set CHAMPION_END_DATE={days[-1]}",
        )
    elif late:
        newest = max(finished_sessions(workspace), default=None)
        yield Finding(
            "freshness",
            "error",
            f"{len(late)} of the last {len(due)} sessions are overdue, the first {late[0]}"
            + (f"; the last day that is built is {newest}" if newest else ""),
            "get the files (`champion source` lists what is there), then champion run; is `champion ui` (the daemon) "
            "running with its sensors on? A history that has ended is told by CHAMPION_END_DATE",
        )
    elif due:
        yield Finding("freshness", "ok", f"the last session that was due, {due[-1]}, is built")


def calendar_findings(workspace: Workspace) -> Iterator[Finding]:
    """Whether the session calendar reaches far enough, what of it was left out, and how many days of the lake's span
    are not confirmed.
    """
    calendar, settings = workspace.calendar, workspace.settings
    instant = now(settings)
    end = calendar_end(workspace, instant)
    yield (
        Finding("calendar", "ok", f"reaches {calendar.last}")
        if end is None
        else Finding("calendar", end.level, end.says, end.do)
    )
    for problem in calendar.problems:
        yield Finding("calendar", "warning", problem, "correct or remove the file")
    last = min(instant.astimezone(INDIA).date(), calendar.last)
    days = [calendar.day(day) for day in calendar_days(settings.start_date, min(last, CONFIRMED_FROM))]
    doubtful = [day for day in days if not day.confirmed and (day.is_session or day.reason == NO_FILE)]
    if doubtful:
        closed = sum(not day.is_session for day in doubtful)
        says = (
            f"{len(doubtful)} weekdays from {doubtful[0].date} to {doubtful[-1].date} are not confirmed as sessions; "
            f"{closed} of them count as closed because there is no file"
        )
        yield Finding("calendar", "note", says, "champion calendar DATE; put missing files into the source")


def runs_findings(settings: Settings) -> Iterator[Finding]:
    """Dagster's last runs, and whether its event log is the fast one."""
    import dagster as dg
    from sqlalchemy.exc import OperationalError

    from champion_assets.orchestration.dagster_home import prepare_dagster_home

    try:
        home = prepare_dagster_home(settings)
        with dg.DagsterInstance.get() as instance:
            records = instance.get_run_records(limit=5)
            log = type(instance.event_log_storage)
    except (OperationalError, OSError) as error:
        says = f"Dagster's history cannot be opened: {redacted(str(error).splitlines()[0])}"
        yield Finding("runs", "error", says, "is DAGSTER_HOME or DATA_DIR read-only, full, or its server down?")
        return
    if not log.__name__.startswith("Batched"):
        yield Finding(
            "runs",
            "warning",
            f"{home} uses {log.__name__}, which is slow on years",
            "champion prepare; if it has a dagster.yaml, name the event log there as docs/running.md says",
        )
    if not records:
        yield Finding("runs", "note", "Dagster has no run yet")
    for record in records:
        run, started = (
            record.dagster_run,
            dt.datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), dt.UTC),
        )
        days = run.tags.get("dagster/partition") or f"{run.tags.get('dagster/asset_partition_range_start', '?')}.."
        failed = run.status == dg.DagsterRunStatus.FAILURE
        yield Finding(
            "runs",
            "warning" if failed and record is records[0] else "note",
            f"{run.run_id[:8]} {days} {run.status.value.lower()}, {started.astimezone(INDIA):%Y-%m-%d %H:%M} IST",
            "open it in the web page: champion ui" if failed else "",
        )


def services_findings(workspace: Workspace) -> Iterator[Finding]:
    """The source and the services that are configured: whether they answer."""
    settings = workspace.settings
    if (folder := source_folder(settings.source)) is not None:
        there = folder.is_dir()
        yield Finding(
            "services",
            "ok" if there else "error",
            f"source {settings.source}: {'a folder' if there else 'no such folder'}",
            "" if there else "set CHAMPION_SOURCE",
        )
    elif settings.source.startswith("http"):
        problem = does_not_answer(source_of(settings))
        yield Finding(
            "services",
            "error" if problem else "ok",
            f"source {settings.source}{'' if problem else ' answers'}",
            problem,
        )
    for says, problem in states(settings):
        yield Finding("services", "error" if problem else "ok", says, problem)
    waiting = len(pending(workspace.lake))
    if waiting:
        yield Finding(
            "services",
            "note",
            f"{waiting} runs wait to be sent to MLflow",
            "the next backfill, a later run or the tracking sensor sends them",
        )


def versions_findings() -> Iterator[Finding]:
    """Versions of the product and the libraries that decide its results."""
    yield Finding("versions", "ok", ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES))
