"""The lake of a trial: its own tables in memory, later in a file each; all others are those of the lake below.

What belongs here: where a trial's tables are, and reading them like those of any lake. What does not: making those of
portfolio and backtest (`trial.py`). Features of its own are made when they are read, for the days that are read; no
file holds them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from champion_assets.experiments.memory import Memory, Snapshot
from champion_assets.experiments.stored import Stored
from champion_assets.lake.errors import BuildError
from champion_assets.lake.manifest import DataFile, DayInfo, TableState
from champion_assets.lake.overlay import OverlayLake
from champion_assets.lake.table import DailyTable

Frames = dict[dt.date, pl.DataFrame]
Make = Callable[[DailyTable, Sequence[dt.date]], pl.DataFrame]


@dataclass
class OwnFeature:
    """A feature that differs from that of the lake below.

    Attributes:
        table: its declaration.
        source: what makes it what it is, as a hash.
        recipe: see `lake/fingerprints.py`.
        days: that it has, or would have.
        frames: by day, as far as they were asked for; trials of equal settings have them in common.
    """

    table: DailyTable
    source: str
    recipe: str
    days: Sequence[dt.date]
    frames: Frames = field(default_factory=dict)


class TrialLake(OverlayLake):
    """Tables `others` of `base`, own `features`, and what is added or was stored."""

    def __init__(
        self,
        root: str,
        base: Snapshot,
        others: Sequence[str],
        memory: Memory,
        features: Mapping[str, OwnFeature],
    ) -> None:
        super().__init__(root, base, others)
        self._memory, self._features = memory, features
        self._make: Make | None = None
        self.added: dict[str, list[pl.DataFrame]] = {}
        self._states: dict[str, TableState] = {}
        self.stored = Stored.opened(self)

    def made_by(self, make: Make) -> None:
        """Say how the own features are made: rows of a table on days."""
        self._make = make

    def add(self, table: str, days: Mapping[dt.date, DayInfo], rows: pl.DataFrame) -> None:
        """Hold the rows of more days, later than those before."""
        known = self.state(table).files if table in self.added else {}
        self.added.setdefault(table, []).append(rows)
        whole = {date: info for file in known.values() for date, info in file.days.items()} | dict(days)
        self._states[table] = TableState(0, {"": DataFile("", 0, 0, "", whole)})

    def rows(self, table: str) -> pl.DataFrame:
        """All rows of an own table of portfolio or backtest."""
        if table in self.added:
            if len(self.added[table]) > 1:
                self.added[table] = [pl.concat(self.added[table])]
            return self.added[table][0]
        return self.stored.rows(table)

    def state(self, table: str) -> TableState:
        """See `Lake`."""
        if self.home(table) is not self:
            return super().state(table)
        if table not in self._states:
            if (own := self._features.get(table)) is not None:
                info = DayInfo(own.source, own.table.code_version, own.recipe, own.source, own.source)
                days = dict.fromkeys(own.days, info)
            else:
                days = self.stored.infos(table)
            self._states[table] = TableState(0, {"": DataFile("", 0, 0, "", days)}) if days else TableState()
        return self._states[table]

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
        if self.home(table) is not self:
            return super().read(table, dates, columns, where=where, state=state)
        wanted = sorted(set(dates))
        if not wanted:
            raise ValueError(f"no dates asked of {table}")
        if table in self._features:
            rows = self._feature(self._features[table], wanted, columns)
        else:
            have = self.state(table).file_of
            if absent := [date for date in wanted if date not in have]:
                raise FileNotFoundError(f"{table} has no {absent[0]}; repeat the experiment")
            rows = self.rows(table)
            if len(wanted) < len(have):
                rows = rows.filter(pl.col("trade_date").is_in(wanted))
        rows = rows if where is None else rows.filter(where)
        return rows if columns is None else rows.select(columns)

    def _feature(self, own: OwnFeature, dates: Sequence[dt.date], columns: Sequence[str] | None) -> pl.DataFrame:
        def rows() -> pl.DataFrame:
            absent = [date for date in dates if date not in own.frames]
            if absent:
                if self._make is None:
                    raise BuildError(f"{own.table.name}: nobody said how it is made")
                made = self._make(own.table, absent)
                by_day = {key[0]: part for key, part in made.partition_by("trade_date", as_dict=True).items()}
                own.frames.update({date: by_day.get(date, made.clear()) for date in absent})
            found = pl.concat([own.frames[date] for date in dates])
            return found if columns is None else found.select(columns).rechunk()

        key = ("feature", own.table.name, tuple(dates), None if columns is None else tuple(columns))
        return self._memory.once((key, own.source), (own.source,), rows)
