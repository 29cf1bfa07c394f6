"""Every query of docs/queries.md gives the same answer on the lake's Parquet files, on DuckDB and on ClickHouse."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.clients.clickhouse import clickhouse
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.quant.adjust import LEVELS, PRICES
from champion_assets.quant.doubts import doubtful_sessions, mark, open_doubts
from champion_assets.quant.prior import PRIOR
from champion_assets.settings import Settings
from champion_assets.silver.doubts import Doubts
from champion_assets.warehouse.duckdb_columns import sql_type
from champion_assets.warehouse.loaded import loaded as loaded_tables
from champion_assets.warehouse.views import create_views, in_dialect
from champion_assets_tests.conftest import END, START
from champion_assets_tests.helpers import build_until
from champion_assets_tests.servers.run import ClickHouse
from champion_assets_tests.warehouse.conftest import on_server

CLICKHOUSE = TABLES["warehouse/clickhouse"]

PAGE = Path(__file__).parents[2] / "docs" / "queries.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
TITLES = [re.sub(r"\s+", " ", text)[:60] for text in QUERIES]
MAY_BE_EMPTY = {"SELECT symbol FROM features.universe WHERE trade_date = :day"}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, exchange: Any, server: ClickHouse) -> Iterator[Workspace]:
    from champion_assets.catalog import open_workspace

    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        source=str(exchange.folder),
        esg_folder=exchange.folder / "esg",
        start_date=START,
        cov_window_days=40,
        expected_return_lookback=40,
        universe_warmup=20,
        universe_size=60,
        retry_delay_scale=0,
        http_interval_seconds=0,
    )
    workspace = open_workspace(on_server(settings, server, "queries"))
    build_until(open_workspace(settings), "warehouse/duckdb", START, END)
    report = build_range(CLICKHOUSE, workspace, calendar_days(START, END))
    assert not report.failed, report.failed
    return workspace


def files_of(lake: Lake, table: str) -> list[str]:
    """The files that are the table now."""
    return [lake.uri(f"{table}/{file.path}") for file in lake.state(table).files.values()]


@pytest.fixture(scope="module")
def parquet(loaded: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lake's objects themselves, under the names of the tables."""
    with duckdb.connect() as connection:
        for table in loaded_tables(loaded.tables.values()):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.group}")
            files = files_of(loaded.lake, table.name)
            where = table.warehouse_rows or "true"
            connection.execute(f"CREATE VIEW {table.name.replace('/', '.')} AS SELECT * FROM "
                               f"read_parquet({files}, hive_partitioning = false) WHERE {where}")  # fmt: skip
        create_views(connection.execute, "duckdb")
        yield connection


