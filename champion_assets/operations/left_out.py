"""Which daily files the lake does without: those that never came, and those that were refused.

What belongs here: one sentence for each, as a run and `champion doctor` say it. What does not: refusing a file
(`nse/`), and looking at the source again (`pending.py`).
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from champion_assets.lake.quarantine import refused_files
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.publication import FILES

USUAL = 10
"""Sessions before a day that say whether a file usually comes: it does if at least half of them have it."""

SHOWN = 20
"""Sentences of a run."""


@dataclass(frozen=True)
class LeftOut:
    """A file of a day without which the day was built: the day, the raw table, and what is said of it."""

    date: dt.date
    table: str
    says: str


def absent_files(workspace: Workspace, dates: Sequence[dt.date]) -> list[LeftOut]:
    """The days of `dates` without a file that the sessions before them have.

    Args:
        workspace: its lake is looked at, its source is not.
        dates: sessions.

    Returns:
        By day and table. Files that are listed in the quarantine are not among them: they came and were refused.
    """
    refused = {
        (each["table"], date)
        for each in refused_files(workspace.lake).iter_rows(named=True)
        for date in dates
        if each["first"] <= date <= each["last"]
    }
    found, wanted = [], set(dates)
    for table in FILES:
        state, before = workspace.lake.state(table), deque[bool](maxlen=USUAL)
        for date in workspace.lake.dates(table):
            info = state.info(date)
            has = info is not None and info.rows > 0
            usual = 2 * sum(before) >= len(before) > 0
            if date in wanted and not has and usual and (table, date) not in refused:
                says = f"{table} has no file of {date}; {sum(before)} of the {len(before)} sessions before it have one"
                found.append(LeftOut(date, table, says))
            before.append(has)
    return sorted(found, key=lambda each: (each.date, each.table))


def left_out(workspace: Workspace, first: dt.date, last: dt.date) -> list[str]:
    """What a person should know of the days from `first` to `last`: absent and refused files, one sentence each."""
    again = f"champion backfill {first} {last} --refetch"
    absent = absent_files(workspace, workspace.sessions(first, last))
    refused = [
        f"{each['table']}: {each['name']} is not used ({each['first']}): {each['reason']}"
        for each in refused_files(workspace.lake).iter_rows(named=True)
        if each["first"] <= last and each["last"] >= first
    ]
    sentences = [*(each.says for each in absent), *refused]
    more = [f"{len(sentences) - SHOWN} more: `champion doctor`, `champion quarantine list`"]
    shown = [*sentences[:SHOWN], *more] if len(sentences) > SHOWN else sentences
    return [*shown, f"when the right file is there: `{again}`"] if sentences else []
