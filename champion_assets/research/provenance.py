"""The origin of rows: the file, its address, its hash, the line.

What belongs here: from rows of a table back to the files under raw/. What does not: how the files got there (`raw/`).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from champion_assets.common.errors import RequestError
from champion_assets.research.arguments import Day, Names, as_day, as_symbols, did_you_mean
from champion_assets.research.errors import UnknownTable
from champion_assets.research.opening import open_for_reading
from champion_assets.research.stored import read, sessions_of, stored_of
from champion_assets.research.symbols import known_symbols, require_known, warn_of_absent

if TYPE_CHECKING:
    from champion_assets.lake.workspace import Workspace

HASH, LINE = "source_sha256", "source_row"
_FILE = ["sha256", "name", "uri", "format", "fetched_at", "is_current"]
_NAMES = ("instrument_id", "symbol", "series", "index_id", "published_name", "subject", "provider", "ex_date")
"""Columns that say which row it is, where a table has them."""


def provenance(table: str, date: Day, *, symbols: Names | None = None) -> pl.DataFrame:
    """The file and the line that each row of a table's day was read from.

    Args:
        table: a table whose rows come from one line each: those of bronze, and of silver those with `source_sha256`.
        date: a session.
        symbols: only these tickers, as traded on the date.

    Returns:
        One row per row of the table: trade_date, the row's key (such as instrument_id, symbol, series), `line` (in the
        file, counted from 1 below its header; null if the table has none), `sha256` (of the file, also its name in the
        lake), `file` (its name), `uri` (where it was found, with the archive member), `format`, `fetched_at` (UTC),
        `is_current` (False if a newer version of the file has replaced it). A row from an override has no file: its
        `sha256` is empty.

    Raises:
        UnknownTable: no such table.
        RequestError: the table is computed from others, which the message names; or it has no column symbol.
        NotASession: the market was closed on that day.
        NotBuilt: the lake lacks the day.
        UnknownSymbol: no instrument has had one of the symbols.
        NoLake: there is no lake where the settings say.

    Example:
        >>> research.provenance("silver/equity_eod", "2024-01-15", symbols="INFY").select("file", "line", "uri")
    """
    from champion_assets.catalog import TABLES

    if table not in TABLES:
        near = did_you_mean(table, TABLES)
        raise UnknownTable(f"no table {table!r}; {near + ' ' if near else ''}there are {', '.join(sorted(TABLES))}")
    columns = list(TABLES[table].model.to_schema().columns)
    wanted, day = as_symbols(symbols), as_day(date, "date")
    workspace = open_for_reading()
    if HASH not in columns:
        above = [each.table for each in TABLES[table].inputs(workspace.settings)]
        what = (
            f"is computed from {', '.join(dict.fromkeys(above))}; ask for the provenance of those"
            if above
            else "holds files, not rows"
        )
        raise RequestError(f"{table} {what}")
    if wanted is not None and "symbol" not in columns:
        raise RequestError(f"{table} has no column symbol, so symbols cannot be chosen")
    dates = stored_of(workspace, table, sessions_of(workspace, day, day), allow_missing=False)
    kept = ["trade_date", *(name for name in _NAMES if name in columns), *((LINE,) if LINE in columns else ()), HASH]
    rows = read(workspace, table, dates, kept)
    if wanted is not None:
        rows = _chosen(workspace, rows, wanted, day)
    rows = rows.rename({HASH: "sha256"} | ({LINE: "line"} if LINE in columns else {}))
    if "line" not in rows.columns:
        rows = rows.with_columns(line=pl.lit(None, pl.Int32))
    files = _files(workspace, table, set(rows["sha256"]))
    joined = rows.join(files.rename({"name": "file"}), on="sha256", how="left", maintain_order="left")
    names = [
        name
        for name in joined.columns
        if name not in {"line", "sha256", "file", "uri", "format", "fetched_at", "is_current"}
    ]
    return joined.select(*names, "line", "sha256", "file", "uri", "format", "fetched_at", "is_current")


def _chosen(workspace: Workspace, rows: pl.DataFrame, wanted: list[str], day: dt.date) -> pl.DataFrame:
    found = rows.filter(pl.col("symbol").is_in(wanted))
    if absent := [symbol for symbol in wanted if symbol not in set(found["symbol"])]:
        require_known(workspace, absent, known_symbols(workspace, absent, day), day, rows["symbol"].unique().drop_nulls)
        warn_of_absent(absent)
    return found


def _files(workspace: Workspace, table: str, hashes: set[str]) -> pl.DataFrame:
    """The newest note of each file in the raw tables that `table` rests on."""
    frames = [pl.DataFrame(schema={"sha256": pl.String, "name": pl.String, "uri": pl.String, "format": pl.String,
                                   "fetched_at": pl.Datetime("us", "UTC"), "is_current": pl.Boolean})]  # fmt: skip
    lake, mine = workspace.lake, pl.col("sha256").is_in(sorted(hashes))
    notes = {raw: dates for raw in _raw_tables(workspace, table) if (dates := lake.dates(raw))}
    frames += [lake.read(raw, dates, _FILE, where=mine).select(_FILE) for raw, dates in notes.items()]
    every = pl.concat(frames).sort("is_current", "fetched_at", descending=True)
    return every.unique("sha256", keep="first", maintain_order=True)


def _raw_tables(workspace: Workspace, table: str) -> list[str]:
    found, waiting = dict[str, None](), [table]
    seen = set(waiting)
    while waiting:
        name = waiting.pop()
        if name.startswith("raw/"):
            found[name] = None
        for each in workspace.tables[name].inputs(workspace.settings):
            if each.table not in seen:
                seen.add(each.table)
                waiting.append(each.table)
    return sorted(found)
