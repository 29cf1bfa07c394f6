"""`champion audit` and `champion experiment`.

What the lake's figures rest on, and strategies beside the daily portfolio.

What belongs here: arguments, help and what is printed. What does not: any work.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from champion_assets.cli.boundary import HELPER_BEHIND
from champion_assets.cli.output import DATE, console, say, show
from champion_assets.cli.stopping import check

if TYPE_CHECKING:
    from champion_assets.experiments.results import TrialResult
    from champion_assets.lake.workspace import Workspace


@click.command()
@click.argument("start", type=DATE)
@click.argument("end", type=DATE)
@click.option(
    "--propose",
    "target",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Write lines for CHAMPION_CORPORATE_ACTIONS into the new FILE, or print them. Add them to use them.",
)
def audit(start: dt.datetime, end: dt.datetime, target: str | None) -> None:
    """What corporate actions and identities from START to END rest on, and what a person should look at.

    With --propose: lines for gaps that no feed explains and that look like a split or a bonus, with their evidence.
    """
    from champion_assets.catalog import open_workspace
    from champion_assets.operations.corporate_action_report import audit as gather
    from champion_assets.settings import get_settings

    workspace = open_workspace(get_settings())
    if target is not None:
        _propose(workspace, start.date(), end.date(), target)
        return
    found = gather(workspace, start.date(), end.date())
    say(f"{found.covered} of {found.sessions} sessions have a source of corporate actions")
    say(
        f"splits, consolidations and bonuses that traded on their ex-date and whose factor the open followed: "
        f"{found.hit_rate:.1%}"
    )
    parts = {
        "actions by kind": found.kinds,
        "witness of splits, consolidations, bonuses": found.verdicts,
        "not ok": found.doubtful,
        "held until a line confirms them": found.held,
        "demergers valued only by the open": found.unwitnessed,
        "refused, with reason": found.rejects,
        "suspects": found.suspects,
        "changes of instruments by evidence": found.links,
    }
    for title, frame in parts.items():
        say(f"\n{title} ({frame.height} rows)")
        show(frame, width=200, text_width=70)


def _propose(workspace: Workspace, start: dt.date, end: dt.date, target: str) -> None:
    from champion_assets.operations.action_proposals import propose

    lines = propose(workspace, start, end)
    text = lines.write_csv()
    if target == "-":
        click.echo(text, nl=False)
        return
    try:
        with Path(target).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise click.ClickException(f"{target} exists already; give the name of a new file") from error
    except OSError as error:
        raise click.ClickException(f"{target} cannot be written: {error.strerror}") from error
    say(f"{lines.height} lines in {target}: check each, then add it to the CSV in CHAMPION_CORPORATE_ACTIONS")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", default=None, help="Name of the experiment; else that of the first file.")
@click.option("--start", type=DATE, default=None, help="First day; else the file's, else the lake's.")
@click.option("--end", type=DATE, default=None, help="Last day; else the file's, else the lake's.")
@click.option("--jobs", default=0, help="Number of parallel trials; 0: one per processor.")
def experiment(
    files: tuple[Path, ...], name: str | None, start: dt.datetime | None, end: dt.datetime | None, jobs: int
) -> None:
    """Try the strategies of FILES (YAML) on the lake, beside the daily portfolio, and compare them.

    A file has `strategy:` (fields of the strategy, see `champion settings`), `simulation:` (of the simulator), and
    `grid:`, of which every combination is a trial, and `sensitivity:`, variants of the best of them; see
    docs/experiments.md. Trials that are done are not done again.
    """
    from dataclasses import replace

    from champion_assets.experiments.plan import read_trials
    from champion_assets.experiments.run import run_experiment
    from champion_assets.settings import get_settings

    now = get_settings()
    first, trials = read_trials(files, now)
    trials = [
        replace(trial, start=start.date() if start else trial.start, end=end.date() if end else trial.end)
        for trial in trials
    ]
    say(f"experiment {name or first}: {len(trials)} trial(s)")
    with _progress(len(trials)) as ended:
        outcome = run_experiment(now, name or first, trials, jobs, ended)
    say(f"comparison: {outcome.page}")
    say(f"luck: {outcome.luck}")
    if outcome.sensitivity:
        say(f"sensitivity: {outcome.sensitivity}")
    if outcome.untracked:
        say(outcome.untracked, "yellow")
    if any(each.error for each in outcome.results):
        sys.exit(1)
    if outcome.untracked:
        sys.exit(HELPER_BEHIND)


@contextmanager
def _progress(trials: int) -> Iterator[Callable[[TrialResult], None]]:
    """A bar over trials, and what prints one that has ended and moves the bar on; variants of the best count on."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("trials"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    shown = Console(stderr=True)
    with Progress(*columns, console=shown, transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        bar = progress.add_task("", total=trials)

        def ended(result: TrialResult) -> None:
            _say_trial(result)
            progress.update(bar, advance=1)
            progress.update(bar, total=max(trials, progress.tasks[0].completed))

        yield ended


def _say_trial(result: TrialResult) -> None:
    check()
    if result.error:
        console.print("failed  ", style="red", end="")
        say(f"{result.label}: {result.error}")
        return
    figures = ", ".join(
        f"{name} {result.figures[name]:.2f}"
        for name in ("cagr", "volatility", "sharpe", "max_drawdown")
        if result.figures.get(name) is not None
    )
    say(f"done    {result.label}  {result.begin} to {result.end}: {figures}")
