"""What lies in a folder: every file and archive member, by its name and by what it is.

What belongs here: walking a folder, links followed, and looking at the first kilobytes of each file; what was seen is
remembered by path, size and modification time, so that the next look costs a `stat` per file. What does not: reading
files whole (`folder.py`).

A zip that carries the very name of a file of NSE is that file; any other zip or tar is a bundle, and its members are
indexed. A file whose name says that it is a part (`EXCERPT`, `sample`) is found by no content: its beginning is that of
the whole.
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from champion_assets.common.clock import INDIA
from champion_assets.nse.errors import BadPayload, TruncatedPayload
from champion_assets.nse.file_kinds import PR
from champion_assets.nse.recognition import HEAD_BYTES, Recognised, archive_name, recognise_head

OURS = ("lake", "dagster", "mlflow")
"""Folders beside the cache that hold no file of the exchange, or copies of them."""
VERSION = 4
"""Raised when recognition changes, so that nothing remembered of before is believed."""
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    LookupError,
    RuntimeError,
    OSError,
    ValueError,
)
"""What Python's readers raise on damaged, encrypted or exchanged archives."""
_TAR_SUFFIXES = (".tar", ".tar.xz", ".tar.gz", ".tgz", ".tar.bz2", ".txz")
_SINGLE_FILE_ZIP = re.compile(
    r"((cm|fo)\d{2}[a-z]{3}\d{4}bhav|bhavcopy_nse_\w+|sec_bhavdata_full_\d{8}|ind_close_all_\d{8}|mto_\d{8}|pr\d{6})"
    r"(\.\w{3})?\.zip",
    re.IGNORECASE,
)
_PR = re.compile(r"pr(\d{2})(\d{2})(\d{2})\.zip", re.IGNORECASE)
_DATA = re.compile(r".*\.(csv|txt|dat|json|gz|zip|bundle)", re.IGNORECASE)
_PARTS = re.compile(r"excerpt|sample|partial|(?<![a-z])(head|tail|part|old|backup|bak|te?mp)(?![a-z])", re.IGNORECASE)
_RUBBISH = re.compile(r"(.*/)?(\.[^/]+|__MACOSX|Thumbs\.db|desktop\.ini)(/.*)?", re.IGNORECASE)
Progress = Callable[[int, int], None]
"""Told how many files of how many were looked at."""


@dataclass(frozen=True)
class Place:
    """Where a file lies, what it is, and the day (in India) on which it was last modified."""

    path: str
    member: str | None
    found: Recognised
    modified: dt.date

    @property
    def name(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.member or self.path).name

    @property
    def uri(self) -> str:
        """Its full address, member included."""
        return Path(self.path).as_uri() + (f"!/{self.member}" if self.member else "")


@dataclass(frozen=True)
class FolderIndex:
    """All places of a folder, and what could not be looked into: (path, why)."""

    places: tuple[Place, ...]
    problems: tuple[tuple[str, str], ...]

    def by_name(self) -> dict[str, list[Place]]:
        """Places by their names in lower case."""
        return _grouped(self.places, lambda place: place.name.lower())

    def by_content(self) -> dict[str, list[Place]]:
        """Places by the name that the archive would give to what they hold, see `recognition.archive_name`."""
        return _grouped(self.places, lambda place: archive_name(place.found.kind, place.found.date))


def index_folder(root: Path, cache: Path | None = None, progress: Progress | None = None) -> FolderIndex:
    """Look at every file below `root`.

    Args:
        root: the folder.
        cache: a folder for what is remembered; nothing in it belongs to the source.
        progress: is told of each file.
    """
    problems: list[tuple[str, str]] = []
    paths = list(_walk(root, cache, problems))
    kept = _Kept(cache, root)
    places: list[Place] = []
    for done, path in enumerate(paths, 1):
        try:
            places += kept.look(path)
        except (BadPayload, OSError) as error:
            problems.append((str(path), str(error)))
        if progress is not None:
            progress(done, len(paths))
    kept.save()
    return FolderIndex(tuple(places), tuple(problems))


def _grouped(places: tuple[Place, ...], key: Callable[[Place], str | None]) -> dict[str, list[Place]]:
    groups: dict[str, list[Place]] = {}
    for place in places:
        if (name := key(place)) is not None:
            groups.setdefault(name, []).append(place)
    return groups


