"""The DuckDB file while it is replaced.

Readers keep what they have open, and a killed load leaves the old file as it was.

What belongs here: files. What does not: what is in them (`duckdb.py`). A load works on a file beside the one that
people read and renames it over that in the end. So that the whole need not be copied each time, the file that was
replaced is kept as a spare: the next load brings it up to date from the one in force, day by day, and goes on with it.
A spare is used only if the file in force is still the one that the last load left, and if nobody has the spare open;
else, or after a load that was killed, the file in force is copied. While a load works it holds the file in force open
for reading, so that no other program can write to what is about to be replaced.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from champion_assets.clients.duckdb import connect
from champion_assets.common import system
from champion_assets.common.errors import HelperUnavailable


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """One load at a time; a second waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        system.lock(lock)
        yield


@contextmanager
def replacing(path: Path, catch_up: Callable[[Path], bool]) -> Iterator[Path]:
    """A file with all that the one at `path` has, which takes its place at the end of the block.

    Args:
        path: the file that people read; it may be absent.
        catch_up: bring the file it is called with to what is in `path`; false if that cannot be done.
    """
    work = path.with_suffix(".loading")
    _delete(work)
    if not path.exists():
        yield work
        work.replace(path)
        return
    with connect(path, read_only=True):
        spare = _usable_spare(path)
        if spare is None or not _caught_up(spare, work, catch_up):
            _delete(work)
            shutil.copyfile(path, work)
            if log_of(path).exists():  # a program that wrote to the file was killed
                shutil.copyfile(log_of(path), log_of(work))
        for old in _spares(path):
            old.unlink()
        yield work
        if not log_of(path).exists():
            with suppress(OSError):  # a file system without hard links: the next load copies
                os.link(path, _spare_of(path, work))
        work.replace(path)
        log_of(path).unlink(missing_ok=True)


def log_of(path: Path) -> Path:
    """The write-ahead log beside a database file."""
    return path.with_name(path.name + ".wal")


def has_spare(path: Path) -> bool:
    """True if the next load may work on a spare."""
    return bool(_spares(path))


def put_aside(path: Path) -> Path:
    """Keep a damaged file, and its log, under a name that is free."""
    number = next(each for each in count(1) if not path.with_name(f"{path.name}.damaged-{each}").exists())
    aside = path.with_name(f"{path.name}.damaged-{number}")
    path.replace(aside)
    if log_of(path).exists():
        log_of(path).replace(log_of(aside))
    return aside


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)
    log_of(path).unlink(missing_ok=True)


def _spares(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.spare-*"))


def _spare_of(path: Path, in_force: Path) -> Path:
    """The name of the spare for as long as `in_force`, which keeps inode, time and size when it is renamed.

    Stays as it is.
    """
    found = in_force.stat()
    return path.with_name(f"{path.name}.spare-{found.st_ino}-{found.st_mtime_ns}-{found.st_size}")


def _usable_spare(path: Path) -> Path | None:
    spare = _spare_of(path, path)
    if not spare.exists() or spare.samefile(path) or log_of(path).exists() or _is_open_here(spare):
        return None
    return spare


def _is_open_here(path: Path) -> bool:
    """True if this process has the file open, under whatever name: locks hold between processes only."""
    wanted = path.stat()
    for descriptor in Path("/dev/fd").iterdir():
        with suppress(OSError):  # the descriptor of this listing
            found = os.fstat(int(descriptor.name))
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                return True
    return False


def _caught_up(spare: Path, work: Path, catch_up: Callable[[Path], bool]) -> bool:
    spare.replace(work)
    try:
        return catch_up(work)
    except HelperUnavailable:  # a reader has it open still, or it is damaged: the file in force is whole
        return False
