"""NSE's session calendar: which days traded, of which type, and why a day was closed.

What belongs here: the calendar as data and the questions one asks of it. What does not: reading its files
(`calendar_files.py`), partition keys (`partitions.py`), or any decision that a file cannot exist: calendar and files
are reconciled in both directions.

The data (`data/calendar.csv`) lists exceptions only: closed weekdays, and sessions that are not regular (Muhurat,
Budget, special Saturdays), each with reason, hours where known, and evidence. Every other weekday is a regular session,
every other weekend day is closed. From 2011-01-03 to 2026-08-21 it equals the days for which a bhavcopy exists, and the
rest of 2026 is NSE's published list. Days before 2011 follow public calendars, most are not confirmed
(`Day.confirmed`), and there files decide: see `SessionCalendar.decided_by`.

A user's file has the same columns and wins line by line. NSE's own list of a new year (`holiday-master`, JSON) adds
closures that the packaged data does not know, and lengthens the calendar to the end of its year.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from pathlib import Path

from champion_assets.nse.calendar_files import (
    CalendarError,
    Day,
    holiday_lists,
    ordinary,
    read_days,
    read_holiday_master,
    years_end,
)

FIRST_SESSION = dt.date(1994, 11, 3)
LAST_PUBLISHED_YEAR = 2026
BY_FILE, NO_FILE = "bhavcopy of the day", "no file; unconfirmed session"
_File = tuple[str, bytes]
"""A file's path and its content."""


class SessionCalendar:
    """Answers questions about sessions between `first` and `last` (dates, both included).

    `problems` says which files were left out and why.
    """

    def __init__(self, exceptions: Mapping[dt.date, Day], last: dt.date, problems: tuple[str, ...] = ()) -> None:
        self.first, self.last, self.problems = FIRST_SESSION, last, problems
        self._exceptions = exceptions
        span = range((last - FIRST_SESSION).days + 1)
        days = (self._lookup(FIRST_SESSION + dt.timedelta(days=n)) for n in span)
        self._sessions = [day.date for day in days if day.is_session]

    def _lookup(self, date: dt.date) -> Day:
        return self._exceptions.get(date) or ordinary(date)

    def day(self, date: dt.date) -> Day:
        """Everything known about a day.

        Args:
            date: any day of the calendar.

        Raises:
            CalendarError: the date is outside the calendar.
        """
        if not self.first <= date <= self.last:
            raise CalendarError(
                f"{date} lies outside the session calendar ({self.first} to {self.last}); "
                "add the days to a file and name it in CHAMPION_CALENDAR"
            )
        return self._lookup(date)

    def is_session(self, date: dt.date) -> bool:
        """Whether the market traded on a day.

        Args:
            date: any day of the calendar.

        Raises:
            CalendarError: the date is outside the calendar.
        """
        return self.day(date).is_session

    def why_closed(self, date: dt.date) -> str | None:
        """The reason why a day was closed.

        Args:
            date: any day of the calendar.

        Returns:
            The reason, or None for a session.

        Raises:
            CalendarError: the date is outside the calendar.
        """
        day = self.day(date)
        return None if day.is_session else day.reason

    def sessions_between(self, start: dt.date, end: dt.date) -> list[dt.date]:
        """All sessions of a range, in order.

        Args:
            start: first day.
            end: last day, included.
        """
        self.day(start)
        self.day(end)
        return self._sessions[bisect_left(self._sessions, start) : bisect_right(self._sessions, end)]

    def previous_session(self, date: dt.date) -> dt.date | None:
        """The last session before a day.

        Args:
            date: any day.

        Returns:
            The session, or None at the start of the calendar.
        """
        self.day(date)
        index = bisect_left(self._sessions, date)
        return self._sessions[index - 1] if index else None

    def next_session(self, date: dt.date) -> dt.date | None:
        """The first session after a day.

        Args:
            date: any day.

        Returns:
            The session, or None at the end of the calendar.
        """
        self.day(date)
        index = bisect_right(self._sessions, date)
        return self._sessions[index] if index < len(self._sessions) else None

    def trailing_sessions(self, date: dt.date, count: int) -> list[dt.date]:
        """The last sessions up to a day, which is included if it is a session.

        Args:
            date: any day.
            count: number of sessions; fewer at the start of the calendar.
        """
        self.day(date)
        end = bisect_right(self._sessions, date)
        return self._sessions[max(0, end - count) : end]

    def decided_by(self, files: Collection[dt.date], *, complete: bool = True) -> SessionCalendar:
        """The calendar in which files decide what is not confirmed.

        An unconfirmed day with a bhavcopy is a session. An unconfirmed session without one is closed if it lies between
        the first and the last of `files` and these are complete. A confirmed day stays what it is, with or without a
        file. A session that is lost here because its file is absent shows itself in the previous closes of the next
        one, which a check compares.

        Args:
            files: the days of which there is a bhavcopy.
            complete: True if there is no other file, as a listing of a folder knows and an archive that cannot be
                listed does not.

        Example:
            >>> load_calendar().decided_by([dt.date(1996, 2, 2), dt.date(1996, 2, 3)]).day(dt.date(1996, 2, 3)).status
            'special'
        """
        if not files:
            return self
        decided, first, last = dict(self._exceptions), max(self.first, min(files)), min(self.last, max(files))
        for offset in range((last - first).days + 1):
            day = self._lookup(first + dt.timedelta(days=offset))
            if day.confirmed:
                continue
            if day.date in files:
                status = day.status if day.is_session else "special"
                decided[day.date] = replace(day, status=status, evidence=BY_FILE, confirmed=True)
            elif complete and day.is_session:
                decided[day.date] = Day(day.date, "closed", NO_FILE, evidence=day.evidence, confirmed=False)
        return SessionCalendar(decided, self.last, self.problems)


