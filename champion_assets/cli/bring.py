"""`champion backfill` and `champion run`: bring assets up to date, with progress and an account of what was done.

What belongs here: arguments, help and what is printed. What does not: which days wait (`operations/pending.py`), and
any work (`orchestration/backfill.py`).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from champion_assets.cli.boundary import HELPER_BEHIND
from champion_assets.cli.output import DATE, console, say
from champion_assets.cli.stopping import check

if TYPE_CHECKING:
    from champion_assets.orchestration.backfill import ChunkResult

_ASSETS = click.option(
    "--assets", default="*", show_default=True, help="Selection in Dagster's syntax, e.g. 'silver/equity_eod+'."
)
_REFETCH = click.option("--refetch", is_flag=True, help="Read the source again for days that the lake already has.")
_CLICKHOUSE = click.option(
    "--load-to-clickhouse", is_flag=True, help="Also load the tables to ClickHouse, as LOAD_TO_CLICKHOUSE=true does."
)
_QUIET = click.option("--quiet", is_flag=True, help="Print errors only.")
_JSON = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object at the end, and nothing else on standard output."
)
Tell = Callable[..., None]


@click.command()
@click.argument("start", type=DATE)
@click.argument("end", type=DATE)
@_ASSETS
@_REFETCH
@_CLICKHOUSE
@_QUIET
@_JSON
def backfill(
    start: dt.datetime,
    end: dt.datetime,
    assets: str,
    refetch: bool,
    load_to_clickhouse: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Bring all assets up to date from START to END (both included).

    Days whose inputs and code have not changed are left alone, so the command can be interrupted and repeated at any
    time.

    The exit code is 0 if all is well, 1 if something could not be built, and 3 if everything is built but DuckDB,
    ClickHouse or MLflow could not be brought up to date; the next run does that.
    """
    if load_to_clickhouse:  # read as the assets are defined
        os.environ["LOAD_TO_CLICKHOUSE"] = "true"
    from champion_assets.operations.history import find_history
    from champion_assets.settings import get_settings, require_files

    first, last = start.date(), end.date()
    tell = _tell(quiet or as_json)
    require_files(get_settings(), source=True)
    settings, found = find_history(get_settings(), first, last)
    if found:
        tell(found)
        first = max(first, settings.start_date)
    _bring(first, last, assets, tell, refetch=refetch, quiet=quiet, as_json=as_json)


@click.command()
@_ASSETS
@_REFETCH
@_CLICKHOUSE
@_QUIET
@_JSON
def run(assets: str, refetch: bool, load_to_clickhouse: bool, quiet: bool, as_json: bool) -> None:
    """Bring what is missing up to date: from the first missing session to the last one that is out.

    If nothing is missing, the last session is looked at again. A session is out from 18:00 IST on
    (CHAMPION_PUBLISHED_AT), in a folder up to its last price file. Files of a folder that came late or were published
    again are read, if they are of the last five sessions. Exit codes as for `champion backfill`.
    """
    if load_to_clickhouse:
        os.environ["LOAD_TO_CLICKHOUSE"] = "true"
    from champion_assets.operations.pending import pending_sessions
    from champion_assets.settings import get_settings, require_files

    tell = _tell(quiet or as_json)
    require_files(get_settings(), source=True)
    pending = pending_sessions(get_settings())
    for sentence in pending.said:
        tell(sentence, "yellow")
    again = refetch or pending.refetch
    _bring(pending.first, pending.last, assets, tell, refetch=again, quiet=quiet, as_json=as_json,
           said=pending.said, mlflow_in_time=True)  # fmt: skip


def _tell(quiet: bool) -> Tell:
    return (lambda *_: None) if quiet else say


