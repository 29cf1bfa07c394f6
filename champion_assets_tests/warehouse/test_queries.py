"""Every query of docs/queries.md gives the same answer on the lake's Parquet files, on DuckDB and on ClickHouse."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from champion_assets.catalog import TABLES
from champion_assets.clients.clickhouse import clickhouse
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.quant.adjust import LEVELS, PRICES
from champion_assets.settings import Settings
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
        data_dir=tmp_path_factory.mktemp("data"), source=str(exchange.folder), esg_folder=exchange.folder / "esg", start_date=START,
        cov_window_days=40, expected_return_lookback=40, universe_warmup=20, universe_size=60, retry_delay_scale=0,
        http_interval_seconds=0,
    )  # fmt: skip
    workspace = open_workspace(on_server(settings, server, "queries"))
    build_until(open_workspace(settings), "warehouse/duckdb", START, END)
    report = build_range(CLICKHOUSE, workspace, calendar_days(START, END))
    assert not report.failed, report.failed
    return workspace


@pytest.fixture(scope="module")
def parquet(loaded: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lake's objects themselves, under the names of the tables."""
    with duckdb.connect() as connection:
        for table in loaded_tables(loaded.tables.values()):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.group}")
            pattern = loaded.lake.uri(f"{table.name}/*/data.parquet")
            where = table.warehouse_rows or "true"
            connection.execute(f"CREATE VIEW {table.name.replace('/', '.')} AS SELECT * FROM "
                               f"read_parquet('{pattern}', hive_partitioning = false) WHERE {where}")  # fmt: skip
        create_views(connection.execute, "duckdb")
        yield connection


@pytest.fixture(scope="module")
def parameters(parquet: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A day with a portfolio, a span, and a share that had a corporate action."""
    rows = parquet.execute(
        "SELECT symbol FROM silver.prices_capital WHERE factor != 1 GROUP BY symbol ORDER BY count(*) DESC, symbol LIMIT 1"
    ).fetchall()
    return {":day": "DATE '2024-04-30'", ":from": "DATE '2024-01-01'", ":until": "DATE '2024-03-28'", ":symbol": f"'{rows[0][0]}'"}


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
            assert a == b or (isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)), (
                one,
                other,
            )


def test_the_page_has_questions_enough() -> None:
    assert len(QUERIES) >= 25


@pytest.mark.parametrize("query", QUERIES, ids=TITLES)
def test_three_stores_agree(query: str, loaded: Workspace, parquet: duckdb.DuckDBPyConnection, parameters: dict[str, str]) -> None:
    sql = fill(query, parameters)
    expected = parquet.execute(sql).fetchall()
    assert expected or query.split(" AND instrument_id NOT IN", maxsplit=1)[0].strip() in MAY_BE_EMPTY, "an empty answer compares nothing"
    with duckdb.connect(str(loaded.settings.duckdb_path), read_only=True) as connection:
        assert_same(connection.execute(sql).fetchall(), expected)
    with clickhouse(loaded.settings) as client:
        assert_same(client.execute(in_dialect(sql, "clickhouse")), expected)


@pytest.mark.parametrize("level", LEVELS[1:])
def test_the_views_say_what_research_says(level: Any, loaded: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from champion_assets import research

    monkeypatch.setattr(research, "_workspace", lambda: loaded)
    frame = research.prices(START, END, adjust=level).sort("trade_date", "instrument_id")
    names = ", ".join(["factor", "share_factor", *(f"adj_{name}" for name in PRICES), "adj_volume"])
    expected = frame.select(names.split(", ")).rows()
    sql = f"SELECT {names} FROM silver.prices_{level} ORDER BY trade_date, instrument_id"
    assert frame.filter(frame["factor"] != 1).height > 0
    with duckdb.connect(str(loaded.settings.duckdb_path), read_only=True) as connection:
        assert_same(connection.execute(sql).fetchall(), expected)
    with clickhouse(loaded.settings) as client:
        assert_same(client.execute(in_dialect(sql, "clickhouse")), expected)


def test_a_session_whose_actions_were_never_read_makes_no_adjusted_price(parquet: duckdb.DuckDBPyConnection, loaded: Workspace) -> None:
    with duckdb.connect() as connection:
        for name in ("silver.equity_eod", "silver.corporate_actions", "raw.corporate_actions"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name.split('.')[0]}")
            pattern = loaded.lake.uri(f"{name.replace('.', '/')}/*/data.parquet")
            gap = " WHERE trade_date != DATE '2024-02-01'" if name.startswith("raw") else ""
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{pattern}', hive_partitioning = false){gap}")
        create_views(connection.execute, "duckdb")
        rows = connection.execute("SELECT trade_date < DATE '2024-02-01' AS before, count(*), count(adj_close) FROM silver.prices_capital "
                                  "GROUP BY before ORDER BY before").fetchall()  # fmt: skip
    (_, after, adjusted), (_, _, wrong) = rows
    assert (after, wrong) == (adjusted, 0)
