"""What a computation is handed.

The windows that its table declares, its parameters, the calendar up to its last day, and nothing else.

What belongs here: reading what is declared, and refusing the rest. A table whose rows depend on something that it does
not declare would look ahead, or stay as it is when that something changes; so there is no other way to the lake, to the
settings, or to tomorrow.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import pandera.polars as pa
import polars as pl

from champion_assets.lake.calendar_view import CalendarView
from champion_assets.lake.errors import UndeclaredInput
from champion_assets.lake.manifest import DayInfo
from champion_assets.lake.objects import REMOTE_REQUESTS
from champion_assets.lake.originals import Originals, OwnOriginals
from champion_assets.lake.parameters import Parameters
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import empty_frame
from champion_assets.settings import Settings

A = TypeVar("A")


class Inputs:
    """The inputs of a block of sessions of one table.

    Attributes:
        parameters: those declared.
        calendar: answers for days up to the last of the block.
        facts: by day, what the table's `day_facts` say.
        seen: of a raw table, the days whose rows were looked at, with what they were.
    """

    def __init__(
        self, table: str, dates: Sequence[dt.date], declared: Sequence[Input], place: Place, parameters: Parameters, *,
        facts: Mapping[dt.date, Any], more: Mapping[dt.date, Mapping[str, Sequence[dt.date]]],
        outside: Callable[[Settings], Any] | None, models: Mapping[str, type[pa.DataFrameModel]],
    ) -> None:  # fmt: skip
        """For `dates` of `table`; see `workspace.open_inputs`."""
        self.table, self.dates, self.parameters, self.facts = table, list(dates), parameters, facts
        self.calendar = CalendarView(place.calendar, max(dates), table)
        self._declared = [wanted for wanted in declared if not wanted.is_gate]
        self._place, self._more, self._open_outside, self._models = place, more, outside, models
        self._days: dict[str, list[dt.date]] = {}
        self.seen: dict[dt.date, str | None] = {}

    def window(self, table: str, date: dt.date, *, lag: int | None = None) -> list[dt.date]:
        """The sessions of a table that a day reads, in order.

        Args:
            table: a declared input.
            date: a day of the block.
            lag: only the declared window that ends this many sessions before the day; by default all windows of the
                table.

        Returns:
            Sessions, ascending.

        Raises:
            UndeclaredInput: no such window is declared, or `date` is not a day of the block.
        """
        if date not in self.dates:
            raise UndeclaredInput(
                f"{self.table} asks for {table} on behalf of {date}, which is not a day of the block {self._span}"
            )
        windows = [wanted for wanted in self._declared if wanted.table == table and lag in (None, wanted.lag)]
        more = self._more.get(date, {}).get(table, ()) if lag is None else ()
        if not windows and not more:
            self._refuse(table, "" if lag is None else f", lag={lag}")
        return sorted({*more, *(day for wanted in windows for day in self._place.window(wanted, date))})

    def days(self, table: str) -> list[dt.date]:
        """The sessions of a table in the windows of the block's days, without those that the block itself writes.

        Args:
            table: a declared input.

        Returns:
            Sessions, ascending.
        """
        if table not in self._days:
            declared = {wanted.table for wanted in self._declared}.union(*self._more.values())
            if table not in declared:
                self._refuse(table)
            found = {day for date in self.dates for day in (self.window(table, date) if self._has(table, date) else ())}
            self._days[table] = sorted(found.difference(self.dates) if table == self.table else found)
        return self._days[table]

    def read(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        days: Iterable[dt.date] | None = None,
        for_date: dt.date | None = None,
        lag: int | None = None,
    ) -> pl.DataFrame:
        """Rows of the declared windows of `table`.

        None where the windows have no day yet, at the beginning of the history.

        Args:
            table: a declared input.
            columns: all by default.
            days: only these days of the windows.
            for_date: only the window of this day of the block.
            lag: of that window, only the part that ends so many sessions before the day.

        Raises:
            UndeclaredInput: the table, its window or one of `days` is not declared.
            FileNotFoundError: a day has no object.
        """
        allowed = self.days(table) if for_date is None else self.window(table, for_date, lag=lag)
        chosen = self._chosen(table, allowed, days)
        if not chosen and table in self._models:
            return empty_frame(self._models[table]).select(columns or pl.all())
        return self._place.lake.read(table, chosen, columns)

    def refused(self, table: str) -> dict[dt.date, pl.DataFrame]:
        """Quarantined rows of a table in the declared windows of the block.

        Args:
            table: a declared input.

        Returns:
            Rows by day, only for days that have any.
        """
        asset, lake = f"quarantine/{table}", self._place.lake
        held = sorted(set(self.days(table)) & set(self.dates) & set(lake.dates(asset)))
        return {date: lake.read(asset, [date]) for date in held}

    def infos(self, table: str) -> dict[dt.date, DayInfo | None]:
        """What the lake stores about the days of the declared windows: fingerprint, rows, content.

        Args:
            table: a declared input.
        """
        return self._place.lake.infos(table, self.days(table))

    @contextmanager
    def files(self, table: str, days: Iterable[dt.date]) -> Iterator[list[str]]:
        """Paths on this machine of Parquet files with the rows of some days, and of other days of their months.

        Args:
            table: a declared input.
            days: days of the declared windows.
        """
        with self._place.lake.files(table, self._chosen(table, self.days(table), days)) as paths:
            yield paths

    def shared(
        self, what: str, make: Callable[[Inputs], A], *, reads: Sequence[str | Input], parameters: Sequence[str] = ()
    ) -> A:
        """What `make` makes for the block; several builds of one process may have it in common (`lake/shared.py`).

        Args:
            what: a name that no other part of the program uses.
            make: of these inputs, cut down to `reads` and `parameters`; what it returns is never changed afterwards.
            reads: the tables that it reads, or shorter windows of them than the declared ones.
            parameters: those that it depends on.
        """
        own, tables, key = self._cut(reads, parameters)
        return self._place.shared.once((what, *key, tuple(self.dates)), tables, lambda: make(own))

    def shared_days(
        self,
        what: str,
        days: Sequence[dt.date],
        make: Callable[[Inputs, Sequence[dt.date]], Iterator[tuple[dt.date, A]]],
        *,
        reads: Sequence[str | Input],
        parameters: Sequence[str] = (),
    ) -> Iterator[tuple[dt.date, A]]:
        """`shared` for single days of the block, which do not depend on each other."""
        own, tables, key = self._cut(reads, parameters)
        return self._place.shared.each((what, *key), tables, days, lambda missing: make(own, missing))

    def _cut(
        self, reads: Sequence[str | Input], parameters: Sequence[str]
    ) -> tuple[Inputs, list[str], tuple[str, str]]:
        own, declared = copy.copy(self), list[Input]()
        for each in reads:
            table = each if isinstance(each, str) else each.table
            windows = [wanted for wanted in self._declared if wanted.table == table]
            if isinstance(each, str):
                declared += windows
                continue
            if not any(wanted.lag == each.lag and wanted.sessions >= each.sessions for wanted in windows):
                self._refuse(each.table, f", {each.sessions}, lag={each.lag}")
            declared.append(each)
        own._declared, own._days, own.facts = declared, {}, {}  # noqa: SLF001  # of this class
        own.parameters = Parameters(self.table, {name: self.parameters[name] for name in parameters})
        tables = sorted({each if isinstance(each, str) else each.table for each in reads})
        return own, tables, (repr(declared), repr(dict(own.parameters)))

    def originals(self, table: str) -> Originals:
        """The original files of a declared raw table.

        Args:
            table: a declared raw table.
        """
        self.days(table)
        return Originals(self._place.lake, table)

    def before(self, date: dt.date) -> dt.date | None:
        """The session before a day of the block; None for the first of the history.

        Args:
            date: a day of the block.
        """
        self.calendar.day(date)
        return self._place.window_before(date)

    @cached_property
    def outside(self) -> Any:
        """What the table declares as `outside`, opened: the source of a raw table, the database of a warehouse."""
        if self._open_outside is None:
            raise UndeclaredInput(f"{self.table} asks for data outside the lake; declare `outside` in its table")
        return self._open_outside(self._place.settings)

    @property
    def own(self) -> OwnOriginals:
        """The table's own original files, for raw tables."""
        self._must_be_raw()
        return OwnOriginals(self._place.lake, self.table)

    def own_rows(self, date: dt.date) -> pl.DataFrame | None:
        """The current rows of a day of a raw table, before this build.

        The commit is refused if another run changes them meanwhile.

        Args:
            date: a day of the block.

        Returns:
            The rows, or None if there are none.
        """
        self._must_be_raw()
        if date not in self.dates:
            raise UndeclaredInput(f"{self.table} asks for its own {date}, which is not a day of the block {self._span}")
        state = self._place.lake.state(self.table)
        info = state.info(date)
        self.seen[date] = None if info is None else info.exact
        return None if info is None else self._place.lake.read(self.table, [date], state=state)

    @property
    def requests(self) -> int:
        """How many requests to the lake are worth making at once."""
        return 2 if self._place.lake.is_local else REMOTE_REQUESTS

    if not TYPE_CHECKING:  # a type checker shall still find what is misspelt

        def __getattr__(self, name: str) -> Any:
            """Refuse what is not here: the settings, the lake."""
            if name.startswith("_"):
                raise AttributeError(name)
            raise UndeclaredInput(
                f"{self.table} asks for {name!r}; a computation has only what its table declares: `inputs` for other "
                "tables, `parameters` for settings, `day_facts` for the calendar, `outside` for what is not in the lake"
            )

    @property
    def _span(self) -> str:
        return f"{self.dates[0]} to {self.dates[-1]}"

    def _has(self, table: str, date: dt.date) -> bool:
        return any(wanted.table == table for wanted in self._declared) or table in self._more.get(date, {})

    def _chosen(self, table: str, allowed: Sequence[dt.date], days: Iterable[dt.date] | None) -> list[dt.date]:
        if days is None:
            return list(allowed)
        wanted = sorted(set(days))
        if beyond := sorted(set(wanted).difference(allowed)):
            raise UndeclaredInput(
                f"{self.table} reads {table} of {beyond[0]}, which is not in the windows that it declares for "
                f"{self._span}; declare a longer window, as `Input({table!r}, sessions=...)`. Days after the day "
                "itself cannot be declared"
            )
        return wanted

    def _refuse(self, table: str, window: str = "") -> None:
        raise UndeclaredInput(
            f"{self.table} reads {table}, which it does not declare; add `Input({table!r}{window})` to its `inputs`"
        )

    def _must_be_raw(self) -> None:
        if not self.table.startswith("raw/"):
            raise UndeclaredInput(f"{self.table} asks for its original files; only raw tables have original files")
