"""Copies on local disk of a remote lake's objects: what was read or written here once does not cross the network again.

What belongs here: the folder, which copy is of which version, and the folder's limit. Which version is the current one only the lake knows:
a copy is asked for by the ETag and size that the lake has just listed, so one that was replaced is never found. The folder may be deleted
at any time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from champion_assets.lake.errors import CacheUnusable

TRIM_EVERY_BYTES = 256 * 2**20
TRIM_EVERY_SECONDS = 3600.0
ABANDONED_SECONDS = 3600.0
"""Age from which an unfinished copy belongs to a process that was killed."""


class ObjectCache:
    """Copies under `folder` of at most about `limit` bytes; the oldest go first. Safe for several processes."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self._limit, self._kept = folder, limit, 0

    def find(self, key: str, e_tag: str | None, size: int) -> Path | None:
        """The copy of this version of the object, or None."""
        path = self._path(key, e_tag or "")
        try:
            return path if e_tag and path.stat().st_size == size else None
        except FileNotFoundError:
            return None

    def keep(self, key: str, e_tag: str | None, body: bytes) -> Path | None:
        """Store the copy of a version in one atomic step; those of other versions go. None if it has no ETag or is larger than the limit.

        Raises:
            CacheUnusable: the disk refuses; the message names the setting.
        """
        if not e_tag or len(body) > self._limit:
            return None
        path = self._path(key, e_tag)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.read_bytes() == body:
                return path
            unfinished.write_bytes(body)
            unfinished.replace(path)
            self.drop(other for other in path.parent.iterdir() if other != path and not other.name.endswith(".part"))
            self._trim_at_times(len(body))
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            hint = f"the copy of a lake's object cannot be kept ({error.strerror}): make room, or set CHAMPION_LAKE_CACHE_GB to less, or 0"
            raise CacheUnusable(error.errno, hint, str(path)) from error
        return path

    def drop(self, paths: Iterable[Path]) -> None:
        """Delete copies; another process may have done it."""
        for path in paths:
            path.unlink(missing_ok=True)

    def trim(self) -> None:
        """Delete the oldest copies until the folder has a fifth of its limit free, and what killed processes left."""
        found: list[tuple[float, int, Path]] = []
        for path in self.folder.rglob("*"):
            try:
                state = path.stat()
            except FileNotFoundError:  # another process trims, too
                continue
            if path.is_dir():
                continue
            if path.name.endswith(".part"):
                if state.st_mtime < time.time() - ABANDONED_SECONDS:
                    path.unlink(missing_ok=True)
                continue
            found.append((state.st_mtime, state.st_size, path))
        total = sum(size for _, size, _ in found)
        if total <= self._limit:
            return
        for _, size, path in sorted(found):
            if total <= 0.8 * self._limit:
                break
            path.unlink(missing_ok=True)
            total -= size

    def _trim_at_times(self, kept: int) -> None:
        """Once an hour among all processes, and whenever this one has kept another quarter of a gibibyte."""
        self._kept += kept
        mark = self.folder / ".trimmed"
        last = mark.stat().st_mtime if mark.exists() else 0.0
        if self._kept >= min(TRIM_EVERY_BYTES, self._limit // 4) or time.time() - last > TRIM_EVERY_SECONDS:
            self._kept = 0
            mark.touch()
            self.trim()

    def _path(self, key: str, e_tag: str) -> Path:
        return self.folder / key / quote(e_tag, safe="")
