"""The Parquet files of a table, for engines that read files themselves.

What belongs here: paths. What does not: rows (`research.table`).
"""

from __future__ import annotations

from champion_assets.research.arguments import Day, as_span
from champion_assets.research.errors import UnknownTable
from champion_assets.research.opening import open_for_reading
from champion_assets.research.stored import sessions_of, stored_of


def files(name: str, start: Day, end: Day) -> list[str]:
    """The verified Parquet files that contain a table's days, for SQL on tables that are not in a warehouse.

    A folder of the lake also holds files of earlier versions, so a pattern such as `*.parquet` would count rows twice.

    Args:
        name: `stage/name`.
        start: first day.
        end: last day.

    Returns:
        Paths; of a lake on S3 those of the copies on this machine. They hold whole months: choose the days by
        `trade_date`.

    Raises:
        UnknownTable, NotASession, NotBuilt, RequestError, NoLake: see `table`.
        CorruptObject: a file was changed after it was written.

    Example:
        >>> paths = research.files("bronze/bhavcopy", "2024-03-01", "2024-03-28")
        >>> duckdb.execute("SELECT symbol, close FROM read_parquet(?) WHERE trade_date = DATE '2024-03-28'", [paths])
    """
    from champion_assets.catalog import TABLES

    if name not in TABLES:
        raise UnknownTable(f"no table {name!r}; there are {', '.join(sorted(TABLES))}")
    first, last = as_span(start, end)
    workspace = open_for_reading()
    dates = stored_of(workspace, name, sessions_of(workspace, first, last), allow_missing=False)
    return workspace.lake.paths(name, dates)
