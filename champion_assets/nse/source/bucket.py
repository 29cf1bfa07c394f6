"""NSE files under an S3 prefix, searched at any depth by NSE's file names and, where a name says nothing.

By what the file holds.

What belongs here: the listing of a bucket and its reads. Archives of many days are read from folders only
(`folder.py`). A request is spent on the beginning of a file only if its name is none of NSE's.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import obstore

from champion_assets.common.clock import INDIA
from champion_assets.nse.container import MAX_TEXT_BYTES
from champion_assets.nse.errors import AmbiguousSource, ArchivePayload, BadPayload, NotYetPublished
from champion_assets.nse.names import (
    ACTION_REGISTERS,
    CONSTITUENTS_NAMES,
    MASTER_NAMES,
    SYMBOL_CHANGES_NAMES,
    NamedFile,
)
from champion_assets.nse.recognition import HEAD_BYTES, archive_name
from champion_assets.nse.source.base import Candidates, Fetched
from champion_assets.nse.source.index import recognise

_OF_NSE = re.compile(
    r"cm\d{2}[a-z]{3}\d{4}bhav\.csv.*|bhavcopy_nse_.*|sec_bhavdata_full_\d{8}\.csv.*|ind_close_all_\d{8}\.csv.*|mto_\d{8}\.dat.*"
    r"|pr\d{6}\.zip|bc\d{6,8}\.csv"
)
_REGISTERS = (ACTION_REGISTERS, CONSTITUENTS_NAMES, MASTER_NAMES, SYMBOL_CHANGES_NAMES)


class BucketSource:
    """Files below `url` (`s3://bucket/prefix`), through `store`, an obstore client of that prefix."""

    def __init__(self, url: str, store: Any) -> None:
        self.url = url.rstrip("/")
        self._store = store
        self._index: dict[str, list[str]] | None = None
        self._modified: dict[str, dt.date] = {}
        self._sizes: dict[str, int] = {}

    def fetch(self, dates: Sequence[dt.date], candidates: Candidates) -> Iterator[tuple[dt.date, Fetched | Exception]]:
        """See `Source.fetch`."""
        for date in dates:
            try:
                yield date, self._one(date, candidates)
            except BadPayload as error:
                yield date, error

    def registers(self, pattern: re.Pattern[str], files: Sequence[NamedFile]) -> list[Fetched]:
        """See `Source.registers`."""
        del files
        found: dict[bytes | str, Fetched] = {}
        for name, paths in sorted(self._indexed().items()):
            for path in paths if pattern.fullmatch(name) else ():
                each = self._register(path)
                found.setdefault(each.body if each.problem is None else each.uri, each)
        return list(found.values())

    def _register(self, path: str) -> Fetched:
        name, uri, modified = path.rsplit("/", 1)[-1], f"{self.url}/{path}", self._modified[path]
        try:
            return Fetched(name, uri, self._body(path), modified)
        except BadPayload as error:
            return Fetched(name, uri, b"", modified, error)

    def _body(self, path: str) -> bytes:
        if self._sizes[path] > MAX_TEXT_BYTES:
            raise ArchivePayload(f"{path}: larger than {MAX_TEXT_BYTES // 2**20} MiB, no daily file of NSE")
        return bytes(obstore.get(self._store, path).bytes())

    def _one(self, date: dt.date, candidates: Candidates) -> Fetched | Exception:
        index = self._indexed()
        for file in candidates(date):
            for spelling in file.spellings:
                paths = index.get(spelling.lower(), [])
                bodies = {self._body(path) for path in paths}
                if len(bodies) > 1:
                    return AmbiguousSource(
                        f"{spelling}: different files of this name under {self.url}: {', '.join(paths)}"
                    )
                if bodies:
                    return Fetched(file.name, f"{self.url}/{paths[0]}", bodies.pop())
        names = " or ".join(file.name for file in candidates(date))
        return NotYetPublished(f"{date}: no {names} (packed or not) under {self.url}")

    def _indexed(self) -> dict[str, list[str]]:
        if self._index is None:
            self._index = {}
            for batch in obstore.list(self._store):
                for item in batch:
                    path, name = item["path"], item["path"].rsplit("/", 1)[-1].lower()
                    self._sizes[path] = item["size"]
                    self._modified[path] = item["last_modified"].astimezone(INDIA).date()
                    for each in {name, self._held(path, name, item["size"])} - {None}:
                        self._index.setdefault(str(each), []).append(path)
        return self._index

    def _held(self, path: str, name: str, size: int) -> str | None:
        """NSE's name of what a file holds that is not called so."""
        if size == 0 or _OF_NSE.fullmatch(name) or any(pattern.fullmatch(name) for pattern in _REGISTERS):
            return None
        head = bytes(obstore.get_range(self._store, path, start=0, end=min(size, HEAD_BYTES)))
        found = recognise(head, PurePosixPath(path).name, PurePosixPath(path).parent.name)
        return archive_name(found.kind, found.date)
