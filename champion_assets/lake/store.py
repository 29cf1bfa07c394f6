"""The lake's objects: whole, atomic, on a local folder or an S3 bucket through the same calls.

What belongs here: bytes in, bytes out, and Polars frames by partition. A put is one atomic step: locally a temporary file that is
renamed, on S3 one request. A reader sees the old object or the new one, never half; a killed writer leaves at most an unused
temporary file, which the next start removes.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import io
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import obstore
import obstore.exceptions
import polars as pl
from obstore.store import LocalStore

from champion_assets.common.s3 import s3_store
from champion_assets.lake.cache import ObjectCache
from champion_assets.lake.errors import CorruptObject, LakeUnreachable
from champion_assets.lake.footer import FOOTER_BYTES, METADATA_KEY, ObjectInfo, info_in, info_of_file

MULTIPART_BYTES = 64 * 2**20
"""From this size on an object goes to S3 in parts, which become visible together."""
UPDATE_ATTEMPTS = 100
REMOTE_REQUESTS = 16
"""Requests to S3 that are under way at once."""


def partition_key(asset: str, date: dt.date) -> str:
    """The object of one day of one asset, relative to the lake's root."""
    return f"{asset}/trade_date={date.isoformat()}/data.parquet"


class Lake:
    """A lake at `root` (a folder, or `s3://bucket/prefix`); `cache` holds copies of a remote lake's objects on this machine."""

    def __init__(self, root: str, storage_options: dict[str, str] | None = None, cache: ObjectCache | None = None) -> None:
        self.is_local = "://" not in root
        self.cache = cache
        self.storage_options = storage_options or {}
        if self.is_local:
            folder = Path(root).expanduser().resolve()
            folder.mkdir(parents=True, exist_ok=True)
            self.root = str(folder)
            self.objects: Any = LocalStore(self.root, mkdir=True)
        else:
            self.root = root.rstrip("/")
            self.objects = s3_store(self.root, self.storage_options)

    def uri(self, key: str) -> str:
        """The address of an object for other readers (Polars, DuckDB)."""
        return f"{self.root}/{key}"

    def put(self, key: str, body: bytes) -> str | None:
        """Store `body` under `key` in one atomic step, replacing what was there; returns the new version's ETag."""
        multipart = None if not self.is_local and len(body) > MULTIPART_BYTES else False
        return obstore.put(self.objects, key, body, use_multipart=multipart)["e_tag"]

    def update(self, key: str, change: Callable[[bytes | None], bytes]) -> None:
        """Replace an object by `change` of what is there (None: nothing), so that of two who do it at once neither's change is lost.

        On S3 by conditional puts (If-Match, If-None-Match), locally under a lock.
        """
        if self.is_local:
            with Path(self.root).with_name(Path(self.root).name + ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self.put(key, change(self.get(key)))
            return
        for _ in range(UPDATE_ATTEMPTS):
            body: bytes | None = None
            mode: Any = "create"
            try:
                found = obstore.get(self.objects, key)
                mode, body = {"e_tag": found.meta["e_tag"]}, bytes(found.bytes())
            except FileNotFoundError:
                pass  # then it is made, if nobody makes it first
            try:
                obstore.put(self.objects, key, change(body), mode=mode)
            except (obstore.exceptions.AlreadyExistsError, obstore.exceptions.PreconditionError):
                time.sleep(random.uniform(0.0, 0.2))
                continue
            return
        raise LakeUnreachable(f"{self.uri(key)}: others changed it {UPDATE_ATTEMPTS} times in a row just before this change; repeat")

    def get(self, key: str) -> bytes | None:
        """The object's bytes, or None if there is none."""
        try:
            return bytes(obstore.get(self.objects, key).bytes())
        except FileNotFoundError:
            return None

    def exists(self, key: str) -> bool:
        """True if an object lies under `key`."""
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        """The object's size in bytes, or None if there is none."""
        try:
            return int(obstore.head(self.objects, key)["size"])
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        """Remove an object; removing what is not there is no error."""
        try:
            obstore.delete(self.objects, key)
        except FileNotFoundError:
            return

    def dates(self, asset: str) -> list[dt.date]:
        """The days for which `asset` has an object, in order."""
        found = set()
        for batch in obstore.list(self.objects, prefix=asset):
            for item in batch:
                folder = item["path"].removeprefix(asset + "/").split("/", 1)[0]
                if folder.startswith("trade_date=") and item["path"].endswith("/data.parquet"):
                    found.add(dt.date.fromisoformat(folder.removeprefix("trade_date=")))
        return sorted(found)

    def versions(self, asset: str) -> dict[dt.date, str]:
        """The ETag of the object of each day of `asset`: another one whenever the object was replaced."""
        days = (item for batch in obstore.list(self.objects, prefix=asset) for item in batch if item["path"].endswith("/data.parquet"))
        return {dt.date.fromisoformat(item["path"].rsplit("/", 2)[1].removeprefix("trade_date=")): str(item["e_tag"]) for item in days}

    def keys(self, prefix: str) -> list[str]:
        """The objects under the folder `prefix`, in order."""
        return sorted(item["path"] for batch in obstore.list(self.objects, prefix=prefix) for item in batch)

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly under the folder `prefix`, in order."""
        found = obstore.list_with_delimiter(self.objects, prefix=prefix)
        return sorted(path.rsplit("/", 1)[-1] for path in found["common_prefixes"])

    def info(self, key: str) -> ObjectInfo | None:
        """What the object's footer says, from its last bytes alone; None if absent or not a whole Parquet object of ours."""
        found = self.info_and_size(key)
        return None if found is None else found[0]

    def info_and_size(self, key: str) -> tuple[ObjectInfo, int] | None:
        """`info` with the object's size in bytes, in one request."""
        try:
            found = obstore.get(self.objects, key, options={"range": {"suffix": FOOTER_BYTES}})
            size, tail = int(found.meta["size"]), bytes(found.bytes())
        except FileNotFoundError:
            return None
        except obstore.exceptions.GenericError:  # servers answer a range of an empty object with an error
            if self.size(key) == 0:
                return None
            raise
        info = info_in(tail) or (info_in(self.get(key) or b"") if size > FOOTER_BYTES else None)
        return None if info is None else (info, size)

    def infos(self, asset: str, dates: Sequence[dt.date]) -> list[tuple[ObjectInfo, int] | None]:
        """`info_and_size` of many days; over a network several at once, and those that are absent or in the cache by one listing."""
        keys = [partition_key(asset, date) for date in dates]
        listed = self._listed(asset, keys)

        def look(key: str) -> tuple[ObjectInfo, int] | None:
            if key not in listed:
                return None
            copy = listed[key]
            return (None if copy is None else info_of_file(copy)) or self.info_and_size(key)

        return list(self.together(look, keys))

    def together(self, action: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        """`action` of each item, in order; over a network several at once."""
        if self.is_local:
            yield from map(action, items)
            return
        with ThreadPoolExecutor(REMOTE_REQUESTS) as pool:
            yield from pool.map(action, items)

    def write(self, key: str, frame: pl.DataFrame, info: ObjectInfo) -> int:
        """Store `frame` as Parquet with `info` in its footer; returns the size in bytes. Equal input gives equal bytes."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=True,
                            metadata={METADATA_KEY: info.to_json()})  # fmt: skip
        body = buffer.getvalue()
        e_tag = self.put(key, body)
        if self.cache is not None:
            self.cache.keep(key, e_tag, body)
        return len(body)

    def read(self, asset: str, dates: Iterable[dt.date], columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of `asset` on `dates`, in the order of the dates.

        Raises:
            CorruptObject: an object cannot be read; the message names it and says what to do.
            FileNotFoundError: a day has no object.
        """
        keys = [partition_key(asset, date) for date in dates]
        if not keys:
            raise ValueError(f"no dates asked of {asset}")
        if not self.is_local:
            return self._read_remote(asset, keys, columns)
        paths = [self.uri(key) for key in keys]
        try:
            return _scan(paths, columns)
        except FileNotFoundError:
            raise
        except (pl.exceptions.PolarsError, OSError) as error:
            raise CorruptObject(f"{asset}: an object between {paths[0]} and {paths[-1]} cannot be read ({error}); "
                                "delete it and materialize its day again") from error  # fmt: skip

    def _read_remote(self, asset: str, keys: Sequence[str], columns: Sequence[str] | None) -> pl.DataFrame:
        """One request an object that has no copy yet, several at once: for objects of a day's size faster than reading footers and columns
        one by one.
        """
        copies = self._copies(asset, keys)
        if all(copies):
            try:
                return _scan([str(path) for path in copies], columns)
            except (pl.exceptions.PolarsError, OSError):  # taken away or damaged meanwhile; the lake itself has the objects
                cast("ObjectCache", self.cache).drop(path for path in copies if path is not None)

        def frame_of(key: str) -> pl.DataFrame:
            try:
                return pl.read_parquet(io.BytesIO(self._fetch(key)[0]), columns=None if columns is None else list(columns))
            except pl.exceptions.PolarsError as error:
                raise CorruptObject(
                    f"{asset}: {self.uri(key)} cannot be read ({error}); delete it and materialize its day again"
                ) from error

        frames: list[pl.DataFrame] = list(self.together(frame_of, keys))
        return pl.concat(frames)

    @contextmanager
    def files(self, asset: str, dates: Sequence[dt.date]) -> Iterator[list[str]]:
        """Paths on this machine with the days' objects, for readers of files; of a remote lake they are copies that go with the block.

        Raises:
            FileNotFoundError: a day has no object.
        """
        keys = [partition_key(asset, date) for date in dates]
        if self.is_local:
            yield [self.uri(key) for key in keys]
            return
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / f"{date}.parquet" for date in dates]
            for path, key, copy in zip(paths, keys, self._copies(asset, keys), strict=True):
                if copy is not None and info_of_file(copy) is not None:
                    shutil.copyfile(copy, path)
                else:  # not kept, damaged, or taken away meanwhile
                    path.write_bytes(self._fetch(key)[0])
            yield [str(path) for path in paths]

    def _copies(self, asset: str, keys: Sequence[str]) -> list[Path | None]:
        """The copies of the objects' present versions in the cache, which are made if need be; None where the cache takes none.

        Raises:
            FileNotFoundError: an object is absent.
        """
        if self.cache is None:
            return [None] * len(keys)
        listed = self._listed(asset, keys)
        if (absent := next((key for key in keys if key not in listed), None)) is not None:
            raise FileNotFoundError(self.uri(absent))
        return list(self.together(lambda key: listed[key] or self._fetch(key)[1], keys))

    def _listed(self, asset: str, keys: Sequence[str]) -> dict[str, Path | None]:
        """Of these objects those that are there, each with the copy of its present version if the cache has one: one request a thousand.

        A local lake and few objects are not asked about: all count as there, without a copy.
        """
        if self.is_local or len(keys) <= REMOTE_REQUESTS:
            return dict.fromkeys(keys)
        wanted, found = set(keys), {}
        before, last = min(wanted).removesuffix("/data.parquet"), max(wanted)
        for batch in obstore.list(self.objects, prefix=asset, offset=before, chunk_size=1000):
            for item in batch:
                if (key := item["path"]) in wanted:
                    found[key] = None if self.cache is None else self.cache.find(key, item["e_tag"], item["size"])
            if batch and batch[-1]["path"] >= last:
                break
        return found

    def _fetch(self, key: str) -> tuple[bytes, Path | None]:
        """The object and its copy, which is kept if there is a cache."""
        found = obstore.get(self.objects, key)
        body = bytes(found.bytes())
        return body, None if self.cache is None else self.cache.keep(key, found.meta["e_tag"], body)


def _scan(paths: list[str], columns: Sequence[str] | None) -> pl.DataFrame:
    scan = pl.scan_parquet(paths, hive_partitioning=False, glob=False)
    return (scan if columns is None else scan.select(columns)).collect()
