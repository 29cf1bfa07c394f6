"""When the portfolio is decided anew.

What belongs here: rebalance days by sessions, and the drift that triggers one. Calendar rules depend on the calendar only, which is known
in advance.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import numpy as np

from champion_assets.lake.ports import Calendar
from champion_assets.quant.risk import Array

Rebalance = Literal["daily", "weekly", "monthly", "quarterly", "band"]


def is_rebalance(calendar: Calendar, date: dt.date, every: Rebalance) -> bool:
    """True if `date` is the last session of its day, ISO week, month or quarter; for `band`, on which any day may be one, True."""
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


def has_drifted(targets: Array, drifted: Array, band: float) -> bool:
    """True if nothing is held yet or a weight has left its target by more than `band`."""
    return targets.size == 0 or bool(np.abs(drifted - targets).max() > band)
