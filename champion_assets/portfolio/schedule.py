"""When the portfolio is decided anew.

What belongs here: rebalance days by sessions. They depend on the calendar only, which is known in advance; the drift
that triggers one depends on the account (`account.py`).
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from champion_assets.lake.ports import Calendar

Rebalance = Literal["daily", "weekly", "monthly", "quarterly", "band"]


def is_rebalance(calendar: Calendar, date: dt.date, every: Rebalance) -> bool:
    """Whether a day is a rebalance day.

    Args:
        calendar: the trading calendar.
        date: a session.
        every: `daily`, `weekly`, `monthly` or `quarterly`: the last session of the ISO week, month or quarter;
            `band`: any session may be one.
    """
    if every in ("daily", "band"):
        return True
    following = calendar.next_session(date)
    if following is None:
        return False
    if every == "weekly":
        return following.isocalendar()[:2] != date.isocalendar()[:2]
    if every == "quarterly":
        return (following.year, (following.month - 1) // 3) != (date.year, (date.month - 1) // 3)
    return (following.year, following.month) != (date.year, date.month)
