"""The checksum is the same number in lake, DuckDB and ClickHouse, and another one after any value was altered, lost,
doubled or moved."""

from __future__ import annotations

import datetime as dt
import struct
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from champion_assets.clients.clickhouse import clickhouse
from champion_assets.lake.workspace import Workspace
from champion_assets.warehouse.checksum import Held, held
from champion_assets.warehouse.clickhouse_columns import checksum_sql, insert
from champion_assets.warehouse.clickhouse_schema import clickhouse_type
from champion_assets.warehouse.duckdb_columns import sql_type

DAY = dt.date(2024, 1, 15)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
ANY_BITS = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
FLOATS = st.one_of(st.none(), ANY_BITS, st.just(-0.0), st.just(0.0), st.floats(min_value=0.05, max_value=1e5))
TEXTS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12))
SCHEMA: dict[str, Any] = {
    "trade_date": pl.Date,
    "f": pl.Float64,
    "t": pl.String,
    "b": pl.Boolean,
    "i": pl.Int64,
    "j": pl.Int32,
    "d": pl.Date,
    "u": pl.Datetime("us", "UTC"),
    "g": pl.Float64,
    "l": pl.List(pl.Struct({"name": pl.String, "shares": pl.Int64, "paid": pl.Float64})),
}
SHARES = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
HOLDINGS = st.lists(st.fixed_dictionaries({"name": TEXTS, "shares": SHARES, "paid": FLOATS}),
                    max_size=4)  # fmt: skip
ROW = st.fixed_dictionaries(
    {
        "trade_date": st.dates(dt.date(1994, 11, 3), dt.date(2100, 1, 1)),
        "f": FLOATS,
        "t": TEXTS,
        "b": st.one_of(st.none(), st.booleans()),
        "i": SHARES,
        "j": st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1)),
        "d": st.one_of(st.none(), st.dates(dt.date(1970, 1, 1), dt.date(2149, 6, 6))),
        "u": st.one_of(st.none(), st.integers(0, 4 * 10**15).map(lambda each: EPOCH + dt.timedelta(microseconds=each))),
        "g": FLOATS,
        "l": HOLDINGS,
    }
)
ROWS = st.lists(ROW, min_size=1, max_size=40)


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA)


@hypothesis_settings(max_examples=60, deadline=None)
@given(rows=ROWS)
@pytest.mark.parametrize("nested", [False, True])
def test_any_value_is_in_duckdb_as_it_was_and_counts_alike(rows: list[dict[str, Any]], nested: bool) -> None:
    frame = frame_of(rows) if nested else frame_of(rows).drop("l")
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE anything ({', '.join(f'{name} {sql_type(kind)}' for name, kind in frame.schema.items())})"
        )
        connection.register("rows", frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
        connection.execute("INSERT INTO anything BY NAME SELECT * FROM rows")
        stored = pl.DataFrame(pl.from_arrow(connection.sql("FROM anything").to_arrow_table())).cast(frame.schema)
    assert held(stored) == held(frame)
    assert sum(each.rows for each in held(frame).values()) == frame.height


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
@pytest.mark.parametrize("nested", [False, True])
def test_any_value_is_in_clickhouse_as_it_was_and_counts_alike(
    rows: list[dict[str, Any]], nested: bool, clickhouse_workspace: Workspace
) -> None:
    frame, settings = frame_of(rows) if nested else frame_of(rows).drop("l"), clickhouse_workspace.settings
    kinds = {name: clickhouse_type(kind, nullable=name not in {"trade_date", "l"}, repeats=True)
             for name, kind in frame.schema.items()}  # fmt: skip
    with clickhouse(settings, database=False) as client:
        client.execute(f"CREATE DATABASE IF NOT EXISTS {settings.clickhouse_database}")
    with clickhouse(settings) as client:
        client.execute("DROP TABLE IF EXISTS anything SYNC")
        client.execute(
            f"CREATE TABLE anything ({', '.join(f'{name} {kind}' for name, kind in kinds.items())}) ENGINE = Memory"
        )
    insert(settings, "anything", frame)
    with clickhouse(settings) as client:
        found = client.execute(
            f"SELECT trade_date, count(), {checksum_sql(frame.schema)} FROM anything GROUP BY trade_date"
        )
        stored = client.execute(f"SELECT {', '.join(name for name in frame.columns if name != 'l')} FROM anything")
    assert {date: Held(*rest) for date, *rest in found} == held(frame)
    assert pl.DataFrame(stored, schema=frame.drop("l", strict=False).schema, orient="row").equals(
        frame.drop("l", strict=False)
    )


def total(frame: pl.DataFrame) -> Held:
    """Of all rows, as if of one day."""
    return held(frame.with_columns(trade_date=pl.lit(DAY))).get(DAY, Held(0, 0))


@hypothesis_settings(max_examples=200, deadline=None)
@given(rows=ROWS, other=ROW, data=st.data())
def test_whatever_is_altered_lost_doubled_or_moved_is_noticed(
    rows: list[dict[str, Any]], other: dict[str, Any], data: st.DataObject
) -> None:
    frame, place = frame_of(rows), data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(sorted(SCHEMA)))
    altered = frame_of([row | ({column: other[column]} if number == place else {}) for number, row in enumerate(rows)])
    before = total(frame)
    if repr(rows[place][column]) != repr(other[column]) and column != "trade_date":
        assume(not _is_nan(rows[place][column]) or not _is_nan(other[column]))
        assert total(altered) != before
    assert total(frame.with_row_index("n").filter(pl.col("n") != place).drop("n")) != before
    assert total(pl.concat([frame, frame[place]])) != before
    assert total(frame.reverse()) == before
    partner = rows[(place + 1) % len(rows)]
    swapped = [
        row
        | ({column: partner[column]} if row is rows[place] else {column: rows[place][column]} if row is partner else {})
        for row in rows
    ]
    if sorted(map(repr, swapped)) != sorted(map(repr, rows)) and column != "trade_date":
        assert total(frame_of(swapped)) != before


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value


