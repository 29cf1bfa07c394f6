"""Connections to the DuckDB file of the warehouse, and what its errors mean.

What belongs here: how it is opened, and telling a file that is in use from one that is damaged. What does not: any
table (`warehouse/duckdb.py`). Whoever runs a load may open the file in a way of its own, as Dagster does with its
DuckDB resource; without that it is opened by DuckDB's own defaults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path

import duckdb

from champion_assets.common.errors import HelperUnavailable

Opener = Callable[[Path, bool], AbstractContextManager[duckdb.DuckDBPyConnection]]
"""From the file, and whether it is only read, to a connection that closes with the `with` block."""
_opener: ContextVar[Opener | None] = ContextVar("champion_duckdb", default=None)
_IN_USE = re.compile(r"[Cc]onflicting lock|[Cc]ould not set lock|different configuration")
_HOLDER = re.compile(r"held in (.+? \(PID \d+\))")
_DAMAGED = re.compile(r"[Cc]orrupt|not a valid DuckDB|version number|[Cc]ould not read|deserializ|WAL|checksum")


class DuckdbUnavailable(HelperUnavailable):
    """Another program writes to the file, or the system refuses it; trying again may help."""

    retryable = True


class DuckdbDamaged(HelperUnavailable):
    """The file is no database of ours that this version of DuckDB can read: cut off, overwritten, altered by hand."""


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file, opened as the innermost `opening_by` says.

    Args:
        path: the file.
        read_only: True to leave it to other writers.

    Raises:
        DuckdbUnavailable: another program has the file open, or it cannot be read or written.
        DuckdbDamaged: the file is not what a load wrote.
    """
    opener = _opener.get()
    try:
        if path.exists():  # at once: Dagster's resource asks for two minutes before it says that a file is in use
            duckdb.connect(str(path), read_only=True).close()
        with (
            duckdb.connect(str(path), read_only=read_only) if opener is None else opener(path, read_only) as connection
        ):
            yield connection
    except duckdb.Error as error:
        raise _named(error, path) from error


def _named(error: duckdb.Error, path: Path) -> HelperUnavailable:
    words = str(error).split("\n", 1)[0]
    if path.is_dir():
        return DuckdbUnavailable(f"{path} is a folder; name a file in CHAMPION_DUCKDB")
    if _IN_USE.search(words):
        holder = _HOLDER.search(words)
        return DuckdbUnavailable(
            f"{path} is open for writing in {holder[1] if holder else 'another program'}; close it there. The lake "
            "has everything, and the next run loads what is not in DuckDB yet"
        )
    is_ours = path.name in words or "database file" in words  # a load reads objects of the lake, too
    if (is_ours and _DAMAGED.search(words)) or isinstance(error, (duckdb.CatalogException, duckdb.BinderException)):
        return DuckdbDamaged(f"{path} is damaged, of another version of DuckDB, or altered ({words})")
    return DuckdbUnavailable(
        f"{path}: {type(error).__name__}: {words}; the lake has everything, and the next run tries again"
    )


@contextmanager
def opening_by(opener: Opener) -> Iterator[None]:
    """Inside the `with` block every connection is opened by `opener`."""
    token = _opener.set(opener)
    try:
        yield
    finally:
        _opener.reset(token)
