"""The lake's objects: whole, atomic, on a local folder or an S3 bucket through the same calls.

What belongs here: bytes in, bytes out, and Polars frames by partition. A put is one atomic step: locally a temporary file that is
renamed, on S3 one request. A reader sees the old object or the new one, never half; a killed writer leaves at most an unused
temporary file, which the next start removes.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import io
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import obstore
import obstore.exceptions
import polars as pl
from obstore.store import LocalStore

from champion_assets.s3 import s3_options, s3_store
from champion_assets.settings import Settings

FOOTER_BYTES = 32 * 1024
MULTIPART_BYTES = 64 * 2**20
"""From this size on an object goes to S3 in parts, which become visible together."""
UPDATE_ATTEMPTS = 100
_METADATA_KEY = "champion"


REMOTE_REQUESTS = 16
"""Requests to S3 that are under way at once."""


class CorruptObject(Exception):
    """An object in the lake cannot be read as what it should be."""


class LakeRefused(Exception):
    """The bucket is absent or the keys are wrong; the message says which setting to look at."""


class LakeUnreachable(ConnectionError):
    """Nobody answers at the lake's endpoint; trying again may help."""


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

    def check(self) -> None:
        """One request that tells an absent bucket, wrong keys and a dead server from an empty lake.

        Raises:
            LakeRefused: the first two.
            LakeUnreachable: the third.
        """
        endpoint = self.storage_options.get("aws_endpoint_url", "AWS")
        try:
            obstore.get(self._store, ".champion")
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise LakeRefused(f"{self.root}: there is no such bucket at {endpoint}; make it, or set CHAMPION_LAKE") from error
        except (obstore.exceptions.PermissionDeniedError, obstore.exceptions.UnauthenticatedError) as error:
            code = re.search(r"<Code>(\w+)</Code>", str(error))
            raise LakeRefused(
                f"{self.root}: {endpoint} refuses ({code[1] if code else 'no right to read'}); see AWS_ACCESS_KEY_ID, "
                "AWS_SECRET_ACCESS_KEY and the rights of that key (read, write, list, delete)"
            ) from None  # the server's answer repeats what was signed
        except obstore.exceptions.GenericError as error:
            raise LakeUnreachable(f"{self.root}: {endpoint} does not answer; look whether it runs (CHAMPION_S3_ENDPOINT)") from error

    def uri(self, key: str) -> str:
        """The address of an object for other readers (Polars, DuckDB)."""
        return f"{self.root}/{key}"

    def put(self, key: str, body: bytes) -> None:
        """Store `body` under `key` in one atomic step, replacing what was there."""
        obstore.put(self._store, key, body, use_multipart=None if not self.is_local and len(body) > MULTIPART_BYTES else False)

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
                found = obstore.get(self._store, key)
                mode, body = {"e_tag": found.meta["e_tag"]}, bytes(found.bytes())
            except FileNotFoundError:
                pass  # then it is made, if nobody makes it first
            try:
                obstore.put(self._store, key, change(body), mode=mode)
            except (obstore.exceptions.AlreadyExistsError, obstore.exceptions.PreconditionError):
                time.sleep(random.uniform(0.0, 0.2))
                continue
            return
        raise LakeUnreachable(f"{self.uri(key)}: others changed it {UPDATE_ATTEMPTS} times in a row just before this change; repeat")

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
        found = self.info_and_size(key)
        return None if found is None else found[0]

    def info_and_size(self, key: str) -> tuple[ObjectInfo, int] | None:
        """`info` with the object's size in bytes, in one request."""
        try:
            found = obstore.get(self._store, key, options={"range": {"suffix": FOOTER_BYTES}})
            size, tail = int(found.meta["size"]), bytes(found.bytes())
        except FileNotFoundError:
            return None
        except obstore.exceptions.GenericError:  # servers answer a range of an empty object with an error
            if self.size(key) == 0:
                return None
            raise
        info = _footer(tail) or (_footer(self.get(key) or b"") if size > FOOTER_BYTES else None)
        return None if info is None else (info, size)

    def infos(self, keys: Sequence[str]) -> list[ObjectInfo | None]:
        """`info` of many objects; over a network several at once."""
        return list(self.together(self.info, keys))

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
        keys = [partition_key(asset, date) for date in dates]
        if not keys:
            raise ValueError(f"no dates asked of {asset}")
        paths = [self.uri(key) for key in keys]
        if not self.is_local:
            return self._fetch_and_read(asset, keys, columns)
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

    def _fetch_and_read(self, asset: str, keys: Sequence[str], columns: Sequence[str] | None) -> pl.DataFrame:
        """One request an object, several at once: for objects of a day's size faster than reading footers and columns one by one."""

        def frame_of(key: str) -> pl.DataFrame:
            body = self.get(key)
            if body is None:
                raise FileNotFoundError(self.uri(key))
            try:
                return pl.read_parquet(io.BytesIO(body), columns=None if columns is None else list(columns))
            except pl.exceptions.PolarsError as error:
                raise CorruptObject(
                    f"{asset}: {self.uri(key)} cannot be read ({error}); delete it and materialize its day again"
                ) from error

        frames: list[pl.DataFrame] = list(self.together(frame_of, keys))
        return pl.concat(frames)

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
    if not root.startswith("s3://"):
        return Lake(root)
    lake = Lake(root, s3_options(settings))
    lake.check()
    return lake
