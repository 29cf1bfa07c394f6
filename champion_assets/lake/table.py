"""What a daily table is: its name, schema, inputs, parameters and computation; and when one of its days is current.

What belongs here: the declaration that every stage makes, and its fingerprints. What does not: running it (`build.py`) or showing
it to Dagster (`stage.py`).

A day's fingerprint is the hash of the table's name, code version, parameters and the fingerprints of everything the day read. The
computation is deterministic, so equal fingerprints mean equal bytes, and a day whose stored fingerprint equals the expected one is
left alone. For raw files the fingerprint is the SHA-256 of the bytes. The recipe is the same without the inputs' content: it tells
whether an object was made by the code and settings of today, so that nothing is built on a stale past.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandera.polars as pa
import polars as pl

from champion_assets.lake.footer import ObjectInfo
from champion_assets.lake.store import Lake, partition_key
from champion_assets.nse.calendar import SessionCalendar
from champion_assets.settings import Settings

Group = Literal["raw", "bronze", "silver", "checks", "features", "portfolio", "backtest", "warehouse"]


@dataclass(frozen=True)
class Input:
    """What a day reads of another table: the trailing `sessions` sessions that end `lag` sessions before the day itself.

    No window reaches before the first day of the grid; there it is simply shorter. A gate must be there and current, but the rows of the
    day do not depend on what it says, only whether they may be made.
    """

    table: str
    sessions: int = 1
    lag: int = 0
    is_gate: bool = False


@dataclass(frozen=True)
class Workspace:
    """Where a build happens: settings, lake and calendar, opened once and passed along.

    `begin` is the first session of the tables with state (portfolio, account) if they begin later than the grid; `tables` are those of
    the catalog that the settings enable, in the order of the graph.
    """

    settings: Settings
    lake: Lake
    calendar: SessionCalendar
    begin: dt.date | None = None
    tables: Mapping[str, DailyTable] = field(default_factory=dict)

    def sessions(self, start: dt.date, end: dt.date) -> list[dt.date]:
        """The sessions from `start` to `end` that belong to the grid."""
        start = max(start, self.settings.start_date)
        return self.calendar.sessions_between(start, end) if start <= end else []

    def window(self, wanted: Input, date: dt.date) -> list[dt.date]:
        """The sessions of `wanted` that the session `date` reads."""
        trailing = self.calendar.trailing_sessions(date, wanted.sessions + wanted.lag)
        trailing = trailing[: len(trailing) - wanted.lag]
        source = self.tables.get(wanted.table)
        first = self.begin if self.begin is not None and source is not None and source.stateful else self.settings.start_date
        return [session for session in trailing if session >= first]

    def window_before(self, date: dt.date) -> dt.date | None:
        """The session of the grid before `date`, or None for the first."""
        return next(iter(self.window(Input("", lag=1), date)), None)


@dataclass(frozen=True)
class Computed:
    """The rows of several days at once (told apart by `trade_date`), rows refused with their reason, and facts a day."""

    frame: pl.DataFrame
    rejects: pl.DataFrame | None = None
    facts: dict[dt.date, dict[str, Any]] = field(default_factory=dict)
    failed: Mapping[dt.date, Exception] = field(default_factory=dict)


@dataclass(frozen=True)
class Publication:
    """A file that appears daily: `candidates` gives the names under which a day's file may lie, `accept` judges what was found."""

    candidates: Callable[..., Any]
    accept: Callable[..., Any]


Compute = Callable[[Workspace, Sequence[dt.date]], Computed]


