"""What the lake asks of an exchange: a calendar of sessions, and errors that say whether to go on.

What belongs here: protocols and the two questions put to errors. The lake knows no exchange; whoever opens a workspace
brings a calendar.
"""

from __future__ import annotations

import datetime as dt
from typing import Protocol

import obstore.exceptions


class CalendarDay(Protocol):
    """What a calendar knows of a day."""

    @property
    def date(self) -> dt.date:
        """The day."""

    @property
    def status(self) -> str:
        """`closed`, or the type of the session."""

    @property
    def reason(self) -> str:
        """Why it is not an ordinary session; empty if it is."""

    @property
    def is_session(self) -> bool:
        """True if the market traded."""

    @property
    def confirmed(self) -> bool:
        """False if nothing of the exchange's own proves the day."""


class Calendar(Protocol):
    """Which days are sessions; see `nse/calendar.py` for the exchange's own."""

    @property
    def first(self) -> dt.date:
        """First day of the calendar."""

    @property
    def last(self) -> dt.date:
        """Last day of the calendar."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Files of days that were left out, and why."""

    def day(self, date: dt.date, /) -> CalendarDay:
        """Everything known about `date`."""

    def is_session(self, date: dt.date, /) -> bool:
        """True if the market traded on `date`."""

    def why_closed(self, date: dt.date, /) -> str | None:
        """The reason for which `date` was closed, or None if it was a session."""

    def sessions_between(self, start: dt.date, end: dt.date, /) -> list[dt.date]:
        """All sessions from `start` to `end`, both included, in order."""

    def previous_session(self, date: dt.date, /) -> dt.date | None:
        """The last session strictly before `date`, or None before the first of all."""

    def next_session(self, date: dt.date, /) -> dt.date | None:
        """The first session strictly after `date`, or None at the end of the calendar."""

    def trailing_sessions(self, date: dt.date, count: int, /) -> list[dt.date]:
        """The last `count` sessions up to and including `date`."""


def is_retryable(error: Exception) -> bool:
    """True if the same day may succeed later by itself: the network failed, or a disk or server did not answer.

    An error of a source says so itself, by its attribute `retryable`.
    """
    own = getattr(error, "retryable", None)
    if isinstance(own, bool):
        return own
    if isinstance(error, obstore.exceptions.BaseError):
        return isinstance(error, obstore.exceptions.GenericError)
    return isinstance(error, OSError) and not isinstance(error, FileNotFoundError)


def stops_source(error: Exception) -> bool:
    """True if the source refuses this client, so that nothing more may be asked of it.

    The error's attribute `stops_source`.
    """
    return getattr(error, "stops_source", False) is True
