"""What a range of days needs: which are closed, which are current, which are stale, which cannot be built.

What belongs here: the decision, which changes nothing. What does not: carrying it out (`build.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from champion_assets.lake.fingerprints import Fingerprints, expected_fingerprint, missing_inputs
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import DayFacts, Workspace, day_facts_of


@dataclass(frozen=True)
class Plan:
    """Days of a range sorted by what has to be done.

    `stale` has the expected fingerprint, None where an input is yet to be built; `stored`
    has the lake's fingerprint of days that are looked at again at the source; `known` are the facts of the days.
    """

    stale: dict[dt.date, str | None]
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

    Stale days are noted in `fingerprints` as about to be built, so later days and tables can be planned on them.
    For raw tables every session is stale, that is the source is looked at again; with `refetch` only those days are,
    and those that the lake does not have.
    """
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
                plan.stale[date] = None
                plan.stored[date] = stored
                fingerprints.expect(table.name, date)  # whatever reads it has to look again
            continue
        if missing := missing_inputs(table, workspace, date, fingerprints, known):
            plan.missing[date] = missing
            continue
        expected = expected_fingerprint(table, workspace, date, fingerprints, known)
        if expected is not None and stored == expected and (confirmed is None or date in confirmed):
            plan.unchanged.append(date)
        else:
            plan.stale[date] = expected
            fingerprints.expect(table.name, date)
    return plan