@dataclass(frozen=True)
class DailyTable:
    """A daily table of the lake.

    Attributes:
        name: asset key, lake folder and SQL table, `stage/name`.
        description: first paragraph shown to users.
        model: the Pandera model that every day must satisfy.
        code_version: raised whenever the same inputs would give other rows.
        inputs: from the settings, what a day reads.
        parameters: from the settings, everything else the rows depend on.
        day_facts: what else the rows of each day depend on, such as what the calendar says of it; days left out have none.
        compute: the rows of the given sessions; they are current days' inputs, in order, not always consecutive.
        block: how many sessions are computed and then written at once; this, not the range, bounds memory and what a crash loses.
        stateful: a day reads this table's own previous session, so days run in order and a missing past is an error.
        may_be_empty: a session without rows is legitimate.
        gate: the days of which a check forbids the table, with the reason.
        contradict: for tables fed from outside: days that the calendar calls closed although the source has them.
        confirm: for tables that live outside the lake (a database): the days of which the outside really holds this version.
        preview: Markdown a person wants to see beside the last built day, by title.
        kinds: what it is made with and of, for badges in the web page.
        grain: what a row is of; tables with one row per instrument and day are kept by month in a warehouse, others by year.
        in_warehouse: whether the warehouses hold the table.
        warehouse_rows: SQL condition on the rows that they hold; all by default.
        peak_megabytes: measured peak memory of a process that builds five genuine years of it; None if nobody measured.
        published: for files that the exchange publishes daily: how a day's file is looked for and judged.
        is_releasable: whether a person may let single quarantined rows through.
        not_released_because: what to do instead, where not.
        completes_day: a day is finished when it has this table.
        mlflow_names: names in MLflow of the seconds and of the rows of a run.
        is_enabled: whether the graph has the table under these settings.
    """

    name: str
    description: str
    model: type[pa.DataFrameModel]
    code_version: str
    compute: Compute
    inputs: Callable[[Settings], tuple[Input, ...]] = lambda _: ()
    parameters: Callable[[Settings], dict[str, Any]] = lambda _: {}
    day_facts: Callable[[Workspace, Sequence[dt.date]], Mapping[dt.date, Any]] = lambda _workspace, _dates: {}
    block: int | Callable[[Settings], int] = 64
    stateful: bool = False
    may_be_empty: bool = False
    gate: Callable[[Workspace, Sequence[dt.date]], Mapping[dt.date, Exception]] | None = None
    contradict: Callable[[Workspace, Sequence[dt.date]], Mapping[dt.date, Exception]] | None = None
    confirm: Callable[[Workspace, Sequence[dt.date]], set[dt.date]] | None = None
    preview: Callable[[Workspace, dt.date], dict[str, str]] | None = None
    kinds: frozenset[str] = frozenset({"parquet", "polars"})
    grain: Literal["instrument", "other"] = "other"
    in_warehouse: bool = False
    warehouse_rows: str | None = None
    peak_megabytes: int | None = None
    published: Publication | None = None
    is_releasable: bool = False
    not_released_because: str = "the file is not what it should be: get the right one, and `champion backfill DAY DAY --refetch`"
    completes_day: bool = False
    mlflow_names: tuple[str, str | None] | None = None
    is_enabled: Callable[[Settings], bool] = lambda _: True

    @property
    def group(self) -> str:
        """The stage, which is the first part of the name."""
        return self.name.split("/", 1)[0]

    def block_size(self, settings: Settings) -> int:
        """`block` under these settings."""
        return self.block if isinstance(self.block, int) else self.block(settings)

    def reads_other_days(self, settings: Settings) -> bool:
        """True if a day reads earlier days, of other tables or of this one."""
        return any(wanted.sessions > 1 or wanted.lag > 0 for wanted in self.inputs(settings))

    @property
    def is_source(self) -> bool:
        """True for tables fed from outside: their fingerprint is that of the bytes, not of inputs."""
        return self.group == "raw"


@dataclass(frozen=True)
class HistoryOutcome:
    """What became of a table of the whole history: `written` or `unchanged`, its rows, figures for people, Markdown by title."""

    status: Literal["written", "unchanged"]
    rows: pl.DataFrame
    sessions: int
    address: str
    preview: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HistoryTable:
    """A table of the whole history, such as the tear sheet: built anew when a day that it rests on has changed.

    Attributes:
        name: asset key and lake folder, `stage/name`.
        description: first paragraph shown to users.
        model: the Pandera model of its rows.
        code_version: raised whenever the same inputs would give another table.
        inputs: the daily tables that it reads.
        build: bring it up to date; raises BuildError.
        kinds: badges in the web page.
        peak_megabytes: measured peak memory.
    """

    name: str
    description: str
    model: type[pa.DataFrameModel]
    code_version: str
    inputs: tuple[str, ...]
    build: Callable[[Workspace], HistoryOutcome]
    kinds: frozenset[str] = frozenset()
    peak_megabytes: int | None = None

    @property
    def group(self) -> str:
        """The stage, which is the first part of the name."""
        return self.name.split("/", 1)[0]


