"""Build a range of days of a daily table.

What the plan calls stale is computed in blocks, validated, written, reported.

What belongs here: the one loop that one day and ten years share. What does not: what a table holds, or how Dagster is
told.

A day is written only whole and valid. A day that fails is not written and does not stop the others, except in tables
with state, where nothing after it can be known. Killed at any moment, the lake holds finished days only, and the next
run goes on.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import polars as pl

from champion_assets.common import system
from champion_assets.lake.blocks import next_block
from champion_assets.lake.commit import DayRows, day_rows, write_days
from champion_assets.lake.content_hash import HASH_LENGTH
from champion_assets.lake.delta_schema import storable
from champion_assets.lake.errors import BuildError, DayChanged, InvalidRows, MissingInput
from champion_assets.lake.fingerprints import Fingerprints, expected_fingerprint
from champion_assets.lake.manifest import Stamp
from champion_assets.lake.plan import Plan, plan_range
from champion_assets.lake.ports import stops_source
from champion_assets.lake.progress import advance
from champion_assets.lake.range_report import DayOutcome, RangeReport, Status
from champion_assets.lake.schema import split_rows, violations
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.lake.workspace import Workspace, open_inputs

ATTEMPTS = 5
"""How often a block is computed when other runs write its days at the same time."""


def build_range(
    table: DailyTable, workspace: Workspace, dates: Sequence[dt.date], *, refetch: Collection[dt.date] | None = None
) -> RangeReport:
    """Bring `dates` (calendar days in order) of `table` up to date in the lake and say what was done.

    `refetch` as in `plan_range`.
    """
    started, used = time.perf_counter(), time.process_time()
    report = RangeReport(table.name)
    fingerprints = Fingerprints(workspace.lake)
    plan = plan_range(table, workspace, dates, fingerprints, refetch=refetch)
    _settle(table, workspace, plan, report)
    report.seconds["plan"] = time.perf_counter() - started
    _build_stale(table, workspace, plan, fingerprints, report)
    advance(table, len(plan.unchanged))
    report.outcomes = dict(sorted(report.outcomes.items()))
    report.seconds["total"] = time.perf_counter() - started
    report.cpu_seconds = time.process_time() - used
    report.peak_megabytes = system.peak_megabytes()
    return report


def _settle(table: DailyTable, workspace: Workspace, plan: Plan, report: RangeReport) -> None:
    """Note the days that need no computation: closed, current, and those that cannot be built."""
    if table.contradict is not None and plan.closed:
        report.failed.update(table.contradict(workspace, list(plan.closed)))
    for date, reason in plan.closed.items():
        if date not in report.failed:
            report.outcomes[date] = DayOutcome("closed", reason=reason)
    state = workspace.lake.state(table.name)
    for date in plan.unchanged:
        info = state.info(date)
        if info is None:
            raise BuildError(f"{table.name} {date}: the day was removed while it was read; run it again")
        report.outcomes[date] = DayOutcome(
            "unchanged", info.fingerprint, info.rows, state.size(date), "inputs and code are the same"
        )
    if table.gate is not None and (judged := sorted({*plan.unchanged, *plan.stale})):
        for date, error in table.gate(workspace, judged).items():
            report.failed[date] = error
            report.outcomes.pop(date, None)
            plan.stale.pop(date, None)
    for date, missing in plan.missing.items():
        report.failed[date] = MissingInput(say_missing(table, workspace, date, missing))


def _build_stale(table: DailyTable, workspace: Workspace, plan: Plan, marks: Fingerprints, report: RangeReport) -> None:
    """Build the stale days block by block, until a refusal of the server or, in tables with state.

    A failure ends it.
    """
    stale, known = list(plan.stale), len(report.failed)
    if table.stateful and report.failed:
        first_gap = min(report.failed)
        stale = [date for date in stale if date < first_gap]
    while stale:
        block = next_block(table, workspace, stale)
        stale = stale[len(block) :]
        _build_block(table, workspace, block, plan, marks, report)
        advance(table, sum(date in report.outcomes for date in block))
        refusal = next((error for error in report.failed.values() if stops_source(error)), None)
        if refusal is not None:  # the server said no: nothing more is asked of it
            report.failed.update(dict.fromkeys(stale, refusal))
        if refusal is not None or (table.stateful and len(report.failed) > known):
            break
        if table.reads_itself(workspace.settings):
            stale = _still_stale(table, workspace, stale, plan, marks, report)


def _still_stale(table: DailyTable, workspace: Workspace, stale: Sequence[dt.date], plan: Plan, marks: Fingerprints,
                 report: RangeReport) -> list[dt.date]:  # fmt: skip
    """Of days that were stale since the table's own past was yet to be built.

    Those that still are, now that it is known.
    """
    for number, date in enumerate(stale):
        info = workspace.lake.info(table.name, date)
        if info is None or expected_fingerprint(table, workspace, date, marks, plan.known) != info.fingerprint:
            return list(stale[number:])
        marks.settle(table.name, date, info)
        size = workspace.lake.state(table.name).size(date)
        report.outcomes[date] = DayOutcome(
            "unchanged", info.fingerprint, info.rows, size, "the table's own past came out the same"
        )
        advance(table, 1)
    return []


def say_missing(table: DailyTable, workspace: Workspace, date: dt.date, missing: list[tuple[str, dt.date]]) -> str:
    """What a day lacks of which tables, and the command that brings it."""
    by_table: dict[str, list[dt.date]] = {}
    for name, day in missing:
        by_table.setdefault(name, []).append(day)
    parts = [
        f"{name} of {len(days)} session(s) from {min(days)} to {max(days)}" for name, days in sorted(by_table.items())
    ]
    first, last = min(day for _, day in missing), max(day for _, day in missing)
    command = f"champion backfill {first} {last} --assets '{' or '.join(f'+{name}' for name in sorted(by_table))}'"
    if table.name in by_table:  # its own past: what is current there is skipped, so the whole chain may be asked for
        command = f"champion backfill {workspace.settings.start_date} {last}"
    return (
        f"{table.name} {date} needs {'; '.join(parts)}, absent from the lake or made by other code or settings. "
        f"Run `{command}` first; if your history begins later, set CHAMPION_START_DATE to its first day."
    )


def _build_block(table: DailyTable, workspace: Workspace, block: Sequence[dt.date], plan: Plan, marks: Fingerprints,
                 report: RangeReport) -> None:  # fmt: skip
    for attempt in count(1):
        try:
            _compute_and_write(table, workspace, block, plan, marks, report)
        except DayChanged:  # another run received another version of the day meanwhile: look at what it noted
            if attempt == ATTEMPTS:
                raise
        else:
            return


def _compute_and_write(
    table: DailyTable,
    workspace: Workspace,
    block: Sequence[dt.date],
    plan: Plan,
    marks: Fingerprints,
    report: RangeReport,
) -> None:
    clock = time.perf_counter()
    inputs = open_inputs(table, workspace, block, plan.known)
    computed = table.compute(inputs, block)
    report.spent("compute", clock)
    clock = time.perf_counter()
    if table.rows_stand_alone:
        computed = _without_broken_rows(table, computed)
    failed: dict[dt.date, Exception] = dict(computed.failed)
    for date, text in invalid_days(table, computed.frame).items():
        failed[date] = InvalidRows(f"{table.name} {date}: {text}")
    report.spent("validate", clock)
    clock = time.perf_counter()
    by_day = _by_day(computed.frame)
    refused = {} if computed.rejects is None else _by_day(computed.rejects)
    hashed = _hashed(table, {date: by_day.get(date, computed.frame.clear()) for date in block}, refused, computed.facts)
    rows: dict[dt.date, DayRows] = {}
    outcomes: dict[dt.date, DayOutcome] = {}
    for date in block:
        if date not in by_day and not table.may_be_empty and date not in failed:
            failed[date] = InvalidRows(
                f"{table.name} {date}: no row came out; its input is empty or every row was refused"
            )
        if date in failed:
            marks.settle(table.name, date, None)
            if table.stateful:  # what comes after it rests on nothing
                break
            continue
        facts = dict(computed.facts.get(date, {}))
        if date in refused:
            facts["quarantined_rows"] = refused[date].height
        rows[date] = hashed[date].stamped(_stamp(table, workspace, date, facts, plan, marks))
        marks.settle(table.name, date, rows[date].info)
        outcomes[date] = DayOutcome("written", rows[date].stamp.fingerprint, rows[date].info.rows, facts=facts)
    settled = [date for date in block if date in rows or date in failed]
    _sync_quarantine(table, workspace, settled, {date: refused[date] for date in settled if date in refused})
    kept = {
        date
        for date, each in rows.items()
        if table.is_source and outcomes[date].facts.pop("unchanged", plan.stored.get(date) == each.stamp.fingerprint)
    }
    done = write_days(
        workspace.lake, table.name, {date: each for date, each in rows.items() if date not in kept},
        only_over={date: mark for date, mark in inputs.seen.items() if date in rows},
    )  # fmt: skip
    state = workspace.lake.state(table.name)
    for date, outcome in outcomes.items():
        is_written = done.get(date) == "written" or table.confirm is not None  # what lives outside was put there again
        status: Status = "written" if is_written else "unchanged"
        why = (
            ""
            if status == "written"
            else "same bytes at the source"
            if table.is_source
            else "made again, with the same values"
        )
        report.outcomes[date] = replace(outcome, status=status, size=state.size(date), reason=why)
    report.failed.update(failed)
    report.spent("write", clock)


def _without_broken_rows(table: DailyTable, computed: Computed) -> Computed:
    """The same without the rows that break the model; these are among its refused rows."""
    good, broken = split_rows(table.model, computed.frame)
    columns = [
        *table.model.to_schema().columns,
        "rule",
        "reason",
    ]  # always these, or a day would depend on the block it was made in
    rejects = [each.select(columns) for each in (computed.rejects, broken) if each is not None]
    return replace(computed, frame=good, rejects=pl.concat(rejects) if rejects else None)


def _by_day(frame: pl.DataFrame) -> dict[dt.date, pl.DataFrame]:
    return {key[0]: day for key, day in frame.partition_by("trade_date", as_dict=True).items()}


def _hashed(
    table: DailyTable,
    frames: Mapping[dt.date, pl.DataFrame],
    refused: Mapping[dt.date, pl.DataFrame],
    facts: Mapping[dt.date, Any],
) -> dict[dt.date, DayRows]:
    if not table.is_source:
        return day_rows(frames, provenance=table.provenance, refused=refused)
    files = {date: facts[date]["sha256"][:HASH_LENGTH] for date in frames if date in facts}
    return day_rows(frames, refused=refused, content=files, of_file={date: facts[date]["rows"] for date in files})


def _stamp(
    table: DailyTable, workspace: Workspace, date: dt.date, facts: dict[str, Any], plan: Plan, marks: Fingerprints
) -> Stamp:
    recipe = marks.recipe(table, workspace.settings)
    fingerprint = facts["sha256"] if table.is_source else plan.stale[date]
    fingerprint = fingerprint or expected_fingerprint(table, workspace, date, marks, plan.known)
    if fingerprint is None:
        raise BuildError(
            f"{table.name} {date}: an input is yet to be built; build the tables in the order of the graph"
        )
    return Stamp(fingerprint, table.code_version, recipe)


def _sync_quarantine(
    table: DailyTable, workspace: Workspace, dates: Sequence[dt.date], refused: Mapping[dt.date, pl.DataFrame]
) -> None:
    """The quarantine of the days says what this build refused, also where a day failed, and where its rows are the
    same as before.
    """
    name = f"quarantine/{table.name}"
    stamp = Stamp("", table.code_version)
    days = {date: day_rows({date: storable(rows)})[date].stamped(stamp) for date, rows in refused.items()}
    held = set(workspace.lake.dates(name))
    if days or not held.isdisjoint(dates):
        write_days(workspace.lake, name, days, drop=[date for date in dates if date in held and date not in refused])


def invalid_days(table: DailyTable, frame: pl.DataFrame) -> dict[dt.date, str]:
    """The days whose rows break the table's model, and how.

    Raises:
        InvalidRows: rows break it together, and no day alone.
    """
    if violations(table.model, frame) is None:
        return {}
    found = {date: violations(table.model, day) for date, day in _by_day(frame).items()}
    bad: dict[dt.date, str] = {day: text for day, text in found.items() if text is not None}
    if not bad:
        raise InvalidRows(
            f"{table.name}: each day's rows are valid, but not together: {violations(table.model, frame)}"
        )
    return bad
