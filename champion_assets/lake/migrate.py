"""A lake of the older form, one object per day, made one of tables with a manifest.

What belongs here: knowing such a lake, and moving it. Every day is read, written, and read again before its objects are
put aside; so the move may be cut off and repeated at any moment, and taken back as long as `_before/` is there.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from itertools import groupby

import polars as pl

from champion_assets.lake.commit import day_rows, write_days
from champion_assets.lake.content_hash import HASH_LENGTH
from champion_assets.lake.delta_schema import storable
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.manifest import Stamp
from champion_assets.lake.store import Lake

BEFORE = "_before"
_DAY, _OBJECT = "trade_date=", "data.parquet"


def is_older(lake: Lake) -> bool:
    """True if the lake has days in the older form."""
    return any(folder.startswith(_DAY) for folder in lake.folders("raw/bhavcopy"))


def older_tables(lake: Lake) -> list[str]:
    """The tables that have days in the older form."""
    return sorted(_older(lake, ""))


def migrate(lake: Lake, table: str, advance: Callable[[int], None] = lambda _days: None) -> int:
    """Move the days of a table; returns how many there were.

    Args:
        lake: the lake.
        table: one of `older_tables`.
        advance: called with the number of days of each month that is done.

    Raises:
        CorruptObject: an object cannot be read, or what was written is not what was read.
    """
    days = {dt.date.fromisoformat(folder.removeprefix(_DAY)): f"{table}/{folder}/{_OBJECT}"
            for folder in lake.folders(table) if folder.startswith(_DAY)}  # fmt: skip
    for _, month in groupby(sorted(days), key=lambda date: (date.year, date.month)):
        dates = list(month)
        frames, made = {}, {}
        for date in dates:
            frames[date], stamp, rows = _object(lake, days[date])
            is_raw = table.startswith("raw/")
            day = day_rows({date: frames[date]}, content={date: stamp.fingerprint[:HASH_LENGTH]} if is_raw else None,
                           of_file={date: rows} if is_raw else None)[date]  # fmt: skip
            made[date] = day.stamped(stamp)
        write_days(lake, table, made, operation="MIGRATE")
        for date in dates:
            if not lake.read(table, [date]).equals(frames[date]):
                raise CorruptObject(
                    f"{table} {date}: what was written is not what was read; nothing of the old lake was removed"
                )
        advance(len(dates))
    for key in days.values():
        _move(lake, key, f"{BEFORE}/{key}")
    for key in lake.keys(table):
        relative = key.removeprefix(f"{table}/")
        if relative.startswith("files/"):
            _move(lake, key, f"{table}/_files/{relative.removeprefix('files/')}")
        elif table.startswith("raw/") and "/" not in relative:
            _move(lake, key, f"{table}/_notes/{relative}")
    lake.tidy(table)
    return len(days)


def _older(lake: Lake, prefix: str) -> Iterator[str]:
    for name in lake.folders(prefix):
        path = f"{prefix}/{name}" if prefix else name
        if name.startswith(("_", _DAY)) or path in ("experiments", "tracking", "state") or name == "files":
            continue
        if any(folder.startswith(_DAY) for folder in lake.folders(path)):
            yield path
        else:
            yield from _older(lake, path)


def _object(lake: Lake, key: str) -> tuple[pl.DataFrame, Stamp, int]:
    """Rows, stamp, and rows of the original file."""
    body = lake.get(key) or b""
    try:
        frame = storable(pl.read_parquet(io.BytesIO(body)))
        told = json.loads(pl.read_parquet_metadata(io.BytesIO(body)).get("champion", "{}"))
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise CorruptObject(
            f"{lake.uri(key)} cannot be read ({error}); delete it, and its day is built again after the move"
        ) from error
    stamp = Stamp(told.get("fingerprint", ""), told.get("code_version", ""), told.get("recipe", ""))
    return frame, stamp, told.get("rows", frame.height)


def _move(lake: Lake, key: str, target: str) -> None:
    lake.put(target, lake.get(key) or b"")
    lake.delete(key)