def load_calendar(override: Path | None = None, source: Path | None = None) -> SessionCalendar:
    """The packaged calendar, with the user's own days put over it. Files are read at every call, so edits are seen.

    Args:
        override: a CSV of the same columns, which wins line by line; or a `holiday-master` JSON, which only adds to the
            packaged days; or a folder of such files, in which every CSV wins over every JSON.
        source: a folder of NSE's files; a `holiday-master*.json` in it is read like one in `override`, but one that is
            not what its name says is left out and named in `problems`, since anybody's file may lie there.

    Returns:
        The calendar, to the end of the last published year or of the user's files, whichever is later.

    Raises:
        CalendarError: a file of `override` is not what it should be.
    """
    own = [] if override is None else [override]
    if override is not None and override.is_dir():  # what an editor leaves beside a file is no calendar
        own = sorted(path for path in override.iterdir() if path.suffix.lower() in (".csv", ".json"))
    lists = [(str(path), path.read_bytes()) for path in own if path.suffix.lower() == ".json"]
    lines = [(str(path), path.read_bytes()) for path in own if path.suffix.lower() != ".json"]
    found = [] if source is None else [(str(path), path.read_bytes()) for path in holiday_lists(source)]
    return _merged(tuple(lists), tuple(lines), tuple(found))


@lru_cache(maxsize=8)
def _merged(lists: tuple[_File, ...], lines: tuple[_File, ...], found: tuple[_File, ...]) -> SessionCalendar:
    """The calendar of these contents."""
    packaged = resources.files("champion_assets.nse").joinpath("data/calendar.csv").read_text("utf-8")
    days, problems = read_days(packaged, "the packaged calendar"), []
    published: dict[dt.date, Day] = {}
    for name, body in lists:
        published = read_holiday_master(_decoded(name, body), Path(name).name) | published
    for name, body in found:
        try:
            published = read_holiday_master(_decoded(name, body), Path(name).name) | published
        except CalendarError as error:
            problems.append(f"{name}: left out; {error}")
    days = published | days
    last = max(dt.date(LAST_PUBLISHED_YEAR, 12, 31), years_end(published) or dt.date.min)
    for name, body in lines:
        own = read_days(_decoded(name, body), name)
        days |= own
        last = max([last, *own])
    return SessionCalendar(days, last, tuple(problems))


def _decoded(name: str, body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CalendarError(f"{name}: not UTF-8 ({error}); save it as UTF-8") from error
