"""Build a range of days of a daily table: what the plan calls stale is computed in blocks, validated, written, reported.

What belongs here: the one loop that one day and ten years share. What does not: what a table holds, or how Dagster is told.

A day is written only whole and valid. A day that fails leaves no object and does not stop the others, except in tables with
state, where nothing after it can be known. Killed at any moment, the lake holds finished days only, and the next run goes on.
"""

from __future__ import annotations

import datetime as dt
import resource
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from champion_assets.lake.errors import BuildError, InvalidRows, MissingInput
from champion_assets.lake.fingerprints import Fingerprints, recipe_of
from champion_assets.lake.footer import ObjectInfo
from champion_assets.lake.plan import Plan, plan_range
from champion_assets.lake.ports import stops_source
from champion_assets.lake.schema import violations
from champion_assets.lake.store import REMOTE_REQUESTS, partition_key
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.lake.workspace import Workspace, open_inputs

Status = Literal["written", "unchanged", "closed"]
Progress = Callable[[str, int], None]
Note = Callable[[str], None]
_progress: ContextVar[Progress | None] = ContextVar("champion_progress", default=None)
_note: ContextVar[Note | None] = ContextVar("champion_note", default=None)


@dataclass(frozen=True)
class DayOutcome:
    """What became of one day: rows and size of its object, or why there is none."""

    status: Status
    fingerprint: str | None = None
    rows: int = 0
    size: int = 0
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class RangeReport:
    """Outcomes by day, failures by day, wall seconds by kind of work, CPU seconds, and the process's peak memory so far."""

    table: str
    outcomes: dict[dt.date, DayOutcome] = field(default_factory=dict)
    failed: dict[dt.date, Exception] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    peak_megabytes: float = 0.0

    def count(self, status: Status) -> int:
        """How many days ended in `status`."""
        return sum(outcome.status == status for outcome in self.outcomes.values())

    @property
    def rows(self) -> int:
        """Rows of all days that have an object."""
        return sum(outcome.rows for outcome in self.outcomes.values())


@contextmanager
def report_progress(callback: Progress, note: Note | None = None) -> Iterator[None]:
    """Inside the `with` call `callback(table, sessions)` whenever a block of sessions is done, and `note` with what a person waits for."""
    tokens = _progress.set(callback), _note.set(note)
    try:
        yield
    finally:
        _progress.reset(tokens[0])
        _note.reset(tokens[1])


def tell(text: str) -> None:
    """Say something to whoever watches this build, if anybody does."""
    if (note := _note.get()) is not None:
        note(text)


def build_range(
    table: DailyTable, workspace: Workspace, dates: Sequence[dt.date], *, refetch: Collection[dt.date] | None = None
) -> RangeReport:
    """Bring `dates` (calendar days in order) of `table` up to date in the lake and say what was done; `refetch` as in `plan_range`."""
    started, used = time.perf_counter(), time.process_time()
    report = RangeReport(table.name)
    fingerprints = Fingerprints(workspace.lake)
    plan = plan_range(table, workspace, dates, fingerprints, refetch=refetch)
    _settle(table, workspace, plan, report)
    report.seconds["plan"] = time.perf_counter() - started
    _build_stale(table, workspace, plan, report)
    _advance(table, len(plan.unchanged))
    report.outcomes = dict(sorted(report.outcomes.items()))
    report.seconds["total"] = time.perf_counter() - started
    report.cpu_seconds = time.process_time() - used
    report.peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return report


def _settle(table: DailyTable, workspace: Workspace, plan: Plan, report: RangeReport) -> None:
    """Note the days that need no computation: closed, current, and those that cannot be built."""
    if table.contradict is not None and plan.closed:
        report.failed.update(table.contradict(workspace, list(plan.closed)))
    for date, reason in plan.closed.items():
        if date not in report.failed:
            report.outcomes[date] = DayOutcome("closed", reason=reason)
    for date, found in zip(plan.unchanged, workspace.lake.infos(table.name, plan.unchanged), strict=True):
        if found is None:
            raise BuildError(f"{table.name} {date}: the object vanished while it was looked at; run the day again")
        info, size = found
        report.outcomes[date] = DayOutcome("unchanged", info.fingerprint, info.rows, size, "inputs and code are the same")
    if table.gate is not None and (judged := sorted({*plan.unchanged, *plan.stale})):
        for date, error in table.gate(workspace, judged).items():
            report.failed[date] = error
            report.outcomes.pop(date, None)
            plan.stale.pop(date, None)
    for date, missing in plan.missing.items():
        report.failed[date] = MissingInput(_say_missing(table, workspace, date, missing))


def _build_stale(table: DailyTable, workspace: Workspace, plan: Plan, report: RangeReport) -> None:
    """Build the stale days block by block, until a refusal of the server or, in tables with state, a failure ends it."""
    stale, known = list(plan.stale), len(report.failed)
    if table.stateful and report.failed:
        first_gap = min(report.failed)
        stale = [date for date in stale if date < first_gap]
    size = table.block_size(workspace.settings)
    for start in range(0, len(stale), size):
        block = stale[start : start + size]
        _build_block(table, workspace, block, plan, report)
        _advance(table, sum(date in report.outcomes for date in block))
        refusal = next((error for error in report.failed.values() if stops_source(error)), None)
        if refusal is not None:  # the server said no: nothing more is asked of it
            report.failed.update(dict.fromkeys(stale[start + size :], refusal))
        if refusal is not None or (table.stateful and len(report.failed) > known):
            break


def _advance(table: DailyTable, sessions: int) -> None:
    if (callback := _progress.get()) is not None:
        callback(table.name, sessions)


