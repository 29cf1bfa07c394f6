"""`champion verify`, `versions`, `tag`, `prune`, `migrate`: the lake at rest and through time.

What belongs here: arguments, help and what is printed. What does not: any work.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, cast

import click

from champion_assets.cli.output import DATE, say, show
from champion_assets.cli.stopping import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from champion_assets.lake.store import Lake
    from champion_assets.lake.verify import Damage
    from champion_assets.lake.workspace import Workspace


def _workspace() -> Workspace:
    from champion_assets.catalog import open_workspace
    from champion_assets.settings import get_settings, require_files

    require_files(get_settings())
    return open_workspace(get_settings())


def _lake() -> Lake:
    from champion_assets.lake.open import open_lake
    from champion_assets.settings import get_settings

    return open_lake(get_settings())


@click.command()
@click.option("--since", type=DATE, default=None, help="Leave out files whose days are all earlier.")
@click.option("--repair", is_flag=True, help="Move damaged files aside and build their days again from the originals.")
@click.option(
    "--warehouse/--no-warehouse",
    default=True,
    show_default=True,
    help="Also compare DuckDB and ClickHouse.",
)
@click.option("--anew", is_flag=True, help="Start from the beginning instead of continuing an interrupted run.")
def verify(since: dt.datetime | None, repair: bool, warehouse: bool, anew: bool) -> None:
    """Compare every file, every original and every log of the lake with its checksum; name what is damaged.

    Then compare each table and month in DuckDB and ClickHouse with the lake: rows, and a checksum of all values.

    A look that was cut off is gone on with within a day: tables that it had done and that have not changed are left
    out.

    The exit code is 0 if nothing is, else 1; with --repair 1 if days could not be built again, or if something is left
    that only a person can mend.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    from champion_assets.lake.verify import expected_bytes, last_verified, under_way
    from champion_assets.lake.verify import verify as look

    lake, first = _lake(), dt.date.min if since is None else since.date()
    if not anew and (cut_off := under_way(lake, first)) is not None:
        say(f"continues the run that began at {cut_off.started}: {cut_off.objects} objects are done")
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("verify", total=expected_bytes(lake))

        def advance(table: str, read: int) -> None:
            progress.update(bar, advance=read, description=table)
            check()

        damages = look(lake, first, advance, _in_warehouses(lake, first) if warehouse else (), anew=anew)
    for damage in damages:
        days = f" ({len(damage.days)} days, {damage.days[0]} to {damage.days[-1]})" if damage.days else ""
        say(f"{damage.says}{days}", "red")
    said = last_verified(lake)
    if said is not None:
        say(
            f"{said.objects} objects, {said.bytes / 1e6:.1f} MB: "
            + (f"{said.damaged} damaged" if said.damaged else "none was changed")
        )
    if damages and repair:
        _repair(lake, damages)
    elif damages:
        sys.exit(1)


def _in_warehouses(lake: Lake, since: dt.date) -> Iterator[tuple[Damage | None, int]]:
    from champion_assets.catalog import TABLES
    from champion_assets.settings import get_settings
    from champion_assets.warehouse.verify import differences

    return differences(get_settings(), lake, TABLES.values(), since)


def _repair(lake: Lake, damages: list[Damage]) -> None:
    from champion_assets.lake.repair import ASIDE, put_aside

    days = put_aside(lake, damages)
    if not all(damage.elsewhere for damage in damages):
        say(f"damaged files are in {lake.uri(ASIDE)}")
    left = [damage for damage in damages if damage.elsewhere and not damage.days]
    if not days:
        say("no day was lost")
    else:
        _build_again(damages, days)
    if left:
        say(f"{len(left)} of the lines above say what to do and were left to you", "red")
        sys.exit(1)


def _build_again(damages: list[Damage], days: list[dt.date]) -> None:
    say(f"building {len(days)} days from {days[0]} to {days[-1]} again")
    root = click.get_current_context().find_root()
    command = cast("click.Group", root.command).commands["backfill"]
    first, last = (dt.datetime.combine(day, dt.time()) for day in (days[0], days[-1]))
    lost = any("/_files/" in damage.key for damage in damages)  # the source has them still, perhaps
    root.invoke(command, start=first, end=last, refetch=lost)


@click.command()
@click.argument("date", type=DATE)
@click.option(
    "--table",
    default=None,
    help="A table of the lake, such as silver/equity_eod; the exchange's bhavcopies by default.",
)
def versions(date: dt.datetime, table: str | None) -> None:
    """The versions of the bhavcopy of DATE, or of a table's day, and row by row what changed between them."""
    workspace = _workspace()
    if table is None:
        from champion_assets.operations.file_versions import differences

        kept, rows = differences(workspace, date.date())
    else:
        from champion_assets.operations.day_versions import day_versions

        kept, rows = day_versions(workspace, table, date.date())
    show(kept)
    show(rows) if rows.height else say("one version, or no row differs")


@click.command()
@click.argument("name")
def tag(name: str) -> None:
    """Give the present version of every table the name NAME.

    It stays readable for good, as `research.table(..., lake_as_of=NAME)`.
    """
    from champion_assets.lake.prune import tag as make

    say(f"{name}: {len(make(_lake(), name))} tables")


@click.command()
@click.option(
    "--keep-days",
    default=30,
    show_default=True,
    type=click.IntRange(1),
    help="How long a replaced version stays readable.",
)
@click.option(
    "--before-migration",
    is_flag=True,
    help="Also delete the old objects of `champion migrate`; then it cannot be undone.",
)
def prune(keep_days: int, before_migration: bool) -> None:
    """Delete the files of versions that were replaced longer ago than that and have no tag, and what killed writers
    left.
    """
    from champion_assets.lake.migrate import BEFORE
    from champion_assets.lake.prune import prune as give_up

    lake = _lake()
    gone = give_up(lake, dt.timedelta(days=keep_days), lambda _table: check())
    say(f"{gone.versions} versions, {gone.objects} files, {gone.bytes / 1e6:.1f} MB")
    if before_migration:
        keys = lake.keys(BEFORE)
        for key in keys:
            lake.delete(key)
            check()
        lake.tidy(BEFORE)
        say(f"{len(keys)} objects of the time before the migration")


@click.command()
def migrate() -> None:
    """Move a lake of the older form, one object per day, to tables with a manifest.

    Every day is read again before its old object is put aside under `_before/`; the move may be cut off and repeated.
    To take it back, delete the tables and move `_before/` to their place; `champion prune --before-migration` ends that
    possibility.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from champion_assets.lake.migrate import BEFORE, older_tables
    from champion_assets.lake.migrate import migrate as move
    from champion_assets.lake.open import open_lake
    from champion_assets.settings import get_settings

    lake = open_lake(get_settings(), any_form=True)
    tables = older_tables(lake)
    if not tables:
        say("nothing to convert: the lake has no day in the older form")
        return
    total = sum(len(lake.folders(table)) for table in tables)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days"),
        TimeElapsedColumn(),
    )
    moved = 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("migrate", total=total)

        def advance(days: int) -> None:
            progress.update(bar, advance=days)
            check()

        for table in tables:
            progress.update(bar, description=table)
            moved += move(lake, table, advance)
    say(f"{len(tables)} tables, {moved} days; the old objects are in {lake.uri(BEFORE)}. "
        "The next backfill checks every day and writes only what differs")  # fmt: skip
