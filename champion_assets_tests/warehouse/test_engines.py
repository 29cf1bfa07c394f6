"""One lake, five engines, two moments: every query of docs/queries.md has the same answer everywhere, now and at the
earlier version.

Polars reads the lake, DuckDB and ClickHouse what was loaded into them, and ClickHouse (`deltaLakeLocal`) and DuckDB
(`delta_scan`, with a version for which its extension is a Python package) read the lake's tables in place, at the
versions that they had when the warehouses were loaded.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
from dataclasses import dataclass, field
from typing import Any

import duckdb
import polars as pl
import pytest

from champion_assets import research
from champion_assets.catalog import TABLES, open_workspace
from champion_assets.clients.clickhouse import clickhouse
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.quant.adjust import LEVELS
from champion_assets.research.opening import reading
from champion_assets.settings import Settings
from champion_assets.warehouse.clickhouse_schema import columns, sql_name
from champion_assets.warehouse.loaded import inside
from champion_assets.warehouse.loaded import loaded as loaded_tables
from champion_assets.warehouse.views import create_views, in_dialect, prices_view
from champion_assets_tests.conftest import START
from champion_assets_tests.helpers import build_until, put_day
from champion_assets_tests.servers.run import ROOT, ClickHouse, absent
from champion_assets_tests.warehouse.conftest import on_server
from champion_assets_tests.warehouse.test_queries import MAY_BE_EMPTY, QUERIES, TITLES, assert_same, fill

EARLIER, LATER = dt.date(2024, 4, 5), dt.date(2024, 4, 12)
PARAMETERS = {":day": "DATE '2024-03-28'", ":from": "DATE '2024-01-01'", ":until": "DATE '2024-03-28'"}
AS_IT_IS = "delta_lake_enable_engine_predicate = 0"
OTHER_DUCKDB = ROOT / ".local/delta/bin/python"
Rows = list[tuple[Any, ...]]


@dataclass
class Moment:
    """What the lake and the warehouses said at a moment, and the versions that the lake's tables had."""

    versions: dict[str, int]
    queries: list[str]
    polars: list[Rows]
    duckdb: list[Rows]
    clickhouse: list[Rows]


@dataclass
class Stand:
    """The lake, which lies where the server may read files, and its two moments."""

    workspace: Workspace
    moments: dict[str, Moment] = field(default_factory=dict)


