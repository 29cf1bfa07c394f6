"""Telling whoever watches a build how far it is.

What belongs here: the callbacks of one thread of work. What does not: bars (`cli/`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from champion_assets.lake.table import DailyTable

Progress = Callable[[str, int], None]
Note = Callable[[str], None]
_progress: ContextVar[Progress | None] = ContextVar("champion_progress", default=None)
_note: ContextVar[Note | None] = ContextVar("champion_note", default=None)


@contextmanager
def report_progress(callback: Progress, note: Note | None = None) -> Iterator[None]:
    """Inside the `with` call `callback(table, sessions)` whenever a block of sessions is done, and `note` with what
    a person waits for.
    """
    tokens = _progress.set(callback), _note.set(note)
    try:
        yield
    finally:
        _progress.reset(tokens[0])
        _note.reset(tokens[1])


def tell(text: str) -> None:
    """Say something to whoever watches this build, if anybody does."""
    if (note := _note.get()) is not None:
        note(text)


def advance(table: DailyTable, sessions: int) -> None:
    """Say that sessions of a table are done."""
    if (callback := _progress.get()) is not None:
        callback(table.name, sessions)
