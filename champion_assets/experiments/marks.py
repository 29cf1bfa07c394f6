"""What a trial rests on: whether the lake has it, and a mark that tells whether a stored trial is still current.

What belongs here: one hash for a trial as a whole, and the refusal of what is missing. What does not: fingerprints of
days (`lake/fingerprints.py`). A trial is computed anew as a whole if anything in the lake below that it reads, or may
read, up to its last day is another one than before; it takes seconds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from champion_assets.backtest.tear_sheet import CODE_VERSION
from champion_assets.backtest.tear_sheet import TABLE as TEAR_SHEET
from champion_assets.experiments.memory import BELOW, Memory
from champion_assets.lake.build import say_missing
from champion_assets.lake.errors import MissingInput
from champion_assets.lake.fingerprints import Fingerprints, recipe_of
from champion_assets.lake.place import Input
from champion_assets.lake.store import Lake
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace, day_facts_of


def require(workspace: Workspace, memory: Memory, own: Sequence[DailyTable], dates: Sequence[dt.date]) -> None:
    """See to it that the lake below has all that the own tables read for `dates`, made by today's code and settings.

    Raises:
        MissingInput: names the first table that lacks something, what, and the command that brings it.
    """
    marks, mine = Fingerprints(workspace.lake), {table.name for table in own}
    for table in own:
        days = _with_evening(workspace, dates) if table.group == "features" else dates
        missing: list[tuple[str, dt.date]] = []
        for wanted in table.inputs(workspace.settings):
            if wanted.table in mine:
                continue
            source = workspace.tables.get(wanted.table)
            made_by = None if source is None or source.is_source else recipe_of(source, workspace.settings)
            read = _read(workspace, wanted, days)
            key = ("absent", wanted.table, made_by, *read[:1], *read[-1:])
            absent = memory.once(key, (BELOW,), lambda: marks.unusable(wanted.table, read, made_by))  # noqa: B023
            missing += [(wanted.table, day) for day in absent]
        if missing:
            raise MissingInput(f"{table.name} {days[0]}: {say_missing(table, workspace, days[0], missing)}")


def _with_evening(workspace: Workspace, dates: Sequence[dt.date]) -> Sequence[dt.date]:
    """Some tables read the features of the evening before the first day."""
    before = workspace.window_before(dates[0])
    return dates if before is None else [before, *dates]


def _read(workspace: Workspace, wanted: Input, dates: Sequence[dt.date]) -> list[dt.date]:
    """The sessions of `wanted` that these sessions, between which there is no other, read together."""
    last = workspace.window(wanted, dates[-1])
    first = next((found[0] for date in dates if (found := workspace.window(wanted, date))), None)
    return workspace.calendar.sessions_between(first, last[-1]) if first is not None and last else []


def mark_of(
    workspace: Workspace, memory: Memory, own: Sequence[DailyTable], dates: Sequence[dt.date], label: str
) -> str:
    """The hash of everything that tables, figures and page of a trial rest on.

    Args:
        workspace: the trial's.
        memory: of the process.
        own: its tables.
        dates: its sessions.
        label: what its page is called.
    """
    mine = {table.name for table in own}
    read = {wanted.table for table in own for wanted in table.inputs(workspace.settings)} | set(TEAR_SHEET.inputs)
    parts: list[Any] = [CODE_VERSION, label, str(dates[0]), len(dates)]
    parts += [[table.name, recipe_of(table, workspace.settings)] for table in own]
    for table in own:
        if table.group != "features":
            facts = day_facts_of(table, workspace, dates).facts
            parts.append([table.name, [[str(date), fact] for date, fact in sorted(facts.items())]])
    for name in sorted(read - mine):
        content = memory.once(
            ("content", name, dates[-1]),
            (BELOW,),
            lambda: _content(workspace.lake, name, dates[-1]),  # noqa: B023
        )
        parts.append([name, content])
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _content(lake: Lake, table: str, last: dt.date) -> str:
    days = lake.state(table).file_of
    text = " ".join(f"{date} {file.days[date].content}" for date, file in days.items() if date <= last)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
