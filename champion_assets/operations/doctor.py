"""`champion doctor`: the state of everything on one page, and what to do about it.

What belongs here: looking and judging; each finding says what to do next. What does not: mending anything, printing
(`cli/operations.py`).
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from champion_assets.common.clock import INDIA, now
from champion_assets.common.dates import calendar_days
from champion_assets.common.errors import HelperUnavailable
from champion_assets.lake.fingerprints import Fingerprints
from champion_assets.lake.plan import plan_range
from champion_assets.lake.quarantine import listed, refused_files
from champion_assets.lake.verify import last_verified
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.calendar import NO_FILE
from champion_assets.nse.calendar_files import CONFIRMED_FROM
from champion_assets.operations.helpers import does_not_answer, states
from champion_assets.orchestration.freshness import calendar_end, overdue_sessions
from champion_assets.orchestration.publication import is_finished
from champion_assets.orchestration.run_tracking import pending
from champion_assets.raw.files import source_of
from champion_assets.settings import Settings, source_folder

Level = Literal["ok", "note", "warning", "error"]
LEVELS: tuple[Level, ...] = ("ok", "note", "warning", "error")
PACKAGES = ("champion-assets", "dagster", "polars", "duckdb", "pandera", "daqp", "mlflow", "obstore")
MAX_REFUSED = 20
"""Refused files that are named one by one."""
RECENT = 30
"""Sessions whose failed checks are named one by one."""


@dataclass(frozen=True)
class Finding:
    """Something that was looked at: of which part, how it is, and what to do next (empty if nothing)."""

    part: str
    level: Level
    says: str
    do: str = ""


@dataclass(frozen=True)
class Report:
    """All findings, and the days of each asset by year."""

    findings: list[Finding]
    coverage: pl.DataFrame

    @property
    def level(self) -> Level:
        """The worst."""
        return max((each.level for each in self.findings), key=LEVELS.index, default="ok")

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "level": self.level,
            "findings": [asdict(each) for each in self.findings],
            "coverage": self.coverage.to_dicts(),
        }


def examine(workspace: Workspace) -> Report:
    """Look at everything. Nothing is changed, and no file of the exchange is fetched."""
    built = {name: workspace.lake.dates(name) for name in workspace.tables}
    findings = [
        *_missing(workspace, built),
        *_stale(workspace, built),
        *_overdue(workspace),
        *_calendar(workspace),
        *_checks(workspace, built),
        *_suspects(workspace, built),
        *_quarantine(workspace),
        *_refused(workspace),
        *_runs(workspace.settings),
        *_verified(workspace),
        *_disk(workspace),
        *_services(workspace),
        *_versions(),
    ]
    return Report(findings, _coverage(built))


def _coverage(built: dict[str, list[dt.date]]) -> pl.DataFrame:
    rows = [(name, date.year) for name, dates in built.items() for date in dates]
    frame = pl.DataFrame(rows, schema={"asset": pl.String, "year": pl.Int32}, orient="row")
    return frame.group_by("asset", "year").len("days").sort("asset", "year")


def _missing(workspace: Workspace, built: dict[str, list[dt.date]]) -> Iterator[Finding]:
    begun = [dates[0] for dates in built.values() if dates]
    if not begun:
        yield Finding("coverage", "error", "the lake is empty", "champion backfill START END")
        return
    first, last = min(begun), max(dates[-1] for dates in built.values() if dates)
    sessions = set(workspace.sessions(first, last))
    holes = {name: sorted(sessions - set(dates)) for name, dates in built.items()}
    for name, dates in holes.items():
        if dates:
            yield Finding(
                "coverage",
                "error",
                f"{name} lacks {len(dates)} of {len(sessions)} sessions, {dates[0]} to {dates[-1]}",
                f"champion backfill {dates[0]} {dates[-1]} --assets '+{name}'",
            )
    if not any(holes.values()):
        yield Finding("coverage", "ok", f"every asset has all {len(sessions)} sessions from {first} to {last}")


def _stale(workspace: Workspace, built: dict[str, list[dt.date]]) -> Iterator[Finding]:
    marks = Fingerprints(workspace.lake)
    found = False
    for name in (each for each in workspace.tables if not workspace.tables[each].is_source and built[each]):
        try:
            plan = plan_range(workspace.tables[name], workspace, built[name], marks)
        except HelperUnavailable as error:
            found = True
            yield Finding("staleness", "error", f"{name}: cannot be looked at ({type(error).__name__})", str(error))
            continue
        bad = sorted([*plan.stale, *plan.missing])
        if bad:
            found = True
            yield Finding(
                "staleness",
                "warning",
                f"{name}: {len(bad)} days, {bad[0]} to {bad[-1]}, are of other input, code or settings",
                f"champion backfill {bad[0]} {bad[-1]} --assets '{name}+'",
            )
    if not found:
        yield Finding("staleness", "ok", "every day was made from the present input by the present code and settings")


def _overdue(workspace: Workspace) -> Iterator[Finding]:
    instant = now(workspace.settings)
    due = overdue_sessions(workspace, instant, 10)
    late = [date for date in due if not is_finished(workspace, date)]
    if late:
        yield Finding(
            "freshness",
            "error",
            f"{len(late)} of the last {len(due)} sessions are overdue, the first {late[0]}",
            f"champion backfill {late[0]} {due[-1]}; is `champion ui` (the daemon) running with its sensors on?",
        )
    elif due:
        yield Finding("freshness", "ok", f"the last session that was due, {due[-1]}, is built")


def _calendar(workspace: Workspace) -> Iterator[Finding]:
    """Whether the session calendar reaches far enough, what of it was left out, and how many days of the lake's span are not confirmed."""
    calendar, settings = workspace.calendar, workspace.settings
    instant = now(settings)
    end = calendar_end(workspace, instant)
    yield (
        Finding("calendar", "ok", f"reaches {calendar.last}")
        if end is None
        else Finding("calendar", end.level, end.says, end.do)
    )
    for problem in calendar.problems:
        yield Finding("calendar", "warning", problem, "mend or remove the file")
    last = min(instant.astimezone(INDIA).date(), calendar.last)
    days = [calendar.day(day) for day in calendar_days(settings.start_date, min(last, CONFIRMED_FROM))]
    doubtful = [day for day in days if not day.confirmed and (day.is_session or day.reason == NO_FILE)]
    if doubtful:
        closed = sum(not day.is_session for day in doubtful)
        says = (
            f"{len(doubtful)} weekdays from {doubtful[0].date} to {doubtful[-1].date} are not confirmed as sessions; "
            f"{closed} of them are closed for want of a file"
        )
        yield Finding("calendar", "note", says, "champion calendar DATE; put missing files into the source")


