"""The Parquet files of a table: a row group per day with rows, the same bytes for the same rows.

What belongs here: bytes from frames, frames from files, and the checksum of a file. What does not: which file holds
which day (`manifest.py`) or where it lies (`store.py`).
"""

from __future__ import annotations

import datetime as dt
import mmap
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from champion_assets.lake.errors import CorruptObject


def encode(frames: Sequence[pl.DataFrame]) -> bytes:
    """A Parquet file with a row group per frame that has rows; the frames have the same columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [frame.to_arrow(compat_level=pl.CompatLevel.oldest()) for frame in frames]
    sink = pa.BufferOutputStream()
    options: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "store_schema": False, "version": "2.6"}
    with pq.ParquetWriter(sink, tables[0].schema, **options) as writer:
        for table in tables:
            if table.num_rows:
                writer.write_table(table, row_group_size=table.num_rows)
    return bytes(sink.getvalue())


def checksum(path: str | Path) -> int:
    """CRC-32 of a file's bytes."""
    with Path(path).open("rb") as file:
        if file.seek(0, 2) == 0:
            return 0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
            return zlib.crc32(body)


def scan(
    paths: list[Any],
    columns: Sequence[str] | None,
    dates: Sequence[dt.date] | None = None,
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    """Rows of verified files, in their order.

    Args:
        paths: files, or bytes in memory.
        columns: all by default.
        dates: only these days; all of the files by default.
        where: a condition on rows; it may use columns that are not asked for.

    Raises:
        CorruptObject: a reader gave up in whatever way; `PanicException` of Rust is no Exception.
    """
    try:
        rows = pl.scan_parquet(paths, hive_partitioning=False, glob=False)
        if dates is not None:
            day = pl.col("trade_date")
            rows = rows.filter(day.is_between(min(dates), max(dates)))  # statistics skip what lies outside
            rows = rows.filter(day.is_in(list(dates)))
        if where is not None:
            rows = rows.filter(where)
        return (rows if columns is None else rows.select(columns)).collect()
    except pl.exceptions.ColumnNotFoundError:
        raise
    except (pl.exceptions.PolarsError, OSError) as error:
        raise CorruptObject(f"{_name(paths)}: cannot be read ({error})") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise CorruptObject(f"{_name(paths)}: a reader of Parquet broke down on it ({error})") from error


def _name(paths: Sequence[Any]) -> str:
    names = [str(each) for each in paths if isinstance(each, (str, Path))]
    return f"{names[0]} to {names[-1]}" if len(names) > 1 else names[0] if names else "a file of the lake"
