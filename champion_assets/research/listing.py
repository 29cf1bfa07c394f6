"""Which tables a lake has, and of which days.

What belongs here: the list. What does not: rows (`api.py`), columns (docs/data_dictionary.md).
"""

from __future__ import annotations

import polars as pl

from champion_assets.research.opening import open_for_reading

_SCHEMA = {
    "table": pl.String,
    "days": pl.Int64,
    "first": pl.Date,
    "last": pl.Date,
    "rows": pl.Int64,
    "description": pl.String,
}


def tables() -> pl.DataFrame:
    """Every daily table of the lake, in the order of the graph.

    Returns:
        table (`stage/name`), days (sessions that are built), first and last of them (null without any), rows of all
        days, description.

    Raises:
        NoLake: there is no lake where the settings say.

    Example:
        >>> research.tables().filter(pl.col("table").str.starts_with("silver/"))
    """
    from champion_assets.catalog import LAKE_TABLES

    lake, rows = open_for_reading().lake, []
    for table in LAKE_TABLES:
        state = lake.state(table.name)
        days = sorted(state.file_of)
        count = sum(info.rows for day in days if (info := state.info(day)) is not None)
        rows.append(
            (table.name, len(days), days[0] if days else None, days[-1] if days else None, count, table.description)
        )
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
