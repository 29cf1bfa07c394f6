"""`champion sql`: answers as a table, CSV or JSON; what is wrong is said in a sentence; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable

import duckdb
import pytest
from click.testing import CliRunner, Result

from champion_assets.cli.main import main
from champion_assets.settings import Settings

Put = Callable[[str, str], None]


@pytest.fixture
def file(environment: Put, settings: Settings) -> None:
    settings.duckdb_path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.duckdb_path)) as connection:
        connection.execute(
            "CREATE SCHEMA silver; CREATE TABLE silver.equity_eod AS SELECT 'INFY' AS symbol, 1500.5 AS close"
        )


def ask(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["sql", *arguments], input=given, catch_exceptions=False)


def test_rows_as_a_table_csv_and_json(file: None) -> None:
    query = "select symbol, close::double as close from silver.equity_eod"
    table = ask(query)
    assert table.exit_code == 0
    assert "INFY" in table.output
    assert "1500.5" in table.output
    assert ask(query, "--format", "csv").output == "symbol,close\nINFY,1500.5\n"
    assert json.loads(ask(query, "--format", "json").output) == [{"symbol": "INFY", "close": 1500.5}]
    assert ask("-", "--format", "csv", given=f"{query};").output == "symbol,close\nINFY,1500.5\n"
    assert ask("--format", "csv", given=query).output == "symbol,close\nINFY,1500.5\n"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select symbl from silver.equity_eod", "symbl"),
        ("selec 1", "syntax error"),
        ("select * from silver.equity_eo", "equity_eo"),
        ("select * from bronze.bhavcopy", "research.table in Python"),
        ("delete from silver.equity_eod", "read-only"),
        (" ; ", "no statement"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(file: None, settings: Settings, query: str, words: str) -> None:
    done = ask(query)
    assert done.exit_code == 1
    assert words in done.output
    assert "damaged" not in done.output
    with duckdb.connect(str(settings.duckdb_path), read_only=True) as connection:
        assert connection.execute("select count(*) from silver.equity_eod").fetchall() == [(1,)]


def test_without_a_file_the_command_that_makes_it_is_named(environment: Put) -> None:
    done = ask("select 1")
    assert done.exit_code == 1
    assert "`champion run` or `champion backfill START END` makes it" in done.output
