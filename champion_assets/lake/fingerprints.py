"""When a stored day is current: fingerprints of days, and recipes of tables.

What belongs here: what is hashed, and the marks of what the lake holds. What does not: what follows from it
(`plan.py`).

A day's fingerprint is the hash of the table's name, code version, constants, parameters that differ from their
defaults, facts of the day and the content of everything the day read. The computation is deterministic, so equal
fingerprints mean equal rows, and a day whose stored fingerprint equals the expected one is left alone. Content is what
rows say, without the columns that only name the file they came from: an input that was made again with the same values
changes nothing. For raw files the fingerprint is the SHA-256 of the bytes. The recipe is the same without the inputs'
content: it tells whether a day was made by the code and settings of today, so that nothing is built on a stale past.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from champion_assets.lake.manifest import DayInfo
from champion_assets.lake.parameters import differing
from champion_assets.lake.place import Input
from champion_assets.lake.store import Lake
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import DayFacts, Workspace
from champion_assets.settings import Settings


def recipe_of(table: DailyTable, settings: Settings) -> str:
    """The hash of everything but the data that the rows of `table` depend on.

    Code version, parameters, which windows it reads.
    """
    windows = [
        {"table": each.table, "sessions": "month" if each.since_month else each.sessions, "lag": each.lag}
        for each in table.inputs(settings) if not each.is_gate
    ]  # fmt: skip
    parts = [*_identity(table, settings), windows]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _identity(table: DailyTable, settings: Settings) -> list[Any]:
    return [table.name, table.code_version, dict(table.constants), differing(table.parameters, settings)]


@dataclass
class _Marks:
    """Of one table: what is known of its days, which are about to be built, and the content of each by either hash."""

    days: dict[dt.date, DayInfo]
    expected: set[dt.date] = field(default_factory=set)
    usable: dict[str | None, set[dt.date]] = field(default_factory=dict)
    content: dict[dt.date, str] = field(default_factory=dict)
    exact: dict[dt.date, str] = field(default_factory=dict)
    digests: dict[tuple[bool, dt.date, dt.date, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The hashes of the days that are there."""
        self.content |= {date: info.content for date, info in self.days.items()}
        self.exact |= {date: info.exact for date, info in self.days.items()}

    def digest(self, window: Sequence[dt.date], *, exact: bool) -> str:
        """The hash of what some days hold, by either hash of each."""
        hashes = self.exact if exact else self.content
        return hashlib.sha256(" ".join([hashes.get(day, "") for day in window]).encode()).hexdigest()[:32]

    def digest_of_sessions(self, window: Sequence[dt.date], *, exact: bool) -> str:
        """The same of consecutive sessions, remembered: many tables read the same ones."""
        if not window:
            return self.digest(window, exact=exact)
        key = (exact, window[0], window[-1], len(window))
        if key not in self.digests:
            self.digests[key] = self.digest(window, exact=exact)
        return self.digests[key]


