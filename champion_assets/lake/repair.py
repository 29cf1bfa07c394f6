"""Taking what is damaged out of the way, so that the next build makes it again.

What belongs here: what of a damaged lake can be given up. Nothing is deleted: damaged objects lie under `_damaged/`
afterwards.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from champion_assets.lake.commit import name_newest, write_days
from champion_assets.lake.delta_log import LOG, commit_key, head_key
from champion_assets.lake.store import Lake
from champion_assets.lake.verify import Damage, forget

ASIDE = "_damaged"
_FILE = re.compile(r"/(\d{4})-(\d\d)/(\d\d)-(\d\d)-[0-9a-f]+\.parquet$")


def put_aside(lake: Lake, damages: Sequence[Damage]) -> list[dt.date]:
    """Take damaged files out of their tables, tables with a damaged log out of the lake, and damaged originals away.

    Returns:
        The days that are missing now, there or in a database beside the lake, in order; a build makes those that it
        can.
    """
    days: set[dt.date] = set()
    for damage in damages:
        if damage.elsewhere:
            days |= set(damage.days)
        elif damage.key == head_key(damage.table):
            version = lake.state(damage.table).version
            name_newest(lake, damage.table, version, lake.get(commit_key(damage.table, version)) or b"")
        elif damage.key.endswith(f"/{LOG}"):
            keys = [key for key in lake.keys(damage.table) if "/_files/" not in key and "/_notes/" not in key]
            days |= {day for key in keys for day in _days_in(key)}
            for key in keys:
                _move(lake, key)
            lake.forget(damage.table)
            forget(lake, damage.table)
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


def _days_in(key: str) -> list[dt.date]:
    """The first and the last day of a data file, by its name.

    All that is left to tell the days of a table whose log is damaged.
    """
    found = _FILE.search(key)
    return [] if found is None else [dt.date(int(found[1]), int(found[2]), int(found[each])) for each in (3, 4)]


def _move(lake: Lake, key: str) -> None:
    lake.put(f"{ASIDE}/{key}", lake.get(key) or b"")
    lake.delete(key)
