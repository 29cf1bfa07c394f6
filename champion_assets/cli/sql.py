"""`champion sql`: questions to the DuckDB file without another program.

What belongs here: reading statements and printing answers. What does not: what the file holds (`warehouse/duckdb.py`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import duckdb

_ELSEWHERE = (
    '`champion sql "show all tables"` lists what the file holds; other tables of the lake (raw, bronze) are read by '
    "research.table in Python, see docs/queries.md"
)
_PROMPT, _MORE = "champion> ", "     ...> "


@click.command()
@click.argument("query", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How rows are printed.",
)
@click.option(
    "--rows", default=40, show_default=True, help="Maximum number of rows of a table; csv and json print all."
)
def sql(query: str | None, form: str, rows: int) -> None:
    r"""Ask the DuckDB file: one QUERY, the statements on standard input (`-`), or a prompt if there is none.

    The file is opened read-only. Its tables are `show all tables`; docs/queries.md has 25 questions.

    \b
    champion sql "select symbol, close from silver.equity_eod where trade_date = '2024-01-15' order by turnover desc
    limit 10"
    """
    from champion_assets.clients.duckdb import connect
    from champion_assets.common.errors import NothingStored
    from champion_assets.settings import get_settings

    path = get_settings().duckdb_path
    if not path.is_file():
        raise NothingStored(
            f"there is no DuckDB file at {path}; `champion run` or "
            f"`champion backfill START END` makes it (CHAMPION_DUCKDB)"
        )
    with connect(path, read_only=True) as connection:
        if query is None and sys.stdin.isatty():
            _prompt(connection, form, rows)
            return
        text = sys.stdin.read() if query in (None, "-") else query
        _answer(connection, text or "", form, rows)


def _prompt(connection: duckdb.DuckDBPyConnection, form: str, rows: int) -> None:
    """Statements that end with `;` until the input ends; a wrong one is said and the next can follow."""
    import readline  # noqa: F401 (gives the prompt its history and arrow keys)

    click.echo("Statements end with ;  Ctrl-D leaves.", err=True)
    held = ""
    while True:
        try:
            line = input(_MORE if held else _PROMPT)
        except EOFError:
            click.echo(err=True)
            return
        held = f"{held}\n{line}" if held else line
        if held.strip().endswith(";"):
            try:
                _answer(connection, held, form, rows)
            except click.ClickException as error:
                error.show()
            held = ""


def _answer(connection: duckdb.DuckDBPyConnection, text: str, form: str, rows: int) -> None:
    """Print what the last of the statements gives.

    Raises:
        click.ClickException: DuckDB's sentence on what is wrong.
    """
    import duckdb

    if not text.strip(" ;\n\t"):
        raise click.ClickException('no statement; try "show all tables"')
    try:
        answer: duckdb.DuckDBPyRelation | None = connection.sql(text)
        if answer is not None:
            _PRINT[form](answer, rows)
    except duckdb.CatalogException as error:
        raise click.ClickException(f"{error}\n{_ELSEWHERE}") from error
    except duckdb.Error as error:
        raise click.ClickException(str(error)) from error


def _table(answer: duckdb.DuckDBPyRelation, rows: int) -> None:
    answer.show(max_rows=rows, max_width=_width())


def _csv(answer: duckdb.DuckDBPyRelation, _rows: int) -> None:
    click.echo(answer.pl().write_csv(), nl=False)


def _json(answer: duckdb.DuckDBPyRelation, _rows: int) -> None:
    click.echo(answer.pl().write_json())


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((120, 40)).columns


_PRINT: dict[str, Any] = {"table": _table, "csv": _csv, "json": _json}