def _checks(workspace: Workspace, built: dict[str, list[dt.date]]) -> Iterator[Finding]:
    dates = built["checks/results"]
    if not dates:
        return
    rows = workspace.lake.read(
        "checks/results", dates, ["trade_date", "check_name", "severity", "passed", "sample", "override"]
    )
    failed = rows.filter(~pl.col("passed"))
    for date, check, sample in (
        failed.filter(pl.col("severity") == "block").select("trade_date", "check_name", "sample").iter_rows()
    ):
        yield Finding(
            "checks",
            "error",
            f"{check} blocks {date}: {sample}",
            "mend the cause, or a line in the CSV in CHAMPION_CHECKS",
        )
    recent = failed.filter(
        pl.col("trade_date").is_in(dates[-RECENT:]) & pl.col("severity").is_in(["warn", "quarantine"])
    )
    for check, count, last in (
        recent.group_by("check_name").agg(pl.len(), pl.col("trade_date").max()).sort("check_name").iter_rows()
    ):
        yield Finding(
            "checks",
            "note",
            f"{check} failed on {count} of the last {RECENT} sessions, last on {last}",
            f"look at checks/results of {last}",
        )
    overridden = rows.filter(pl.col("override") != "").height
    blocks, warnings = (failed.filter(pl.col("severity") == each).height for each in ("block", "warn"))
    yield Finding(
        "checks",
        "note" if blocks else "ok",
        f"{rows.height} outcomes of {len(dates)} days; {warnings} warnings, {overridden} overridden",
    )


