"""A folder of NSE's files at any depth, zips and tar archives included, found by what they hold and by NSE's names.

What belongs here: choosing among the files of a day, and reading members out of archives in one pass. What lies where
says `index.py`.

A file that holds what is asked for is taken whatever it is called; of files that hold the same day those under NSE's
name come first, and two that differ are refused. Where no file is known to hold it, one that merely has its name is
taken, so that whoever reads it whole can say what is wrong with it.
Members are read into memory only, never unpacked to disk, so no path inside an archive can reach the file system.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from champion_assets.common.errors import FolderAbsent
from champion_assets.nse.container import MAX_TEXT_BYTES, csv_text
from champion_assets.nse.errors import AmbiguousSource, ArchivePayload, BadPayload, NotYetPublished, TruncatedPayload
from champion_assets.nse.file_kinds import PRICES
from champion_assets.nse.names import NamedFile
from champion_assets.nse.source.base import Candidates, Fetched
from champion_assets.nse.source.index import BROKEN, FolderIndex, Place, index_folder


class FolderSource:
    """Files of NSE under `root`. `cache` is a folder for what is remembered of them."""

    def __init__(self, root: Path, cache: Path | None = None) -> None:
        self.root = root.expanduser().resolve()
        if not self.root.is_dir():
            raise FolderAbsent(f"CHAMPION_SOURCE: there is no folder {self.root}")
        self._cache = cache
        self._digests: dict[str, dict[str | None, bytes]] = {}

    @cached_property
    def index(self) -> FolderIndex:
        """All files, looked at once."""
        return index_folder(self.root, self._cache)

    @cached_property
    def _by_name(self) -> dict[str, list[Place]]:
        return self.index.by_name()

    @cached_property
    def _by_content(self) -> dict[str, list[Place]]:
        return self.index.by_content()

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

    def price_days(self) -> list[dt.date]:
        """The days of which there is a price file, in order."""
        return sorted(
            {each.found.date for each in self.index.places if each.found.kind in PRICES and each.found.date is not None}
        )

    def kinds(self) -> set[str]:
        """The kinds of all files here."""
        return {each.found.kind for each in self.index.places if each.found.kind is not None}

    def conflicts(self) -> list[AmbiguousSource | BadPayload]:
        """For each kind and day of which several files differ: where they lie.

        A file that cannot be read is its own line.
        """
        found: list[AmbiguousSource | BadPayload] = []
        for name, places in sorted(self._by_content.items()):
            if len(places) > 1 and places[0].found.date is not None:
                conflict: AmbiguousSource | BadPayload | None
                try:
                    conflict = self._conflict(name, places)
                except BadPayload as error:
                    conflict = error
                if conflict is not None:
                    found.append(conflict)
        return found

    def registers(self, pattern: re.Pattern[str], files: Sequence[NamedFile]) -> list[Fetched]:
        """See `Source.registers`."""
        del files
        names = [place for name, places in self._by_name.items() if pattern.fullmatch(name) for place in places]
        contents = [place for name, places in self._by_content.items() if pattern.fullmatch(name) for place in places]
        found: dict[bytes | str, Fetched] = {}
        for place in sorted({*names, *contents}, key=lambda each: (each.name.lower(), each.uri)):
            each = _register(place)
            key = each.body if each.problem is None else each.uri
            if key not in found or len(each.name) > len(
                found[key].name
            ):  # of two names of the same bytes the one that says more: a date
                found[key] = each
        return list(found.values())

    def _find(self, date: dt.date, candidates: Candidates) -> tuple[str, Place] | Exception:
        files = candidates(date)
        for file in files:
            places = self._places(file)
            if len(places) > 1 and (conflict := self._conflict(file.name, places)) is not None:
                return conflict
            if places:
                return file.name, places[0]
        names = " or ".join(file.name for file in files)
        unreadable = "; ".join(f"{path}: {why}" for path, why in self.index.problems)
        broken = f" These could not be read: {unreadable}." if unreadable else ""
        return NotYetPublished(
            f"{date}: no {names} (packed or not, under any name) under {self.root}.{broken} Put the file there, or, if "
            "the exchange was closed, add the day to the file in CHAMPION_CALENDAR"
        )

    def _places(self, file: NamedFile) -> list[Place]:
        """Those that hold it, under NSE's name first; without any those that are called so."""
        spellings = [spelling.lower() for spelling in file.spellings]
        if holding := self._by_content.get(file.name.removesuffix(".zip").lower()):
            order = {spelling: rank for rank, spelling in enumerate(spellings)}
            return sorted(holding, key=lambda each: (order.get(each.name.lower(), len(order)), each.uri))
        return next((self._by_name[spelling] for spelling in spellings if spelling in self._by_name), [])

    def _conflict(self, name: str, places: Sequence[Place]) -> AmbiguousSource | None:
        if len({self._digest(place) for place in places}) == 1:
            return None
        where = " and ".join(place.uri for place in places)
        return AmbiguousSource(f"{name}: different files of this day, {where}; keep the one you trust")

    def _digest(self, place: Place) -> bytes:
        """The hash of the text in a file; those of an archive together, since it is read from front to back."""
        if place.path not in self._digests:
            groups = [*self._by_content.values(), *self._by_name.values()]
            members = {each.member for group in groups if len(group) > 1 for each in group if each.path == place.path}
            bodies = _bodies(Path(place.path), members)
            self._digests[place.path] = {member: _text_hash(body, member or place.path) for member, body in bodies}
        return self._digests[place.path][place.member]

    def _read(
        self, path: str, members: dict[str | None, list[tuple[dt.date, str]]]
    ) -> Iterator[tuple[dt.date, Fetched | Exception]]:
        seen: set[str | None] = set()
        error: BadPayload
        try:
            for member, body in _bodies(Path(path), members.keys()):
                seen.add(member)
                for date, name in members[member]:
                    yield date, Fetched(name, self._uri(path, member), body)
            error = TruncatedPayload(f"{path}: changed while it was read; run again")
        except BadPayload as broken:
            error = broken
        for member in members.keys() - seen:
            for date, _ in members[member]:
                yield date, error

    def _uri(self, path: str, member: str | None) -> str:
        return Path(path).as_uri() + (f"!/{member}" if member else "")


def _register(place: Place) -> Fetched:
    try:
        for _, body in _bodies(Path(place.path), {place.member}):
            return Fetched(place.name, place.uri, body, place.modified)
        raise TruncatedPayload(f"{place.uri}: changed while it was read; run again")
    except BadPayload as error:
        return Fetched(place.name, place.uri, b"", place.modified, error)


def _text_hash(body: bytes, name: str) -> bytes:
    """Of the text inside, so that a packed copy equals an unpacked one; of the bytes where there is no text."""
    try:
        return hashlib.sha256(csv_text(body, name, may_end_open=True)).digest()
    except BadPayload:
        return hashlib.sha256(body).digest()


def _bodies(path: Path, members: Iterable[str | None]) -> Iterator[tuple[str | None, bytes]]:
    wanted = set(members)
    if wanted == {None}:
        yield None, _whole(path)
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
    except BROKEN as error:
        raise TruncatedPayload(f"{path}: broken archive ({error})") from error


def _whole(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return _bounded(stream.read(MAX_TEXT_BYTES + 1), str(path))
    except OSError as error:
        raise TruncatedPayload(f"{path}: cannot be read ({error.strerror or error})") from error


def _bounded(body: bytes, name: str) -> bytes:
    if len(body) > MAX_TEXT_BYTES:
        raise ArchivePayload(f"{name}: larger than {MAX_TEXT_BYTES // 2**20} MiB, no daily file of NSE")
    return body
