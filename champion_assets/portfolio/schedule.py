"""When the portfolio is decided anew.

What belongs here: rebalance days by sessions. They depend on the calendar only, which is known in advance.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from champion_assets.nse.calendar import SessionCalendar


def is_rebalance(calendar: SessionCalendar, date: dt.date, every: Literal["daily", "weekly", "monthly"]) -> bool:
    """True if `date` is the last session of its day, ISO week or month."""
    following = calendar.next_session(date)
    if every == "daily" or following is None:
        return every == "daily"
    if every == "weekly":
        return following.isocalendar()[:2] != date.isocalendar()[:2]
    return (following.year, following.month) != (date.year, date.month)
