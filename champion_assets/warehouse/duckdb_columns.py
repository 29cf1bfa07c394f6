"""The tables of the lake in DuckDB's words: names, column types.

What belongs here: the translation. What does not: creating and filling tables (`duckdb.py`).
"""

from __future__ import annotations

import polars as pl

from champion_assets.lake.schema import empty_frame
from champion_assets.lake.table import DailyTable

_SQL_TYPES = {
    pl.Date: "DATE",
    pl.String: "VARCHAR",
    pl.Float64: "DOUBLE",
    pl.Int64: "BIGINT",
    pl.Int32: "INTEGER",
    pl.Boolean: "BOOLEAN",
}


def sql_type(kind: pl.DataType) -> str:
    """DuckDB's type for a column type of the lake."""
    if isinstance(kind, pl.Datetime):
        return "TIMESTAMPTZ"
    if isinstance(kind, pl.List):
        return f"{sql_type(kind.inner)}[]"  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        return "STRUCT(" + ", ".join(f'"{field.name}" {sql_type(field.dtype)}' for field in kind.fields) + ")"  # type: ignore[arg-type]
    return _SQL_TYPES[type(kind)]


def columns(table: DailyTable) -> str:
    """The columns of a table as `CREATE TABLE` has them."""
    return ", ".join(f'"{name}" {sql_type(kind)}' for name, kind in empty_frame(table.model).schema.items())


def sql_name(table: DailyTable) -> str:
    """The table's name in SQL."""
    return table.name.replace("/", ".")