def test_values_that_are_nearly_the_same_are_told_apart() -> None:
    def one(**values: Any) -> int:
        return (
            held(pl.DataFrame({"trade_date": [DAY], **{name: [value] for name, value in values.items()}}))
            .popitem()[1]
            .checksum
        )

    assert one(a=0.0) != one(a=-0.0)
    assert one(a=0.1 + 0.2) != one(a=0.3)
    assert one(a="") != one(a="\0")
    assert one(a=1, b=2) != one(a=2, b=1)
    assert one(a=4, b=2) != one(a=1, b=3)  # what a sum with small weights takes for the same
    nothing = [pl.Series("a", [value], dtype=kind) for value, kind in ((None, pl.Int64), (0, pl.Int64))]
    assert len({held(pl.DataFrame({"trade_date": [DAY]}).with_columns(each))[DAY].checksum for each in nothing}) == 2
    lists = ([], [None], [None, None], [1, 2], [2, 1], [1], [0])
    kind = pl.List(pl.Int64)
    found = {
        held(pl.DataFrame({"trade_date": [DAY]}).with_columns(pl.Series("a", [each], dtype=kind)))[DAY].checksum
        for each in lists
    }
    assert len(found) == len(lists)


def test_the_checksum_stays_what_it_is() -> None:
    """It is stored in the lake: another one makes every day of every warehouse be loaded again."""
    frame = pl.DataFrame(
        {
            "trade_date": [DAY, DAY],
            "symbol": ["INFY", None],
            "close": [1543.25, None],
            "volume": [7, -1],
            "held": [[{"a": 1.5}], []],
        },
        schema_overrides={"held": pl.List(pl.Struct({"a": pl.Float64}))},
    )
    assert held(frame) == {DAY: Held(2, 17302761909266303548)}


def test_a_file_keeps_every_bit(tmp_path: Path) -> None:
    """Through DuckDB's storage, which compresses floats."""
    bits = [0x7FF8000000000001, 0xFFF0000000000000, 0x8000000000000000, 1, 0x3FF0000000000000, 0x7FF4DEADBEEF0001]
    values = [struct.unpack("<d", struct.pack("<Q", each))[0] for each in bits] * 500
    frame = pl.DataFrame({"trade_date": [DAY] * len(values), "f": values})
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        connection.register("rows", frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
        connection.execute("CREATE TABLE anything AS FROM rows")
        connection.execute("CHECKPOINT")
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        assert held(pl.DataFrame(pl.from_arrow(connection.sql("FROM anything").to_arrow_table()))) == held(frame)
