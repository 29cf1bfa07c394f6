"""When a stored day is current: fingerprints of days, and recipes of tables.

What belongs here: what is hashed, and the marks of what the lake holds. What does not: what follows from it (`plan.py`).

A day's fingerprint is the hash of the table's name, code version, constants, parameters that differ from their defaults, facts of
the day and the fingerprints of everything the day read. The computation is deterministic, so equal fingerprints mean equal bytes,
and a day whose stored fingerprint equals the expected one is left alone. For raw files the fingerprint is the SHA-256 of the bytes.
The recipe is the same without the inputs' content: it tells whether an object was made by the code and settings of today, so that
nothing is built on a stale past.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from champion_assets.lake.footer import ObjectInfo
from champion_assets.lake.parameters import differing
from champion_assets.lake.place import Input
from champion_assets.lake.store import Lake, partition_key
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import DayFacts, Workspace
from champion_assets.settings import Settings


def recipe_of(table: DailyTable, settings: Settings) -> str:
    """The hash of everything but the data that the rows of `table` depend on: code version, parameters, which windows it reads."""
    windows = [{"table": each.table, "sessions": each.sessions, "lag": each.lag} for each in table.inputs(settings) if not each.is_gate]
    parts = [*_identity(table, settings), windows]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _identity(table: DailyTable, settings: Settings) -> list[Any]:
    return [table.name, table.code_version, dict(table.constants), differing(table.parameters, settings)]


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
    table: DailyTable, workspace: Workspace, date: dt.date, fingerprints: Fingerprints, known: DayFacts
) -> tuple[str, dict[str, Any]] | list[tuple[str, dt.date]]:
    """The fingerprint that `date` of `table` should have, with a summary of its inputs; or the inputs that are missing or stale."""
    missing: list[tuple[str, dt.date]] = []
    summary: dict[str, Any] = {}
    windows = [
        (wanted.table, workspace.window(wanted, date), wanted.is_gate, _label(wanted)) for wanted in table.inputs(workspace.settings)
    ]
    windows += [(name, list(days), False, f"{name}+") for name, days in sorted(known.more.get(date, {}).items())]
    for name, window, is_gate, label in windows:
        found = [(day, fingerprints.stored(name, day)) for day in window]
        source = workspace.tables.get(name)
        made_by = None if source is None or source.is_source else recipe_of(source, workspace.settings)
        missing += [(name, day) for day in window if not fingerprints.is_usable(name, day, made_by)]
        if is_gate:
            continue
        digest = hashlib.sha256("".join(mark or "" for _, mark in found).encode()).hexdigest()[:32]
        summary[label] = {
            "sessions": len(window), "first": str(window[0]) if window else None,
            "last": str(window[-1]) if window else None,
            "fingerprint": (found[0][1] if len(found) == 1 else digest) if found else None,
        }  # fmt: skip
    if missing:
        return missing
    text = json.dumps([*_identity(table, workspace.settings), known.facts.get(date), summary], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32], summary


def _label(wanted: Input) -> str:
    return f"{wanted.table}@{wanted.lag}" if wanted.lag else wanted.table
