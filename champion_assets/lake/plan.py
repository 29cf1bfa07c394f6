"""What a range of days needs: which are closed, which are current, which are stale, which cannot be built.

What belongs here: the decision, which changes nothing. What does not: carrying it out (`build.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from champion_assets.lake.fingerprints import Fingerprints, expected_fingerprint
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import DayFacts, Workspace, day_facts_of


@dataclass(frozen=True)
class Plan:
    """Days of a range sorted by what has to be done: `stale` carries the fingerprint and the inputs to be stored; `stored` has the lake's
    fingerprint of days that are looked at again at the source; `known` are the facts of the days.
    """

    stale: dict[dt.date, tuple[str, dict[str, Any]]]
    unchanged: list[dt.date]
    closed: dict[dt.date, str]
    missing: dict[dt.date, list[tuple[str, dt.date]]]
    stored: dict[dt.date, str | None]
    known: DayFacts


def plan_range(
    table: DailyTable,
    workspace: Workspace,
    dates: Sequence[dt.date],
    fingerprints: Fingerprints,
    *,
    refetch: Collection[dt.date] | None = None,
) -> Plan:
    """Decide for each calendar day whether it is closed, current, stale, or lacks an input.

    Stale days are noted in `fingerprints` with the value they are about to get, so later days and tables can be planned on them.
    For raw tables every session is stale, that is the source is looked at again; with `refetch` only those days are, and those
    that the lake does not have.
    """
    _look_ahead(table, workspace, dates, fingerprints)
    known = day_facts_of(table, workspace, [date for date in dates if workspace.calendar.why_closed(date) is None])
    plan = Plan({}, [], {}, {}, {}, known)
    confirmed = None if table.confirm is None else table.confirm(workspace, dates)
    for date in dates:
        if (reason := workspace.calendar.why_closed(date)) is not None:
            plan.closed[date] = reason
            continue
        stored = fingerprints.stored(table.name, date)
        if table.is_source:
            if stored is not None and refetch is not None and date not in refetch:
                plan.unchanged.append(date)
            else:
                plan.stale[date] = ("", {})
                plan.stored[date] = stored
                fingerprints.remember(table.name, date, "not fetched yet")  # whatever reads it has to look again
            continue
        expected = expected_fingerprint(table, workspace, date, fingerprints, known)
        if isinstance(expected, list):
            plan.missing[date] = expected
        elif stored == expected[0] and (confirmed is None or date in confirmed):
            plan.unchanged.append(date)
        else:
            plan.stale[date] = expected
            fingerprints.remember(table.name, date, expected[0])
    return plan


def _look_ahead(table: DailyTable, workspace: Workspace, dates: Sequence[dt.date], fingerprints: Fingerprints) -> None:
    """Over a network: everything that the range will ask for, several requests at once."""
    if workspace.lake.is_local or not dates:
        return
    sessions = workspace.sessions(dates[0], dates[-1])
    fingerprints.prefetch(table.name, sessions)
    for wanted in table.inputs(workspace.settings):
        window = workspace.window(wanted, sessions[0]) if sessions else []
        fingerprints.prefetch(wanted.table, sorted({*window, *sessions}))
