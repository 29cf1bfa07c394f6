"""Backfills from a shell: the range in chunks, each one Dagster run in this process, what is current left out.

What belongs here: planning and running chunks. What does not: the command line (`cli.py`) or the work itself
(`lake/build.py`).

A warehouse is a helper: if it fails, everything else goes on, it is left alone for the rest of the range, and the next
backfill catches it up.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from champion_assets.catalog import HISTORY_TABLES, enabled_tables, open_workspace
from champion_assets.common.clock import today
from champion_assets.common.dates import calendar_days, chunks
from champion_assets.common.errors import HelperUnavailable, RequestError
from champion_assets.lake.fingerprints import Fingerprints
from champion_assets.lake.open import remove_leftovers
from champion_assets.lake.plan import plan_range
from champion_assets.lake.progress import Note, Progress, report_progress
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.asset_factory import FETCH_MISSING, FETCH_TAG
from champion_assets.orchestration.asset_failures import HELPERS_ONCE, HELPERS_TAG
from champion_assets.orchestration.in_process_run import run_in_process
from champion_assets.orchestration.run_tracking import may_wait, send_pending
from champion_assets.orchestration.storage.event_log import adopt_shipped_log
from champion_assets.settings import Settings, get_settings, require_files

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
WAREHOUSE = "warehouse"
DAYS_A_RUN = 250
"""Days of a run, unless CHAMPION_PARTITIONS_PER_RUN says otherwise: what an interruption leaves unrecorded at most."""


@dataclass
class ChunkResult:
    """A chunk of days.

    Attributes:
        first, last: its days.
        assets: those that had to run; none if everything was current.
        sessions, closed: how many days are the one and the other.
        run_id: the run, if there was one.
        errors: why steps failed.
        helpers: why a warehouse could not be brought up to date, by asset.
    """

    first: dt.date
    last: dt.date
    assets: list[str]
    sessions: int
    closed: int
    run_id: str | None = None
    errors: list[str] = field(default_factory=list)
    helpers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Watcher:
    """Called as work goes on.

    Before a chunk with its asset-sessions, for each finished block, and with what a person waits for.
    """

    begin: Callable[[dt.date, dt.date, int], None] = lambda *_: None
    progress: Progress | None = None
    note: Note | None = None


def select(selection: str) -> list[dg.AssetKey]:
    """The assets of a selection in the syntax of Dagster's web page, in an order of the graph; names need no quotes.

    Everything is what the catalog lists, so that a range of which nothing has to be built needs no definitions.

    Raises:
        RequestError: nothing matches, or the syntax is wrong.
    """
    if selection.strip() == "*":
        adopt_shipped_log()
        names = [*enabled_tables(get_settings()), *(table.name for table in HISTORY_TABLES)]
        return [dg.AssetKey(name.split("/")) for name in names]
    from champion_assets.definitions import defs

    graph = defs.resolve_asset_graph()
    quoted = re.sub(r'(?<![\w":/*])([a-z_]+/[a-z_*]+)', r'key:"\1"', selection)
    try:
        chosen = dg.AssetSelection.from_string(quoted).resolve(graph)
    except dg.DagsterError as error:
        raise RequestError(f"--assets {selection!r}: {str(error).splitlines()[0]}") from error
    if not chosen:
        raise RequestError(
            f"--assets {selection!r} matches no asset; try 'silver/equity_eod', '+silver/equity_eod', "
            f"'group:features' or '*'"
        )
    return [key for key in graph.toposorted_asset_keys if key in chosen]


def backfill(
    start: dt.date, end: dt.date, keys: Sequence[dg.AssetKey], instance: dg.DagsterInstance, *,
    refetch: bool = False, watcher: Watcher = Watcher(),
) -> list[ChunkResult]:  # fmt: skip
    """Bring the assets `keys` up to date from `start` to `end`; stops at the first chunk that fails.

    A warehouse that fails stops nothing: see `ChunkResult.helpers`.

    Raises:
        RequestError: the range does not lie in the grid.
        FolderAbsent: the source, or a file that a setting names, is not there.
    """
    check_request(get_settings(), start, end)
    workspace = open_workspace(get_settings())
    remove_leftovers(workspace.lake)
    names = [key.to_user_string() for key in keys]
    tables = [workspace.tables[name] for name in names if name in workspace.tables]
    recorded = {table.name: _recorded(instance, table) for table in tables}
    results: list[ChunkResult] = []
    whole = [name for name in names if name not in workspace.tables]
    for days in chunks(calendar_days(start, end), workspace.settings.partitions_per_run or DAYS_A_RUN):
        failed = {name for each in results for name in each.helpers}
        usable = [table for table in tables if table.name not in failed]
        at_last = whole if days[-1] == end else []
        result = _chunk(workspace, usable, days, recorded, instance, at_last, refetch=refetch, watcher=watcher)
        results.append(result)
        if result.errors:
            return results
    if whole and not results[-1].assets and (
        any(result.assets for result in results) or not _all_recorded(instance, whole)
    ):  # fmt: skip
        results.append(_whole_history(whole, start, end, instance))
    return results


def behind(results: Sequence[ChunkResult], instance: dg.DagsterInstance, *, in_time: bool = False) -> list[str]:
    """Send what the runs left to MLflow; then one sentence for each helper that could not be brought up to date.

    Args:
        results: of `backfill`.
        instance: that the runs are recorded in.
        in_time: what may wait (`run_tracking.may_wait`) is not sent now.
    """
    failed = {name: words for result in results for name, words in result.helpers.items()}
    sentences = [f"{name} is behind; the next backfill brings it up to date: {words}" for name, words in failed.items()]
    if in_time and may_wait(get_settings()):
        return sentences
    _, waiting, problem = send_pending(get_settings(), instance)
    if problem:
        sentences.append(
            f"MLflow is behind; the next backfill brings it up to date: {waiting} run(s) wait to be sent. {problem}"
        )
    return sentences


def check_request(settings: Settings, start: dt.date, end: dt.date) -> None:
    """What can be said before anything is opened: the range lies in the grid, and what the settings name is there.

    Raises:
        RequestError: the range.
        FolderAbsent: a file or folder that a setting names, the source among them.
    """
    require_files(settings, source=True)
    if end < start:
        raise RequestError(f"the range ends ({end}) before it begins ({start})")
    if start < settings.start_date:
        raise RequestError(
            f"{start} is before the first day of the history, {settings.start_date}; set CHAMPION_START_DATE={start}"
        )
    if end > (last := today(settings)):
        raise RequestError(f"{end} is in the future; the last possible day is {last}")


def _recorded(instance: dg.DagsterInstance, table: DailyTable) -> set[str]:
    return set(instance.get_materialized_partitions(dg.AssetKey(table.name.split("/"))))


def _all_recorded(instance: dg.DagsterInstance, names: Sequence[str]) -> bool:
    return all(instance.get_latest_materialization_event(dg.AssetKey(name.split("/"))) for name in names)


def _chunk(
    workspace: Workspace, tables: Sequence[DailyTable], days: Sequence[dt.date], recorded: dict[str, set[str]],
    instance: dg.DagsterInstance, whole: Sequence[str], *, refetch: bool, watcher: Watcher,
) -> ChunkResult:  # fmt: skip
    """One run of what is not current; `whole`, tables of the whole history, go with it if there is such a run."""
    marks = Fingerprints(workspace.lake)
    keys = {day.isoformat() for day in days}
    needed = []
    for table in tables:
        if not keys <= recorded[table.name]:  # needs no plan here: the run makes its own
            needed.append(table.name)
            continue
        try:
            plan = plan_range(table, workspace, days, marks, refetch=None if refetch else ())
        except HelperUnavailable:  # its run says what is wrong; the other tables are built
            needed.append(table.name)
            continue
        if plan.stale or plan.missing:
            needed.append(table.name)
    sessions = len(workspace.sessions(days[0], days[-1]))
    result = ChunkResult(days[0], days[-1], needed, sessions, len(days) - sessions)
    watcher.begin(days[0], days[-1], sessions * len(needed))
    if needed:
        result.assets += whole
        tags = (
            _partition_tags(days[0], days[-1])
            | {HELPERS_TAG: HELPERS_ONCE}
            | ({} if refetch else {FETCH_TAG: FETCH_MISSING})
        )
        with report_progress(watcher.progress, watcher.note) if watcher.progress else nullcontext():
            result.run_id, errors = run_in_process(result.assets, tags, instance)
        helpers = {table.name for table in tables if table.group == WAREHOUSE}
        result.helpers = {name: words for name, words in errors.items() if name in helpers}
        result.errors = [words for name, words in errors.items() if name not in helpers]
    return result


def _partition_tags(first: dt.date, last: dt.date) -> dict[str, str]:
    """One day as its partition, so that the page names it; several as a range."""
    if first == last:
        return {PARTITION_NAME_TAG: first.isoformat()}
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}


def _whole_history(names: Sequence[str], start: dt.date, end: dt.date, instance: dg.DagsterInstance) -> ChunkResult:
    run_id, errors = run_in_process(names, {}, instance)
    return ChunkResult(start, end, list(names), 0, 0, run_id, list(errors.values()))
