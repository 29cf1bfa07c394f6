"""The `champion` command.

What belongs here: arguments, help and what is printed. What does not: any work. Each command calls one function of the
package.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click

from champion_assets.cli import bring, groups, lake, operations, reports
from champion_assets.cli.boundary import HELPER_BEHIND, CommandBoundary
from champion_assets.cli.export import export
from champion_assets.cli.init import init
from champion_assets.cli.output import DATE, console, say
from champion_assets.cli.settings import settings
from champion_assets.cli.source import source
from champion_assets.cli.sql import sql
from champion_assets.cli.stopping import check
from champion_assets.cli.ui import ui


@click.group(cls=CommandBoundary, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="champion-assets")
def main() -> None:
    """NSE's daily files in, a checked lake, features, a portfolio and an honest backtest out.

    Settings come from the environment, from .env and from champion.toml: `champion settings` lists them and says where
    each came from.
    """


@main.command()
@click.argument("date", type=DATE)
def calendar(date: dt.datetime) -> None:
    """Say whether DATE is a session, of which type, and why not."""
    from champion_assets.catalog import open_calendar
    from champion_assets.settings import get_settings, require_files

    require_files(get_settings())
    day = open_calendar(get_settings()).day(date.date())
    hours = f" {day.open}-{day.close} IST" if day.open else ""
    reason, evidence = (
        f"; {text}" if text else "" for text in (day.reason, day.evidence and f"evidence: {day.evidence}")
    )
    doubt = "" if day.confirmed else " (not confirmed)"
    say(f"{day.date:%A %Y-%m-%d}: {day.status}{doubt}{hours}{reason}{evidence}")


@main.command()
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Where everything goes."
)
@click.option("--seed", default=7, show_default=True, help="Another seed is another fictional market.")
def demo(folder: Path, seed: int) -> None:
    """Build a fictional exchange, run the whole graph on it, and show where to look.

    Needs no network and no data of NSE.
    """
    from champion_assets.operations.demo import run_demo

    if behind := run_demo(folder, seed, console, check):
        say("\n".join(behind), "yellow")
        sys.exit(HELPER_BEHIND)


for command in (
    bring.backfill,
    bring.run,
    init,
    sql,
    groups.completion,
    reports.audit,
    reports.experiment,
    export,
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
