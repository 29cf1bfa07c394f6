"""The checksum of a day's rows that a warehouse and the lake both compute.

Rows altered, lost or doubled in a database change it.

What belongs here: the checksum and its form in Polars and NumPy. What does not: its form in SQL
(`clickhouse_columns.py`).

The checksum of a day is the sum, modulo 2^64, of the hashes of its rows: their order does not matter, everything else
does. A row's hash is `mixed(sum over its columns of weight(name) * bits(value))`, where `mixed` is ClickHouse's
`intHash64`, that is MurmurHash3's finalizer after an exclusive or with a constant. A value's bits are: of numbers their
own (-0.0 is not 0.0, one NaN is not another), of a date its days since 1970, of an instant its microseconds, of a text
its CRC-32, of NULL a constant, of a struct the weighted sum over its fields, and of a list the sum of `mixed(place *
ELEMENT + bits)`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
NULL_BITS = 0x9E3779B97F4A7C15
ELEMENT = 0xD6E8FEB86659FD93


class Held(NamedTuple):
    """What a table holds of a day: rows, and their checksum."""

    rows: int
    checksum: int

    def __str__(self) -> str:
        """For people."""
        return f"{self.rows} rows with checksum {self.checksum:016x}"


NOTHING = Held(0, 0)


@cache
def weight(column: str) -> int:
    """What the bits of a column or field count.

    An odd number from its name, so that values in another column are another row.
    """
    return int.from_bytes(hashlib.sha256(column.encode()).digest()[:8], "big") | 1


def held(frame: pl.DataFrame) -> dict[dt.date, Held]:
    """Rows and checksum of each day that has rows in a frame with `trade_date`."""
    if frame.is_empty():
        return {}
    hashes = mixed(_row_bits(frame))
    days = frame["trade_date"].to_physical().to_numpy()
    order = np.argsort(days, kind="stable")
    found, starts, counts = np.unique(days[order], return_index=True, return_counts=True)
    sums = np.add.reduceat(hashes[order], starts)
    dates = pl.Series(found, dtype=pl.Int32).cast(pl.Date)
    return {date: Held(int(rows), int(total)) for date, rows, total in zip(dates.to_list(), counts, sums, strict=True)}


def mixed(bits: U64) -> U64:
    """ClickHouse's `intHash64` (source: `IntHash64Impl`)."""
    x = bits ^ np.uint64(0x4CF2D2BAAE6DA887)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        x ^= x >> np.uint64(33)
        x *= np.uint64(factor)
    x ^= x >> np.uint64(33)
    return x


def dictionary(column: pl.Series) -> tuple[list[str], NDArray[np.uint32]]:
    """Distinct texts and each row's place among them; null as the empty text."""
    filled = column.fill_null("")
    texts = filled.unique().sort()
    return texts.to_list(), filled.cast(pl.Enum(texts)).to_physical().to_numpy().astype(np.uint32)


def _row_bits(frame: pl.DataFrame) -> U64:
    total = np.zeros(frame.height, dtype=np.uint64)
    for column in frame.iter_columns():
        total += np.uint64(weight(column.name)) * _bits(column)
    return total


def _bits(column: pl.Series) -> U64:
    kind: Any = column.dtype
    if isinstance(kind, pl.List):
        bits = _list_bits(column)
    elif isinstance(kind, pl.Struct):
        bits = _row_bits(column.struct.unnest())
    elif kind == pl.String:
        texts, codes = dictionary(column)
        bits = np.array([zlib.crc32(text.encode()) for text in texts], dtype=np.uint64)[codes]
    elif kind == pl.Float64:
        bits = column.fill_null(0.0).to_numpy().view(np.uint64)
    elif isinstance(kind, pl.Datetime):
        bits = column.dt.timestamp("us").fill_null(0).to_numpy().view(np.uint64)
    else:
        whole = column.to_physical() if kind == pl.Date else column
        bits = whole.cast(pl.Int64).fill_null(0).to_numpy().view(np.uint64)
    return np.where(column.is_null().to_numpy(), np.uint64(NULL_BITS), bits) if column.null_count() else bits


def _list_bits(column: pl.Series) -> U64:
    lengths = column.list.len().fill_null(0).to_numpy().astype(np.int64)
    inner = _bits(column.filter(column.list.len() > 0).explode())
    ends = np.cumsum(lengths)
    places = np.arange(inner.size) - np.repeat(ends - lengths, lengths) + 1
    sums = np.concatenate([[np.uint64(0)], np.cumsum(mixed(places.astype(np.uint64) * np.uint64(ELEMENT) + inner))])
    found: U64 = sums[ends] - sums[ends - lengths]
    return found
