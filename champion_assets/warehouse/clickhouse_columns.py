"""Frames as columns for ClickHouse's native protocol, NULL kept, and one checksum that both sides can compute.

What belongs here: encoding and hashing. What does not: statements that move rows. The driver's NumPy path is five times faster than rows
of tuples but turns NULL into NaN or zero, so columns with nulls travel with a mask beside them and meet it again on the server, in
`INSERT ... SELECT if(mask, NULL, value) FROM input(...)`.

The checksum of a day is the sum, modulo 2^64, of the row hashes `intHash64(sum of (2 i + 1) * bits(column i))`: order does not matter,
everything else does. `intHash64` is MurmurHash3's finalizer after an exclusive or with a constant; strings count by their CRC-32, numbers
by their bits.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
NULL_BITS = 0x9E3779B97F4A7C15
_INPUT: dict[Any, str] = {pl.Float64: "Float64", pl.Int64: "Int64", pl.Int32: "Int32", pl.Boolean: "UInt8"}


@dataclass
class Encoded:
    """Columns for one `INSERT ... SELECT ... FROM input(structure)`: what is sent, its structure, and what becomes of it."""

    data: list[Any] = field(default_factory=list)
    structure: list[str] = field(default_factory=list)
    select: list[str] = field(default_factory=list)

    def add(self, name: str, kind: str, values: Any) -> None:
        """One column as it is sent."""
        self.structure.append(f"`{name}` {kind}")
        self.data.append(values)


def is_nested(frame: pl.DataFrame) -> bool:
    """True if a column holds lists, for which the driver has no NumPy path."""
    return any(isinstance(kind, pl.List) for kind in frame.schema.values())


def encode(frame: pl.DataFrame) -> Encoded:
    """The columns of a frame without lists, ready to be sent."""
    out = Encoded()
    for column in frame.iter_columns():
        name = column.name
        kind, values, back = _sent(column)
        out.add(name, kind, values)
        if column.null_count():
            out.add(f"{name}__is_null", "UInt8", column.is_null().to_numpy().view(np.uint8))
            back = f"if(`{name}__is_null`, NULL, {back})"
        out.select.append(back)
    return out


def _sent(column: pl.Series) -> tuple[str, Any, str]:
    """Type and values as they are sent, and the expression that makes the column of them."""
    name, kind = column.name, column.dtype
    if kind == pl.String:
        texts, codes = _dictionary(column)
        return "LowCardinality(String)", np.array(texts, dtype=object)[codes], f"`{name}`"
    if kind == pl.Date:
        return "UInt16", column.to_physical().fill_null(0).cast(pl.UInt16).to_numpy(), f"toDate(`{name}`)"
    if isinstance(kind, pl.Datetime):
        return "Int64", column.dt.timestamp("us").fill_null(0).to_numpy(), f"fromUnixTimestamp64Micro(`{name}`, 'UTC')"
    if kind == pl.Boolean:
        return "UInt8", column.fill_null(value=False).cast(pl.UInt8).to_numpy(), f"`{name}`"
    return _INPUT[type(kind)], column.fill_null(0).to_numpy(), f"`{name}`"


def _dictionary(column: pl.Series) -> tuple[list[str], NDArray[np.uint32]]:
    """Distinct texts and each row's place among them; null as the empty text."""
    filled = column.fill_null("")
    texts = filled.unique().sort()
    return texts.to_list(), filled.cast(pl.Enum(texts)).to_physical().to_numpy().astype(np.uint32)


def checksums(frame: pl.DataFrame) -> dict[Any, int]:
    """The checksum of each day of a frame with `trade_date`."""
    hashes = _finish(_row_bits(frame))
    days = frame["trade_date"].to_physical().to_numpy()
    order = np.argsort(days, kind="stable")
    found, starts = np.unique(days[order], return_index=True)
    sums = np.add.reduceat(hashes[order], starts) if starts.size else hashes
    dates = pl.Series(found, dtype=pl.Int32).cast(pl.Date)
    return dict(zip(dates.to_list(), (int(each) for each in sums), strict=True))


def _row_bits(frame: pl.DataFrame) -> U64:
    total = np.zeros(frame.height, dtype=np.uint64)
    for place, column in enumerate(frame.iter_columns()):
        total += np.uint64(2 * place + 1) * _bits(column)
    return total


def _bits(column: pl.Series) -> U64:
    kind = column.dtype
    if isinstance(kind, pl.List):
        return _list_bits(column)
    if isinstance(kind, pl.Struct):
        return _row_bits(column.struct.unnest())
    if kind == pl.String:
        texts, codes = _dictionary(column)
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
    """Of a list the sum of place (from 1) times the element's bits."""
    lengths = column.list.len().fill_null(0).to_numpy().astype(np.int64)
    inner = _bits(column.filter(column.list.len() > 0).explode())
    ends = np.cumsum(lengths)
    places = np.arange(inner.size) - np.repeat(ends - lengths, lengths) + 1
    sums = np.concatenate([[np.uint64(0)], np.cumsum(places.astype(np.uint64) * inner)])
    found: U64 = sums[ends] - sums[ends - lengths]
    return found


def _finish(bits: U64) -> U64:
    """ClickHouse's `intHash64` (source: `IntHash64Impl`)."""
    x = bits ^ np.uint64(0x4CF2D2BAAE6DA887)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        x ^= x >> np.uint64(33)
        x *= np.uint64(factor)
    x ^= x >> np.uint64(33)
    return x


def checksum_sql(schema: pl.Schema, nullable: dict[str, bool]) -> str:
    """The same checksum as an aggregate over rows of ClickHouse."""
    terms = [
        f"{2 * place + 1} * {_bits_sql(f'`{name}`', kind, nullable=nullable[name])}" for place, (name, kind) in enumerate(schema.items())
    ]
    return f"sum(intHash64({' + '.join(terms)}))"


def _bits_sql(value: str, kind: Any, *, nullable: bool) -> str:
    if isinstance(kind, pl.List):
        return f"arraySum((each, place) -> place * ({_bits_sql('each', kind.inner, nullable=False)}), {value}, arrayEnumerate({value}))"
    if isinstance(kind, pl.Struct):
        parts = [f"{2 * place + 1} * {_bits_sql(f'tupleElement({value}, {place + 1})', field.dtype, nullable=True)}"
                 for place, field in enumerate(kind.fields)]  # fmt: skip
        return f"({' + '.join(parts)})"
    if kind == pl.String:
        found = f"toUInt64(CRC32({value}))"
    elif kind == pl.Float64:
        found = f"reinterpretAsUInt64({value})"
    elif isinstance(kind, pl.Datetime):
        found = f"reinterpretAsUInt64(toUnixTimestamp64Micro({value}))"
    elif kind == pl.Date:
        found = f"toUInt64(toUInt16({value}))"
    else:
        found = f"reinterpretAsUInt64(toInt64({value}))"
    return f"ifNull({found}, {NULL_BITS})" if nullable else found
