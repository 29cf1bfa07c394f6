"""Which days of a table failed in a run, kept in the lake between the attempts of its step.

What belongs here: that memory. With `CHAMPION_EXECUTOR=kubernetes` each attempt is a pod of its own, and any process
may die in between, so nothing is kept in the process. An attempt that finds no state builds its whole range again,
which costs time and changes nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable

from champion_assets.lake.store import Lake

FOLDER = "runs"


def _key(run_id: str, table: str) -> str:
    return f"{FOLDER}/{run_id}/{table.replace('/', '_')}.json"


def keep_failed_days(lake: Lake, run_id: str, table: str, days: Iterable[dt.date]) -> None:
    """Note the days that the next attempt has to fetch again."""
    lake.put(_key(run_id, table), json.dumps([day.isoformat() for day in sorted(days)]).encode())


def failed_days(lake: Lake, run_id: str, table: str) -> list[dt.date] | None:
    """The days that failed in the attempt before, or None if it left no note."""
    body = lake.get(_key(run_id, table))
    return None if body is None else [dt.date.fromisoformat(day) for day in json.loads(body)]


def forget_failed_days(lake: Lake, run_id: str, table: str) -> None:
    """Remove the note: no attempt will follow."""
    lake.delete(_key(run_id, table))
