"""`champion init`: a `champion.toml` for the files that a person has.

What belongs here: questions, flags and what is printed. What does not: what the file may hold (`settings/`), looking at
the source (`operations/source_report.py`).
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from champion_assets.cli.output import say

if TYPE_CHECKING:
    from champion_assets.operations.source_report import SourceReport

_ARCHIVE = "https://nsearchives.nseindia.com"


@click.command()
@click.option("--source", help="A folder, an s3:// prefix, or the address of an archive; asked for by default.")
@click.option("--data-dir", help="Folder for the lake and all else; asked for by default.")
@click.option("--first", help="First day of history, YYYY-MM-DD; proposed from the files of a folder.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="Where champion.toml is written.",
)
@click.option("--yes", is_flag=True, help="Ask nothing; use the proposed values for options that are not given.")
@click.option("--force", is_flag=True, help="Replace an existing champion.toml.")
def init(source: str | None, data_dir: str | None, first: str | None, folder: Path, yes: bool, force: bool) -> None:
    """Write a champion.toml: where the files are, where the lake goes, when history begins.

    A folder is looked at: which days it has, and what a portfolio and adjusted prices will need beside them.
    """
    path = folder / "champion.toml"
    if path.exists() and not force:
        raise click.ClickException(f"{path.resolve()} exists already; edit it, or replace it with --force")
    if source is None:
        source = (
            _ARCHIVE
            if yes
            else click.prompt("Where are NSE's files: a folder, or the archive's address", default=_ARCHIVE)
        )
    found = None if "://" in source else _look(Path(source).expanduser())
    if data_dir is None:
        data_dir = "data" if yes else click.prompt("Folder for the lake", default="data")
    begin, end = _longest(found)
    proposed = str(begin or "2016-01-01")
    if first is None:
        if found is not None and found.prices is not None and begin != found.prices.first:
            say(f"the longest history without a gap is {begin} to {end}; nothing after a gap can be built", "yellow")
        first = proposed if yes else click.prompt("First day of history", default=proposed)
    _write(path, source, data_dir, _day(first), end)
    say(f"{path.resolve()} is written; `champion settings` lists all settings", "green")
    if found is not None:
        for sentence in _lacks(found):
            say(sentence, "yellow")
    say(f"next: `champion run`, or `champion backfill {first} {end or 'END'}`")


def _look(root: Path) -> SourceReport:
    from champion_assets.catalog import open_calendar
    from champion_assets.cli.source import watched
    from champion_assets.operations.source_report import report
    from champion_assets.settings import get_settings

    if not root.is_dir():
        raise click.ClickException(f"there is no folder {root}; give the one that holds NSE's files, or {_ARCHIVE}")
    settings = get_settings()
    say(f"looking at {root} ...")
    found = watched(root, lambda advance: report(root, open_calendar(settings), progress=advance))
    for kind in found.kinds:
        days = f"{kind.days} days, {kind.first} to {kind.last}" if kind.first else "of no single day"
        say(f"  {kind.kind}: {kind.files} file(s), {days}")
    for finding in found.findings:
        say(f"  {finding}", "red")
    return found


def _longest(found: SourceReport | None) -> tuple[dt.date | None, dt.date | None]:
    """First and last day of the longest run of sessions that have a price file; of equal ones the later."""
    from champion_assets.catalog import open_calendar
    from champion_assets.operations.source_report import longest_run
    from champion_assets.settings import get_settings

    if found is None or found.prices is None:
        return None, None
    return longest_run(found.prices, open_calendar(get_settings()))


def _lacks(found: SourceReport) -> list[str]:
    """What the files are too few for, with what to add."""
    from champion_assets.nse import file_kinds
    from champion_assets.settings import get_settings

    kinds, lacks = {kind.kind for kind in found.kinds}, []
    if found.prices is None:
        lacks.append("no price file: nothing can be built; see `champion source`")
    elif found.prices.days < (warmup := get_settings().universe_warmup):
        lacks.append(f"no portfolio: it needs {warmup} sessions (UNIVERSE_WARMUP), the folder has {found.prices.days}")
    if not kinds & {file_kinds.ACTIONS, file_kinds.BC, file_kinds.PR}:
        lacks.append(
            "no adjusted prices: add an export of NSE's corporate-actions page (CF-CA-equities-....csv), or PR bundles"
        )
    if file_kinds.CHANGES not in kinds:
        lacks.append("no symbolchange.csv: a company under an earlier symbol is found by its ISIN alone")
    return lacks


def _day(text: str) -> str:
    try:
        return dt.date.fromisoformat(text.strip()).isoformat()
    except ValueError as error:
        raise click.ClickException(f"{text!r} is not a day; write YYYY-MM-DD") from error


def _write(path: Path, source: str, data_dir: str, first: str, end: dt.date | None) -> None:
    """Whole or not at all; a text in JSON is a text in TOML."""
    ending = [f"# end_date = {end}  # if the history is finished, and no newer files will come"] if end else []
    lines = [
        "# Champion's settings; `champion settings` lists all of them. Relative paths are taken from this folder.",
        "[source]",
        f"source = {json.dumps(source)}",
        "",
        "[lake]",
        f"data_dir = {json.dumps(data_dir)}",
        "",
        "[history]",
        f"start_date = {first}",
        *ending,
        "",
    ]
    temporary = path.with_suffix(".toml.part")
    temporary.write_text("\n".join(lines), "utf-8")
    temporary.replace(path)
