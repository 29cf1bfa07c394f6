"""Exports whose spans overlap and that have one event on different days.

Which of their rows another export contradicts.

What belongs here: comparing exports, which do not say when they were made, so that none of them is the newer one. What
does not: bundles, which do (`silver/corporate_actions_listing.py`), and what follows from a contradiction
(`silver/corporate_actions_hold.py`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from champion_assets.nse.actions.exports import Export
from champion_assets.nse.actions.grammar import read_subject
from champion_assets.nse.actions.legs import Legs, content, moving

MOVED_DAYS = 60
"""Most calendar days between two ex-dates of one event; a quarterly dividend of equal height is farther away."""
_Days = dict[tuple[str, Legs], set[dt.date]]


def contradictions(exports: Sequence[Export]) -> dict[str, dict[int, str]]:
    """Rows of exports that another export of the same list, which covers their day, has on another day.

    Args:
        exports: all that cover a session, each read whole.

    Returns:
        By hash of an export and number of a row, what the exports say.
    """
    days = [_days(export) for export in exports]
    found: dict[str, dict[int, str]] = {export.sha256: {} for export in exports}
    for number, one in enumerate(exports):
        others = [(each, days[at]) for at, each in enumerate(exports) if at != number and each.segment == one.segment]
        if not others:
            continue
        for row in one.rows.iter_rows(named=True):
            legs = moving(read_subject(row["subject"]))
            if not legs:
                continue
            key, day = (row["symbol_on_date"], content(legs)), row["day"]
            for other, has in others:
                elsewhere = sorted(_elsewhere(day, has.get(key, set()), days[number][key])) if other.covers(day) else []
                if elsewhere:
                    found[one.sha256][row["source_row"]] = f"one export has it on {day}, another on {elsewhere[0]}"
    return found


def _elsewhere(day: dt.date, other: set[dt.date], own: set[dt.date]) -> set[dt.date]:
    """The days on which the other export has the event that this one does not, unless it has it on `day`, too."""
    return set() if day in other else {each for each in other - own if abs((each - day).days) <= MOVED_DAYS}


def _days(export: Export) -> _Days:
    days: _Days = defaultdict(set)
    for symbol, day, subject in export.rows.select("symbol_on_date", "day", "subject").iter_rows():
        if legs := moving(read_subject(subject)):
            days[symbol, content(legs)].add(day)
    return days
