"""Days that were asked for and days that the lake has: which are absent, and how to build them.

What belongs here: sessions of a range, what is absent of them, reading the rest. What does not: what the rows mean.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import polars as pl

from champion_assets.common.clock import today
from champion_assets.research.errors import NotASession, NotBuilt

if TYPE_CHECKING:
    from champion_assets.lake.manifest import TableState
    from champion_assets.lake.workspace import Workspace

SHOWN = 3
"""Stretches of absent days that a message lists."""


def sessions_of(workspace: Workspace, first: dt.date, last: dt.date) -> list[dt.date]:
    """The sessions of a range; at least one.

    Args:
        workspace: has the calendar.
        first: first day.
        last: last day.

    Returns:
        Sessions in order.

    Raises:
        NotASession: the market was closed on all of these days.
        CalendarError: a day is outside the calendar.
    """
    calendar = workspace.calendar
    sessions = calendar.sessions_between(first, last)
    if sessions:
        return sessions
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    reasons = ", ".join(dict.fromkeys(calendar.why_closed(day) or "closed" for day in days))
    around = [str(day) for day in (calendar.previous_session(first), calendar.next_session(last)) if day is not None]
    what = f"{first} is not a session" if first == last else f"there is no session from {first} to {last}"
    raise NotASession(f"{what}: the market was closed ({reasons}). The nearest sessions are {' and '.join(around)}")


def stored_of(
    workspace: Workspace,
    table: str,
    sessions: Sequence[dt.date],
    *,
    allow_missing: bool,
    state: TableState | None = None,
) -> list[dt.date]:
    """Those of `sessions` that the lake has of a table.

    Args:
        workspace: where the table is.
        table: `stage/name`.
        sessions: requested sessions.
        allow_missing: return the days that exist although some are missing.
        state: a version of the table; the current one by default.

    Returns:
        Days in the order of `sessions`; all of them without `allow_missing`.

    Raises:
        NotBuilt: the lake lacks some, and `allow_missing` is False.
    """
    present = set(workspace.lake.dates(table)) if state is None else set(state.file_of)
    missing = [day for day in sessions if day not in present]
    if missing and not allow_missing:
        offer = "" if set(missing) == set(sessions) else ". allow_missing=True gives the days that are there"
        raise NotBuilt(_words(workspace, table, sessions, missing, sorted(present)) + offer)
    return [day for day in sessions if day in present]


def first_to_build(workspace: Workspace, table: str, possible: dt.date, present: Collection[dt.date]) -> dt.date:
    """The first day of the command that builds `possible`: days of who is who need all days before them.

    Args:
        workspace: where the table is.
        table: its name.
        possible: an absent day.
        present: the days that the lake has of the table.
    """
    if table.startswith(("raw/", "bronze/")):
        return possible
    before = workspace.sessions(workspace.settings.start_date, possible)
    return next((day for day in before if day not in present), possible)


def require_stored(workspace: Workspace, table: str, sessions: Sequence[dt.date]) -> None:
    """Check that the lake has all of `sessions` of a table, for results that cannot be partial.

    Args:
        workspace: where the table is.
        table: `stage/name`.
        sessions: needed sessions.

    Raises:
        NotBuilt: the lake lacks some.
    """
    present = set(workspace.lake.dates(table))
    if missing := [day for day in sessions if day not in present]:
        raise NotBuilt(_words(workspace, table, sessions, missing, sorted(present)))


def read(
    workspace: Workspace,
    table: str,
    dates: Sequence[dt.date],
    columns: Sequence[str] | None = None,
    state: TableState | None = None,
    *,
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    """The rows of some days of a table, in the order of the days.

    Args:
        workspace: where the table is.
        table: `stage/name`.
        dates: days that the lake has; without any, the result has the columns and no rows.
        columns: columns to read; all by default.
        state: a version of the table; the current one by default.
        where: condition on the rows.

    Raises:
        NotBuilt: a day does not exist, or was removed while it was read.
        CorruptObject: an object cannot be read.
    """
    if not dates:
        from champion_assets.catalog import TABLES
        from champion_assets.lake.schema import empty_frame

        frame = empty_frame(TABLES[table].model)
        return frame if columns is None else frame.select(columns)
    return taken(workspace, table, dates, lambda: workspace.lake.read(table, dates, columns, where=where, state=state))


def taken(
    workspace: Workspace, table: str, dates: Sequence[dt.date], read_them: Callable[[], pl.DataFrame]
) -> pl.DataFrame:
    """The result of `read_them`, with an absent file reported as days that are not built.

    Args:
        workspace: where the table is.
        table: `stage/name`.
        dates: days that are read.
        read_them: reads them.

    Raises:
        NotBuilt: a day does not exist, or was removed while it was read.
    """
    try:
        return read_them()
    except FileNotFoundError as error:
        require_stored(workspace, table, dates)
        span = f"{dates[0]} to {dates[-1]}"
        raise NotBuilt(f"{table}: a day from {span} was replaced while it was read; ask again") from error


def _words(
    workspace: Workspace,
    table: str,
    sessions: Sequence[dt.date],
    missing: Sequence[dt.date],
    present: Sequence[dt.date],
) -> str:
    if table not in workspace.tables:
        return f"{table} is switched off by the settings; see LOAD_TO_{table.rsplit('/', 1)[-1].upper()}"
    settings, now = workspace.settings, today(workspace.settings)
    amount = "1 session is" if len(missing) == 1 else f"{len(missing)} of {len(sessions)} sessions are"
    parts = [f"{table}: {amount} not built: {_stretches(workspace, missing)}"]
    parts.append(
        f"The lake {workspace.lake.root} has {present[0]} to {present[-1]} of this table"
        if present
        else f"The lake {workspace.lake.root} has no day of this table"
    )
    last = now if settings.end_date is None else min(now, settings.end_date)
    possible = [day for day in missing if settings.start_date <= day <= last]
    if missing[0] < settings.start_date:
        parts.append(f"The history begins on {settings.start_date} (CHAMPION_START_DATE)")
    if missing[-1] > last:
        parts.append(f"It ends on {settings.end_date} (CHAMPION_END_DATE)" if last != now else f"Today is {now}")
    if possible:
        begin = first_to_build(workspace, table, possible[0], set(present))
        parts.append(f"Build them with `champion backfill {begin} {possible[-1]}`")
    return ". ".join(parts)


def _stretches(workspace: Workspace, days: Sequence[dt.date]) -> str:
    """The days as stretches of consecutive sessions: `2024-02-01 to 2024-02-09, 2024-03-04`."""
    calendar = workspace.calendar
    found: list[list[dt.date]] = []
    for day in days:
        if found and calendar.next_session(found[-1][-1]) == day:
            found[-1][-1] = day
        else:
            found.append([day, day])
    shown = [str(first) if first == last else f"{first} to {last}" for first, last in found[:SHOWN]]
    more = f", and {len(found) - SHOWN} more stretches up to {found[-1][-1]}" if len(found) > SHOWN else ""
    return ", ".join(shown) + more
