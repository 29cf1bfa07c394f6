"""The workspace of a build: a place with the tables of its graph.

What belongs here: windows by what the tables declare. What does not: fingerprints (`fingerprints.py`) or building
(`build.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.parameters import Parameters
from champion_assets.lake.place import Place
from champion_assets.lake.table import DailyTable


@dataclass(frozen=True)
class Workspace(Place):
    """A place, and the tables of the catalog that its settings enable, in the order of the graph."""

    tables: Mapping[str, DailyTable] = field(default_factory=dict)

    def _first_of(self, table: str) -> dt.date:
        source = self.tables.get(table)
        return (
            self.begin
            if self.begin is not None and source is not None and source.stateful
            else self.settings.start_date
        )


@dataclass(frozen=True)
class DayFacts:
    """What the days of a range depend on beside their windows.

    `facts`, and `more`, days of other tables that single days read.
    """

    facts: Mapping[dt.date, Any] = field(default_factory=dict)
    more: Mapping[dt.date, Mapping[str, Sequence[dt.date]]] = field(default_factory=dict)


def day_facts_of(table: DailyTable, workspace: Workspace, dates: Sequence[dt.date]) -> DayFacts:
    """The facts of these sessions."""
    return DayFacts(table.day_facts(workspace, dates), table.more_inputs(workspace, dates))


def open_inputs(
    table: DailyTable, workspace: Workspace, dates: Sequence[dt.date], known: DayFacts | None = None
) -> Inputs:
    """What `table.compute` is handed for `dates`; `known` are the facts of the plan, if there is one."""
    known = known or day_facts_of(table, workspace, dates)
    return Inputs(
        table.name,
        dates,
        table.inputs(workspace.settings),
        workspace,
        Parameters(table.name, table.parameters(workspace.settings)),
        facts=known.facts,
        more=known.more,
        outside=table.outside,
        models={name: each.model for name, each in workspace.tables.items()},
    )
