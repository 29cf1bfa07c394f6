"""Bodies of events in SQLite at an eighth of their size.

What belongs here: how a body is packed, and that every reader of the table unpacks it. What does not: which log packs
(`sqlite_events.py`).

A body is JSON of 1 to 3 kB, most of it the same words in every event. It is packed by DEFLATE with a dictionary of
these words (`event_words.1.txt`), behind one byte that numbers the dictionary. A dictionary never changes: a better one
gets the next number, so that what was written stays readable. Texts that are not packed are read as they are, which is
how a log of an earlier version, or one that Dagster's own class writes to, stays readable.
"""

from __future__ import annotations

import zlib
from functools import cache
from importlib import resources
from typing import Any

import sqlalchemy as db
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable

NEWEST = 1
"""The dictionary that new bodies are packed with."""
_RAW = -15
_LEVEL = 6
_MEMORY = 6  # a fourth of the default's working memory, which takes longer to clear than a body takes to pack


def pack(text: str) -> bytes:
    """A body as it is stored.

    Args:
        text: JSON of an event.

    Returns:
        the number of the dictionary as one byte, then raw DEFLATE.
    """
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zdict=_words(NEWEST))
    return bytes([NEWEST]) + packer.compress(text.encode()) + packer.flush()


def unpack(stored: str | bytes) -> str:
    """The JSON of a stored body, packed or not.

    Args:
        stored: what the table holds.

    Raises:
        ValueError: a dictionary of a later version.
        zlib.error: the body is damaged.
    """
    if isinstance(stored, str):
        return stored
    try:
        words = _words(stored[0])
    except FileNotFoundError:
        raise ValueError(f"an event was stored by a later version of Champion (dictionary {stored[0]})") from None
    return zlib.decompressobj(_RAW, zdict=words).decompress(stored[1:]).decode()


@cache
def _words(number: int) -> bytes:
    return resources.files(__package__).joinpath(f"event_words.{number}.txt").read_bytes()


class EventBody(db.types.TypeDecorator[str]):
    """The type of the column `event`: both forms are read as text.

    What is written goes in as it is; SQLite keeps bytes as bytes in a column of text.
    """

    impl = db.Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> str | None:  # noqa: ARG002
        """See `unpack`."""
        return None if value is None else unpack(value)


def read_packed_bodies() -> None:
    """Let all readers of Dagster's event table in this process understand packed bodies."""
    SqlEventLogStorageTable.c.event.type = EventBody()
