"""The lake's objects: whole, atomic, on a local folder or an S3 bucket through the same calls.

What belongs here: bytes in, bytes out, and Polars frames by partition. A put is one atomic step: locally a temporary file that is
renamed, on S3 one request. A reader sees the old object or the new one, never half; a killed writer leaves at most an unused
temporary file, which the next start removes.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import obstore
import polars as pl
from obstore.store import LocalStore

from champion_assets.s3 import s3_options, s3_store
from champion_assets.settings import Settings

FOOTER_BYTES = 32 * 1024
_METADATA_KEY = "champion"


class CorruptObject(Exception):
    """An object in the lake cannot be read as what it should be."""


@dataclass(frozen=True)
class ObjectInfo:
    """What an object's footer says about itself: see `lake.table` for how `fingerprint` and `recipe` are made."""

    fingerprint: str
    code_version: str
    rows: int
    inputs: dict[str, Any] = field(default_factory=dict)
    recipe: str = ""

    def to_json(self) -> str:
        """One line, keys sorted, so equal facts give equal bytes."""
        return json.dumps(self.__dict__, sort_keys=True, separators=(",", ":"))


def partition_key(asset: str, date: dt.date) -> str:
    """The object of one day of one asset, relative to the lake's root."""
    return f"{asset}/trade_date={date.isoformat()}/data.parquet"


class Lake:
    """A lake at `root` (a folder, or `s3://bucket/prefix`)."""

    def __init__(self, root: str, storage_options: dict[str, str] | None = None) -> None:
        self.is_local = "://" not in root
        self.storage_options = storage_options or {}
        if self.is_local:
            folder = Path(root).expanduser().resolve()
            folder.mkdir(parents=True, exist_ok=True)
            self.root = str(folder)
            self._store: Any = LocalStore(self.root, mkdir=True)
        else:
            self.root = root.rstrip("/")
            self._store = s3_store(self.root, self.storage_options)

    def uri(self, key: str) -> str:
        """The address of an object for other readers (Polars, DuckDB)."""
        return f"{self.root}/{key}"

    def put(self, key: str, body: bytes) -> None:
        """Store `body` under `key` in one atomic step, replacing what was there."""
        obstore.put(self._store, key, body, use_multipart=False)

    def get(self, key: str) -> bytes | None:
        """The object's bytes, or None if there is none."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            return None

    def exists(self, key: str) -> bool:
        """True if an object lies under `key`."""
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        """The object's size in bytes, or None if there is none."""
        try:
            return int(obstore.head(self._store, key)["size"])
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        """Remove an object; removing what is not there is no error."""
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return

    def dates(self, asset: str) -> list[dt.date]:
        """The days for which `asset` has an object, in order."""
        found = set()
        for batch in obstore.list(self._store, prefix=asset):
            for item in batch:
                folder = item["path"].removeprefix(asset + "/").split("/", 1)[0]
                if folder.startswith("trade_date=") and item["path"].endswith("/data.parquet"):
                    found.add(dt.date.fromisoformat(folder.removeprefix("trade_date=")))
        return sorted(found)

    def keys(self, prefix: str) -> list[str]:
        """The objects under the folder `prefix`, in order."""
        return sorted(item["path"] for batch in obstore.list(self._store, prefix=prefix) for item in batch)

    def info(self, key: str) -> ObjectInfo | None:
        """What the object's footer says, from its last bytes alone; None if absent or not a whole Parquet object of ours."""
        try:
            size = obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            return None
        start = max(0, size - FOOTER_BYTES)
        if size == 0:
            return None
        tail = bytes(obstore.get_range(self._store, key, start=start, length=size - start))
        return _footer(tail) or (_footer(self.get(key) or b"") if start else None)

    def write(self, key: str, frame: pl.DataFrame, info: ObjectInfo) -> int:
        """Store `frame` as Parquet with `info` in its footer; returns the size in bytes. Equal input gives equal bytes."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=True,
                            metadata={_METADATA_KEY: info.to_json()})  # fmt: skip
        body = buffer.getvalue()
        self.put(key, body)
        return len(body)

    def read(self, asset: str, dates: Iterable[dt.date], columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of `asset` on `dates`, in the order of the dates.

        Raises:
            CorruptObject: an object cannot be read; the message names it and says what to do.
            FileNotFoundError: a day has no object.
        """
        paths = [self.uri(partition_key(asset, date)) for date in dates]
        if not paths:
            raise ValueError(f"no dates asked of {asset}")
        scan = pl.scan_parquet(paths, hive_partitioning=False, glob=False, storage_options=self.storage_options or None)
        if columns is not None:
            scan = scan.select(columns)
        try:
            return scan.collect()
        except FileNotFoundError:
            raise
        except (pl.exceptions.PolarsError, OSError) as error:
            raise CorruptObject(f"{asset}: an object between {paths[0]} and {paths[-1]} cannot be read ({error}); "
                                "delete it and materialize its day again") from error  # fmt: skip

    def remove_leftovers(self, older_than_seconds: float = 3600.0) -> int:
        """Delete temporary files of killed writers (`name#1`) on local disk; returns how many. S3 has none.

        Young ones are left alone: they may belong to a writer that lives.
        """
        if not self.is_local:
            return 0
        limit, removed = time.time() - older_than_seconds, 0
        for path in Path(self.root).rglob("*#*"):
            try:
                if path.name.rsplit("#", 1)[1].isdigit() and path.stat().st_mtime <= limit:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:  # its writer has just finished
                continue
        return removed


def _footer(tail: bytes) -> ObjectInfo | None:
    if not tail.endswith(b"PAR1"):
        return None
    try:
        text = pl.read_parquet_metadata(io.BytesIO(tail)).get(_METADATA_KEY)
    except pl.exceptions.PolarsError:
        return None
    return None if text is None else ObjectInfo(**json.loads(text))


def open_lake(settings: Settings) -> Lake:
    """The lake that the settings name."""
    root = settings.lake_root
    return Lake(root, s3_options(settings) if root.startswith("s3://") else None)
