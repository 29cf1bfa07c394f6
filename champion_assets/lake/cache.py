"""Copies on local disk of a remote lake's files: what was read or written here once does not cross the network again.

What belongs here: the folder and its limit. A file of the lake never changes, since its name is that of its content; so
a copy is never old, and whoever uses one compares its checksum first. The folder may be deleted at any time.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from champion_assets.lake.errors import CacheUnusable

TRIM_EVERY_BYTES = 256 * 2**20
TRIM_EVERY_SECONDS = 3600.0
ABANDONED_SECONDS = 3600.0
"""Age from which an unfinished copy belongs to a process that was killed."""


class ObjectCache:
    """Copies under `folder` of at most about `limit` bytes; the oldest go first. Safe for several processes."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self._limit, self._kept = folder, limit, 0

    def find(self, key: str) -> Path | None:
        """The copy of the file, or None."""
        path = self.folder / key
        return path if path.is_file() else None

    def keep(self, key: str, body: bytes) -> Path | None:
        """Store a copy in one atomic step; None if it is larger than the limit.

        Raises:
            CacheUnusable: the disk refuses; the message names the setting.
        """
        if len(body) > self._limit:
            return None
        path = self.folder / key
        unfinished = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(body)
            unfinished.replace(path)
            self._trim_at_times(len(body))
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            hint = (
                f"the copy of a lake's file cannot be kept ({error.strerror}): make room, or set "
                f"CHAMPION_LAKE_CACHE_GB to less, or 0"
            )
            raise CacheUnusable(error.errno, hint, str(path)) from error
        return path

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
