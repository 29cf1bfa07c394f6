"""Calendar days and blocks of them. Which days traded is the exchange's matter (`nse/calendar.py`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence


def chunks(dates: Sequence[dt.date], size: int) -> list[list[dt.date]]:
    """Divide dates into consecutive lists.

    Args:
        dates: in order.
        size: maximum length of a list.

    >>> [len(part) for part in chunks(calendar_days(dt.date(2024, 1, 1), dt.date(2024, 1, 5)), 2)]
    [2, 2, 1]
    """
    return [list(dates[start : start + size]) for start in range(0, len(dates), size)]


def calendar_days(start: dt.date, end: dt.date) -> list[dt.date]:
    """Every calendar day of a range.

    Args:
        start: first day.
        end: last day, included.

    >>> len(calendar_days(dt.date(2024, 2, 1), dt.date(2024, 3, 1)))
    30
    """
    return [start + dt.timedelta(days=offset) for offset in range((end - start).days + 1)]
