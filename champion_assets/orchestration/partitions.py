"""The trading-date grid: one key per calendar day, shared by every daily asset.

What belongs here: the partitions definition and the step from keys to dates. What does not: which days traded
(`nse/calendar.py`).

The grid has no exclusions on purpose: Dagster copies an exclusion list into every planned-check row (42 KB with 450
holidays), and a weekday grid has no key for a special Saturday. A closed day is a key whose materialization says why it
was closed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import dagster as dg

from champion_assets.settings import get_settings

TIMEZONE = "Asia/Kolkata"

GRID = dg.DailyPartitionsDefinition(start_date=get_settings().start_date.isoformat(), timezone=TIMEZONE, end_offset=1)
"""`end_offset=1`: the key of a day exists on that day, since its files come out in its evening."""


def dates_of(keys: Iterable[str]) -> list[dt.date]:
    """Partition keys as dates, in order."""
    return sorted(dt.date.fromisoformat(key) for key in keys)
