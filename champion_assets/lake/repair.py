"""Taking what is damaged out of the way, so that the next build makes it again.

What belongs here: what of a damaged lake can be given up. Nothing is deleted: damaged objects lie under `_damaged/` afterwards.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from champion_assets.lake.commit import write_days
from champion_assets.lake.delta_log import LOG
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.store import Lake
from champion_assets.lake.verify import Damage

ASIDE = "_damaged"


def put_aside(lake: Lake, damages: Sequence[Damage]) -> list[dt.date]:
    """Take damaged files out of their tables, tables with a damaged log out of the lake, and damaged originals away.

    Returns:
        The days that are missing now, in order; a build makes those that it can.
    """
    days: set[dt.date] = set()
    for damage in damages:
        if damage.key.endswith(f"/{LOG}"):
            for key in lake.keys(damage.table):
                if "/_files/" not in key and "/_notes/" not in key:
                    days |= _day_of(lake, damage.table)
                    _move(lake, key)
            lake.forget(damage.table)
        elif "/_files/" in damage.key:
            if lake.exists(damage.key):
                _move(lake, damage.key)
            days |= set(damage.days)
        else:
            write_days(lake, damage.table, {}, drop=damage.days, operation="REPAIR")
            if lake.exists(damage.key):
                _move(lake, damage.key)
            days |= set(damage.days)
    return sorted(days)


def _day_of(lake: Lake, table: str) -> set[dt.date]:
    """The days that a table with a damaged log had, as far as its last good copy tells."""
    try:
        return set(lake.dates(table))
    except CorruptObject:
        return set()


def _move(lake: Lake, key: str) -> None:
    lake.put(f"{ASIDE}/{key}", lake.get(key) or b"")
    lake.delete(key)
