"""Writing days of a table: new files, then one commit that puts them in force.

What belongs here: the one way to write. Files are written first, under the name of their content; the commit is one
object that is created under the next number. Of two writers who commit at once one comes second: it looks at what the
other did and tries again, so that neither loses a day. Killed at any moment, a writer leaves at most files that no
commit names.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from champion_assets.lake.content_hash import HASH_LENGTH, content_hash, content_hashes
from champion_assets.lake.day_files import encode, scan
from champion_assets.lake.delta_log import (
    CHECKPOINT_EVERY,
    LOG,
    Action,
    add,
    applied,
    checkpoint,
    checkpoint_key,
    commit_key,
    copy_key,
    first_actions,
    head,
    head_key,
    meta_data,
    remove,
    sealed,
    whole_state,
)
from champion_assets.lake.delta_schema import delta_schema, schema_name
from champion_assets.lake.errors import DayChanged, LakeUnreachable
from champion_assets.lake.manifest import DataFile, DayInfo, Rewriting, Stamp, TableState, rewriting
from champion_assets.lake.store import Lake

ATTEMPTS = 100
NO_STAMP = Stamp("", "")
Written = Literal["written", "stamped", "same"]
"""New rows; the same rows of another fingerprint; nothing at all."""


@dataclass(frozen=True)
class DayRows:
    """A day to be written; `of_file` as in `DayInfo`."""

    frame: pl.DataFrame
    stamp: Stamp
    content: str
    exact: str
    of_file: int | None = None

    def stamped(self, stamp: Stamp) -> DayRows:
        """The same rows, made of and by what `stamp` says."""
        return replace(self, stamp=stamp)

    @property
    def info(self) -> DayInfo:
        """What the manifest will say of it."""
        return DayInfo(
            **self.stamp.__dict__,
            content=self.content,
            exact=self.exact,
            stored_rows=self.frame.height,
            of_file=self.of_file,
        )


def day_rows(
    frames: Mapping[dt.date, pl.DataFrame],
    *,
    provenance: Collection[str] = (),
    refused: Mapping[dt.date, pl.DataFrame] | None = None,
    content: Mapping[dt.date, str] | None = None,
    of_file: Mapping[dt.date, int] | None = None,
) -> dict[dt.date, DayRows]:
    """Days to be written, with their hashes and no stamp yet.

    Args:
        frames: the rows of the days, with the same columns.
        provenance: columns that only say where a row came from.
        refused: rows that were taken out, by day; what reads the day may read these, too.
        content: what stands for the rows where a table says so itself, by day.
        of_file: see `DayInfo`, by day.
    """
    taken_out, said, counted = refused or {}, content or {}, of_file or {}
    exact = dict(zip(frames, content_hashes(list(frames.values())), strict=True))
    contents = (
        dict(zip(frames, content_hashes(list(frames.values()), provenance), strict=True)) if provenance else exact
    )
    found = {}
    for date, frame in frames.items():
        marks = said.get(date, contents[date]), exact[date]
        if date in taken_out:
            marks = (
                _both(marks[0], content_hash(taken_out[date], provenance)),
                _both(marks[1], content_hash(taken_out[date])),
            )
        found[date] = DayRows(frame, NO_STAMP, *marks, counted.get(date))
    return found


def _both(first: str, second: str) -> str:
    return hashlib.sha256(f"{first} {second}".encode()).hexdigest()[:HASH_LENGTH]


def write_days(
    lake: Lake, table: str, days: Mapping[dt.date, DayRows], *, drop: Collection[dt.date] = (),
    only_over: Mapping[dt.date, str | None] | None = None, operation: str = "WRITE",
) -> dict[dt.date, Written]:  # fmt: skip
    """Put `days` in force, and take `drop` out, in one commit; what is the same already is left alone.

    Args:
        lake: where.
        table: name of the table.
        days: rows by day.
        drop: days that shall be absent.
        only_over: `exact` of days as they were looked at, None if there was none; another writer may have changed them
            since.
        operation: for the log.

    Raises:
        DayChanged: a day of `only_over` is another one by now; nothing was written.
    """
    if (home := lake.home(table)) is not lake:
        raise PermissionError(f"{table} belongs to the lake {home.root}, which a trial only reads")
    schemas = {date: delta_schema(each.frame) for date, each in days.items()}
    names = {text: schema_name(text) for text in set(schemas.values())}
    newest_schema = schemas[max(schemas)] if schemas else ""
    for _ in range(ATTEMPTS):
        state = lake.state(table)
        _compare(table, state, only_over or {})
        done = {date: _what(state, date, each, names[schemas[date]]) for date, each in days.items()}
        gone = {date for date in drop if date in state.file_of}
        new = {date: names[schemas[date]] for date, what in done.items() if what == "written"}
        stamped = {date: days[date].info for date, what in done.items() if what == "stamped"}
        if not new and not gone and not stamped:
            return done
        instant = dt.datetime.now(dt.UTC)
        plan = rewriting(state, new, gone) if new or gone else Rewriting([], [])
        schema = newest_schema if new else state.schema
        actions = [] if state.version >= 0 else first_actions(table, schema, instant)
        if state.version >= 0 and schema != state.schema:
            actions.append(meta_data(table, schema, instant))
        actions += _file_actions(lake, table, state, plan, {date: days[date] for date in new}, stamped, schema, instant)
        if _committed(lake, table, state, instant, operation, actions):
            return done
    raise LakeUnreachable(f"{table}: others wrote to it {ATTEMPTS} times in a row just before this commit; repeat")


def _compare(table: str, state: TableState, seen: Mapping[dt.date, str | None]) -> None:
    now = {date: info.exact if (info := state.info(date)) else None for date in seen}
    if changed := sorted(date for date, mark in seen.items() if now[date] != mark):
        raise DayChanged(f"{table}: another run wrote {', '.join(map(str, changed))} meanwhile; run the day again")


def _what(state: TableState, date: dt.date, new: DayRows, schema: str) -> Written:
    stored = state.info(date)
    if stored is None or stored.exact != new.exact or state.file_of[date].schema != schema:
        return "written"
    return "same" if stored == new.info else "stamped"


def _file_actions(
    lake: Lake,
    table: str,
    state: TableState,
    plan: Rewriting,
    new: Mapping[dt.date, DayRows],
    stamped: Mapping[dt.date, DayInfo],
    schema: str,
    instant: dt.datetime,
) -> list[Action]:
    """Write the files of the plan; the actions that put them in force."""
    gone = {file.path: file for file in plan.gone}
    old = _rows_of(lake, table, plan, new)

    def write(group: Sequence[dt.date]) -> DataFile:
        frames = [new[date].frame if date in new else old[date] for date in group]
        infos = {date: new[date].info if date in new else stamped.get(date) or _kept(state, date) for date in group}
        body = encode(frames)
        file = DataFile(_path(group, body), len(body), zlib.crc32(body), schema_name(delta_schema(frames[0])), infos)
        if file.path not in state.files:
            lake.put(f"{table}/{file.path}", body)
            if lake.cache is not None:
                lake.cache.keep(f"{table}/{file.path}", body)
        return file

    with ThreadPoolExecutor(2 if lake.is_local else 16) as pool:
        made = list(pool.map(write, plan.groups))
    again = {file.path for file in made}
    actions = [remove(file, instant) for path, file in gone.items() if path not in again]
    actions += [add(file, schema, instant, data_change=True) for file in made]
    touched: dict[str, DataFile] = {}
    for date in stamped:
        file = state.file_of[date]
        if file.path not in gone and file.path not in again:
            touched[file.path] = file.restamped(stamped)
    return actions + [add(file, schema, instant, data_change=False) for file in touched.values()]


def _kept(state: TableState, date: dt.date) -> DayInfo:
    info = state.info(date)
    if info is None:
        raise LookupError(date)
    return info


def _rows_of(lake: Lake, table: str, plan: Rewriting, new: Mapping[dt.date, DayRows]) -> dict[dt.date, pl.DataFrame]:
    """The days of files that go which stay as they are, read from those files."""
    found: dict[dt.date, pl.DataFrame] = {}
    wanted = {date for group in plan.groups for date in group if date not in new}
    for file in plan.gone:
        mine = sorted(wanted & file.days.keys())
        if mine:
            rows = scan([lake.verified(table, file)], None, mine if len(mine) < len(file.days) else None)
            by_day = {key[0]: day for key, day in rows.partition_by("trade_date", as_dict=True).items()}
            found |= {date: by_day.get(date, rows.clear()) for date in mine}
    return found


def _path(group: Sequence[dt.date], body: bytes) -> str:
    """The month, the first and the last day, the hash: days without rows have the same bytes."""
    return f"{group[0]:%Y-%m}/{group[0]:%d}-{group[-1]:%d}-{hashlib.sha256(body).hexdigest()[:32]}.parquet"


def _committed(
    lake: Lake, table: str, state: TableState, instant: dt.datetime, operation: str, actions: list[Action]
) -> bool:
    version = state.version + 1
    body = sealed(instant, operation, actions, version)
    if not lake.create(commit_key(table, version), body):
        return False
    name_newest(lake, table, version, body)
    if version and version % CHECKPOINT_EVERY == 0:
        write_checkpoint(lake, table, applied(state, actions, version), instant)
    return True


def name_newest(lake: Lake, table: str, version: int, body: bytes) -> None:
    """Write the head. Who has committed meanwhile may have written it before.

    Then it is written again, so that it never goes back.
    """
    while True:
        lake.put(head_key(table), head(version, body))
        later = lake.get(commit_key(table, version + 1))
        if later is None:
            return
        version, body = version + 1, later


def write_checkpoint(lake: Lake, table: str, state: TableState, instant: dt.datetime) -> None:
    """The whole state beside the log, for us and for other engines."""
    actions = whole_state(table, state, instant)
    lake.put(copy_key(table, state.version), sealed(instant, "COPY", actions, state.version))
    lake.put(checkpoint_key(table, state.version), checkpoint(actions))
    said = {"version": state.version, "size": len(state.files) + 2}
    lake.put(f"{table}/{LOG}/_last_checkpoint", json.dumps(said).encode())