@pytest.fixture(scope="module")
def parameters(parquet: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A day with a portfolio, a span, and a share that had a corporate action."""
    rows = parquet.execute(
        "SELECT symbol FROM silver.prices_capital WHERE factor != 1 GROUP BY symbol ORDER BY count(*) "
        "DESC, symbol LIMIT 1"
    ).fetchall()
    return {
        ":day": "DATE '2024-04-30'",
        ":from": "DATE '2024-01-01'",
        ":until": "DATE '2024-03-28'",
        ":symbol": f"'{rows[0][0]}'",
    }


def fill(query: str, parameters: dict[str, str]) -> str:
    for name, value in parameters.items():
        query = query.replace(name, value)
    return query


def plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def assert_same(left: list[tuple[Any, ...]], right: list[tuple[Any, ...]]) -> None:
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        for a, b in zip(map(plain, one), map(plain, other), strict=True):
            assert a == b or (
                isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
            ), (
                one,
                other,
            )


def test_the_page_has_questions_enough() -> None:
    assert len(QUERIES) >= 25


@pytest.mark.parametrize("query", QUERIES, ids=TITLES)
def test_three_stores_agree(
    query: str, loaded: Workspace, parquet: duckdb.DuckDBPyConnection, parameters: dict[str, str]
) -> None:
    sql = fill(query, parameters)
    expected = parquet.execute(sql).fetchall()
    assert expected or query.split(" AND instrument_id NOT IN", maxsplit=1)[0].strip() in MAY_BE_EMPTY, (
        "an empty answer compares nothing"
    )
    with duckdb.connect(str(loaded.settings.duckdb_path), read_only=True) as connection:
        assert_same(connection.execute(sql).fetchall(), expected)
    with clickhouse(loaded.settings) as client:
        assert_same(client.execute(in_dialect(sql, "clickhouse")), expected)


@pytest.mark.parametrize("level", LEVELS[1:])
def test_the_views_say_what_research_says(level: Any, loaded: Workspace) -> None:
    from champion_assets import research
    from champion_assets.research.opening import reading

    with reading(loaded.settings):
        frame = research.prices(START, END, adjust=level).sort("trade_date", "instrument_id")
    adjusted = (f"adj_{name}" for name in (*PRICES, *PRIOR))
    names = ", ".join(["factor", "share_factor", "prior_factor", *adjusted, "adj_volume", "is_complete", "doubt"])
    expected = frame.select(names.split(", ")).rows()
    sql = f"SELECT {names} FROM silver.prices_{level} ORDER BY trade_date, instrument_id"
    assert frame.filter(frame["factor"] != 1).height > 0
    assert frame.filter(frame["factor"] != frame["prior_factor"]).height > 0
    with duckdb.connect(str(loaded.settings.duckdb_path), read_only=True) as connection:
        assert_same(connection.execute(sql).fetchall(), expected)
    with clickhouse(loaded.settings) as client:
        assert_same(client.execute(in_dialect(sql, "clickhouse")), expected)


def test_a_session_whose_actions_were_never_read_makes_no_adjusted_price(
    parquet: duckdb.DuckDBPyConnection, loaded: Workspace
) -> None:
    with duckdb.connect() as connection:
        for name in ("silver.equity_eod", "silver.corporate_actions", "silver.doubts", "raw.corporate_actions"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name.split('.')[0]}")
            files = files_of(loaded.lake, name.replace(".", "/"))
            gap = " WHERE trade_date != DATE '2024-02-01'" if name.startswith("raw") else ""
            connection.execute(
                f"CREATE VIEW {name} AS SELECT * FROM read_parquet({files}, hive_partitioning = false){gap}"
            )
        create_views(connection.execute, "duckdb")
        rows = connection.execute(
            "SELECT trade_date < DATE '2024-02-01' AS before, count(*), count(adj_close), bool_or(is_complete), "
            "any_value(doubt) FROM silver.prices_capital GROUP BY before ORDER BY before"
        ).fetchall()
    (_, after, adjusted, _, told), (_, _, wrong, is_complete, doubt) = rows
    assert (after, wrong) == (adjusted, 0)
    assert (told, is_complete) == (None, False)
    assert doubt == "unknown across 2024-02-01: no source of corporate actions was read for it"


def _doubts(one: str, other: str) -> pl.DataFrame:
    """Made by hand, since nothing is in doubt in the fictional months: told twice, at a level, settled, told again."""
    november, december = dt.date(2023, 11, 20), dt.date(2023, 12, 20)
    rows = [
        (november, one, november, "unread", "capital", "a text"),
        (dt.date(2023, 11, 24), one, november, "unread", "capital", "another text"),
        (dt.date(2024, 1, 10), one, dt.date(2024, 1, 10), "unconfirmed", "capital_special", "a payment"),
        (december, other, december, "unexplained", "capital", "a gap"),
        (dt.date(2024, 1, 5), other, december, "settled", "capital", "a line"),
        (dt.date(2024, 1, 8), other, dt.date(2024, 1, 3), "unread", "capital", "a late text"),
    ]
    schema = ["trade_date", "instrument_id", "ex_session", "doubt", "level", "reason"]
    told = pl.DataFrame(rows, schema=schema, orient="row").with_columns(symbol=pl.lit("X"))
    return told.select(list(Doubts.to_schema().columns))


@pytest.mark.parametrize("level", LEVELS[1:])
def test_the_views_mark_what_is_in_doubt(level: Any, loaded: Workspace, parquet: duckdb.DuckDBPyConnection) -> None:
    rows = parquet.execute("SELECT trade_date, instrument_id FROM silver.equity_eod ORDER BY 1, 2").fetchall()
    prices = pl.DataFrame(rows, schema=["trade_date", "instrument_id"], orient="row")
    doubts = _doubts(*prices["instrument_id"].unique().sort().head(2))
    expected = mark(prices, doubtful_sessions(open_doubts(doubts, END), level)).rows()
    assert len({doubt for _, _, _, doubt in expected}) == (3 if level == "capital" else 4)
    query = f"SELECT trade_date, instrument_id, is_complete, doubt FROM silver.prices_{level} ORDER BY 1, 2"
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA silver; CREATE SCHEMA raw")
        for name in ("silver.equity_eod", "silver.corporate_actions", "raw.corporate_actions"):
            files = files_of(loaded.lake, name.replace(".", "/"))
            scan = f"read_parquet({files}, hive_partitioning = false)"
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {scan}")
        columns = ", ".join(f"{name} {sql_type(kind)}" for name, kind in doubts.schema.items())
        connection.execute(f"CREATE TABLE silver.doubts ({columns})")
        connection.executemany(f"INSERT INTO silver.doubts VALUES ({', '.join('?' * doubts.width)})", doubts.rows())
        create_views(connection.execute, "duckdb")
        assert connection.execute(query).fetchall() == expected
    with clickhouse(loaded.settings) as client:
        client.execute(f"INSERT INTO silver_doubts ({', '.join(doubts.columns)}) VALUES", doubts.rows())
        try:
            assert_same(client.execute(in_dialect(query, "clickhouse")), expected)
        finally:
            client.execute("TRUNCATE TABLE silver_doubts")