class Fingerprints:
    """What the lake says of days, read once a table and remembered, and which days are about to be built."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._tables: dict[str, _Marks] = {}
        self._recipes: dict[str, str] = {}
        self._identities: dict[str, str] = {}
        self._inputs: dict[str, list[tuple[Input, str]]] = {}
        self._windows: dict[tuple[str, int, int, bool], tuple[dt.date, Sequence[dt.date]]] = {}

    def of(self, table: str) -> _Marks:
        """The marks of a table."""
        if table not in self._tables:
            self._tables[table] = _Marks(
                {date: file.days[date] for date, file in self._lake.state(table).file_of.items()}
            )
        return self._tables[table]

    def recipe(self, table: DailyTable, settings: Settings) -> str:
        """`recipe_of`, computed once."""
        if table.name not in self._recipes:
            self._recipes[table.name] = recipe_of(table, settings)
        return self._recipes[table.name]

    def identity(self, table: DailyTable, settings: Settings) -> str:
        """What a table is, apart from its data, as JSON; computed once."""
        if table.name not in self._identities:
            self._identities[table.name] = json.dumps(_identity(table, settings), sort_keys=True, default=str)
        return self._identities[table.name]

    def inputs(self, table: DailyTable, settings: Settings) -> list[tuple[Input, str]]:
        """What a table reads, each with a label that is unique; computed once."""
        if table.name not in self._inputs:
            self._inputs[table.name] = [
                (wanted, f"{wanted.table}@{wanted.lag}" if wanted.lag else wanted.table)
                for wanted in table.inputs(settings)
            ]
        return self._inputs[table.name]

    def window(self, workspace: Workspace, wanted: Input, date: dt.date) -> Sequence[dt.date]:
        """`Workspace.window`, remembered for the day that was asked for last: a plan asks twice for each."""
        key = (wanted.table, wanted.sessions, wanted.lag, wanted.since_month)
        last, found = self._windows.get(key, (None, ()))
        if last != date:
            found = workspace.window(wanted, date)
            self._windows[key] = (date, found)
        return found

    def stored(self, table: str, date: dt.date) -> str | None:
        """The fingerprint in the lake, or None if it does not have the day."""
        info = self.of(table).days.get(date)
        return None if info is None else info.fingerprint

    def unusable(self, table: str, dates: Sequence[dt.date], recipe: str | None) -> list[dt.date]:
        """The days that the lake lacks or that were not made by `recipe` (None: by whatever).

        Unless they are about to be built.
        """
        marks = self.of(table)
        if recipe not in marks.usable:
            made = {date for date, info in marks.days.items() if recipe in (None, info.recipe)}
            marks.usable[recipe] = made | marks.expected
        usable = marks.usable[recipe]
        return [] if usable.issuperset(dates) else [date for date in dates if date not in usable]

    def expect(self, table: str, date: dt.date) -> None:
        """Note that the day is about to be built, so that nobody knows its content yet."""
        marks = self.of(table)
        marks.expected.add(date)
        for usable in marks.usable.values():
            usable.add(date)

    def settle(self, table: str, date: dt.date, info: DayInfo | None) -> None:
        """Note what became of a day."""
        marks = self.of(table)
        marks.expected.discard(date)
        marks.usable.clear()
        marks.digests.clear()
        for known in (marks.days, marks.content, marks.exact):
            known.pop(date, None)
        if info is not None:
            marks.days[date], marks.content[date], marks.exact[date] = info, info.content, info.exact


def missing_inputs(
    table: DailyTable, workspace: Workspace, date: dt.date, marks: Fingerprints, known: DayFacts
) -> list[tuple[str, dt.date]]:
    """Tables and days that `date` of `table` reads and the lake lacks, or has of other code or settings."""
    missing = []
    for name, window, _, _ in _windows(table, workspace, date, marks, known):
        source = workspace.tables.get(name)
        made_by = None if source is None or source.is_source else marks.recipe(source, workspace.settings)
        missing += [(name, day) for day in marks.unusable(name, window, made_by)]
    return missing


def expected_fingerprint(
    table: DailyTable, workspace: Workspace, date: dt.date, marks: Fingerprints, known: DayFacts
) -> str | None:
    """The fingerprint that `date` of `table` should have.

    None as long as an input is about to be built, so that nobody knows yet.
    """
    read: dict[str, Any] = {}
    for name, window, is_gate, label in _windows(table, workspace, date, marks, known):
        if is_gate:
            continue
        source = marks.of(name)
        if not source.expected.isdisjoint(window):
            return None
        digest = source.digest if label.endswith("+") else source.digest_of_sessions
        read[label] = [len(window), digest(window, exact=table.reads_provenance)]
    rest = json.dumps([known.facts.get(date), read], sort_keys=True, default=str)
    text = f"{marks.identity(table, workspace.settings)[:-1]}, {rest[1:]}"  # one list, as if written at once
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _windows(
    table: DailyTable, workspace: Workspace, date: dt.date, marks: Fingerprints, known: DayFacts
) -> Iterator[tuple[str, Sequence[dt.date], bool, str]]:
    """What the day reads: table, days, whether it is a gate, and a label that is unique.

    Days that no window of sessions holds have a label that ends with a plus sign.
    """
    for wanted, label in marks.inputs(table, workspace.settings):
        yield wanted.table, marks.window(workspace, wanted, date), wanted.is_gate, label
    for name, days in sorted(known.more.get(date, {}).items()):
        yield name, list(days), False, f"{name}+"
