"""Where tables are read and written: settings, lake and calendar, and the grid of sessions that they give.

What belongs here: what a declaration may ask when a range is planned. What does not: what a computation is handed
(`inputs.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from champion_assets.lake.ports import Calendar
from champion_assets.lake.shared import NOTHING_SHARED, Shared
from champion_assets.lake.store import Lake
from champion_assets.settings import Settings


@dataclass(frozen=True)
class Input:
    """What a day reads of another table.

    The trailing `sessions` sessions that end `lag` sessions before the day itself.

    No window reaches before the first day of the grid; there it is simply shorter. None reaches beyond the day. A gate
    must be there and current, but the rows of the day do not depend on what it says, only whether they may be made; so
    they cannot read it. With `since_month` the window is as long as it must be to begin with the first session of the
    month in which it ends.
    """

    table: str
    sessions: int = 1
    lag: int = 0
    is_gate: bool = False
    since_month: bool = False

    def __post_init__(self) -> None:
        """Refuse what would be no window, or one of the future."""
        if self.sessions < 1 or self.lag < 0:
            raise ValueError(
                f"{self.table}: a window has at least one session and ends on the day or before, not {self}"
            )


@dataclass(frozen=True)
class Place:
    """Settings, lake and calendar, opened once and passed along.

    `begin` is the first session of the tables with state (portfolio, account) if they begin later than the grid;
    `shared` is what builds in this process have in common.
    """

    settings: Settings
    lake: Lake
    calendar: Calendar
    begin: dt.date | None = None
    shared: Shared = NOTHING_SHARED

    def sessions(self, start: dt.date, end: dt.date) -> list[dt.date]:
        """The sessions of the history in a range.

        Args:
            start: first day.
            end: last day.
        """
        start = max(start, self.settings.start_date)
        return self.calendar.sessions_between(start, end) if start <= end else []

    def window(self, wanted: Input, date: dt.date) -> list[dt.date]:
        """The sessions of an input that a day reads.

        Args:
            wanted: the declared input.
            date: a session.
        """
        trailing = self.calendar.trailing_sessions(date, wanted.sessions + wanted.lag)
        trailing = trailing[: len(trailing) - wanted.lag]
        if wanted.since_month and trailing:
            trailing = self.calendar.sessions_between(trailing[-1].replace(day=1), trailing[-1])
        first = self._first_of(wanted.table)
        if trailing and trailing[0] >= first:
            return trailing
        return [session for session in trailing if session >= first]

    def window_before(self, date: dt.date) -> dt.date | None:
        """The session before a day.

        Args:
            date: a session.

        Returns:
            The session, or None for the first of the history.
        """
        return next(iter(self.window(Input("", lag=1), date)), None)

    def _first_of(self, _table: str) -> dt.date:
        return self.settings.start_date
