"""A folder of NSE files, searched by NSE's file names at any depth, zips and tar archives included.

What belongs here: the index of a folder and reading members out of archives in one pass. The index of archives is remembered by
path, size and modification time, since listing a `tar.xz` means unpacking it.

A zip that carries the very name of a file of NSE is that file; any other zip or tar is a bundle and its members are indexed.
Members are read into memory only, never unpacked to disk, so no path inside an archive can reach the file system.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import lzma
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from champion_assets.common.errors import FolderAbsent
from champion_assets.nse.container import MAX_TEXT_BYTES
from champion_assets.nse.errors import AmbiguousSource, ArchivePayload, BadPayload, NotYetPublished, TruncatedPayload
from champion_assets.nse.names import NamedFile, bhavcopy_date
from champion_assets.nse.source.base import Candidates, Fetched

_TAR_SUFFIXES = (".tar", ".tar.xz", ".tar.gz", ".tgz", ".tar.bz2", ".txz")
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, LookupError, RuntimeError, OSError, ValueError)
"""What Python's readers raise on damaged, encrypted or exchanged archives."""
_SINGLE_FILE_ZIP = re.compile(
    r"((cm|fo)\d{2}[a-z]{3}\d{4}bhav|bhavcopy_nse_\w+|sec_bhavdata_full_\d{8}|ind_close_all_\d{8}|mto_\d{8}|pr\d{6})"
    r"(\.\w{3})?\.zip",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Place:
    path: str
    member: str | None = None

    @property
    def uri(self) -> str:
        return Path(self.path).as_uri() + (f"!/{self.member}" if self.member else "")


class FolderSource:
    """Files of NSE under `root`. `cache` is a folder for the index of archives."""

    def __init__(self, root: Path, cache: Path | None = None) -> None:
        self.root = root.expanduser().resolve()
        if not self.root.is_dir():
            raise FolderAbsent(f"CHAMPION_SOURCE: there is no folder {self.root}")
        self._cache = cache
        self._index: dict[str, list[_Place]] | None = None
        self._unreadable: list[str] = []

    def fetch(self, dates: Sequence[dt.date], candidates: Candidates) -> Iterator[tuple[dt.date, Fetched | Exception]]:
        """See `Source.fetch`. Each archive is opened once and read from front to back."""
        wanted: dict[str, dict[str | None, list[tuple[dt.date, str]]]] = {}
        for date in dates:
            try:
                found = self._find(date, candidates)
            except BadPayload as error:  # an archive that holds one of several copies is broken
                found = error
            if isinstance(found, Exception):
                yield date, found
            else:
                name, place = found
                wanted.setdefault(place.path, {}).setdefault(place.member, []).append((date, name))
        for path in sorted(wanted):
            yield from self._read(path, wanted[path])

    def bhavcopy_days(self) -> list[dt.date]:
        """The days of the bhavcopies here by their names, in order; no file is opened but archives."""
        return sorted({day for name in self._indexed() if (day := bhavcopy_date(name)) is not None})

    def names(self) -> list[str]:
        """The names of all files and members here, in lower case."""
        return sorted(self._indexed())

    def registers(self, pattern: re.Pattern[str], files: Sequence[NamedFile]) -> list[Fetched]:
        """See `Source.registers`."""
        del files
        found: dict[bytes, Fetched] = {}
        for name, places in sorted(self._indexed().items()):
            for place in places if pattern.fullmatch(name) else ():
                body = next(_bodies(Path(place.path), {place.member}))[1]
                found.setdefault(body, Fetched(PurePosixPath(place.member or place.path).name, place.uri, body))
        return list(found.values())

    def _find(self, date: dt.date, candidates: Candidates) -> tuple[str, _Place] | Exception:
        index = self._indexed()
        for file in candidates(date):
            for spelling in file.spellings:
                places = index.get(spelling.lower(), [])
                if len(places) > 1 and (conflict := _conflict(spelling, places)) is not None:
                    return conflict
                if places:
                    return file.name, places[0]
        names = " or ".join(file.name for file in candidates(date))
        broken = f" These archives could not be read: {'; '.join(self._unreadable)}." if self._unreadable else ""
        return NotYetPublished(f"{date}: no {names} (packed or not) under {self.root}.{broken} Put the file there, or, if the "
                               "exchange was closed, add the day to the file in CHAMPION_CALENDAR")  # fmt: skip

    def _read(self, path: str, members: dict[str | None, list[tuple[dt.date, str]]]) -> Iterator[tuple[dt.date, Fetched | Exception]]:
        seen: set[str | None] = set()
        error: BadPayload
        try:
            for member, body in _bodies(Path(path), members.keys()):
                seen.add(member)
                for date, name in members[member]:
                    yield date, Fetched(name, _Place(path, member).uri, body)
            error = TruncatedPayload(f"{path}: changed while it was read; run again")
        except BadPayload as broken:
            error = broken
        for member in members.keys() - seen:
            for date, _ in members[member]:
                yield date, error

    def _indexed(self) -> dict[str, list[_Place]]:
        if self._index is None:
            self._index = {}
            for folder, subfolders, names in os.walk(self.root):
                subfolders[:] = sorted(each for each in subfolders if not each.startswith("."))
                for name in sorted(names):
                    for place in self._places(Path(folder) / name):
                        base = PurePosixPath(place.member or place.path).name.lower()
                        self._index.setdefault(base, []).append(place)
        return self._index

    def _places(self, path: Path) -> list[_Place]:
        is_tar = path.name.lower().endswith(_TAR_SUFFIXES)
        is_bundle_zip = path.suffix.lower() == ".zip" and _SINGLE_FILE_ZIP.fullmatch(path.name) is None
        if not (is_tar or is_bundle_zip):
            return [_Place(str(path))]
        return [_Place(str(path), member) for member in self._members(path)]

    def _members(self, path: Path) -> list[str]:
        stat = path.stat()
        mark = hashlib.sha256(f"{path}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()[:32]
        cached = self._cache / f"{mark}.json" if self._cache else None
        if cached is not None and cached.is_file():
            return list(json.loads(cached.read_text("utf-8")))
        try:
            members = _list_members(path)
        except BadPayload as error:
            self._unreadable.append(str(error))  # said to whoever misses a file
            return []
        if cached is not None:
            cached.parent.mkdir(parents=True, exist_ok=True)
            temporary = cached.with_suffix(f".{os.getpid()}.part")
            temporary.write_text(json.dumps(members), "utf-8")
            temporary.replace(cached)
        return members


def _conflict(name: str, places: list[_Place]) -> AmbiguousSource | None:
    bodies = {hashlib.sha256(next(_bodies(Path(place.path), {place.member}))[1]).digest() for place in places}
    if len(bodies) == 1:
        return None
    where = " and ".join(place.uri for place in places)
    return AmbiguousSource(f"{name}: two different files of this name, {where}; keep the one you trust")


def _list_members(path: Path) -> list[str]:
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                return [info.filename for info in archive.infolist() if not info.is_dir()]
        with tarfile.open(path) as bundle:
            return [member.name for member in bundle if member.isfile()]
    except _BROKEN as error:
        raise TruncatedPayload(f"{path}: not a readable archive ({error})") from error


def _bodies(path: Path, members: Iterable[str | None]) -> Iterator[tuple[str | None, bytes]]:
    wanted = set(members)
    if wanted == {None}:
        yield None, _bounded(path.read_bytes(), str(path))
        return
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in sorted(each for each in wanted if each is not None):
                    with archive.open(name) as stream:
                        yield name, _bounded(stream.read(MAX_TEXT_BYTES + 1), f"{path}!{name}")
            return
        with tarfile.open(path) as bundle:
            for member in bundle:
                if member.name in wanted and member.isfile() and (stream_ := bundle.extractfile(member)) is not None:
                    yield member.name, _bounded(stream_.read(MAX_TEXT_BYTES + 1), f"{path}!{member.name}")
                    wanted.discard(member.name)
                    if not wanted:  # the rest need not be unpacked
                        return
    except _BROKEN as error:
        raise TruncatedPayload(f"{path}: broken archive ({error})") from error


def _bounded(body: bytes, name: str) -> bytes:
    if len(body) > MAX_TEXT_BYTES:
        raise ArchivePayload(f"{name}: larger than {MAX_TEXT_BYTES // 2**20} MiB, no daily file of NSE")
    return body
