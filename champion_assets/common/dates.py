"""Calendar days and blocks of them. Which days traded is the exchange's matter (`nse/calendar.py`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence


def chunks(dates: Sequence[dt.date], size: int) -> list[list[dt.date]]:
    """`dates` cut into consecutive pieces of at most `size`."""
    return [list(dates[start : start + size]) for start in range(0, len(dates), size)]


def calendar_days(start: dt.date, end: dt.date) -> list[dt.date]:
    """Every calendar day from `start` to `end`, both included."""
    return [start + dt.timedelta(days=offset) for offset in range((end - start).days + 1)]
