"""What the source has published of a day, and what a day still lacks.

What belongs here: looking. What does not: deciding to run (`sensors.py`), storing (`raw/`). A look reads a file completely and judges it as
the raw stage would, so that garbage never starts a run.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from champion_assets.catalog import TABLES
from champion_assets.common.clock import INDIA, instant_in_india
from champion_assets.common.errors import HelperUnavailable
from champion_assets.common.logs import log
from champion_assets.lake.fingerprints import Fingerprints
from champion_assets.lake.plan import plan_range
from champion_assets.lake.store import partition_key
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.errors import Holiday, WrongDate
from champion_assets.raw.files import source_of

FILES = tuple(table.name for table in TABLES.values() if table.published is not None)
"""Raw tables of a file that the exchange publishes daily."""


def published(workspace: Workspace, asset: str, date: dt.date) -> str:
    """The SHA-256 of the file that the source has of a day.

    Raises:
        Holiday: the exchange is closed that day.
        NseError: one of its subclasses: there is none yet, or what is there is not the file.
    """
    if (reason := workspace.calendar.why_closed(date)) is not None:
        raise Holiday(f"{date}: closed, {reason}; nothing is asked for")
    publication = workspace.tables[asset].published
    if publication is None:
        raise ValueError(f"{asset} is not a file that the exchange publishes daily")
    (_, fetched), *_ = source_of(workspace.settings).fetch([date], publication.candidates)
    if isinstance(fetched, Exception):
        raise fetched
    found, _, _ = publication.accept(fetched)
    if found != date:
        raise WrongDate(f"{fetched.name} from {fetched.uri} was asked for {date} but its rows are of {found}; refused")
    return hashlib.sha256(fetched.body).hexdigest()


def stored(workspace: Workspace, asset: str, date: dt.date) -> str | None:
    """The SHA-256 of the version in force in the lake, or None."""
    if not workspace.lake.exists(partition_key(asset, date)):
        return None
    rows = workspace.lake.read(asset, [date]).filter("is_current")
    return str(rows["sha256"][0]) if rows.height else None


def is_finished(workspace: Workspace, date: dt.date) -> bool:
    """True if everything of a day was built."""
    return all(workspace.lake.exists(partition_key(name, date)) for name, table in workspace.tables.items() if table.completes_day)


def due_sessions(workspace: Workspace, instant: dt.datetime, count: int) -> list[dt.date]:
    """The last `count` sessions whose files may be out by `instant`, the oldest first."""
    end = getattr(workspace.settings, "end_date", None)  # the declared last day of a history that has ended
    last = min(day for day in (instant.astimezone(INDIA).date(), workspace.calendar.last, end) if day is not None)
    sessions = workspace.sessions(max(workspace.settings.start_date, last - dt.timedelta(days=3 * count + 20)), last)
    due = [date for date in sessions if instant >= instant_in_india(date, workspace.settings.published_at)]
    return due[-count:]


def stale_days(workspace: Workspace, dates: Sequence[dt.date]) -> list[dt.date]:
    """The days of which some table does not rest on what the lake has now: a run that should have carried a change through was cut off.

    A warehouse that cannot be looked at (a server is gone, a file is in use) is left for another time; the log says so.
    """
    marks, found = Fingerprints(workspace.lake), set[dt.date]()
    for table in workspace.tables.values():
        if not dates or table.is_source:
            continue
        try:
            plan = plan_range(table, workspace, dates, marks)
        except HelperUnavailable as error:
            log(workspace.settings).warning("cannot be looked at", asset=table.name, error=str(error))
            continue
        found |= {*plan.stale, *plan.missing}
    return sorted(found)