def _suspects(workspace: Workspace, built: dict[str, list[dt.date]]) -> Iterator[Finding]:
    dates = built["silver/suspects"]
    if not dates:
        return
    rows = workspace.lake.read("silver/suspects", dates, ["trade_date", "suspicion"])
    for suspicion, count in rows.group_by("suspicion").len().sort("suspicion").iter_rows():
        yield Finding("suspects", "note", f"{count} rows of {suspicion}", f"champion audit {dates[0]} {dates[-1]}")


def _quarantine(workspace: Workspace) -> Iterator[Finding]:
    rows = listed(workspace.lake)
    waiting = rows.filter(pl.col("open") > 0)
    if waiting.is_empty():
        yield Finding(
            "quarantine",
            "ok",
            f"nothing waits for a decision ({rows['rows'].sum()} rows decided)" if rows.height else "empty",
        )
    for table, days, count in waiting.group_by("table").agg(pl.len(), pl.col("open").sum()).sort("table").iter_rows():
        yield Finding(
            "quarantine",
            "note",
            f"{table}: {count} rows on {days} days wait for a decision",
            "champion quarantine list",
        )


def _refused(workspace: Workspace) -> Iterator[Finding]:
    """Files that the source has and that are not used, or not wholly."""
    rows = refused_files(workspace.lake)
    for each in rows.head(MAX_REFUSED).iter_rows(named=True):
        where = f"row {each['line']} of {each['name']}" if each["line"] else each["name"]
        span = f"{each['first']}" if each["days"] == 1 else f"{each['days']} days, {each['first']} to {each['last']}"
        yield Finding("refused files", "warning", f"{each['table']}: {where} is not used ({span}): {each['reason']}",
                      f"get the right file, then champion backfill {each['first']} {each['last']} --refetch; "
                      f"or champion quarantine drop {each['table']} {each['first']} --why ...")  # fmt: skip
    if rows.height > MAX_REFUSED:
        yield Finding("refused files", "warning", f"{rows.height - MAX_REFUSED} more", "champion quarantine list")


def _runs(settings: Settings) -> Iterator[Finding]:
    import dagster as dg

    from champion_assets.orchestration.dagster_home import prepare_dagster_home

    home = prepare_dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        records = instance.get_run_records(limit=5)
        log = type(instance.event_log_storage)
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


def _verified(workspace: Workspace) -> Iterator[Finding]:
    """When the lake was last compared with its checksums; every read compares what it reads."""
    said = last_verified(workspace.lake)
    if said is None:
        yield Finding("integrity", "note", "the whole lake was never compared with its checksums", "champion verify")
        return
    when = f"{said.finished[:10]}: {said.objects} objects, {said.bytes / 1e6:.0f} MB" + (
        f", days since {said.since}" if said.since else ""
    )
    if said.damaged:
        yield Finding("integrity", "error", f"{when}; {said.damaged} damaged", "champion verify --repair")
    else:
        yield Finding("integrity", "ok", f"{when}; every one as it was written")


def _disk(workspace: Workspace) -> Iterator[Finding]:
    if not workspace.lake.is_local:
        return
    size = sum(path.stat().st_size for path in Path(workspace.lake.root).rglob("*") if path.is_file())
    free = shutil.disk_usage(workspace.lake.root).free
    short = free < max(size / 10, 2**30)
    yield Finding(
        "disk",
        "warning" if short else "ok",
        f"the lake takes {size / 2**30:.2f} GiB, {free / 2**30:.1f} GiB are free",
        "make room, or move the lake: CHAMPION_LAKE" if short else "",
    )


def _services(workspace: Workspace) -> Iterator[Finding]:
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
            "they go with the next backfill, a later run, or by the tracking sensor",
        )


def _versions() -> Iterator[Finding]:
    yield Finding("versions", "ok", ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES))
