"""`champion source`: what a folder of NSE's files holds, before a backfill.

What belongs here: arguments, help and what is printed. What does not: any work.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from champion_assets.cli.output import console, say
from champion_assets.cli.stopping import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from champion_assets.nse.source.index import Progress
    from champion_assets.operations.source_report import Kind, SourceReport, Unused

SHOWN, GROUPS = 3, 12
"""Files that are named of each reason, and reasons, without `--all`."""


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Name every file that no table reads, every missing session and every closed day.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
def source(folder: Path | None, everything: bool, as_json: bool) -> None:
    """What is in FOLDER (else CHAMPION_SOURCE).

    Kinds of files, days, gaps, copies that differ, and what is not read and why.

    Files are known by what they hold, whatever they are called. The exit code is 0 if every session between the first
    and the last price file has one, no two files of a day differ, and everything could be looked into; else 1.
    """
    from champion_assets.catalog import open_calendar
    from champion_assets.operations.source_report import report
    from champion_assets.settings import get_settings, source_folder

    settings = get_settings()
    root = folder or source_folder(settings.source)
    if root is None:
        raise click.ClickException(
            f"CHAMPION_SOURCE={settings.source} is not a folder; set it to the folder with NSE's files"
        )
    cache = settings.data_dir / "cache"
    found = watched(root, lambda advance: report(root, open_calendar(settings), cache, advance))
    if as_json:
        click.echo(json.dumps(asdict(found) | {"findings": found.findings}, default=str, indent=1))
    else:
        _print(found, everything)
    sys.exit(1 if found.findings else 0)


def watched(root: Path, look: Callable[[Progress], SourceReport]) -> SourceReport:
    """What `look` finds below `root`, with a bar on a terminal while it looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(str(root), total=None)

        def advance(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)
            check()

        return look(advance)


def _print(found: SourceReport, everything: bool) -> None:
    from rich.table import Table

    table = Table(title=f"{found.root}", title_justify="left", box=None, pad_edge=False)
    table.add_column("kind", overflow="fold")  # the one column that may become narrow
    for name in ("files", "days", "first", "last", "no file", "closed"):
        table.add_column(name, justify="left" if name in ("first", "last") else "right", no_wrap=True)
    for each in found.kinds:
        table.add_row(each.kind, str(each.files), *_days(each))
    console.print(table)
    for each in found.kinds if everything else ():
        for title, days in (("sessions without", each.missing), ("on closed days", each.on_closed_days)):
            if days:
                say(f"{each.kind}, {title}: {', '.join(map(str, days))}")
    for group in found.unused if everything else found.unused[:GROUPS]:
        _print_unused(group, everything)
    if not everything and (more := found.unused[GROUPS:]):
        say(f"not read: {sum(len(each.paths) for each in more)} file(s) for other reasons; --all names them", "yellow")
    for text in found.findings:
        say(text, "red")
    if not found.findings:
        prices = found.prices
        say(
            f"every session from {prices.first} to {prices.last} has a price file" if prices else "nothing here",
            "green",
        )


def _print_unused(group: Unused, everything: bool) -> None:
    say(f"not read: {len(group.paths)} file(s): {group.why}", "yellow")
    for path in group.paths if everything else group.paths[:SHOWN]:
        say(f"    {path}")
    if not everything and len(group.paths) > SHOWN:
        say(f"    and {len(group.paths) - SHOWN} more; --all names them")


def _days(each: Kind) -> tuple[str, ...]:
    if each.first is None:
        return ("", "of any day", "", "", "")
    return (str(each.days), str(each.first), str(each.last), str(len(each.missing)), str(len(each.on_closed_days)))
