"""Rows that somebody altered, lost or doubled in a warehouse are noticed, named by `champion verify`, and loaded again
(case D2)."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.clients.clickhouse import clickhouse
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.progress import report_progress
from champion_assets.lake.repair import ASIDE, put_aside
from champion_assets.lake.workspace import Workspace
from champion_assets.warehouse.clickhouse_schema import SchemaConflict
from champion_assets.warehouse.verify import differences
from champion_assets_tests.helpers import build_until, drop_days
from champion_assets_tests.servers.run import ClickHouse
from champion_assets_tests.warehouse.conftest import on_server

START, END, DAY = dt.date(2023, 11, 1), dt.date(2023, 12, 8), dt.date(2023, 12, 6)
Run = Callable[[str], Any]
CLICKHOUSE = {
    "rows deleted": "ALTER TABLE silver_equity_eod DELETE WHERE "
    "trade_date = '{day}' AND close > 100 SETTINGS mutations_sync = 1",
    "rows deleted lightly": "DELETE FROM silver_equity_eod WHERE trade_date = '{day}' AND close > 100",
    "a day deleted": "ALTER TABLE silver_equity_eod DELETE WHERE trade_date = '{day}' SETTINGS mutations_sync = 1",
    "values doubled": "ALTER TABLE silver_equity_eod UPDATE close = close * "
    "2 WHERE trade_date = '{day}' SETTINGS mutations_sync = 1",
    "the last bit of a price": "ALTER TABLE silver_equity_eod UPDATE close = "
    "reinterpretAsFloat64(reinterpretAsUInt64(close) + 1) "
    "WHERE trade_date = '{day}' AND symbol = (SELECT min(symbol) FROM silver_equity_eod) "
    "SETTINGS mutations_sync = 1, allow_nondeterministic_mutations = 1",
    "rows doubled": "INSERT INTO silver_equity_eod SELECT * FROM silver_equity_eod WHERE trade_date = '{day}' LIMIT 3",
    "a column cleared": "ALTER TABLE features_returns UPDATE simple_return = NULL WHERE trade_date = '{day}' SETTINGS "
    "mutations_sync = 1",
    "two columns changed places": "ALTER TABLE silver_equity_eod UPDATE high "
    "= low, low = high WHERE trade_date = '{day}' "
    "SETTINGS mutations_sync = 1",
    "a list cut": "ALTER TABLE backtest_daily UPDATE holdings = arrayPopBack(holdings) WHERE trade_date = '{day}' "
    "SETTINGS mutations_sync = 1",
}
DUCKDB = {
    "rows deleted": "DELETE FROM silver.equity_eod WHERE trade_date = '{day}' AND close > 100",
    "a day deleted": "DELETE FROM silver.equity_eod WHERE trade_date = '{day}'",
    "values doubled": "UPDATE silver.equity_eod SET close = close * 2 WHERE trade_date = '{day}'",
    "the last bit of a price": "UPDATE silver.equity_eod SET close = nextafter(close, 1e9) WHERE trade_date = '{day}' "
    "AND symbol = (SELECT min(symbol) FROM silver.equity_eod)",
    "rows doubled": "INSERT INTO silver.equity_eod FROM silver.equity_eod WHERE trade_date = '{day}' LIMIT 3",
    "a column cleared": "UPDATE features.returns SET simple_return = NULL WHERE trade_date = '{day}'",
    "two columns changed places": "UPDATE silver.equity_eod SET high = low, low = high WHERE trade_date = '{day}'",
    "a list cut": "UPDATE backtest.daily SET holdings = holdings[:-2] WHERE trade_date = '{day}'",
    "a note altered": "UPDATE silver.equity_eod SET close = 1 WHERE trade_date = '{day}'; UPDATE meta.loads SET "
    "checksum = '0', rows = 7",
}


def said(workspace: Workspace) -> list[str]:
    return [
        damage.says
        for damage, _ in differences(workspace.settings, workspace.lake, workspace.tables.values())
        if damage is not None
    ]


def loaded_again(workspace: Workspace, name: str) -> list[dt.date]:
    report = build_range(TABLES[name], workspace, calendar_days(START, END))
    assert not report.failed
    return [date for date, outcome in report.outcomes.items() if outcome.status == "written"]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, exchange: Any, server: ClickHouse) -> Iterator[Workspace]:
    """A lake that both warehouses hold."""
    from champion_assets.settings import Settings

    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        source=str(exchange.folder),
        esg_folder=exchange.folder / "esg",
        start_date=START,
        cov_window_days=10,
        expected_return_lookback=10,
        universe_warmup=5,
        universe_size=40,
        retry_delay_scale=0,
        http_interval_seconds=0,
    )
    workspace = open_workspace(on_server(settings, server, "damaged"))
    build_until(workspace, "warehouse/duckdb", START, END)
    assert not build_range(TABLES["warehouse/clickhouse"], workspace, calendar_days(START, END)).failed
    assert said(workspace) == []
    yield workspace
    assert said(workspace) == []


def in_clickhouse(workspace: Workspace, statement: str) -> None:
    with clickhouse(workspace.settings) as client:
        client.execute(statement)


def in_duckdb(workspace: Workspace, statement: str) -> None:
    with duckdb.connect(str(workspace.settings.duckdb_path)) as connection:
        connection.execute(statement)


CASES = [("warehouse/clickhouse", what) for what in CLICKHOUSE] + [("warehouse/duckdb", what) for what in DUCKDB]


@pytest.mark.parametrize(("name", "what"), CASES, ids=[" ".join(case).removeprefix("warehouse/") for case in CASES])
def test_what_was_done_to_a_warehouse_is_named_and_loaded_again(name: str, what: str, both: Workspace) -> None:
    run, statements = (in_clickhouse, CLICKHOUSE) if name == "warehouse/clickhouse" else (in_duckdb, DUCKDB)
    run(both, statements[what].format(day=DAY))
    (one,) = said(both)
    assert one.startswith("ClickHouse 127.0.0.1" if run is in_clickhouse else f"DuckDB {both.settings.duckdb_path}")
    assert "of 2023-12 is not what the lake has" in one
    assert f"`champion backfill {DAY} {DAY}` loads it again" in one
    assert loaded_again(both, name) == [DAY]
    assert said(both) == []
    assert loaded_again(both, name) == []


@pytest.mark.parametrize("name", ["warehouse/clickhouse", "warehouse/duckdb"])
def test_a_day_outside_the_range_is_told(name: str, both: Workspace) -> None:
    run, statements = (in_clickhouse, CLICKHOUSE) if name == "warehouse/clickhouse" else (in_duckdb, DUCKDB)
    run(both, statements["values doubled"].format(day=DAY))
    told: list[str] = []
    with report_progress(lambda *_: None, told.append):
        report = build_range(TABLES[name], both, [dt.date(2023, 12, 4)])
    assert report.count("unchanged") == 1
    (one,) = told
    assert one.startswith(f"{name}: rows of 1 days outside this range, from {DAY} to {DAY}, are not those of the lake")
    assert f"`champion backfill {DAY} {DAY}` loads them again" in one
    assert loaded_again(both, name) == [DAY]


@pytest.mark.parametrize("name", ["warehouse/clickhouse", "warehouse/duckdb"])
def test_a_column_dropped_by_hand_comes_back_with_its_values(name: str, both: Workspace) -> None:
    if name == "warehouse/clickhouse":
        in_clickhouse(both, "ALTER TABLE silver_equity_eod DROP COLUMN delivery_qty")
    else:
        in_duckdb(
            both,
            "DROP VIEW silver.prices_capital; DROP VIEW silver.prices_capital_special; DROP VIEW "
            "silver.prices_total_return; "
            "ALTER TABLE silver.equity_eod DROP COLUMN delivery_qty",
        )
    assert any("silver_equity_eod" in each or "silver.equity_eod" in each for each in said(both))
    assert loaded_again(both, name) == both.sessions(START, END)
    assert said(both) == []


def test_a_column_retyped_by_hand(both: Workspace) -> None:
    in_duckdb(both, "ALTER TABLE silver.index_eod ALTER COLUMN close TYPE FLOAT")
    assert loaded_again(both, "warehouse/duckdb") == both.sessions(START, END)
    assert said(both) == []
    in_clickhouse(both, "ALTER TABLE silver_index_eod MODIFY COLUMN close Float32 SETTINGS mutations_sync = 1")
    with pytest.raises(SchemaConflict, match="RENAME TABLE silver_index_eod TO silver_index_eod_before"):
        build_range(TABLES["warehouse/clickhouse"], both, calendar_days(START, END))
    in_clickhouse(both, "RENAME TABLE silver_index_eod TO silver_index_eod_before")
    assert loaded_again(both, "warehouse/clickhouse") == both.sessions(START, END)


def test_rows_of_a_day_that_the_lake_does_not_have_are_named_with_the_statement_to_run(both: Workspace) -> None:
    in_clickhouse(
        both,
        "INSERT INTO silver_index_eod SELECT * REPLACE(toDate('2023-11-05') AS trade_date) FROM "
        "silver_index_eod LIMIT 1",
    )
    in_duckdb(
        both,
        "INSERT INTO silver.index_eod SELECT * REPLACE(DATE '2023-11-05' AS trade_date) FROM silver.index_eod LIMIT 1",
    )
    found = said(both)
    assert len(found) == 2
    for each, run in zip(found, (in_duckdb, in_clickhouse), strict=True):
        statement = each.split("run `")[1].split("`")[0]
        assert statement.endswith("index_eod WHERE trade_date IN ('2023-11-05')")
        run(both, statement)
    assert said(both) == []


def test_days_that_the_lake_has_lost_are_built_again_and_not_deleted_from_the_warehouses(both: Workspace) -> None:
    drop_days(both.lake, "silver/index_eod", [DAY])
    found = [damage for damage, _ in differences(both.settings, both.lake, both.tables.values()) if damage is not None]
    assert len(found) == 2
    for each in found:
        assert each.says.startswith("silver/index_eod: the lake has lost 1 days that ")
        assert each.says.endswith(f"`champion backfill {DAY} {DAY}` builds them again")
        assert "DELETE" not in each.says
    assert put_aside(both.lake, found) == [DAY]
    assert not build_range(TABLES["silver/index_eod"], both, calendar_days(START, END)).failed
    assert said(both) == []


@pytest.mark.parametrize("name", ["warehouse/clickhouse", "warehouse/duckdb"])
def test_a_day_that_was_never_loaded_is_no_damage(name: str, both: Workspace) -> None:
    drop_days(both.lake, name, [DAY])  # as after a run that failed before its end
    (in_clickhouse if name == "warehouse/clickhouse" else in_duckdb)(
        both, (CLICKHOUSE if name == "warehouse/clickhouse" else DUCKDB)["a day deleted"].format(day=DAY)
    )
    assert said(both) == []
    assert DAY in loaded_again(both, name)


def test_an_older_copy_of_the_lake_is_built_on_and_nothing_is_deleted(both: Workspace) -> None:
    last = both.sessions(START, END)[-1]
    for table in ("silver/index_eod", "warehouse/duckdb"):
        drop_days(both.lake, table, [last])
    (in_clickhouse_too, in_file) = sorted(said(both))
    for each in (in_clickhouse_too, in_file):
        assert each.startswith("silver/index_eod: the lake has lost 1 days that ")
    for table in ("silver/index_eod", "warehouse/duckdb"):
        assert not build_range(TABLES[table], both, calendar_days(START, END)).failed
    assert said(both) == []


def test_the_command_names_it(both: Workspace, server: ClickHouse) -> None:
    settings = both.settings
    environment = (
        os.environ
        | server.environment(settings.clickhouse_database)
        | {
            "DATA_DIR": str(settings.data_dir),
            "CHAMPION_SOURCE": settings.source,
            "CHAMPION_START_DATE": str(START),
            "DAGSTER_HOME": "",
            "COV_WINDOW_DAYS": "10",
            "EXPECTED_RETURN_LOOKBACK": "10",
            "UNIVERSE_WARMUP": "5",
            "UNIVERSE_SIZE": "40",
            "COLUMNS": "1000",
            "CHAMPION_TRACK": "false",
        }
    )

    def champion(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "champion_assets.cli", *words],
            env=environment,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    code, out = champion("verify")
    assert (code, "none was changed" in out) == (0, True), out
    in_clickhouse(both, CLICKHOUSE["values doubled"].format(day=DAY))
    in_duckdb(both, DUCKDB["rows deleted"].format(day=DAY))
    code, out = champion("verify", "--no-warehouse")
    assert code == 0, out
    code, out = champion("verify")
    assert code == 1
    assert "silver_equity_eod of 2023-12 is not what the lake has" in out
    assert "silver.equity_eod of 2023-12 is not what the lake has" in out
    assert champion("verify", "--since", "2023-12-07")[0] == 0
    damages = [damage for damage, _ in differences(settings, both.lake, both.tables.values()) if damage is not None]
    assert put_aside(both.lake, damages) == [DAY]  # what `--repair` builds again; nothing of the lake is touched
    assert both.lake.folders(ASIDE) == []
    assert both.lake.has("silver/equity_eod", DAY)
    assert loaded_again(both, "warehouse/duckdb") == loaded_again(both, "warehouse/clickhouse") == [DAY]


def test_a_server_that_is_down_is_no_silence(both: Workspace) -> None:
    from champion_assets_tests.servers.run import free_port

    away = both.settings.model_copy(update={"clickhouse_port": free_port()})
    found = [damage.says for damage, _ in differences(away, both.lake, both.tables.values()) if damage is not None]
    assert len(found) == 1
    assert "cannot be looked at" in found[0]
    assert "does not answer" in found[0]
