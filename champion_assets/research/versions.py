"""Versions of a table: which one a day, an instant or a tag stands for.

What belongs here: finding the version. What does not: reading it (`stored.py`).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from champion_assets.common.clock import INDIA
from champion_assets.common.errors import RequestError

if TYPE_CHECKING:
    from champion_assets.lake.manifest import TableState
    from champion_assets.lake.store import Lake


def state_as_of(lake: Lake, table: str, when: str | dt.date) -> TableState:
    """A version of a table.

    Args:
        lake: where the table is.
        table: `stage/name`.
        when: a day (its end in India), a time with a time zone, or a tag.

    Returns:
        The state of the table at that time.

    Raises:
        RequestError: a time without a time zone.
        TagError: no such tag.
        NoSuchVersion: older versions were pruned.
    """
    from champion_assets.lake.prune import tagged

    if isinstance(when, str):
        read = dt.date.fromisoformat if len(when) == len("2026-11-20") else dt.datetime.fromisoformat
        try:
            when = read(when)
        except ValueError:
            return tagged(lake, str(when), table)
    if not isinstance(when, dt.datetime):
        when = dt.datetime.combine(when + dt.timedelta(days=1), dt.time(), INDIA)
    if when.tzinfo is None:
        raise RequestError(
            f"lake_as_of={when} has no time zone; name a day, an instant such as 2026-11-20T18:30+05:30, or a tag"
        )
    return lake.as_of(table, when.astimezone(dt.UTC))
