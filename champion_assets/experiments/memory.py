"""What the trials of one process have in common: the market, the evenings of decisions, features of equal settings.

What belongs here: keeping it within bounds of memory, and for as long as it is the same. What does not: making it
(the tables do), one trial (`trial.py`). All trials of a run see the lake as it was at one moment; if it has changed
since, everything is made anew.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import polars as pl

from champion_assets.lake.manifest import TableState
from champion_assets.lake.shared import Shared
from champion_assets.lake.store import Lake

A = TypeVar("A")
MEGABYTES = 700
"""What a process keeps at most; what comes after it is made again by each trial."""
BELOW = "lake"
"""The source of a table that a trial reads from the lake below, whatever its settings are."""
_ABSENT = object()


def size_of(value: Any, seen: set[int] | None = None) -> int:
    """Bytes of a value with all that it holds, each counted once."""
    seen = set() if seen is None else seen
    if isinstance(value, np.ndarray) and isinstance(value.base, np.ndarray):
        value = value.base
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if isinstance(value, pl.DataFrame):
        return int(value.estimated_size())
    whole = sys.getsizeof(value)
    if isinstance(value, Mapping):
        return whole + sum(size_of(key, seen) + size_of(each, seen) for key, each in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return whole + sum(size_of(each, seen) for each in value)
    return whole + (size_of(vars(value), seen) if hasattr(value, "__dict__") and not isinstance(value, type) else 0)


class Memory:
    """Values by key until `forget`; once they are larger than `limit` bytes together, no more are kept."""

    def __init__(self, limit: int = MEGABYTES * 2**20) -> None:
        self._limit, self._used = limit, 0
        self._values: dict[Hashable, tuple[Any, int, frozenset[str]]] = {}
        self._making = 0

    @property
    def used(self) -> int:
        """Bytes."""
        return self._used

    def __contains__(self, key: Hashable) -> bool:
        """True if the value is kept."""
        return key in self._values

    def once(self, key: Hashable, sources: Iterable[str], make: Callable[[], A]) -> A:
        """The value that is kept, or else the one that `make` makes of `sources`."""
        found = self._values.get(key, _ABSENT)
        if found is not _ABSENT:
            return found[0]  # type: ignore[index, no-any-return]  # a key has values of one kind
        self._making += 1
        try:
            value = make()
        finally:
            self._making -= 1
        if not self._making:  # a part of something else is kept with that
            self.keep(key, sources, value)
        return value

    def keep(self, key: Hashable, sources: Iterable[str], value: object) -> None:
        """Keep a value, if there is room."""
        size = size_of(value)
        if self._used + size <= self._limit:
            self._values[key] = value, size, frozenset(sources)
            self._used += size

    def forget(self, but: Collection[str]) -> None:
        """Keep only what was made of these sources."""
        for key, (_, size, sources) in list(self._values.items()):
            if not sources <= set(but):
                del self._values[key]
                self._used -= size


class Snapshot(Lake):
    """A lake as it was when each table was first asked for, which remembers what was read."""

    def __init__(self, base: Lake, memory: Memory) -> None:
        super().__init__(base.root, base.storage_options, base.cache)
        self._base, self._memory = base, memory
        self._pinned: dict[str, TableState] = {}

    def uri(self, key: str) -> str:
        """See `Lake`."""
        return self._base.uri(key)

    def get(self, key: str) -> bytes | None:
        """See `Lake`."""
        return self._base.get(key)

    def size(self, key: str) -> int | None:
        """See `Lake`."""
        return self._base.size(key)

    def state(self, table: str) -> TableState:
        """See `Lake`."""
        if table not in self._pinned:
            self._pinned[table] = self._base.state(table)
        return self._pinned[table]

    def read(
        self,
        table: str,
        dates: Iterable[dt.date],
        columns: Sequence[str] | None = None,
        *,
        where: pl.Expr | None = None,
        state: TableState | None = None,
    ) -> pl.DataFrame:
        """See `Lake`."""
        wanted, version = tuple(dates), state or self.state(table)

        def rows() -> pl.DataFrame:
            return self._base.read(table, wanted, columns, where=where, state=version)

        if where is not None or state is not None:
            return rows()
        return self._memory.once(("read", table, wanted, None if columns is None else tuple(columns)), (BELOW,), rows)

    def is_current(self) -> bool:
        """False if a table has changed since."""
        return all(self._base.state(table).version == each.version for table, each in self._pinned.items())


class TrialShared(Shared):
    """The part of a process's memory that a trial has in common with others.

    `sources` says of each table that is the trial's own what makes it what it is; None where no other trial has it.
    """

    def __init__(self, memory: Memory, sources: Mapping[str, str | None]) -> None:
        self._memory, self._sources = memory, sources

    def _made_of(self, tables: Sequence[str]) -> tuple[str, ...] | None:
        found = [self._sources.get(table, BELOW) for table in tables]
        return None if None in found else tuple(str(each) for each in found)

    def once(self, key: Hashable, tables: Sequence[str], make: Callable[[], A]) -> A:
        """See `Shared`."""
        made_of = self._made_of(tables)
        return make() if made_of is None else self._memory.once((key, made_of), made_of, make)

    def each(
        self,
        key: Hashable,
        tables: Sequence[str],
        days: Sequence[dt.date],
        make: Callable[[Sequence[dt.date]], Iterator[tuple[dt.date, A]]],
    ) -> Iterator[tuple[dt.date, A]]:
        """See `Shared`."""
        made_of = self._made_of(tables)
        if made_of is None:
            yield from make(days)
            return
        absent = [day for day in days if (key, made_of, day) not in self._memory]
        missing, made = set(absent), make(absent) if absent else iter(())
        for day in days:
            if day not in missing:
                yield day, self._memory.once((key, made_of, day), made_of, lambda: _lost(day))  # noqa: B023
                continue
            found, value = next(made)
            if found != day:
                raise LookupError(f"{found} came out where {day} was asked for")
            self._memory.keep((key, made_of, day), made_of, value)
            yield day, value


def _lost(day: dt.date) -> Any:
    raise LookupError(f"{day} is no longer kept")
