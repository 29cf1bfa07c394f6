"""The lake's objects: bytes by key, whole and atomic, on a local folder or an S3 bucket through the same calls.

What belongs here: bytes in, bytes out. What does not: tables (`store.py`). A put is one atomic step: locally a file
written in `_tmp/` and moved, on S3 one request. A reader sees the old object or the new one, never half; a killed
writer leaves at most a file in `_tmp/`, which a later start removes.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import obstore
import obstore.exceptions

from champion_assets.common import system
from champion_assets.common.s3 import s3_store
from champion_assets.lake.errors import LakeUnreachable

MULTIPART_BYTES = 64 * 2**20
"""From this size on an object goes to S3 in parts, which become visible together."""
UPDATE_ATTEMPTS = 100
REMOTE_REQUESTS = 16
"""Requests to S3 that are under way at once."""
TEMPORARY = "_tmp"
"""The one folder with what killed writers leave."""
A = TypeVar("A")
B = TypeVar("B")


class ObjectStore:
    """Objects under `root`: a folder, or `s3://bucket/prefix`."""

    def __init__(self, root: str, storage_options: dict[str, str] | None = None) -> None:
        self.is_local = "://" not in root
        self.storage_options = storage_options or {}
        if self.is_local:
            folder = Path(root).expanduser().resolve()
            folder.mkdir(parents=True, exist_ok=True)
            self.root = str(folder)
        else:
            self.root = root.rstrip("/")
            self._remote: Any = s3_store(self.root, self.storage_options)

    def uri(self, key: str) -> str:
        """The address of an object for other readers (Polars, DuckDB)."""
        return f"{self.root}/{key}"

    def put(self, key: str, body: bytes) -> None:
        """Store `body` under `key` in one atomic step, replacing what was there."""
        if self.is_local:
            self._place(key, body, os.replace)
        else:
            obstore.put(self._remote, key, body, use_multipart=None if len(body) > MULTIPART_BYTES else False)

    def create(self, key: str, body: bytes) -> bool:
        """Store `body` under `key` if nothing is there; of several who do it at once one gets True."""
        if self.is_local:
            try:
                self._place(key, body, os.link)
            except FileExistsError:
                return False
            return True
        try:
            obstore.put(self._remote, key, body, mode="create", use_multipart=False)
        except (obstore.exceptions.AlreadyExistsError, obstore.exceptions.PreconditionError):
            return False
        return True

    def update(self, key: str, change: Callable[[bytes | None], bytes]) -> None:
        """Replace an object by `change` of what is there (None: nothing).

        So that of two who do it at once neither's change is lost.

        On S3 by conditional puts (If-Match, If-None-Match), locally under a lock.
        """
        if self.is_local:
            with Path(self.root).with_name(Path(self.root).name + ".lock").open("w") as lock:
                system.lock(lock)
                self.put(key, change(self.get(key)))
            return
        for _ in range(UPDATE_ATTEMPTS):
            body: bytes | None = None
            mode: Any = "create"
            try:
                found = obstore.get(self._remote, key)
                mode, body = {"e_tag": found.meta["e_tag"]}, bytes(found.bytes())
            except FileNotFoundError:
                pass  # then it is made, if nobody makes it first
            try:
                obstore.put(self._remote, key, change(body), mode=mode)
            except (obstore.exceptions.AlreadyExistsError, obstore.exceptions.PreconditionError):
                time.sleep(random.uniform(0.0, 0.2))
                continue
            return
        raise LakeUnreachable(
            f"{self.uri(key)}: others changed it {UPDATE_ATTEMPTS} times in a row just before this change; repeat"
        )

    def get(self, key: str) -> bytes | None:
        """The object's bytes, or None if there is none."""
        try:
            return self._path(key).read_bytes() if self.is_local else bytes(obstore.get(self._remote, key).bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def exists(self, key: str) -> bool:
        """True if an object lies under `key`."""
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        """The object's size in bytes, or None if there is none."""
        try:
            return self._path(key).stat().st_size if self.is_local else int(obstore.head(self._remote, key)["size"])
        except (FileNotFoundError, NotADirectoryError):
            return None

    def delete(self, key: str) -> None:
        """Remove an object; removing what is not there is no error."""
        try:
            if self.is_local:
                self._path(key).unlink()
            else:
                obstore.delete(self._remote, key)
        except FileNotFoundError:
            return

    def keys(self, prefix: str) -> list[str]:
        """The objects under the folder `prefix`, in order; what killed writers left is none."""
        return sorted(key for key, _ in self.listed(prefix))

    def listed(self, prefix: str) -> Iterator[tuple[str, float]]:
        """The objects under the folder `prefix` with the time of their last change, in seconds since 1970."""
        if not self.is_local:
            for batch in obstore.list(self._remote, prefix=prefix):
                yield from ((item["path"], item["last_modified"].timestamp()) for item in batch)
            return
        base = self._path(prefix) if prefix else Path(self.root)
        for folder, folders, files in os.walk(base):
            if folder == self.root and TEMPORARY in folders:
                folders.remove(TEMPORARY)
            for name in files:
                path = Path(folder, name)
                try:
                    yield str(path.relative_to(self.root)), path.stat().st_mtime
                except FileNotFoundError:  # another process removed it meanwhile
                    continue

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly under the folder `prefix`, in order."""
        if self.is_local:
            base = self._path(prefix) if prefix else Path(self.root)
            return sorted(each.name for each in base.iterdir() if each.is_dir()) if base.is_dir() else []
        found = obstore.list_with_delimiter(self._remote, prefix=prefix or None)
        return sorted(path.rsplit("/", 1)[-1] for path in found["common_prefixes"])

    def tidy(self, prefix: str) -> None:
        """Remove empty folders under `prefix`; a bucket has none."""
        if self.is_local:
            for folder, _, _ in os.walk(self._path(prefix), topdown=False):
                if not any(Path(folder).iterdir()):
                    Path(folder).rmdir()

    def together(self, action: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """`action` of each item, in order; over a network several at once."""
        if self.is_local:
            yield from map(action, items)
            return
        with ThreadPoolExecutor(REMOTE_REQUESTS) as pool:
            yield from pool.map(action, items)

    def probe(self) -> None:
        """One request for an object that is not there.

        A remote store that refuses or does not answer raises its own error.
        """
        if not self.is_local:
            obstore.get(self._remote, ".champion")

    def _path(self, key: str) -> Path:
        return Path(self.root, key)

    def _place(self, key: str, body: bytes, move: Callable[[Path, Path], None]) -> None:
        """Write in the folder of temporary files, to the disk, then move."""
        temporary = Path(self.root, TEMPORARY, f"{os.getpid()}-{uuid.uuid4().hex}")
        path = self._path(key)
        try:
            file = self._opened(temporary)
            try:
                with os.fdopen(file, "wb") as out:
                    out.write(body)
                    out.flush()
                    os.fsync(out.fileno())
                try:
                    move(temporary, path)
                except FileNotFoundError:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    move(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
        except FileExistsError:
            raise
        except OSError as error:
            error.filename = str(path)  # the name a person knows
            raise

    def _opened(self, temporary: Path) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            return os.open(temporary, flags, 0o644)
        except FileNotFoundError:
            temporary.parent.mkdir(parents=True, exist_ok=True)
            return os.open(temporary, flags, 0o644)
