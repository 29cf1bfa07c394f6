"""Connections to the DuckDB file of the warehouse.

What belongs here: how it is opened. What does not: any table (`warehouse/duckdb.py`). Whoever runs a load may open the file in a way of its
own, as Dagster does with its DuckDB resource; without that it is opened by DuckDB's own defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path

import duckdb

Opener = Callable[[Path, bool], AbstractContextManager[duckdb.DuckDBPyConnection]]
"""From the file, and whether it is only read, to a connection that closes with the `with` block."""
_opener: ContextVar[Opener | None] = ContextVar("champion_duckdb", default=None)


def connect(path: Path, *, read_only: bool = False) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A connection to the file at `path`, in the way of the innermost `opening_by`."""
    opener = _opener.get()
    return duckdb.connect(str(path), read_only=read_only) if opener is None else opener(path, read_only)


@contextmanager
def opening_by(opener: Opener) -> Iterator[None]:
    """Inside the `with` block every connection is opened by `opener`."""
    token = _opener.set(opener)
    try:
        yield
    finally:
        _opener.reset(token)