def recipe_of(table: DailyTable, settings: Settings) -> str:
    """The hash of everything but the data that the rows of `table` depend on: code version, parameters, which windows it reads."""
    windows = [{"table": each.table, "sessions": each.sessions, "lag": each.lag} for each in table.inputs(settings) if not each.is_gate]
    parts = [table.name, table.code_version, table.parameters(settings), windows]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


class Fingerprints:
    """Stored fingerprints by table and day, read from the objects' footers once and remembered."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._known: dict[tuple[str, dt.date], str | None] = {}
        self._recipes: dict[tuple[str, dt.date], str] = {}

    def stored(self, table: str, date: dt.date) -> str | None:
        """The fingerprint in the lake, or None if the day has no whole object."""
        if (table, date) not in self._known:
            self._note(table, date, self._lake.info(partition_key(table, date)))
        return self._known[table, date]

    def prefetch(self, table: str, dates: Sequence[dt.date]) -> None:
        """Ask for many days at once, for a lake over a network."""
        unknown = [date for date in dates if (table, date) not in self._known]
        for date, found in zip(unknown, self._lake.infos(table, unknown), strict=True):
            self._note(table, date, None if found is None else found[0])

    def of(self, table: str, dates: Sequence[dt.date]) -> dict[dt.date, str | None]:
        """`stored` of many days."""
        self.prefetch(table, dates)
        return {date: self.stored(table, date) for date in dates}

    def _note(self, table: str, date: dt.date, info: ObjectInfo | None) -> None:
        self._known[table, date] = info.fingerprint if info else None
        if info is not None:
            self._recipes[table, date] = info.recipe

    def is_usable(self, table: str, date: dt.date, recipe: str | None) -> bool:
        """True if the day has an object, and the object was made by `recipe` (None: by whatever) or is about to be."""
        return self.stored(table, date) is not None and (recipe is None or self._recipes.get((table, date), recipe) == recipe)

    def remember(self, table: str, date: dt.date, fingerprint: str | None) -> None:
        """Note what was just written, or what is about to be."""
        self._known[table, date] = fingerprint
        self._recipes.pop((table, date), None)


def expected_fingerprint(
    table: DailyTable, workspace: Workspace, date: dt.date, fingerprints: Fingerprints, day_facts: Any
) -> tuple[str, dict[str, Any]] | list[tuple[str, dt.date]]:
    """The fingerprint that `date` of `table` should have, with a summary of its inputs; or the inputs that are missing or stale.

    `day_facts` are those of the date.
    """
    missing: list[tuple[str, dt.date]] = []
    summary: dict[str, Any] = {}
    for wanted in table.inputs(workspace.settings):
        window = workspace.window(wanted, date)
        found = [(day, fingerprints.stored(wanted.table, day)) for day in window]
        source = workspace.tables.get(wanted.table)
        made_by = None if source is None or source.is_source else recipe_of(source, workspace.settings)
        missing += [(wanted.table, day) for day in window if not fingerprints.is_usable(wanted.table, day, made_by)]
        if wanted.is_gate:
            continue
        digest = hashlib.sha256("".join(mark or "" for _, mark in found).encode()).hexdigest()[:32]
        summary[f"{wanted.table}@{wanted.lag}" if wanted.lag else wanted.table] = {
            "sessions": len(window), "first": str(window[0]) if window else None,
            "last": str(window[-1]) if window else None,
            "fingerprint": (found[0][1] if len(found) == 1 else digest) if found else None,
        }  # fmt: skip
    if missing:
        return missing
    recipe = [table.name, table.code_version, table.parameters(workspace.settings), day_facts, summary]
    text = json.dumps(recipe, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32], summary
