"""The `champion` command.

What belongs here: arguments, help and what is printed. What does not: any work. Each command calls one function of the package.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from champion_assets.cli import operations
from champion_assets.cli.ui import ui

DATE = click.DateTime(formats=["%Y-%m-%d", "%d-%m-%Y"])
console = Console(highlight=False, soft_wrap=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="champion-assets")
def main() -> None:
    """NSE's daily files in, a checked lake, features, a portfolio and an honest backtest out.

    Settings are environment variables: `champion settings` lists them.
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
    """
    if load_to_clickhouse:  # read as the assets are defined
        os.environ["LOAD_TO_CLICKHOUSE"] = "true"
    from champion_assets.lake.errors import LakeRefused, LakeUnreachable
    from champion_assets.orchestration import backfill as work
    from champion_assets.orchestration.dagster_home import prepare_dagster_home
    from champion_assets.settings import get_settings

    home = prepare_dagster_home(get_settings())
    import dagster as dg

    try:
        keys = work.select(assets)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    console.print(f"{len(keys)} assets, {start:%Y-%m-%d} to {end:%Y-%m-%d}; source {get_settings().source}; runs in {home}")
    started = time.perf_counter()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("asset-days"), TimeElapsedColumn(),
               TimeRemainingColumn())  # fmt: skip
    with dg.DagsterInstance.get() as instance, Progress(*columns, console=console) as progress:
        bar = progress.add_task("planning", total=None)

        def begin(first: dt.date, last: dt.date, amount: int) -> None:
            total = (progress.tasks[bar].total or 0) + amount
            progress.update(bar, total=total or None, description=f"{first} .. {last}")

        watcher = work.Watcher(begin, lambda table, days: progress.update(bar, advance=days, description=table), progress.console.print)
        try:
            results = work.backfill(start.date(), end.date(), keys, instance, refetch=refetch, watcher=watcher)
        except (ValueError, LakeRefused, LakeUnreachable) as error:
            raise click.ClickException(str(error)) from error
    _report_tracking()
    _report(results, time.perf_counter() - started)


def _report_tracking() -> None:
    """Send what the runs left to MLflow; a server that is gone is said, and nothing more."""
    import dagster as dg

    from champion_assets.orchestration.run_tracking import send_pending
    from champion_assets.settings import get_settings

    with dg.DagsterInstance.get() as instance:
        _, waiting, problem = send_pending(get_settings(), instance)
    if problem:
        console.print(f"{waiting} run(s) wait to be sent to MLflow: {problem}", style="yellow", markup=False)


def _report(results: list, seconds: float) -> None:  # type: ignore[type-arg]  # ChunkResult is imported lazily
    for result in results:
        span = f"{result.first} .. {result.last}"
        if result.errors:
            console.print(f"[red]failed[/red]    {span}  run {result.run_id}")
        elif result.assets:
            console.print(f"built     {span}  {result.sessions} sessions, {result.closed} closed days; {len(result.assets)} assets")
        else:
            console.print(f"unchanged {span}  {result.sessions} sessions, {result.closed} closed days")
    errors = [error for result in results for error in result.errors]
    if errors:
        console.print("\n".join(errors), style="red", markup=False)
        console.print("Mend the cause and repeat the command: finished days are not done again.")
        sys.exit(1)
    changed = sum(bool(result.assets) for result in results)
    verdict = "nothing had changed" if changed == 0 else f"{changed} run(s)"
    console.print(f"done in {seconds:.1f} s: {verdict}")


@main.command()
@click.argument("date", type=DATE)
def calendar(date: dt.datetime) -> None:
    """Say whether DATE is a session, of which type, and why not."""
    from champion_assets.nse.calendar import CalendarError, load_calendar
    from champion_assets.settings import get_settings

    try:
        day = load_calendar(get_settings().calendar).day(date.date())
    except CalendarError as error:
        raise click.ClickException(str(error)) from error
    hours = f" {day.open}-{day.close} IST" if day.open else ""
    console.print(f"{day.date:%A %Y-%m-%d}: {day.status}{hours}{'; ' + day.reason if day.reason else ''}"
                  f"{'; evidence: ' + day.evidence if day.evidence else ''}")  # fmt: skip


@main.command()
@click.argument("start", type=DATE)
@click.argument("end", type=DATE)
def audit(start: dt.datetime, end: dt.datetime) -> None:
    """What corporate actions and identities from START to END rest on, and what a person should look at."""
    import polars as pl

    from champion_assets.operations.corporate_action_report import audit as gather

    try:
        found = gather(operations.reached_workspace(), start.date(), end.date())
    except LookupError as error:
        raise click.ClickException(str(error)) from error
    console.print(f"{found.covered} of {found.sessions} sessions have a source of corporate actions")
    console.print(f"splits, consolidations and bonuses that traded on their ex-date and that the market followed: {found.hit_rate:.1%}")
    parts = {"actions by kind": found.kinds, "witness of splits, consolidations, bonuses": found.verdicts, "not ok": found.doubtful,
             "refused, with reason": found.rejects, "suspects": found.suspects,
             "changes of instruments by evidence": found.links}  # fmt: skip
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, fmt_str_lengths=70, tbl_hide_dataframe_shape=True,
                   tbl_hide_column_data_types=True):  # fmt: skip
        for title, frame in parts.items():
            console.print(f"\n{title} ({frame.height} rows)")
            console.print(str(frame), markup=False)


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", default=None, help="Name of the experiment; else that of the first file.")
@click.option("--start", type=DATE, default=None, help="First day; else the file's, else the lake's.")
@click.option("--end", type=DATE, default=None, help="Last day; else the file's, else the lake's.")
@click.option("--jobs", default=0, help="Trials side by side; 0: as many as there are processors.")
def experiment(files: tuple[Path, ...], name: str | None, start: dt.datetime | None, end: dt.datetime | None, jobs: int) -> None:
    """Try the strategies of FILES (YAML) on the lake, beside the daily portfolio, and compare them.

    A file has `strategy:` (fields of the strategy, see `champion settings`), `simulation:` (of the simulator), and `grid:`, of which every
    combination is a trial; see docs/experiments.md. Trials that are done are not done again.
    """
    from dataclasses import replace

    from champion_assets.clients.mlflow import TrackingUnreachable
    from champion_assets.experiments.plan import ExperimentError, read_trials
    from champion_assets.experiments.run import run_experiment
    from champion_assets.settings import get_settings

    now = get_settings()
    try:
        first, trials = read_trials(files, now)
        trials = [replace(trial, start=start.date() if start else trial.start, end=end.date() if end else trial.end) for trial in trials]
        console.print(f"experiment {name or first}: {len(trials)} trial(s)")
        outcome = run_experiment(now, name or first, trials, jobs, _say_trial)
    except (ExperimentError, TrackingUnreachable) as error:
        raise click.ClickException(str(error)) from error
    console.print(f"comparison: {outcome.page}")
    if any(each.error for each in outcome.results):
        sys.exit(1)


def _say_trial(result: Any) -> None:
    if result.error:
        console.print(f"[red]failed[/red]  {result.label}", end="")
        console.print(f": {result.error}", markup=False)
        return
    figures = ", ".join(f"{name} {result.figures[name]:.2f}" for name in ("cagr", "volatility", "sharpe", "max_drawdown")
                        if result.figures.get(name) is not None)  # fmt: skip
    console.print(f"done    {result.label}  {result.begin} to {result.end}: {figures}", markup=False)


@main.command()
def settings() -> None:
    """List every setting: its variable, its value now, what it is."""
    from champion_assets.settings import Settings, get_settings

    now = get_settings()
    for name, field in Settings.model_fields.items():
        variables = " or ".join(str(choice) for choice in field.validation_alias.choices)  # type: ignore[union-attr]
        console.print(f"[bold]{variables}[/bold] = {getattr(now, name)}")
        if field.description:
            console.print(f"    {field.description}")


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Where everything goes.")
@click.option("--seed", default=7, show_default=True, help="Another seed is another fictional market.")
def demo(folder: Path, seed: int) -> None:
    """Build a fictional exchange, run the whole graph on it, and show where to look. Needs no network and no data of NSE."""
    from champion_assets.operations.demo import run_demo

    run_demo(folder, seed, console)


for command in (operations.doctor, operations.prepare, operations.quarantine, operations.versions, ui):
    main.add_command(command)
