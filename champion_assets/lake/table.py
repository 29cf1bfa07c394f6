"""What a table is: its name, schema, inputs, parameters and computation.

What belongs here: the declaration that every stage makes. What does not: when one of its days is current
(`fingerprints.py`), building it (`build.py`), or showing it to Dagster (`orchestration/`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandera.polars as pa
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.settings import Settings

Group = Literal["raw", "bronze", "silver", "checks", "features", "portfolio", "backtest", "warehouse"]


@dataclass(frozen=True)
class Computed:
    """The rows of several days at once (told apart by `trade_date`), rows refused with their reason, and facts a
    day.
    """

    frame: pl.DataFrame
    rejects: pl.DataFrame | None = None
    facts: dict[dt.date, dict[str, Any]] = field(default_factory=dict)
    failed: Mapping[dt.date, Exception] = field(default_factory=dict)


@dataclass(frozen=True)
class Publication:
    """A file that appears daily.

    `candidates` gives the names under which a day's file may lie, `accept` judges what was found.
    """

    candidates: Callable[..., Any]
    accept: Callable[..., Any]


Compute = Callable[[Inputs, Sequence[dt.date]], Computed]
Judge = Callable[[Place, Sequence[dt.date]], Mapping[dt.date, Exception]]


@dataclass(frozen=True)
class DailyTable:
    """A daily table of the lake.

    Attributes:
        name: asset key, lake folder and SQL table, `stage/name`.
        description: first paragraph shown to users.
        model: the Pandera model that every day must satisfy.
        code_version: raised whenever the same inputs would give other rows.
        inputs: from the settings, what a day reads.
        parameters: from the settings, everything else the rows depend on. Only what differs from the defaults is part
            of a fingerprint: a new parameter changes no stored day as long as nobody sets it; a changed default needs a
                new code version.
        constants: what of the code the rows depend on and has a value of its own, such as a threshold; always part of a
            fingerprint.
        day_facts: what else the rows of each day depend on, such as what the calendar says of it or a line of the user;
            days left out have none. Whatever a day may know of later days, such as whether it is the last session of
            its month, stands here.
        more_inputs: by day and table, earlier days that single days read beyond their windows.
        outside: from the settings, what lies outside the lake: the source of a raw table, the database of a warehouse.
        compute: the rows of the given sessions, in order and not always consecutive, from nothing but what is declared
            here.
        block: how many sessions are computed and then written at once; this, not the range, bounds memory and what a
            crash loses.
        block_rows: for tables of which some days have very many rows: a block has fewer sessions if they have more rows
            than this in the first table that is read.
        stateful: a day reads this table's own previous session, so days run in order and a missing past is an error.
        may_be_empty: a session without rows is legitimate.
        rows_stand_alone: a row that breaks the model goes to the quarantine and costs nothing else; otherwise it fails
            its day. What the computation refuses itself must have the columns of the model, too.
        gate: the days of which a check forbids the table, with the reason.
        contradict: for tables fed from outside: days that the calendar calls closed although the source has them.
        confirm: for tables that live outside the lake (a database): the days of which the outside really holds this
            version.
        preview: Markdown a person wants to see beside the last built day, by title.
        kinds: what it is made with and of, for badges in the web page.
        grain: what a row is of; tables with one row per instrument and day are kept by month in a warehouse, others by
            year.
        in_warehouse: whether the warehouses hold the table.
        warehouse_rows: SQL condition on the rows that they hold; all by default.
        peak_megabytes: measured peak memory of a process that builds five genuine years of it; None if nobody measured.
        published: for files that the exchange publishes daily: how a day's file is looked for and judged.
        is_releasable: whether a person may let single quarantined rows through.
        not_released_because: what to do instead, where not.
        completes_day: a day is finished when it has this table.
        mlflow_names: names in MLflow of the seconds and of the rows of a run.
        is_enabled: whether the graph has the table under these settings.
        provenance: columns that only say where a row came from; what reads the table does not depend on them.
        reads_provenance: whether this table keeps all columns of what it reads, those included, as a warehouse does.
    """

    name: str
    description: str
    model: type[pa.DataFrameModel]
    code_version: str
    compute: Compute
    inputs: Callable[[Settings], tuple[Input, ...]] = lambda _: ()
    parameters: Callable[[Settings], dict[str, Any]] = lambda _: {}
    constants: Mapping[str, Any] = field(default_factory=dict)
    day_facts: Callable[[Place, Sequence[dt.date]], Mapping[dt.date, Any]] = lambda _place, _dates: {}
    more_inputs: Callable[[Place, Sequence[dt.date]], Mapping[dt.date, Mapping[str, Sequence[dt.date]]]] = (
        lambda _place, _dates: {}
    )
    outside: Callable[[Settings], Any] | None = None
    block: int | Callable[[Settings], int] = 64
    block_rows: int | None = None
    stateful: bool = False
    may_be_empty: bool = False
    rows_stand_alone: bool = False
    gate: Judge | None = None
    contradict: Judge | None = None
    confirm: Callable[[Place, Sequence[dt.date]], set[dt.date]] | None = None
    preview: Callable[[Place, dt.date], dict[str, str]] | None = None
    kinds: frozenset[str] = frozenset({"parquet", "polars"})
    grain: Literal["instrument", "other"] = "other"
    in_warehouse: bool = False
    warehouse_rows: str | None = None
    peak_megabytes: int | None = None
    published: Publication | None = None
    is_releasable: bool = False
    not_released_because: str = (
        "the file is not what it should be: get the right one, and `champion backfill DAY DAY --refetch`"
    )
    completes_day: bool = False
    mlflow_names: tuple[str, str | None] | None = None
    is_enabled: Callable[[Settings], bool] = lambda _: True
    provenance: frozenset[str] = frozenset()
    reads_provenance: bool = False

    @property
    def group(self) -> str:
        """The stage, which is the first part of the name."""
        return self.name.split("/", 1)[0]

    def block_size(self, settings: Settings) -> int:
        """The number of sessions that are computed together.

        Args:
            settings: `block` may depend on them.
        """
        return self.block if isinstance(self.block, int) else self.block(settings)

    def reads_other_days(self, settings: Settings) -> bool:
        """Whether a day reads earlier days, of other tables or of this one.

        Args:
            settings: the inputs may depend on them.
        """
        return any(wanted.sessions > 1 or wanted.lag > 0 or wanted.since_month for wanted in self.inputs(settings))

    def reads_itself(self, settings: Settings) -> bool:
        """Whether a day reads earlier days of the same table.

        Args:
            settings: the inputs may depend on them.
        """
        return any(wanted.table == self.name for wanted in self.inputs(settings))

    @property
    def is_source(self) -> bool:
        """True for tables fed from outside: their fingerprint is that of the bytes, not of inputs."""
        return self.group == "raw"


@dataclass(frozen=True)
class HistoryOutcome:
    """What became of a table of the whole history.

    `written` or `unchanged`, its rows, figures for people, Markdown by title.
    """

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
    build: Callable[[Place], HistoryOutcome]
    kinds: frozenset[str] = frozenset()
    peak_megabytes: int | None = None

    @property
    def group(self) -> str:
        """The stage, which is the first part of the name."""
        return self.name.split("/", 1)[0]
