"""The lake's tables: which days they have, what is known of each, and their rows, now or at an earlier version.

What belongs here: reading. What does not: objects (`objects.py`), the form of the log (`delta_log.py`), and writing
(`commit.py`). Every file is read only after its bytes have the checksum that the log has.
"""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from champion_assets.lake.cache import ObjectCache
from champion_assets.lake.day_files import scan
from champion_assets.lake.delta_log import (
    LOG,
    Commit,
    applied,
    commit_key,
    opened,
)
from champion_assets.lake.errors import CacheUnusable, CorruptObject, NoSuchVersion
from champion_assets.lake.log_state import load_state, logged
from champion_assets.lake.manifest import DataFile, DayInfo, TableState
from champion_assets.lake.objects import ObjectStore
from champion_assets.lake.verified import verified_file

_THREADS = 4


class Lake(ObjectStore):
    """A lake at `root` (a folder, or `s3://bucket/prefix`).

    `cache` holds copies of a remote lake's files on this machine.
    """

    def __init__(
        self, root: str, storage_options: dict[str, str] | None = None, cache: ObjectCache | None = None
    ) -> None:
        super().__init__(root, storage_options)
        self.cache = cache
        self._states: dict[str, TableState] = {}

    def home(self, table: str) -> Lake:
        """The lake that has the table."""
        del table
        return self

    def tables(self) -> list[str]:
        """The tables that have ever had a day, in order."""
        found = []
        for group in self.folders(""):
            names = [] if group.startswith("_") else [f"{group}/{name}" for name in self.folders(group)]
            if group == "quarantine":
                names = [f"{name}/{more}" for name in names for more in self.folders(name)]
            found += [name for name in names if LOG in self.folders(name)]
        return sorted(found)

    def state(self, table: str) -> TableState:
        """The table as it is now; without a day if it never had one."""
        if (home := self.home(table)) is not self:
            return home.state(table)
        state = self._states.get(table)
        if state is None:
            state = load_state(self, table)
        while (body := self.get(commit_key(table, state.version + 1))) is not None:
            where = self.uri(commit_key(table, state.version + 1))
            state = applied(state, opened(body, where, state.version + 1).actions, state.version + 1)
        self._states[table] = state
        return state

    def state_at(self, table: str, version: int) -> TableState:
        """The table at one of its versions.

        Raises:
            NoSuchVersion: it has none of that number, or it was pruned.
        """
        if (home := self.home(table)) is not self:
            return home.state_at(table, version)
        if version == -1:
            return TableState()
        if version > (last := self.state(table).version):
            raise NoSuchVersion(f"{table} has no version {version}; its last one is {last}")
        return load_state(self, table, version)

    def commits(self, table: str) -> Iterator[tuple[int, Commit]]:
        """The commits that are still there, in order."""
        home = self.home(table)
        for version in sorted(home.log(table)[0]):
            body = home.get(commit_key(table, version))
            if body is not None:
                yield version, opened(body, home.uri(commit_key(table, version)), version)

    def as_of(self, table: str, instant: dt.datetime) -> TableState:
        """The table as it was at an instant (UTC).

        Raises:
            NoSuchVersion: what is left of its history begins later.
        """
        found, first = None, None
        for version, commit in self.commits(table):
            first = first or (version, commit.instant)
            if commit.instant <= instant:
                found = version
        if first is None or (found is None and first[0] == 0):
            return TableState()
        if found is None:
            raise NoSuchVersion(
                f"{table}: the history of its versions begins at {first[1]:%Y-%m-%d %H:%M} UTC; older ones were pruned"
            )
        return self.state_at(table, found)

    def log(self, table: str) -> tuple[list[int], list[int]]:
        """The versions of the commits and of our own copies that lie in the log, in order."""
        return logged(self, table)

    def dates(self, table: str) -> list[dt.date]:
        """The days that the table has, in order."""
        return list(self.state(table).file_of)

    def has_log(self, table: str) -> bool:
        """True if the table has ever had a day."""
        return LOG in self.home(table).folders(table)

    def forget(self, table: str) -> None:
        """Read the table's log anew at the next look."""
        self._states.pop(table, None)

    def has(self, table: str, date: dt.date) -> bool:
        """True if the table has the day."""
        return date in self.state(table).file_of

    def info(self, table: str, date: dt.date) -> DayInfo | None:
        """What is known of a day; None if the table does not have it."""
        return self.state(table).info(date)

    def infos(self, table: str, dates: Iterable[dt.date]) -> dict[dt.date, DayInfo | None]:
        """What is known of days."""
        state = self.state(table)
        return {date: state.info(date) for date in dates}

    def read(
        self,
        table: str,
        dates: Iterable[dt.date],
        columns: Sequence[str] | None = None,
        *,
        where: pl.Expr | None = None,
        state: TableState | None = None,
    ) -> pl.DataFrame:
        """The rows of `table` on `dates`, in the order of the days.

        Args:
            table: name of the table.
            dates: at least one.
            columns: all by default.
            where: only rows that satisfy this condition.
            state: the version to read; the present one by default.

        Raises:
            CorruptObject: a file is not what the log says; the message names it and says what to do.
            FileNotFoundError: a day is absent.
        """
        if (home := self.home(table)) is not self:
            return home.read(table, dates, columns, where=where, state=state)
        wanted = sorted(set(dates))
        if not wanted:
            raise ValueError(f"no dates asked of {table}")
        files = self._files_of(table, wanted, state or self.state(table))
        by_schema: dict[str, list[DataFile]] = {}
        for file in files:
            by_schema.setdefault(file.schema, []).append(file)
        frames = []
        for group in by_schema.values():
            mine = {date for file in group for date in file.days}
            only = None if mine <= set(wanted) else [date for date in wanted if date in mine]
            frames.append(scan(self._verified(table, group), columns, only, where))
        if len(frames) == 1:
            return frames[0]
        try:
            return (
                pl.concat(frames).sort("trade_date", maintain_order=True)
                if "trade_date" in frames[0].columns
                else pl.concat(frames)
            )
        except (pl.exceptions.SchemaError, pl.exceptions.ShapeError) as error:
            raise CorruptObject(
                f"{table}: the days from {wanted[0]} to {wanted[-1]} have different columns, since other code "
                f"made some of them; "
                f"`champion backfill {wanted[0]} {wanted[-1]}` makes them alike"
            ) from error

    @contextmanager
    def files(self, table: str, dates: Sequence[dt.date]) -> Iterator[list[str]]:
        """Verified paths on this machine with the days' rows, and those of other days of the same months.

        For readers of files.

        Raises:
            FileNotFoundError: a day is absent.
            CorruptObject: see `read`.
        """
        if (home := self.home(table)) is not self:
            with home.files(table, dates) as paths:
                yield paths
            return
        with tempfile.TemporaryDirectory() as folder:
            found = self._verified(table, self._files_of(table, sorted(set(dates)), self.state(table)))
            paths = []
            for number, each in enumerate(found):
                if isinstance(each, io.BytesIO):
                    path = Path(folder, f"{number}.parquet")
                    path.write_bytes(each.getvalue())
                    paths.append(str(path))
                else:
                    paths.append(str(each))
            yield paths

    def paths(self, table: str, dates: Iterable[dt.date]) -> list[str]:
        """`files` that stay: of a remote lake the copies in the cache.

        Raises:
            CorruptObject: see `read`.
            FileNotFoundError: a day is absent.
            CacheUnusable: a remote lake without a cache.
        """
        if (home := self.home(table)) is not self:
            return home.paths(table, dates)
        found = self._verified(table, self._files_of(table, sorted(set(dates)), self.state(table)))
        if any(isinstance(each, io.BytesIO) for each in found):
            raise CacheUnusable(0, f"{self.root} is remote and keeps no copies; set CHAMPION_LAKE_CACHE_GB", table)
        return [str(each) for each in found]

    def verified(self, table: str, file: DataFile) -> Any:
        """A file whose bytes are what the log says: a path on this machine, or its bytes in memory.

        Raises:
            CorruptObject: they are not.
        """
        return verified_file(self, self.cache, table, file)

    def _files_of(self, table: str, wanted: Sequence[dt.date], state: TableState) -> list[DataFile]:
        files: dict[str, DataFile] = {}
        for date in wanted:
            file = state.file_of.get(date)
            if file is None:
                raise FileNotFoundError(f"{table} has no {date}; build it: champion backfill {date} {date}")
            files[file.path] = file
        return list(files.values())

    def _verified(self, table: str, files: Sequence[DataFile]) -> list[Any]:
        if self.is_local and len(files) == 1:
            return [self.verified(table, files[0])]
        with ThreadPoolExecutor(_THREADS if self.is_local else 16) as pool:
            return list(pool.map(lambda file: self.verified(table, file), files))
