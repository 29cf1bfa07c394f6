"""What time it is: the machine's, or that of a rehearsal.

What belongs here: now, today in India, and when a day's files are due. A rehearsal on a fictional exchange names a file
in CHAMPION_CLOCK that holds an ISO instant; whoever rehearses moves it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Protocol

from champion_assets.common.errors import ConfigurationError

INDIA = dt.timezone(dt.timedelta(hours=5, minutes=30), "IST")


class ClockSettings(Protocol):
    """The setting that this module reads, so that it need not know where settings come from."""

    @property
    def clock(self) -> Path | None:
        """A file with the instant that is taken for now."""
        ...


def now(settings: ClockSettings) -> dt.datetime:
    """The current time, UTC.

    Args:
        settings: may name a file with the time (CHAMPION_CLOCK).

    Raises:
        ConfigurationError: the file in CHAMPION_CLOCK does not contain a time.
    """
    if settings.clock is None:
        return dt.datetime.now(dt.UTC)
    text = settings.clock.read_text("utf-8").strip()
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{settings.clock}: {text!r} is not a time with an offset; write 2024-01-15T13:00:00+00:00"
        ) from error
    if instant.tzinfo is None:
        raise ConfigurationError(f"{settings.clock}: {text!r} has no offset; write 2024-01-15T13:00:00+00:00")
    return instant.astimezone(dt.UTC)


def today(settings: ClockSettings) -> dt.date:
    """The current day in India.

    Args:
        settings: may name a file with the time (CHAMPION_CLOCK).
    """
    return now(settings).astimezone(INDIA).date()


def instant_in_india(date: dt.date, time: dt.time) -> dt.datetime:
    """A time of day in India, as UTC.

    Args:
        date: day in India.
        time: time of day in India.

    >>> instant_in_india(dt.date(2024, 1, 15), dt.time(18, 0)).isoformat()
    '2024-01-15T12:30:00+00:00'
    """
    return dt.datetime.combine(date, time, INDIA).astimezone(dt.UTC)
