"""The state of a table, read from its log: the last copy of the state, and the commits after it.

What belongs here: which objects of the log are read, and what is wrong if one is missing or not the one that was
written. What does not: the form of the log (`delta_log.py`), rows (`store.py`).
"""

from __future__ import annotations

import re

from champion_assets.lake.delta_log import (
    COPIES,
    LOG,
    applied,
    commit_key,
    copy_key,
    head_key,
    head_said,
    mark_of,
    opened,
)
from champion_assets.lake.errors import CorruptObject, NoSuchVersion
from champion_assets.lake.manifest import TableState
from champion_assets.lake.objects import ObjectStore

_COMMIT = re.compile(rf"{LOG}/(\d{{20}})\.json$")
_COPY = re.compile(rf"{LOG}/{COPIES}/(\d{{20}})\.json$")


def logged(store: ObjectStore, table: str) -> tuple[list[int], list[int]]:
    """The versions of the commits and of our own copies that lie in the log, in order."""
    keys = store.keys(f"{table}/{LOG}")
    commits = sorted(int(found[1]) for key in keys if (found := _COMMIT.search(key)))
    return commits, sorted(int(found[1]) for key in keys if (found := _COPY.search(key)))


def load_state(store: ObjectStore, table: str, version: int | None = None) -> TableState:
    """The state at a version, else the newest, from the last copy before it and the commits after that."""
    # the head before the list: who commits meanwhile is in the list
    newest, mark = _head(store, table) if version is None else (-1, b"")
    commits, copies = logged(store, table)
    last = max(commits, default=-1) if version is None else version
    if last < newest:
        raise CorruptObject(
            f"{store.uri(commit_key(table, newest))}: the newest of the table's commits is gone, and with it what it "
            "changed; put it back from a copy, or `champion verify --repair` builds the table again"
        )
    state = TableState()
    for copy in reversed([each for each in copies if each <= last]):
        body = store.get(copy_key(table, copy))
        try:
            state = applied(TableState(), opened(body or b"", store.uri(copy_key(table, copy)), copy).actions, copy)
        except CorruptObject:
            continue  # the commits say the same
        break
    for number in range(state.version + 1, last + 1):
        key = commit_key(table, number)
        body = store.get(key)
        if body is None:
            raise NoSuchVersion(
                f"{table}: the log lacks {store.uri(key)}; older versions were pruned, or somebody removed it"
            )
        state = applied(state, opened(body, store.uri(key), number).actions, number)
        if number == newest and mark_of(body) != mark:
            raise CorruptObject(
                f"{store.uri(key)}: not the commit that was written last; "
                "`champion verify --repair` builds the table again"
            )
    return state


def _head(store: ObjectStore, table: str) -> tuple[int, bytes]:
    """Version and checksum of the newest commit by the head.

    -1 if there is none, or a damaged one, which `champion verify` names.
    """
    body = store.get(head_key(table))
    try:
        return (-1, b"") if body is None else head_said(body, store.uri(head_key(table)))
    except CorruptObject:
        return -1, b""