def _walk(root: Path, cache: Path | None, problems: list[tuple[str, str]]) -> Iterator[Path]:
    """Files in order; a folder that two ways lead to is entered once, and the second way is named.

    What Champion itself keeps below the folder (its lake, its runs) is none of the source.
    """
    entered = {os.path.realpath(root): root}
    ours = (
        set()
        if cache is None
        else {os.path.realpath(each) for each in (cache, *(cache.parent / name for name in OURS))}
    )

    def refused(error: OSError) -> None:
        problems.append((str(error.filename), error.strerror or str(error)))

    for folder, subfolders, names in os.walk(root, onerror=refused, followlinks=True):
        ways = []
        for each in sorted(each for each in subfolders if not _RUBBISH.fullmatch(each)):
            path = Path(folder) / each
            real = os.path.realpath(path)
            if real in ours or each == "_files" or (path / "_delta_log").is_dir():  # a lake, whoever made it
                continue
            if real in entered:
                problems.append((str(path), f"a link to {entered[real]}, which is read already"))
            else:
                entered[real] = path
                ways.append(each)
        subfolders[:] = ways
        yield from (Path(folder) / name for name in sorted(names) if not _RUBBISH.fullmatch(name))


class _Kept:
    """What is remembered of a folder's files between processes: one file in `cache`, replaced whole."""

    def __init__(self, cache: Path | None, root: Path) -> None:
        mark = hashlib.sha256(f"{VERSION}|{root}".encode()).hexdigest()[:16]
        self._file = None if cache is None else cache / f"source-{mark}.json"
        self._old: dict[str, Any] = {}
        if self._file is not None and self._file.is_file():
            self._old = json.loads(self._file.read_text("utf-8"))
        self._new: dict[str, Any] = {}

    def look(self, path: Path) -> list[Place]:
        """The places in a file: itself, or its members."""
        stat = path.stat()
        state, key = [stat.st_size, stat.st_mtime_ns], str(path)
        entry = self._old.get(key)
        if entry is not None and entry[0] == state:
            self._new[key] = entry
            return [_from_json(key, each) for each in entry[1]]
        places = list(_look(path, _day(stat.st_mtime)))
        self._new[key] = [state, [_to_json(each) for each in places]]
        return places

    def save(self) -> None:
        """Keep it, if it changed."""
        if self._file is None or self._new == self._old:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_suffix(f".{os.getpid()}.part")
        temporary.write_text(json.dumps(self._new), "utf-8")
        temporary.replace(self._file)


def _to_json(place: Place) -> list[str | None]:
    found = place.found
    return [place.member, found.kind, None if found.date is None else str(found.date), found.why, str(place.modified)]


def _from_json(path: str, entry: list[Any]) -> Place:
    member, kind, date, why, modified = entry
    found = Recognised(kind, None if date is None else dt.date.fromisoformat(date), why)
    return Place(path, member, found, dt.date.fromisoformat(modified))


def _day(instant: float) -> dt.date:
    return dt.datetime.fromtimestamp(instant, INDIA).date()


def _look(path: Path, modified: dt.date) -> Iterator[Place]:
    is_tar = path.name.lower().endswith(_TAR_SUFFIXES)
    if not is_tar and (path.suffix.lower() != ".zip" or _SINGLE_FILE_ZIP.fullmatch(path.name)):
        with path.open("rb") as stream:
            yield _place(path, None, stream.read(HEAD_BYTES), modified)
        return
    try:
        yield from _tar_members(path) if is_tar else _zip_members(path)
    except BROKEN as error:
        raise TruncatedPayload(f"{path}: not a readable archive ({error})") from error


def _tar_members(path: Path) -> Iterator[Place]:
    with tarfile.open(path) as bundle:
        for member in bundle:
            if (
                member.isfile()
                and not _RUBBISH.fullmatch(member.name)
                and (stream := bundle.extractfile(member)) is not None
            ):
                yield _place(path, member.name, stream.read(HEAD_BYTES), _day(member.mtime))


def _zip_members(path: Path) -> Iterator[Place]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir() and not _RUBBISH.fullmatch(info.filename):
                with archive.open(info) as stream:
                    yield _place(path, info.filename, stream.read(HEAD_BYTES), dt.date(*info.date_time[:3]))


def _place(path: Path, member: str | None, head: bytes, modified: dt.date) -> Place:
    where = PurePosixPath(member or str(path))
    return Place(str(path), member, recognise(head, where.name, where.parent.name), modified)


def recognise(head: bytes, name: str, folder: str = "") -> Recognised:
    """What a file is by its beginning, unless its name forbids to believe that.

    Args:
        head: its first `HEAD_BYTES`.
        name: its name.
        folder: the name of its folder.
    """
    if match := _PR.fullmatch(name):
        day, month, year = (int(each) for each in match.groups())
        try:
            return Recognised(PR, dt.date(2000 + year, month, day))
        except ValueError:
            return Recognised(PR, None, "the date in its name is none")
    found = recognise_head(head, name, folder)
    if found.kind is not None and (_PARTS.search(name) or not _DATA.fullmatch(name)):
        return replace(found, kind=None, why=f"by its name no whole file; it begins as {found.kind}")
    return found