def _bring(
    first: dt.date,
    last: dt.date,
    assets: str,
    tell: Tell,
    *,
    refetch: bool,
    quiet: bool,
    as_json: bool,
    said: Sequence[str] = (),
    mlflow_in_time: bool = False,
) -> None:
    from champion_assets.catalog import open_workspace
    from champion_assets.operations.history import too_short_for
    from champion_assets.operations.left_out import left_out
    from champion_assets.operations.reach import reach_of, without_prices
    from champion_assets.orchestration import backfill as work
    from champion_assets.orchestration.dagster_home import prepare_dagster_home
    from champion_assets.settings import get_settings

    work.check_request(get_settings(), first, last)
    for sentence in too_short_for(get_settings(), last):
        tell(sentence, "yellow")
    home = prepare_dagster_home(get_settings())
    import dagster as dg

    keys = work.select(assets)
    names = {key.to_user_string() for key in keys}
    reach = reach_of(get_settings(), first, last, names)
    if reach.why:
        tell(reach.why, "yellow")
        last = reach.last
    tell(f"{len(keys)} assets, {first} to {last}; source {get_settings().source}; runs in {home}")
    started = time.perf_counter()
    words = TextColumn("{task.description}", markup=False)
    columns = (words, BarColumn(), MofNCompleteColumn(), TextColumn("asset-days"), TimeElapsedColumn(),
               TimeRemainingColumn())  # fmt: skip
    shown = Console(stderr=True) if as_json else console
    with dg.DagsterInstance.get() as instance, Progress(*columns, console=shown, disable=quiet) as progress:
        bar = progress.add_task("planning", total=None)

        def begin(first: dt.date, last: dt.date, amount: int) -> None:
            check()
            total = (progress.tasks[bar].total or 0) + amount
            progress.update(bar, total=total or None, description=f"{first} .. {last}")

        def advance(table: str, days: int) -> None:
            progress.update(bar, advance=days, description=table)
            check()

        watcher = work.Watcher(begin, advance, tell)
        results = work.backfill(first, last, keys, instance, refetch=refetch, watcher=watcher)
        before = any(each.errors for each in results) and without_prices(get_settings(), first, last, names)
        if before:
            tell(f"the days up to {before} have their price files; they are built now")
            results += work.backfill(first, before, keys, instance, watcher=watcher)
        behind = work.behind(results, instance, in_time=mlflow_in_time)
    seconds = time.perf_counter() - started
    doubts = left_out(open_workspace(get_settings()), first, last)
    if as_json:
        account = _account(first, last, results, behind, seconds, reach.why)
        say(json.dumps(account | {"said": list(said), "left_out": doubts}, default=str, indent=1))
    if doubts:
        tell("\n".join(doubts), "yellow")
    _report(results, seconds, tell, errors=_tell(quiet=as_json))
    if reach.why:
        why = reach.why if quiet else "a price file is not there, see above"
        _tell(quiet=as_json)(f"nothing is built after {reach.last}: {why}", "red")
        sys.exit(1)
    if behind:
        tell("\n".join(behind), "yellow")
        sys.exit(HELPER_BEHIND)


def _account(
    first: dt.date, last: dt.date, results: list[ChunkResult], behind: list[str], seconds: float, not_built: str
) -> dict[str, Any]:
    """What `--json` prints; of a range of one day with the rows of each table."""
    from champion_assets.catalog import open_workspace
    from champion_assets.settings import get_settings

    workspace = open_workspace(get_settings())
    rows = {}
    if first == last:
        found = {name: workspace.lake.state(name).info(first) for name in workspace.tables}
        rows = {name: info.rows for name, info in found.items() if info is not None}
    status = "failed" if not_built or any(each.errors for each in results) else "success"
    return {
        "first": first,
        "last": last,
        "status": status,
        "seconds": round(seconds, 3),
        "runs": [asdict(each) for each in results],
        "behind": behind,
        "not_built": not_built,
        "rows": rows,
    }


def _report(results: list[ChunkResult], seconds: float, tell: Tell, errors: Tell) -> None:
    for result in results:
        span = f"{result.first} .. {result.last}"
        if result.errors:
            tell(f"failed    {span}  run {result.run_id}", "red")
        elif result.assets:
            tell(
                f"built     {span}  {result.sessions} sessions, "
                f"{result.closed} closed days; {len(result.assets)} assets"
            )
        else:
            tell(f"unchanged {span}  {result.sessions} sessions, {result.closed} closed days")
    if failed := [error for result in results for error in result.errors]:
        errors("\n".join(failed), "red")
        errors("Remove the cause and repeat the command. Finished days are not built again.")
        sys.exit(1)
    changed = sum(bool(result.assets) for result in results)
    verdict = "nothing had changed" if changed == 0 else f"{changed} run(s)"
    tell(f"done in {seconds:.1f} s: {verdict}")
