"""The calendar as a computation may see it: up to the last day of its block.

What a table needs to know of later days, such as whether a day is the last session of its month, is a fact of the day
and declared as such.
"""

from __future__ import annotations

import datetime as dt

from champion_assets.lake.errors import UndeclaredInput
from champion_assets.lake.ports import Calendar, CalendarDay


class CalendarView:
    """Answers of `calendar` about days up to `last`, for `table`."""

    def __init__(self, calendar: Calendar, last: dt.date, table: str) -> None:
        self._calendar, self._table = calendar, table
        self.first, self.last, self.problems = calendar.first, last, calendar.problems

    def day(self, date: dt.date, /) -> CalendarDay:
        """See `Calendar`."""
        return self._calendar.day(self._known(date))

    def is_session(self, date: dt.date, /) -> bool:
        """See `Calendar`."""
        return self._calendar.is_session(self._known(date))

    def why_closed(self, date: dt.date, /) -> str | None:
        """See `Calendar`."""
        return self._calendar.why_closed(self._known(date))

    def sessions_between(self, start: dt.date, end: dt.date, /) -> list[dt.date]:
        """See `Calendar`."""
        return self._calendar.sessions_between(start, self._known(end))

    def previous_session(self, date: dt.date, /) -> dt.date | None:
        """See `Calendar`."""
        return self._calendar.previous_session(self._known(date))

    def next_session(self, date: dt.date, /) -> dt.date | None:
        """See `Calendar`; the session must lie in the block."""
        found = self._calendar.next_session(self._known(date))
        return None if found is None else self._known(found)

    def trailing_sessions(self, date: dt.date, count: int, /) -> list[dt.date]:
        """See `Calendar`."""
        return self._calendar.trailing_sessions(self._known(date), count)

    def _known(self, date: dt.date) -> dt.date:
        if date > self.last:
            raise UndeclaredInput(
                f"{self._table} asks the calendar for {date}, after the last day of its block, {self.last}; what "
                f"a day depends on of later "
                "days is declared as `day_facts`"
            )
        return date
