"""ClickHouse holds the lake's rows once, whatever happens to loads."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.clients.clickhouse import ClickHouseUnreachable, clickhouse
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.ports import is_retryable
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.workspace import Workspace
from champion_assets.silver.equity_eod import TABLE as EQUITY_EOD
from champion_assets.warehouse import clickhouse_columns, clickhouse_load
from champion_assets.warehouse.checksum import NOTHING, Held, held
from champion_assets.warehouse.clickhouse_columns import insert
from champion_assets.warehouse.clickhouse_load import load_days
from champion_assets.warehouse.clickhouse_schema import SchemaConflict, columns, create_statement, migrate, sql_name
from champion_assets.warehouse.loaded import LoadMismatch, loaded, rows_of
from champion_assets_tests.helpers import build_until, put_day

TABLE = TABLES["warehouse/clickhouse"]

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)


def assert_equals_lake(workspace: Workspace, start: dt.date = START, end: dt.date = END) -> None:
    """Every table, every column, every row, each once, NULL as NULL."""
    with clickhouse(workspace.settings) as client:
        for table in loaded(workspace.tables.values()):
            lake = rows_of(workspace, table, workspace.sessions(start, end))
            rows = client.execute(f"SELECT {', '.join(f'`{name}`' for name in lake.columns)} FROM {sql_name(table)}")
            flat = [name for name in lake.columns if not isinstance(lake.schema[name], pl.List)]
            places = [lake.columns.index(name) for name in flat]
            stored = pl.DataFrame(
                [[row[place] for place in places] for row in rows], schema=lake.select(flat).schema, orient="row"
            )
            assert stored.sort(flat).equals(lake.select(flat).sort(flat)), table.name
            for place in sorted(
                set(range(lake.width)) - set(places)
            ):  # lists of structs arrive as tuples; a table of one row per day
                expected = {
                    row["trade_date"]: [tuple(each.values()) for each in row[lake.columns[place]]]
                    for row in lake.to_dicts()
                }
                assert {row[0]: [tuple(each) for each in row[place]] for row in rows} == expected


def test_every_table_equals_the_lake_after_loads_in_pieces_and_a_republication(clickhouse_workspace: Workspace) -> None:
    workspace = clickhouse_workspace
    build_until(workspace, "backtest/daily", START, END)
    for start, end in ((dt.date(2023, 12, 11), END), (START, dt.date(2023, 11, 24)), (START, END)):
        assert not build_range(TABLE, workspace, calendar_days(start, end)).failed
    assert_equals_lake(workspace)
    assert build_range(TABLE, workspace, calendar_days(START, END)).count("written") == 0
    day = dt.date(2023, 12, 15)
    rows = workspace.lake.read("features/returns", [day]).head(-3)
    put_day(workspace.lake, "features/returns", day, rows, fingerprint="republished")
    assert build_range(TABLE, workspace, calendar_days(START, END)).count("written") == 1
    assert_equals_lake(workspace)
    with clickhouse(workspace.settings) as client:  # lost on the server: noticed and mended
        client.execute("TRUNCATE TABLE silver_equity_eod SYNC")
    assert TABLE.confirm is not None
    assert TABLE.confirm(workspace, workspace.sessions(START, END)) == set()
    build_range(TABLE, workspace, calendar_days(START, END))
    assert_equals_lake(workspace)
    assert TABLE.confirm is not None
    assert TABLE.confirm(workspace, workspace.sessions(START, END)) == set(workspace.sessions(START, END))


def _equity(workspace: Workspace, days: list[dt.date]) -> tuple[pl.DataFrame, dict[dt.date, Held]]:
    rows = rows_of(workspace, EQUITY_EOD, days)
    return rows, dict.fromkeys(days, NOTHING) | held(rows)


@pytest.fixture
def equity(clickhouse_workspace: Workspace) -> Workspace:
    """A workspace with prices in the lake and an empty table for them in ClickHouse."""
    build_until(clickhouse_workspace, EQUITY_EOD.name, START, END)
    with clickhouse(clickhouse_workspace.settings, database=False) as client:
        client.execute(f"CREATE DATABASE {clickhouse_workspace.settings.clickhouse_database}")
    with clickhouse(clickhouse_workspace.settings) as client:
        migrate(client, EQUITY_EOD)
    return clickhouse_workspace


def test_parallel_loads_of_different_days_lose_none(equity: Workspace) -> None:
    days = equity.sessions(START, END)
    with ThreadPoolExecutor(max_workers=6) as pool:
        parts = [days[place::12] for place in range(12)]
        list(pool.map(lambda part: load_days(equity.settings, EQUITY_EOD, *_equity(equity, part)), parts))
    with clickhouse(equity.settings) as client:
        found = dict(client.execute("SELECT trade_date, count() FROM silver_equity_eod GROUP BY trade_date"))
        left = client.execute(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'loading%'"
        )
    lake = equity.lake.read(EQUITY_EOD.name, days)
    assert found == dict(lake.group_by("trade_date").len().iter_rows())
    assert left == []


def test_a_reader_sees_the_old_day_or_the_new_one(equity: Workspace) -> None:
    days = equity.sessions(START, END)
    frame, wanted = _equity(equity, days)
    load_days(equity.settings, EQUITY_EOD, frame, wanted)
    seen, stop = set[Any](), threading.Event()

    def read() -> None:
        with clickhouse(equity.settings) as client:
            while not stop.is_set():
                seen.update(client.execute("SELECT count(), sum(volume) FROM silver_equity_eod"))

    reader = threading.Thread(target=read)
    reader.start()
    doubled = frame.with_columns(pl.col("volume") * 2)
    for number in range(6):
        rows = doubled if number % 2 == 0 else frame
        load_days(equity.settings, EQUITY_EOD, rows, held(rows))
    stop.set()
    reader.join()
    volume = int(frame["volume"].sum())
    assert seen == {(frame.height, volume), (frame.height, 2 * volume)}


def test_a_load_that_differs_is_shown_to_nobody(equity: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    days = equity.sessions(START, END)
    load_days(equity.settings, EQUITY_EOD, *_equity(equity, days))
    encode = clickhouse_columns.encode

    def damaged(frame: pl.DataFrame) -> Any:
        return encode(frame.with_columns(close=pl.col("close") + (pl.int_range(pl.len()) == 0) * 0.05))

    monkeypatch.setattr(clickhouse_columns, "encode", damaged)
    with pytest.raises(LoadMismatch, match="checksum"):
        load_days(equity.settings, EQUITY_EOD, *_equity(equity, days[:3]))
    monkeypatch.undo()

    def forgetful(settings: Any, staging: str, frame: pl.DataFrame) -> None:
        insert(settings, staging, frame)
        with clickhouse(settings) as client:
            client.execute(
                f"ALTER TABLE {staging} DELETE WHERE trade_date = %(day)s SETTINGS mutations_sync = 1", {"day": days[5]}
            )

    monkeypatch.setattr(clickhouse_load, "insert", forgetful)
    with pytest.raises(LoadMismatch, match=r"(\d+) rows of other days became (?!\1)\d+"):
        load_days(equity.settings, EQUITY_EOD, *_equity(equity, days[:3]))
    with clickhouse(equity.settings) as client:
        ((count, total),) = client.execute("SELECT count(), sum(close) FROM silver_equity_eod")
    lake = equity.lake.read(EQUITY_EOD.name, days)
    assert (count, pytest.approx(total)) == (lake.height, lake["close"].sum())


@pytest.mark.parametrize(("owner", "lease"), [("elsewhere 1 1", 1), (f"{socket.gethostname()} 999999 1", 3600)])
def test_a_dead_load_makes_room(owner: str, lease: int, equity: Workspace) -> None:
    """One of another machine after its lease, one of this machine as soon as its process is gone."""
    name = f"loading_silver_equity_eod_{'a' * 32}"
    with clickhouse(equity.settings) as client:
        client.execute(f"CREATE TABLE {name} AS silver_equity_eod COMMENT %(owner)s", {"owner": owner})
    days = equity.sessions(START, END)
    load_days(equity.settings.model_copy(update={"clickhouse_lease": lease}), EQUITY_EOD, *_equity(equity, days))
    with clickhouse(equity.settings) as client:
        assert client.execute(f"EXISTS TABLE {name}") == [(0,)]
        assert client.execute("SELECT uniqExact(trade_date) FROM silver_equity_eod") == [(len(days),)]


def test_a_load_that_was_taken_for_dead_ends_and_changes_nothing(
    equity: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = equity.sessions(START, END)

    def robbed(settings: Any, staging: str, *rest: Any) -> None:
        with clickhouse(equity.settings) as client:
            client.execute(f"DROP TABLE {staging} SYNC")
        insert(settings, staging, *rest)

    monkeypatch.setattr(clickhouse_load, "insert", robbed)
    with pytest.raises(ClickHouseUnreachable, match="took this one for dead") as caught:
        load_days(equity.settings, EQUITY_EOD, *_equity(equity, days))
    assert is_retryable(caught.value)
    with clickhouse(equity.settings) as client:
        assert client.execute("SELECT count() FROM silver_equity_eod") == [(0,)]


def test_types_follow_the_model() -> None:
    found = columns(EQUITY_EOD)
    assert found["symbol"] == "LowCardinality(String)"
    assert found["trade_date"] == "Date"
    assert found["close"] == "Float64"
    assert found["delivery_qty"] == "Nullable(Int64)"
    statement = create_statement(EQUITY_EOD, "x")
    assert "PARTITION BY toYYYYMM(trade_date) ORDER BY (symbol, trade_date)" in statement


def test_a_new_column_is_added_in_place_and_anything_else_is_refused(equity: Workspace) -> None:
    with clickhouse(equity.settings) as client:
        client.execute("ALTER TABLE silver_equity_eod DROP COLUMN lot_size")
        assert len(migrate(client, EQUITY_EOD)) == 1
        found = [
            name
            for (name,) in client.execute(
                "SELECT name FROM system.columns WHERE database = currentDatabase() "
                "AND table = 'silver_equity_eod' ORDER BY position"
            )
        ]
        assert found == empty_frame(EQUITY_EOD.model).columns
        client.execute("ALTER TABLE silver_equity_eod MODIFY COLUMN volume Float64")
        with pytest.raises(SchemaConflict, match=r"volume is Float64, wanted Int64.*RENAME TABLE silver_equity_eod"):
            migrate(client, EQUITY_EOD)
        client.execute("RENAME TABLE silver_equity_eod TO silver_equity_eod_before")
        client.execute(
            "CREATE TABLE silver_equity_eod AS silver_equity_eod_before ENGINE = MergeTree ORDER BY trade_date"
        )
        with pytest.raises(SchemaConflict, match="partitioned by"):
            migrate(client, EQUITY_EOD)
