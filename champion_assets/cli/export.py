"""`champion export`: prices for another tool.

What belongs here: arguments, help and what is printed. What does not: any work (`operations/export.py`).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from champion_assets.cli.output import DATE, say


@click.command()
@click.argument("form", type=click.Choice(["csv", "eod2", "qlib", "zipline", "lean"]), metavar="FORMAT")
@click.argument("start", type=DATE)
@click.argument("end", type=DATE)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--adjust",
    type=click.Choice(["none", "capital", "capital_special", "total_return"]),
    default="capital",
    show_default=True,
    help="Level of adjustment.",
)
@click.option("--symbol", "symbols", multiple=True, help="Only this symbol; can be repeated.")
def export(
    form: str, start: dt.datetime, end: dt.datetime, folder: Path, adjust: str, symbols: tuple[str, ...]
) -> None:
    """Write prices from START to END into FOLDER in the files of another tool: csv, eod2, qlib, zipline or lean.

    Prices are adjusted as known on END; rows whose adjustment is in doubt are left out. Membership of the Nifty 50 is
    written where the format has a place for it (csv, qlib).
    """
    from champion_assets.operations.export import export as write
    from champion_assets.quant.adjust import LEVELS

    level = next(each for each in LEVELS if each == adjust)
    done = write(form, folder, start.date(), end.date(), level, list(symbols) or None)
    say(
        f"{done.rows} rows of {done.instruments} instruments in {folder}; {done.left_out} rows left out, "
        f"because their adjustment is in doubt"
    )