def _say_missing(table: DailyTable, workspace: Workspace, date: dt.date, missing: list[tuple[str, dt.date]]) -> str:
    by_table: dict[str, list[dt.date]] = {}
    for name, day in missing:
        by_table.setdefault(name, []).append(day)
    parts = [f"{name} of {len(days)} session(s) from {min(days)} to {max(days)}" for name, days in sorted(by_table.items())]
    first, last = min(day for _, day in missing), max(day for _, day in missing)
    command = f"champion backfill {first} {last} --assets '{' or '.join(f'+{name}' for name in sorted(by_table))}'"
    if table.name in by_table:  # its own past: what is current there is skipped, so the whole chain may be asked for
        command = f"champion backfill {workspace.settings.start_date} {last}"
    return (
        f"{table.name} {date} needs {'; '.join(parts)}, absent from the lake or made by other code or settings. "
        f"Run `{command}` first; if your history begins later, set CHAMPION_START_DATE to its first day."
    )


def _build_block(table: DailyTable, workspace: Workspace, block: Sequence[dt.date], plan: Plan, report: RangeReport) -> None:
    clock = time.perf_counter()
    computed = table.compute(open_inputs(table, workspace, block, plan.known), block)
    report.seconds["compute"] = report.seconds.get("compute", 0.0) + time.perf_counter() - clock
    report.failed.update(computed.failed)
    clock = time.perf_counter()
    invalid = _invalid_days(table, computed.frame)
    report.seconds["validate"] = report.seconds.get("validate", 0.0) + time.perf_counter() - clock
    clock = time.perf_counter()
    by_day = {key[0]: day for key, day in computed.frame.partition_by("trade_date", as_dict=True).items()}
    empty = computed.frame.clear()
    writes: list[tuple[dt.date, pl.DataFrame]] = []
    for date in block:
        if date in invalid:
            report.failed[date] = InvalidRows(f"{table.name} {date}: {invalid[date]}")
        elif date not in by_day and not table.may_be_empty and date not in computed.failed:
            report.failed[date] = InvalidRows(f"{table.name} {date}: no row came out; its input is empty or every row was refused")
        if date not in report.failed:
            writes.append((date, by_day.get(date, empty)))
        elif table.stateful:  # what comes after it rests on nothing
            break
    _list_refused(table, workspace, block, computed, report)
    held = set(workspace.lake.dates(f"quarantine/{table.name}"))
    with ThreadPoolExecutor(max_workers=2 if workspace.lake.is_local else REMOTE_REQUESTS) as pool:
        outcomes = list(pool.map(lambda item: _write_day(table, workspace, item[0], item[1], computed, plan, held), writes))
    report.outcomes |= {date: outcome for (date, _), outcome in zip(writes, outcomes, strict=True)}
    report.seconds["write"] = report.seconds.get("write", 0.0) + time.perf_counter() - clock


def _list_refused(table: DailyTable, workspace: Workspace, block: Sequence[dt.date], computed: Computed, report: RangeReport) -> None:
    """What a failed day refused is listed in the quarantine too; a day that is written does so with its rows."""
    if computed.rejects is None:
        return
    for date in block:
        rows = computed.rejects.filter(pl.col("trade_date") == date)
        if date in report.failed and rows.height:
            workspace.lake.write(f"quarantine/{partition_key(table.name, date)}", rows, ObjectInfo("", table.code_version, rows.height))


def _invalid_days(table: DailyTable, frame: pl.DataFrame) -> dict[dt.date, str]:
    if violations(table.model, frame) is None:
        return {}
    days = frame.partition_by("trade_date", as_dict=True)
    found = {key[0]: violations(table.model, day) for key, day in days.items()}
    bad: dict[dt.date, str] = {day: text for day, text in found.items() if text is not None}
    if not bad:
        raise InvalidRows(f"{table.name}: rows are valid day by day but not together: {violations(table.model, frame)}")
    return bad


def _write_day(
    table: DailyTable, workspace: Workspace, date: dt.date, frame: pl.DataFrame, computed: Computed, plan: Plan, held: set[dt.date]
) -> DayOutcome:
    facts = dict(computed.facts.get(date, {}))
    fingerprint, inputs = plan.stale[date]
    key = partition_key(table.name, date)
    rejects = None if computed.rejects is None else computed.rejects.filter(pl.col("trade_date") == date)
    _sync_quarantine(table, workspace, date, rejects, held)
    if rejects is not None and rejects.height:
        facts["quarantined_rows"] = rejects.height
    if table.is_source:
        fingerprint, inputs = facts["sha256"], {"source": facts["uri"]}
        if facts.pop("unchanged", plan.stored.get(date) == fingerprint):
            return DayOutcome(
                "unchanged",
                fingerprint,
                facts["rows"],
                workspace.lake.size(key) or 0,
                "same bytes at the source",
                facts,
            )
    rows = facts["rows"] if table.is_source else frame.height
    info = ObjectInfo(fingerprint, table.code_version, rows, inputs, recipe_of(table, workspace.settings))
    size = workspace.lake.write(key, frame, info)
    return DayOutcome("written", fingerprint, rows, size, facts=facts)


def _sync_quarantine(table: DailyTable, workspace: Workspace, date: dt.date, rejects: pl.DataFrame | None, held: set[dt.date]) -> None:
    """The quarantine of the day says what this build refused, also where the day's own rows are the same as before."""
    key = f"quarantine/{partition_key(table.name, date)}"
    if rejects is not None and rejects.height:
        workspace.lake.write(key, rejects, ObjectInfo("", table.code_version, rejects.height))
    elif date in held:
        workspace.lake.delete(key)
