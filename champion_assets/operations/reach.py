"""How far a range can be built with what the lake and the folder have: said before the first run, not after it.

What belongs here: refusing a range that cannot be begun, and where one has to end. What does not: what a history is too
short for (`history.py`), and building (`orchestration/backfill.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from champion_assets.catalog import open_workspace
from champion_assets.common.errors import RequestError
from champion_assets.lake.workspace import Workspace
from champion_assets.operations.history import price_days
from champion_assets.settings import Settings

PRICES, CHAIN = "raw/bhavcopy", "silver/instruments"
"""The table of the price files, and the one of which each day needs the day before."""
SHOWN = 5
"""Absent days that a sentence lists."""


@dataclass(frozen=True)
class Reach:
    """The last day that can be built, and why it is not the last that was asked for.

    Attributes:
        last: last day to build.
        why: a sentence, empty if the whole range can be built.
    """

    last: dt.date
    why: str = ""


def reach_of(settings: Settings, first: dt.date, last: dt.date, tables: Collection[str]) -> Reach:
    """The part of a range that can be built, from its first day on.

    A day of who is who needs the day before it, so that nothing is built after a session without prices. A source that
    is a server or a bucket cannot be listed, and is asked day by day.

    Args:
        settings: those of the process.
        first: first day asked for.
        last: last day asked for.
        tables: names of what is to be built; if the prices or who is who are not among them, all days can be tried.

    Raises:
        RequestError: nothing of the range can be built: the days before it are not, or its first session has no file.
    """
    if not {PRICES, CHAIN} <= set(tables):
        return Reach(last)
    workspace = open_workspace(settings)
    days = price_days(settings)
    reach = Reach(last) if days is None else _with_files(settings, workspace, days, first, last)
    _require_days_before(settings, workspace, first, last)
    return reach


def _with_files(settings: Settings, workspace: Workspace, days: list[dt.date], first: dt.date, last: dt.date) -> Reach:
    there = {*days, *workspace.lake.dates(PRICES)}
    sessions = workspace.sessions(first, last)
    absent = [day for day in sessions if day not in there]
    if not absent:
        return Reach(last)
    listed = ", ".join(map(str, absent[:SHOWN])) + (", ..." if len(absent) > SHOWN else "")
    has = f"its price files are of {days[0]} to {days[-1]}" if days else "it has no price file at all"
    why = f"{settings.source} has no price file of {len(absent)} of the {len(sessions)} sessions from {first} to {last}"
    begun = [day for day in sessions if day < absent[0]]
    if not begun:
        raise RequestError(f"{why}, beginning with the first ({listed}); {has}; see `champion source`")
    if absent[0] > max(there):
        why += f", all those after {begun[-1]}; {has}"
    else:
        why += (
            f" ({listed}), and nothing after such a day can be built: put the files there, or, if the exchange was "
            "closed, add the days to the file in CHAMPION_CALENDAR, and repeat the command"
        )
    return Reach(begun[-1], why)


def _require_days_before(settings: Settings, workspace: Workspace, first: dt.date, last: dt.date) -> None:
    before = [day for day in workspace.sessions(settings.start_date, first) if day < first]
    built = set(workspace.lake.dates(CHAIN))
    missing = [day for day in before if day not in built]
    if missing and missing[-1] == before[-1]:
        raise RequestError(
            f"the history begins on {settings.start_date}, and {len(missing)} of its sessions before {first} are not "
            f"built, on which the days from {first} on rest: run `champion backfill {missing[0]} {last}`, or, to begin "
            f"the history later, set CHAMPION_START_DATE={first}"
        )


def without_prices(settings: Settings, first: dt.date, last: dt.date, tables: Collection[str]) -> dt.date | None:
    """After runs that failed: the last session before the first whose price file was refused, if it waits for that.

    A step that lacks one day of a block fails for all of them, and the days before it could be built.

    Args:
        settings: those of the process.
        first: first day of the runs.
        last: last day of the runs.
        tables: names of what was built.
    """
    if not {PRICES, CHAIN} <= set(tables):
        return None
    workspace = open_workspace(settings)
    fetched, built = set(workspace.lake.dates(PRICES)), set(workspace.lake.dates(CHAIN))
    begun: list[dt.date] = []
    for day in workspace.sessions(first, last):
        if day not in fetched:
            break
        begun.append(day)
    else:
        return None
    return begun[-1] if begun and begun[-1] not in built else None
