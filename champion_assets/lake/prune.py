"""Giving up old versions of the tables, and what no version needs; and tags, which keep a version for good.

What belongs here: retention. A version is kept as long as it was in force less than `keep` ago, or has a tag. What
killed writers left goes, too, once it is a day old. What went is gone: `lake_as_of` an earlier instant is refused
afterwards.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from champion_assets.common.errors import ChampionError
from champion_assets.lake.commit import write_checkpoint
from champion_assets.lake.delta_log import LOG, applied, commit_key, copy_key
from champion_assets.lake.manifest import TableState
from champion_assets.lake.store import Lake

TAGS = "_tags.json"
ORPHAN_SECONDS = 24 * 3600.0
"""Age from which a file that no version names belongs to no writer that lives."""
_NUMBER = re.compile(r"/(\d{20})\.(checkpoint\.parquet|json)$")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class TagError(ChampionError, ValueError):
    """A tag that cannot be, or is not there."""


@dataclass(frozen=True)
class Pruned:
    """What went: versions, objects, bytes."""

    versions: int
    objects: int
    bytes: int


def tags(lake: Lake) -> dict[str, dict[str, int]]:
    """The version of each table by tag."""
    body = lake.get(TAGS)
    return {} if body is None else json.loads(body)


def tag(lake: Lake, name: str) -> dict[str, int]:
    """Give the present version of every table a name, under which it stays readable for good.

    Raises:
        TagError: the name is taken, or is no name.
    """
    if not _NAME.fullmatch(name):
        raise TagError(f"{name!r} is not a valid tag; use letters, digits, `.`, `_` and `-`")
    now = dt.datetime.now(dt.UTC)
    states = {table: lake.state(table) for table in lake.tables()}
    for table, state in states.items():
        write_checkpoint(lake, table, state, now)
    versions = {table: state.version for table, state in states.items()}

    def change(body: bytes | None) -> bytes:
        known = json.loads(body or b"{}")
        if name in known:
            raise TagError(f"the tag {name!r} exists already; choose another name")
        return json.dumps(known | {name: versions}, indent=1, sort_keys=True).encode()

    lake.update(TAGS, change)
    return versions


def tagged(lake: Lake, name: str, table: str) -> TableState:
    """A table as it was when it got the tag; without a day if it had none.

    Raises:
        TagError: there is no such tag.
    """
    known = tags(lake)
    if name not in known:
        raise TagError(f"no tag {name!r}; there are {', '.join(sorted(known)) or 'none'}")
    return lake.state_at(table, known[name].get(table, -1))


def prune(lake: Lake, keep: dt.timedelta, advance: Callable[[str], None] = lambda _table: None) -> Pruned:
    """Delete what no version that is kept needs.

    Args:
        lake: the lake.
        keep: how long a version stays after another one has replaced it.
        advance: called with each table when it is done.
    """
    now = dt.datetime.now(dt.UTC)
    known = tags(lake).values()
    versions = objects = size = 0
    for table in lake.tables():
        kept = sorted({each[table] for each in known if table in each})
        gone = _prune(lake, table, now - keep, kept, now)
        versions, objects, size = versions + gone.versions, objects + gone.objects, size + gone.bytes
        advance(table)
    return Pruned(versions, objects, size)


def _prune(lake: Lake, table: str, limit: dt.datetime, tagged_versions: list[int], now: dt.datetime) -> Pruned:
    commits = list(lake.commits(table))
    first = next((version for version, _ in commits), 0)
    oldest = max((version for version, commit in commits if commit.instant <= limit), default=first)
    state = lake.state_at(table, oldest)
    needed = set(state.files)
    for version, commit in commits:
        if version > oldest:
            state = applied(state, commit.actions, version)
            needed |= set(state.files)
    for version in tagged_versions:
        needed |= set(lake.state_at(table, version).files)
    if oldest > first:
        write_checkpoint(lake, table, lake.state_at(table, oldest), now)
        if state.version > oldest:  # `_last_checkpoint` names the newest again
            write_checkpoint(lake, table, state, now)
    removed, size = _drop_files(lake, table, needed, now.timestamp() - ORPHAN_SECONDS)
    dropped = [version for version, _ in commits if version < oldest]
    for version in dropped:
        lake.delete(commit_key(table, version))
    _drop_copies(lake, table, oldest, {copy_key(table, version) for version in tagged_versions})
    return Pruned(len(dropped), removed, size)


def _drop_files(lake: Lake, table: str, needed: set[str], older_than: float) -> tuple[int, int]:
    removed = size = 0
    for key, changed in list(lake.listed(table)):
        relative = key.removeprefix(f"{table}/")
        if (
            relative.endswith(".parquet")
            and not relative.startswith("_")
            and relative not in needed
            and changed < older_than
        ):
            size += lake.size(key) or 0
            lake.delete(key)
            removed += 1
    return removed, size


def _drop_copies(lake: Lake, table: str, oldest: int, kept: set[str]) -> None:
    for key in lake.keys(f"{table}/{LOG}"):
        found = _NUMBER.search(key)
        if found is not None and int(found[1]) < oldest and key not in kept:
            lake.delete(key)
