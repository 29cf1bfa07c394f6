"""`champion doctor`, `champion prepare`, `champion quarantine`, `champion versions`: commands for whoever keeps a lake.

What belongs here: arguments, help and what is printed. What does not: any work.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from champion_assets.cli.output import DATE, console, say, show

if TYPE_CHECKING:
    import polars as pl

    from champion_assets.lake.workspace import Workspace
    from champion_assets.operations.doctor import Report

_COLOURS = {"ok": "green", "note": "cyan", "warning": "yellow", "error": "red"}


def _workspace() -> Workspace:
    from champion_assets.catalog import open_workspace
    from champion_assets.settings import get_settings

    return open_workspace(get_settings())


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path),
    default=None,
    help="Write a page to this file; or, to a folder, pages of quarantine, suspects and file versions beside it.",
)
def doctor(as_json: bool, page: Path | None) -> None:
    """The state of lake, checks, runs and services on one page; every line says what to do next.

    The exit code is 0 if all is well, 1 for warnings, 2 for errors.
    """
    from champion_assets.operations.doctor import examine
    from champion_assets.operations.doctor_findings import LEVELS

    workspace = _workspace()
    report = examine(workspace)
    if as_json:
        click.echo(json.dumps(report.as_dict(), indent=1, default=str))
    else:
        _print(report)
    if page is not None and (page.is_dir() or not page.suffix):
        from champion_assets.operations.state_pages import write_pages

        files = write_pages(page, workspace, report)
        if not as_json:
            say(f"pages: {files[0]}")
    elif page is not None:
        from champion_assets.operations.doctor_page import render

        page.write_text(render(report), "utf-8")
    sys.exit(max(0, LEVELS.index(report.level) - 1))


@click.command()
def prepare() -> None:
    """Make ready what the servers need, before the first run and after an upgrade.

    Dagster's tables, ClickHouse's, a look at the lake.
    """
    import dagster as dg

    from champion_assets.orchestration.dagster_home import prepare_dagster_home
    from champion_assets.settings import get_settings

    settings = get_settings()
    say(f"lake {_workspace().lake.root}: reached")
    with dg.DagsterInstance.from_config(str(prepare_dagster_home(settings, configure=True))) as instance:
        instance.upgrade()
        say(f"Dagster: {type(instance.event_log_storage).__name__} is up to date")
    if settings.load_to_clickhouse:
        from champion_assets.warehouse.clickhouse import make_tables
        from champion_assets.warehouse.loaded import loaded

        make_tables(settings, loaded(_workspace().tables.values()))
        say(f"ClickHouse {settings.clickhouse_host}: database {settings.clickhouse_database} is up to date")


def _wide(coverage: pl.DataFrame) -> pl.DataFrame:
    return coverage.pivot(on="year", index="asset", values="days").fill_null(0) if coverage.height else coverage


def _print(report: Report) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("part", "", "what", "what to do", box=None, pad_edge=False)
    for each in report.findings:
        does, says = Text(each.do, overflow="fold"), Text(each.says, overflow="fold")  # an address is wanted whole
        table.add_row(each.part, Text(each.level, _COLOURS[each.level]), says, does)
    console.print(table)
    wide = _wide(report.coverage)
    days = Table("days in the lake", *wide.columns[1:], box=None, pad_edge=False)
    for row in wide.iter_rows():
        days.add_row(*map(str, row))
    console.print(days)


@click.group()
def quarantine() -> None:
    """Rows and files that were taken out, and what becomes of them."""


@quarantine.command("list")
@click.option("--all", "everything", is_flag=True, help="Also days without an open decision.")
def list_(everything: bool) -> None:
    """What waits for a decision, by table and day."""
    import polars as pl

    from champion_assets.lake.quarantine import listed

    rows = listed(_workspace().lake)
    shown = rows if everything else rows.filter(pl.col("open") > 0)
    if shown.is_empty():
        say("no row waits for a decision")
        return
    show(shown)


@quarantine.command("show")
@click.argument("table")
@click.argument("date", type=DATE)
def rows_(table: str, date: dt.datetime) -> None:
    """The rows of TABLE (stage/name) on DATE with file, line, rule and reason."""
    from champion_assets.lake.quarantine import held

    show(held(_workspace().lake, table, date.date()))


def _decide(table: str, date: dt.datetime, verdict: Literal["release", "drop"], why: str, line: int | None) -> None:
    from champion_assets.common.clock import today
    from champion_assets.lake.quarantine import decide

    workspace = _workspace()
    made = decide(workspace, table, date.date(), verdict, why, line, today(workspace.settings))
    say(f"{len(made)} row(s) of {table} on {date:%Y-%m-%d}: {verdict}")
    if verdict == "release":
        say(f"build the day again, and those after it: champion backfill {date:%Y-%m-%d} LAST")


@quarantine.command()
@click.argument("table")
@click.argument("date", type=DATE)
@click.option("--line", type=int, default=None, help="Only this line of the file.")
@click.option("--why", required=True, help="The reason, stored with the decision.")
def release(table: str, date: dt.datetime, line: int | None, why: str) -> None:
    """Accept quarantined rows.

    The row's ISIN is ignored and the instrument is identified by symbol. If an instrument has two rows on the day, the
    released row is kept.
    """
    _decide(table, date, "release", why, line)


@quarantine.command()
@click.argument("table")
@click.argument("date", type=DATE)
@click.option("--line", type=int, default=None, help="Only this line of the file.")
@click.option("--why", required=True, help="The reason, stored with the decision.")
def drop(table: str, date: dt.datetime, line: int | None, why: str) -> None:
    """Leave rows out for good; they are no longer listed as open."""
    _decide(table, date, "drop", why, line)
