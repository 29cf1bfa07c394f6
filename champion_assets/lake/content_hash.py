"""The hash of a table's rows by what they say, whatever file holds them and whichever version of a library wrote it.

What belongs here: one hash. Names, types and values of the columns in their order, and the order of the rows, are what
it hashes; it does not depend on compression, encoding or chunks. Many days are hashed in one pass, since a pass over a
small frame is mostly overhead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

HASH_LENGTH = 32


def content_hash(frame: pl.DataFrame, leave_out: Collection[str] = ()) -> str:
    """The hash of `frame` without the columns `leave_out`.

    Example:
        >>> one = pl.DataFrame({"symbol": ["A"], "close": [1.0]})
        >>> content_hash(one) == content_hash(one.rechunk())
        True
        >>> content_hash(one) == content_hash(one.with_columns(close=2.0))
        False
    """
    return content_hashes([frame], leave_out)[0]


def content_hashes(frames: Sequence[pl.DataFrame], leave_out: Collection[str] = ()) -> list[str]:
    """The hash of each frame; all have the same columns."""
    if not frames:
        return []
    whole = pl.concat(frames).rechunk()
    columns = list(_columns(whole.select(pl.exclude(list(leave_out))) if leave_out else whole))
    hashes, first = [], 0
    for frame in frames:
        last = first + frame.height
        found = hashlib.sha256(str(frame.height).encode())
        for column in columns:
            column.into(found, first, last)
        hashes.append(found.hexdigest()[:HASH_LENGTH])
        first = last
    return hashes


@dataclass(frozen=True)
class _Column:
    """A column as bytes: `head` names it, `nulls` has a byte per row, `values` are of `width` bytes each.

    `text` is what `ends` cut up.
    """

    head: bytes
    nulls: memoryview | None
    values: memoryview | None
    width: int
    text: memoryview | None = None
    ends: Sequence[int] = ()
    other: pl.Series | None = None

    def into(self, found: Any, first: int, last: int) -> None:
        found.update(self.head)
        if self.other is not None:
            found.update(json.dumps(self.other[first:last].to_list(), default=str).encode())
            return
        if self.nulls is not None and 1 in (nulls := self.nulls[first:last]):
            found.update(b"null")
            found.update(nulls)
        if self.values is not None:
            found.update(self.values[first * self.width : last * self.width])
        if self.text is not None and last > first:
            found.update(self.text[self.ends[first - 1] if first else 0 : self.ends[last - 1]])


def _columns(frame: pl.DataFrame) -> Iterator[_Column]:
    """The columns of a frame; what Polars has to make for them is made in one pass."""
    plain, masks, lengths = [], [], []
    for name, kind in frame.schema.items():
        column = pl.col(name)
        masks.append(column.is_null().cast(pl.UInt8))
        if isinstance(kind, pl.String):
            plain.append(column.fill_null(""))
            lengths.append(column.str.len_bytes().fill_null(0).cast(pl.UInt32))
        elif isinstance(kind, pl.Boolean):
            plain.append(column.fill_null(value=False).cast(pl.UInt8))
        elif kind.is_numeric() or kind.is_temporal():
            plain.append(column.to_physical().fill_null(0))
    values, nulls, sizes = frame.select(plain), frame.select(masks), frame.select(lengths)
    for name, kind in frame.schema.items():
        head = json.dumps([name, str(kind)]).encode()
        if name not in values.columns:
            yield _Column(head, None, None, 0, other=frame[name])
            continue
        mask = _bytes(nulls[name]) if frame[name].null_count() else None
        if isinstance(kind, pl.String):
            text = values[name].to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()[2]
            ends = sizes[name].cast(pl.Int64).cum_sum().to_list()
            yield _Column(head, mask, _bytes(sizes[name]), 4, memoryview(text or b""), ends)
        else:
            array = values[name].to_numpy()
            yield _Column(head, mask, _bytes(values[name]), array.itemsize)


def _bytes(column: pl.Series) -> memoryview:
    """The values as they lie in memory."""
    return memoryview(column.to_numpy().tobytes())
