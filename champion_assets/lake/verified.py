"""Files whose bytes are what the log says, before anybody reads them.

What belongs here: comparing a file of a table, on this machine or in the cache, with its checksum. What does not: which
files a read needs (`store.py`), and looking at all of them (`verify.py`).
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path

from champion_assets.lake.cache import ObjectCache
from champion_assets.lake.day_files import checksum
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.manifest import DataFile
from champion_assets.lake.objects import ObjectStore


def verified_file(store: ObjectStore, cache: ObjectCache | None, table: str, file: DataFile) -> str | io.BytesIO:
    """A file of a table: a path on this machine, or its bytes in memory.

    Args:
        store: where it lies.
        cache: copies on this machine, of a remote lake.
        table: whose.
        file: what the log says of it.

    Raises:
        CorruptObject: its bytes are others, or it is gone.
    """
    key = f"{table}/{file.path}"
    if store.is_local:
        path = store.uri(key)
        try:
            if checksum(path) == file.crc32 and Path(path).stat().st_size == file.size:
                return path
        except FileNotFoundError as error:
            raise _damaged(store, table, file, "is gone") from error
        raise _damaged(store, table, file, "is damaged (its checksum differs)")
    copy = None if cache is None else cache.find(key)
    if copy is not None:
        try:
            if checksum(copy) == file.crc32:
                return str(copy)
        except FileNotFoundError:  # trimmed meanwhile
            pass
    body = store.get(key)
    if body is None:
        raise _damaged(store, table, file, "is gone")
    if zlib.crc32(body) != file.crc32 or len(body) != file.size:
        raise _damaged(store, table, file, "is damaged (its checksum differs)")
    kept = None if cache is None else cache.keep(key, body)
    return io.BytesIO(body) if kept is None else str(kept)


def _damaged(store: ObjectStore, table: str, file: DataFile, what: str) -> CorruptObject:
    days = sorted(file.days)
    return CorruptObject(
        f"{store.uri(f'{table}/{file.path}')} {what}: {table} of {days[0]} to {days[-1]}. "
        "`champion verify --repair` builds what can be built again from the originals"
    )