@pytest.fixture(scope="module")
def stand(exchange: Any, server: ClickHouse) -> Stand:
    settings = Settings(
        data_dir=server.folder / "user_files",
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
    here, stand = open_workspace(settings), Stand(open_workspace(on_server(settings, server, "engines")))
    build_until(here, "warehouse/duckdb", START, EARLIER)
    stand.moments["earlier"] = _moment(stand.workspace, EARLIER)
    build_until(here, "backtest/daily", START, LATER)
    day = dt.date(2024, 3, 28)
    rows = here.lake.read("features/returns", [day])
    put_day(
        here.lake, "features/returns", day, rows.with_columns(pl.col("simple_return") * 2), fingerprint="republished"
    )
    assert not build_range(TABLES["warehouse/duckdb"], here, calendar_days(START, LATER)).failed
    stand.moments["later"] = _moment(stand.workspace, LATER)
    return stand


def _moment(workspace: Workspace, end: dt.date) -> Moment:
    report = build_range(TABLES["warehouse/clickhouse"], workspace, calendar_days(START, end))
    assert not report.failed, report.failed
    versions = {
        table.name: workspace.lake.state(table.name).version for table in loaded_tables(workspace.tables.values())
    }
    with duckdb.connect(str(workspace.settings.duckdb_path), read_only=True) as connection:
        ((symbol,),) = connection.execute(
            "SELECT symbol FROM silver.prices_capital WHERE factor != 1 GROUP BY symbol ORDER BY count(*) "
            "DESC, symbol LIMIT 1"
        ).fetchall()
        queries = [fill(query, PARAMETERS | {":symbol": f"'{symbol}'"}) for query in QUERIES]
        in_duckdb = [connection.execute(query).fetchall() for query in queries]
    with clickhouse(workspace.settings) as client:
        in_clickhouse = [client.execute(in_dialect(query, "clickhouse")) for query in queries]
    return Moment(versions, queries, _in_polars(workspace, queries, end), in_duckdb, in_clickhouse)


def _in_polars(workspace: Workspace, queries: list[str], end: dt.date) -> list[Rows]:
    """The queries in Polars' SQL, on the lake's rows and on `research.prices`; rows are in order of days, so first and
    last are those."""
    lake = workspace.lake
    frames = {sql_name(table): inside(table, lake.read(table.name, lake.dates(table.name)))
              for table in loaded_tables(workspace.tables.values())}  # fmt: skip
    with reading(workspace.settings):
        for level in LEVELS[1:]:
            frames[f"silver_prices_{level}"] = research.prices(START, end, adjust=level).sort(
                "trade_date", "instrument_id"
            )
    context = pl.SQLContext(frames)
    found = []
    for query in queries:
        sql = in_dialect(query, "clickhouse")
        for name, function in (("argMin", "FIRST"), ("argMax", "LAST")):
            sql = re.sub(rf"{name}\((\w+), trade_date\)", rf"{function}(\1)", sql)
        found.append(context.execute(sql, eager=True).rows())
    return found


@pytest.mark.parametrize("when", ["earlier", "later"])
@pytest.mark.parametrize("number", range(len(QUERIES)), ids=TITLES)
def test_polars_duckdb_and_clickhouse_agree(number: int, when: str, stand: Stand) -> None:
    moment = stand.moments[when]
    assert (
        moment.polars[number]
        or QUERIES[number].split(" AND instrument_id NOT IN", maxsplit=1)[0].strip() in MAY_BE_EMPTY
    )
    assert_same(moment.duckdb[number], moment.polars[number])
    assert_same(moment.clickhouse[number], moment.polars[number])


def test_the_moments_differ(stand: Stand) -> None:
    earlier, later = stand.moments["earlier"], stand.moments["later"]
    assert all(
        later.versions[name] > version for name, version in earlier.versions.items() if name != "silver/esg_scores"
    )
    assert sum(one != other for one, other in zip(earlier.polars, later.polars, strict=True)) >= 3


@pytest.mark.parametrize("when", ["earlier", "later"])
def test_clickhouse_reads_the_lake_in_place(when: str, stand: Stand) -> None:
    moment, settings = (
        stand.moments[when],
        stand.workspace.settings.model_copy(update={"clickhouse_database": f"in_place_{when}"}),
    )
    with clickhouse(settings, database=False) as client:
        client.execute(f"CREATE DATABASE {settings.clickhouse_database}")
    with clickhouse(settings) as client:
        for name, version in moment.versions.items():
            table = TABLES[name]
            wanted = ", ".join(f"CAST(`{column}` AS {kind}) AS `{column}`" for column, kind in columns(table).items())
            client.execute(
                f"CREATE VIEW {sql_name(table)} AS SELECT {wanted} "
                f"FROM deltaLakeLocal('{stand.workspace.lake.uri(name)}') "
                f"WHERE {table.warehouse_rows or 'true'} SETTINGS delta_lake_snapshot_version = {version}, {AS_IT_IS}"
            )
        create_views(client.execute, "clickhouse")
        for query, expected in zip(moment.queries, moment.clickhouse, strict=True):
            assert_same(client.execute(in_dialect(query, "clickhouse")), expected)


PROGRAM = """
import datetime, duckdb, json, sys
from pathlib import Path
said = json.load(sys.stdin)
(extension,) = Path(sys.prefix).glob("lib/python3*/site-packages/duckdb_ext/extensions/*/*/delta.duckdb_extension")
connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
connection.execute(f"LOAD '{extension}'")
for number, (name, uri, version, where) in enumerate(said["tables"]):
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name.split('.')[0]}")
    connection.execute(f"ATTACH '{uri}' AS t{number} (TYPE delta, VERSION {version})")
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM t{number} WHERE {where}")
for name, uri, count in said["newest"]:
    assert connection.execute(f"SELECT count(*) FROM delta_scan('{uri}')").fetchall() == [(count,)], name
for view in said["views"]:
    connection.execute(view)
plain = lambda value: {"date": str(value)[:10]} if isinstance(value, datetime.date) else value
answers = [connection.execute(query).fetchall() for query in said["queries"]]
print(json.dumps([[[plain(value) for value in row] for row in rows] for rows in answers]))
"""


@pytest.mark.parametrize("when", ["earlier", "later"])
def test_duckdb_reads_the_lake_in_place(when: str, stand: Stand) -> None:
    if not OTHER_DUCKDB.exists():
        absent("DuckDB with its extension for Delta tables", "make servers")
    moment, lake = stand.moments[when], stand.workspace.lake
    tables = [TABLES[name] for name in moment.versions]
    said = {
        "tables": [
            (
                table.name.replace("/", "."),
                lake.uri(table.name),
                moment.versions[table.name],
                table.warehouse_rows or "true",
            )
            for table in tables
        ],
        "newest": [
            (table.name, lake.uri(table.name), lake.read(table.name, lake.dates(table.name)).height) for table in tables
        ],
        "views": [prices_view(level, "duckdb") for level in LEVELS[1:]],
        "queries": moment.queries,
    }
    done = subprocess.run([str(OTHER_DUCKDB), "-c", PROGRAM], input=json.dumps(said), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(
        done.stdout, object_hook=lambda each: dt.date.fromisoformat(each["date"]) if set(each) == {"date"} else each
    )
    for rows, expected in zip(found, moment.duckdb, strict=True):
        assert_same([tuple(row) for row in rows], expected)


def test_clickhouse_needs_a_setting_to_read_delta_tables_rightly(stand: Stand) -> None:
    """With its default, ClickHouse 26.7 drops rows where NOT stands before an expression that its Delta kernel does not
    know."""
    lake, name = stand.workspace.lake, "checks/results"
    failed = lake.read(name, lake.dates(name)).filter(~pl.col("passed")).height
    query = (
        f"SELECT count() FROM deltaLakeLocal('{lake.uri(name)}') WHERE NOT ifNull(passed, false) SETTINGS {AS_IT_IS}"
    )
    with clickhouse(stand.workspace.settings) as client:
        assert client.execute(query) == [(failed,)]
    assert failed > 0
    assert AS_IT_IS in (ROOT / "docs/queries.md").read_text()
