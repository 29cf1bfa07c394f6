"""The `champion` command.

What belongs here: arguments, help and what is printed. What does not: any work. Each command calls one function of the package.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from champion_assets.cli import lake, operations, reports
from champion_assets.cli.boundary import HELPER_BEHIND, CommandBoundary
from champion_assets.cli.output import DATE, console, say
from champion_assets.cli.settings import settings
from champion_assets.cli.source import source
from champion_assets.cli.stopping import check
from champion_assets.cli.ui import ui


@click.group(cls=CommandBoundary, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="champion-assets")
def main() -> None:
    """NSE's daily files in, a checked lake, features, a portfolio and an honest backtest out.

    Settings come from the environment, from .env and from champion.toml: `champion settings` lists them and says where each came from.
    """


@main.command()
@click.argument("start", type=DATE)
@click.argument("end", type=DATE)
@click.option("--assets", default="*", show_default=True, help="Selection in Dagster's syntax, e.g. 'silver/equity_eod+'.")
@click.option("--refetch", is_flag=True, help="Look at the source again for days that the lake already has.")
@click.option("--load-to-clickhouse", is_flag=True, help="Load the tables to ClickHouse, too, as LOAD_TO_CLICKHOUSE=true does.")
def backfill(start: dt.datetime, end: dt.datetime, assets: str, refetch: bool, load_to_clickhouse: bool) -> None:
    """Bring all assets up to date from START to END (both included).

    Days whose inputs and code have not changed are left alone, so the command can be interrupted and repeated at any time.

    The exit code is 0 if all is well, 1 if something could not be built, and 3 if everything is built but DuckDB,
    ClickHouse or MLflow could not be brought up to date; the next run does that.
    """
    if load_to_clickhouse:  # read as the assets are defined
        os.environ["LOAD_TO_CLICKHOUSE"] = "true"
    from champion_assets.operations.history import find_history, too_short_for
    from champion_assets.orchestration import backfill as work
    from champion_assets.orchestration.dagster_home import prepare_dagster_home
    from champion_assets.settings import get_settings, require_files

    first, last = start.date(), end.date()
    require_files(get_settings(), source=True)
    settings, found = find_history(get_settings(), first, last)
    if found:
        say(found)
        first = max(first, settings.start_date)
    work.check_request(settings, first, last)
    for sentence in too_short_for(settings, last):
        say(sentence, "yellow")
    home = prepare_dagster_home(get_settings())
    import dagster as dg

    keys = work.select(assets)
    say(f"{len(keys)} assets, {first} to {last}; source {get_settings().source}; runs in {home}")
    started = time.perf_counter()
    words = TextColumn("{task.description}", markup=False)
    columns = (words, BarColumn(), MofNCompleteColumn(), TextColumn("asset-days"), TimeElapsedColumn(),
               TimeRemainingColumn())  # fmt: skip
    with dg.DagsterInstance.get() as instance, Progress(*columns, console=console) as progress:
        bar = progress.add_task("planning", total=None)

        def begin(first: dt.date, last: dt.date, amount: int) -> None:
            check()
            total = (progress.tasks[bar].total or 0) + amount
            progress.update(bar, total=total or None, description=f"{first} .. {last}")

        def advance(table: str, days: int) -> None:
            progress.update(bar, advance=days, description=table)
            check()

        watcher = work.Watcher(begin, advance, say)
        results = work.backfill(first, last, keys, instance, refetch=refetch, watcher=watcher)
        behind = work.behind(results, instance)
    _report(results, time.perf_counter() - started)
    if behind:
        say("\n".join(behind), "yellow")
        sys.exit(HELPER_BEHIND)


def _report(results: list, seconds: float) -> None:  # type: ignore[type-arg]  # ChunkResult is imported lazily
    for result in results:
        span = f"{result.first} .. {result.last}"
        if result.errors:
            console.print("failed", style="red", end="")
            say(f"    {span}  run {result.run_id}")
        elif result.assets:
            console.print(f"built     {span}  {result.sessions} sessions, {result.closed} closed days; {len(result.assets)} assets")
        else:
            console.print(f"unchanged {span}  {result.sessions} sessions, {result.closed} closed days")
    errors = [error for result in results for error in result.errors]
    if errors:
        say("\n".join(errors), "red")
        say("Mend the cause and repeat the command: finished days are not done again.")
        sys.exit(1)
    changed = sum(bool(result.assets) for result in results)
    verdict = "nothing had changed" if changed == 0 else f"{changed} run(s)"
    console.print(f"done in {seconds:.1f} s: {verdict}")


@main.command()
@click.argument("date", type=DATE)
def calendar(date: dt.datetime) -> None:
    """Say whether DATE is a session, of which type, and why not."""
    from champion_assets.catalog import open_calendar
    from champion_assets.settings import get_settings, require_files

    require_files(get_settings())
    day = open_calendar(get_settings()).day(date.date())
    hours = f" {day.open}-{day.close} IST" if day.open else ""
    reason, evidence = (f"; {text}" if text else "" for text in (day.reason, day.evidence and f"evidence: {day.evidence}"))
    doubt = "" if day.confirmed else " (not confirmed)"
    say(f"{day.date:%A %Y-%m-%d}: {day.status}{doubt}{hours}{reason}{evidence}")


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Where everything goes.")
@click.option("--seed", default=7, show_default=True, help="Another seed is another fictional market.")
def demo(folder: Path, seed: int) -> None:
    """Build a fictional exchange, run the whole graph on it, and show where to look. Needs no network and no data of NSE."""
    from champion_assets.operations.demo import run_demo

    if behind := run_demo(folder, seed, console, check):
        say("\n".join(behind), "yellow")
        sys.exit(HELPER_BEHIND)


for command in (
    reports.audit,
    reports.experiment,
    settings,
    operations.doctor,
    operations.prepare,
    operations.quarantine,
    lake.verify,
    lake.versions,
    lake.tag,
    lake.prune,
    lake.migrate,
    source,
    ui,
):
    main.add_command(command)
