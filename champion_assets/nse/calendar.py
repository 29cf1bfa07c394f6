"""NSE's session calendar: which days traded, of which type, and why a day was closed.

What belongs here: the calendar as data and the questions one asks of it. What does not: partition keys (`partitions.py`), or any
decision that a file cannot exist: calendar and files are reconciled in both directions.

The data (`data/calendar.csv`) lists exceptions only: closed weekdays, and sessions that are not regular (Muhurat, Budget, special
Saturdays), each with reason, hours where known, and evidence. Every other weekday is a regular session, every other weekend day
is closed. From 2011-01-03 to 2026-08-21 it equals the days for which a bhavcopy exists; 1996 to 2010 follow public calendar
libraries and 1994-1995 have no known closures yet (`Day.evidence` says which).
A user's override file has the same columns and wins line by line. NSE's own list of a new year (`holiday-master`, JSON) can stand beside
it or in its place: it adds closures that the packaged data does not know, and lengthens the calendar to the end of its year.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal, cast

from champion_assets.common.errors import ChampionError

FIRST_SESSION = dt.date(1994, 11, 3)
LAST_PUBLISHED_YEAR = 2026

DayStatus = Literal["regular", "muhurat", "budget", "special", "closed"]
_COLUMNS = ["date", "status", "reason", "open", "close", "evidence"]
_STATUSES = ("regular", "muhurat", "budget", "special", "closed")


class CalendarError(ChampionError, ValueError):
    """A date outside the calendar, or a line of an override file that makes no sense."""


@dataclass(frozen=True)
class Day:
    """One calendar day: `status`, `reason`, hours as "HH:MM" IST or "", and the evidence for anything but the ordinary."""

    date: dt.date
    status: DayStatus
    reason: str = ""
    open: str = ""
    close: str = ""
    evidence: str = ""

    @property
    def is_session(self) -> bool:
        """True if the market traded."""
        return self.status != "closed"


def _read_days(lines: Iterator[str], origin: str) -> dict[dt.date, Day]:
    reader = csv.DictReader(lines)
    if reader.fieldnames != _COLUMNS:
        raise CalendarError(f"{origin}: the columns must be {','.join(_COLUMNS)}, found {reader.fieldnames}")
    days: dict[dt.date, Day] = {}
    for number, row in enumerate(reader, start=2):
        try:
            date = dt.date.fromisoformat(row["date"])
        except ValueError as error:
            raise CalendarError(f"{origin}, line {number}: {row['date']!r} is not a date YYYY-MM-DD") from error
        if row["status"] not in _STATUSES:
            raise CalendarError(f"{origin}, line {number}: status {row['status']!r} is none of {', '.join(_STATUSES)}")
        if date in days:
            raise CalendarError(f"{origin}, line {number}: {date} is listed twice")
        status = cast("DayStatus", row["status"])
        days[date] = Day(date, status, row["reason"], row["open"], row["close"], row["evidence"])
    return days


def _ordinary(date: dt.date) -> Day:
    if date.weekday() < 5:
        return Day(date, "regular", open="09:15", close="15:30")
    return Day(date, "closed", "Saturday" if date.weekday() == 5 else "Sunday")


class SessionCalendar:
    """Answers questions about sessions between `first` and `last` (dates, both included)."""

    def __init__(self, exceptions: dict[dt.date, Day], last: dt.date) -> None:
        self.first, self.last = FIRST_SESSION, last
        self._exceptions = exceptions
        span = range((last - FIRST_SESSION).days + 1)
        days = (self._lookup(FIRST_SESSION + dt.timedelta(days=n)) for n in span)
        self._sessions = [day.date for day in days if day.is_session]

    def _lookup(self, date: dt.date) -> Day:
        return self._exceptions.get(date) or _ordinary(date)

    def day(self, date: dt.date) -> Day:
        """Everything known about `date`.

        Raises:
            CalendarError: the date lies outside the calendar.
        """
        if not self.first <= date <= self.last:
            raise CalendarError(
                f"{date} lies outside the session calendar ({self.first} to {self.last}); "
                "add the days to a file and name it in CHAMPION_CALENDAR"
            )
        return self._lookup(date)

    def is_session(self, date: dt.date) -> bool:
        """True if the market traded on `date`."""
        return self.day(date).is_session

    def why_closed(self, date: dt.date) -> str | None:
        """The reason for which `date` was closed, or None if it was a session."""
        day = self.day(date)
        return None if day.is_session else day.reason

    def sessions_between(self, start: dt.date, end: dt.date) -> list[dt.date]:
        """All sessions from `start` to `end`, both included, in order."""
        self.day(start)
        self.day(end)
        return self._sessions[bisect_left(self._sessions, start) : bisect_right(self._sessions, end)]

    def previous_session(self, date: dt.date) -> dt.date | None:
        """The last session strictly before `date`, or None before the first of all."""
        self.day(date)
        index = bisect_left(self._sessions, date)
        return self._sessions[index - 1] if index else None

    def next_session(self, date: dt.date) -> dt.date | None:
        """The first session strictly after `date`, or None at the end of the calendar."""
        self.day(date)
        index = bisect_right(self._sessions, date)
        return self._sessions[index] if index < len(self._sessions) else None

    def trailing_sessions(self, date: dt.date, count: int) -> list[dt.date]:
        """The last `count` sessions up to and including `date` (fewer at the beginning of the calendar)."""
        self.day(date)
        end = bisect_right(self._sessions, date)
        return self._sessions[max(0, end - count) : end]


_SEGMENT = "CM"
_MUHURAT = re.compile(r"laxmi\s*pujan", re.IGNORECASE)


def read_holiday_master(text: str, origin: str) -> dict[dt.date, Day]:
    """The closures of NSE's `holiday-master` (trading), segment CM; Diwali Laxmi Pujan is the evening market that it is.

    Raises:
        CalendarError: not such an answer.
    """
    try:
        rows = json.loads(text)[_SEGMENT]
        listed = [(dt.datetime.strptime(row["tradingDate"], "%d-%b-%Y").replace(tzinfo=dt.UTC).date(), row["description"]) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise CalendarError(f"{origin}: not an answer of holiday-master with segment {_SEGMENT} ({error})") from error
    days = {}
    for date, description in listed:
        reason = " ".join(description.replace("*", " ").split())
        if _MUHURAT.search(reason):
            days[date] = Day(date, "muhurat", reason, evidence=f"{origin}, hours to be notified")
        elif date.weekday() < 5:
            days[date] = Day(date, "closed", reason, evidence=origin)
    return days


@lru_cache(maxsize=4)
def load_calendar(override: Path | None = None) -> SessionCalendar:
    """The packaged calendar, with the user's own days put over it.

    Args:
        override: a CSV of the same columns, which wins line by line; or a `holiday-master` JSON, which only adds to the packaged days;
            or a folder of such files, in which every CSV wins over every JSON.

    Returns:
        The calendar, to the end of the last published year or of the user's files, whichever is later.
    """
    text = resources.files("champion_assets.nse").joinpath("data/calendar.csv").read_text("utf-8")
    days = _read_days(iter(text.splitlines()), "the packaged calendar")
    last = dt.date(LAST_PUBLISHED_YEAR, 12, 31)
    files = [] if override is None else sorted(override.iterdir()) if override.is_dir() else [override]
    for path in (each for each in files if each.suffix.lower() == ".json"):
        published = read_holiday_master(path.read_text("utf-8-sig"), path.name)
        days = published | days
        last = max([last, *(dt.date(day.year, 12, 31) for day in published)])
    for path in (each for each in files if each.suffix.lower() != ".json"):
        own = _read_days(iter(path.read_text("utf-8").splitlines()), str(path))
        days |= own
        last = max([last, *own])
    return SessionCalendar(days, last)
