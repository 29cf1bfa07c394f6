"""NSE files under an S3 prefix, searched by NSE's file names at any depth.

What belongs here: the listing of a bucket and its reads. Archives of many days are read from folders only (`folder.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Any

import obstore

from champion_assets.nse.errors import AmbiguousSource, NotYetPublished
from champion_assets.nse.names import NamedFile
from champion_assets.nse.source.base import Candidates, Fetched


class BucketSource:
    """Files below `url` (`s3://bucket/prefix`), through `store`, an obstore client of that prefix."""

    def __init__(self, url: str, store: Any) -> None:
        self.url = url.rstrip("/")
        self._store = store
        self._index: dict[str, list[str]] | None = None

    def fetch(self, dates: Sequence[dt.date], candidates: Candidates) -> Iterator[tuple[dt.date, Fetched | Exception]]:
        """See `Source.fetch`."""
        for date in dates:
            yield date, self._one(date, candidates)

    def registers(self, pattern: re.Pattern[str], files: Sequence[NamedFile]) -> list[Fetched]:
        """See `Source.registers`."""
        del files
        found: dict[bytes, Fetched] = {}
        for name, paths in sorted(self._indexed().items()):
            for path in paths if pattern.fullmatch(name) else ():
                body = bytes(obstore.get(self._store, path).bytes())
                found.setdefault(body, Fetched(path.rsplit("/", 1)[-1], f"{self.url}/{path}", body))
        return list(found.values())

    def _one(self, date: dt.date, candidates: Candidates) -> Fetched | Exception:
        index = self._indexed()
        for file in candidates(date):
            for spelling in file.spellings:
                paths = index.get(spelling.lower(), [])
                bodies = {bytes(obstore.get(self._store, path).bytes()) for path in paths}
                if len(bodies) > 1:
                    return AmbiguousSource(f"{spelling}: different files of this name under {self.url}: {', '.join(paths)}")
                if bodies:
                    return Fetched(file.name, f"{self.url}/{paths[0]}", bodies.pop())
        names = " or ".join(file.name for file in candidates(date))
        return NotYetPublished(f"{date}: no {names} (packed or not) under {self.url}")

    def _indexed(self) -> dict[str, list[str]]:
        if self._index is None:
            self._index = {}
            for batch in obstore.list(self._store):
                for item in batch:
                    self._index.setdefault(item["path"].rsplit("/", 1)[-1].lower(), []).append(item["path"])
        return self._index
