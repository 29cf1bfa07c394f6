"""Which tables a warehouse holds, which of their rows, and what a load leaves behind.

What belongs here: what `warehouse/duckdb` and `warehouse/clickhouse` share. What does not: a word of either's SQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.lake.place import Place
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import DailyTable


def loaded(tables: Iterable[DailyTable]) -> list[DailyTable]:
    """Those of `tables` that a warehouse holds, in the order of the graph."""
    return [table for table in tables if table.in_warehouse]


class Load(TableModel):
    """What a load put into a warehouse for a day: one row per table."""

    trade_date: pl.Date = pa.Field(description="Day loaded")
    table_name: str = pa.Field(str_matches=r"^[a-z]+/[a-z_]+$", description="Table, stage/name")
    rows: pl.Int64 = pa.Field(ge=0, description="Rows of the day in the table")
    fingerprint: str = pa.Field(description="Version of the day that is inside")

    class Config(TableModel.Config):
        """One row per table and day."""

        unique = ["trade_date", "table_name"]


def inside(table: DailyTable, rows: pl.DataFrame) -> pl.DataFrame:
    """Of rows of the lake those that a warehouse holds."""
    return rows if table.warehouse_rows is None else rows.filter(pl.sql_expr(table.warehouse_rows))


def rows_of(place: Place, table: DailyTable, dates: Sequence[dt.date]) -> pl.DataFrame:
    """The rows of the lake that a warehouse holds of these days, in order of the dates."""
    return inside(table, place.lake.read(table.name, dates))
