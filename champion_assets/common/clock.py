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
    """The present instant, UTC.

    Raises:
        ConfigurationError: the file in CHAMPION_CLOCK holds no instant.
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
    """The present day in India."""
    return now(settings).astimezone(INDIA).date()


def instant_in_india(date: dt.date, time: dt.time) -> dt.datetime:
    """A time of the exchange's day as an instant, UTC."""
    return dt.datetime.combine(date, time, INDIA).astimezone(dt.UTC)
