"""ClickHouse tables from the Pandera models: types, order, partitions.

Made if absent, widened in place, otherwise refused.

What belongs here: DDL. What does not: rows (`clickhouse_load.py`). Plain MergeTree: there is one copy of each row by
the way of loading, not by merging.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from champion_assets.lake.errors import BuildError
from champion_assets.lake.table import DailyTable

FREE_TEXT = {"subject", "evidence", "sample", "candidates", "uri", "reading"}
"""Strings with about as many values as rows; all others repeat and are LowCardinality."""
FIRST_KEY = ("symbol", "index_id", "check_name", "constraint_name")
"""People ask for one name over time, or for all names of a day: sorted by the first, found by month for the second."""
OUTDATED = "_fingerprint"
"""A column that earlier versions of Champion kept beside the lake's."""
_TYPES: dict[Any, str] = {
    pl.Date: "Date",
    pl.String: "String",
    pl.Float64: "Float64",
    pl.Int64: "Int64",
    pl.Int32: "Int32",
    pl.Boolean: "Bool",
}


class SchemaConflict(BuildError):
    """A table on the server is not what this version would make, and cannot be changed in place.

    The message has the statement to run.
    """


def sql_name(table: DailyTable) -> str:
    """The table's name in the database: ClickHouse knows no schemas, so the stage comes before an underscore."""
    return table.name.replace("/", "_")


def columns(table: DailyTable) -> dict[str, str]:
    """Column: ClickHouse type, of the table's model, in its order."""
    return {name: clickhouse_type(column.dtype.type, nullable=column.nullable, repeats=name not in FREE_TEXT)
            for name, column in table.model.to_schema().columns.items()}  # fmt: skip


def clickhouse_type(kind: Any, *, nullable: bool, repeats: bool = False) -> str:
    """ClickHouse's type for a column of the lake. NULL stays NULL; text that repeats is LowCardinality."""
    if isinstance(kind, pl.List):
        return f"Array({clickhouse_type(kind.inner, nullable=False)})"
    if isinstance(kind, pl.Struct):
        return (
            f"Tuple({', '.join(f'{part.name} {clickhouse_type(part.dtype, nullable=True)}' for part in kind.fields)})"
        )
    base = "DateTime64(6, 'UTC')" if isinstance(kind, pl.Datetime) else _TYPES[kind if kind in _TYPES else type(kind)]
    base = f"Nullable({base})" if nullable else base
    return f"LowCardinality({base})" if kind == pl.String and repeats else base


def create_statement(table: DailyTable, name: str) -> str:
    """CREATE TABLE for the table under `name`."""
    parts = [f"`{column}` {kind} CODEC({'DoubleDelta, ' if column == 'trade_date' else ''}ZSTD(1))"
             for column, kind in columns(table).items()]  # fmt: skip
    return (
        f"CREATE TABLE {name} ({', '.join(parts)}) ENGINE = MergeTree PARTITION BY {partition_of(table)} "
        f"ORDER BY ({order_of(table)})"
    )


def partition_of(table: DailyTable) -> str:
    """The expression of a row's partition."""
    return "toYYYYMM(trade_date)" if table.grain == "instrument" else "toYear(trade_date)"


def order_of(table: DailyTable) -> str:
    """The sorting key."""
    known = columns(table)
    return ", ".join(
        [*[name for name in FIRST_KEY if name in known and "Nullable" not in known[name]][:1], "trade_date"]
    )


def columns_there(client: Any, name: str) -> dict[str, str]:
    """Column: type, of a table on the server; none if it does not exist."""
    return dict(
        client.execute(
            "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = %(name)s "
            "ORDER BY position",
            {"name": name},
        )
    )


def migrate(client: Any, table: DailyTable) -> list[str]:
    """Make the table, or add the columns that it lacks; returns the statements that were run.

    Raises:
        SchemaConflict: a column has another type, is no longer known, or the sorting key or partitions differ.
    """
    name, wanted = sql_name(table), columns(table)
    found = columns_there(client, name)
    run = [] if found else [create_statement(table, name)]
    if found:
        if OUTDATED in found:
            run.append(f"ALTER TABLE {name} DROP COLUMN {OUTDATED}")
            del found[OUTDATED]
        _refuse_conflicts(client, table, found)
        places = dict(zip(wanted, ["FIRST", *(f"AFTER `{before}`" for before in wanted)], strict=False))
        run += [f"ALTER TABLE {name} ADD COLUMN `{column}` {kind} CODEC(ZSTD(1)) {places[column]}"
                for column, kind in wanted.items() if column not in found]  # fmt: skip
    for statement in run:
        client.execute(statement)
    return run


def _refuse_conflicts(client: Any, table: DailyTable, found: dict[str, str]) -> None:
    name, wanted = sql_name(table), columns(table)
    words = [f"{column} is {kind}, wanted {wanted.get(column, 'no such column')}"
             for column, kind in found.items() if wanted.get(column) != kind]  # fmt: skip
    ((partition, order),) = client.execute(
        "SELECT partition_key, sorting_key FROM system.tables WHERE database = currentDatabase() AND name = %(name)s",
        {"name": name},
    )
    if (partition, order.strip("()")) != (partition_of(table), order_of(table)):
        words.append(
            f"it is partitioned by {partition} and sorted by "
            f"{order}, wanted {partition_of(table)} and {order_of(table)}"
        )
    if words:
        raise SchemaConflict(
            f"ClickHouse table {name}: {'; '.join(words)}. Champion changes nothing that would lose data. Run "
            f"`RENAME TABLE {name} TO {name}_before` on the server, then load again; the lake has all rows"
        )
