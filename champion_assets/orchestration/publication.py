"""What the source has published of a day, and what a day still lacks.

What belongs here: looking. What does not: deciding to run (`sensors.py`), storing (`raw/`). A look reads a file
completely and judges it as the raw stage would, so that garbage never starts a run.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence

from champion_assets.catalog import TABLES
from champion_assets.common.clock import INDIA, instant_in_india
from champion_assets.common.errors import HelperUnavailable
from champion_assets.common.logs import log
from champion_assets.lake.fingerprints import Fingerprints
from champion_assets.lake.plan import plan_range
from champion_assets.lake.table import Publication
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.errors import Holiday, NotYetPublished, NseError, WrongDate
from champion_assets.nse.source.base import Fetched
from champion_assets.raw.files import source_of
from champion_assets.settings import source_folder

FILES = tuple(table.name for table in TABLES.values() if table.published is not None)
"""Raw tables of a file that the exchange publishes daily."""
LOOK_BACK = 10
"""Sessions that are looked at again and again; a gap before them is looked for when one of them is not finished, and
every Sunday."""
REPUBLISHED = 5
"""Sessions after a day within which NSE republishes its files."""
EVERY = 20_000
"""More sessions than there have been."""


def published(workspace: Workspace, asset: str, date: dt.date) -> str:
    """The SHA-256 of the file that the source has of a day.

    Raises:
        Holiday: the exchange is closed that day.
        NseError: one of its subclasses: there is none yet, or what is there is not the file.
    """
    if (reason := workspace.calendar.why_closed(date)) is not None:
        raise Holiday(f"{date}: closed, {reason}; nothing is requested")
    ((_, found),) = look(workspace, asset, [date])
    if isinstance(found, NseError):
        raise found
    return found


def look(workspace: Workspace, asset: str, dates: Sequence[dt.date]) -> Iterator[tuple[dt.date, str | NseError]]:
    """For each of `dates`, in order, the SHA-256 of the file that the source has, or why it is none.

    A folder is looked into for the first day and then for all others at once, since each of its archives is unpacked
    once for them. A server or a bucket is asked day by day, so that whoever has enough can stop.
    """
    publication = workspace.tables[asset].published
    if publication is None:
        raise ValueError(f"{asset} is not a file that the exchange publishes daily")
    source = source_of(workspace.settings)
    at_once = source_folder(workspace.settings.source) is not None
    for days in [dates[:1], dates[1:]] if at_once else [[date] for date in dates]:
        found = dict(source.fetch(days, publication.candidates))
        for date in days:
            yield date, _judged(date, found[date], publication)


def _judged(date: dt.date, fetched: Fetched | Exception, publication: Publication) -> str | NseError:
    """The file's SHA-256 if it is the day's file, else why it is not."""
    try:
        if isinstance(fetched, Exception):
            raise fetched
        found, _, _ = publication.accept(fetched)
        if found != date:
            raise WrongDate(
                f"{fetched.name} from {fetched.uri} was asked for {date} but its rows are of {found}; refused"
            )
    except NseError as error:
        return error
    return hashlib.sha256(fetched.body).hexdigest()


def stored(workspace: Workspace, asset: str, date: dt.date) -> str | None:
    """The SHA-256 of the version in force in the lake, or None."""
    if not workspace.lake.has(asset, date):
        return None
    rows = workspace.lake.read(asset, [date]).filter("is_current")
    return str(rows["sha256"][0]) if rows.height else None


def changed_files(workspace: Workspace, dates: Sequence[dt.date]) -> dict[tuple[dt.date, str], NseError | None]:
    """The files of built days that the source's folder has, and that are not those of the lake.

    Such a file came late, stands where one lay that was refused, or was published again.

    Args:
        workspace: with a folder as source; a server is not asked without need.
        dates: sessions; what of them is not built is left out.

    Returns:
        By day and raw table None if the file is what it should be, else why it is not. What the lake has is better
        then.
    """
    found: dict[tuple[dt.date, str], NseError | None] = {}
    source = source_of(workspace.settings)
    for asset in FILES:
        publication = workspace.tables[asset].published
        built = [date for date in dates if workspace.lake.has(asset, date)]
        if publication is None or not built:
            continue
        rows = workspace.lake.read(asset, built, ["trade_date", "sha256", "is_current"]).filter("is_current")
        there = dict(rows.select("trade_date", "sha256").iter_rows())
        for date, fetched in source.fetch(built, publication.candidates):
            if isinstance(fetched, Fetched) and fetched.sha256 == there.get(date):
                continue
            judged = _judged(date, fetched, publication)
            if isinstance(judged, str) or (date in there and not isinstance(judged, NotYetPublished)):
                found[date, asset] = judged if isinstance(judged, NseError) else None
    return dict(sorted(found.items(), key=lambda each: each[0]))


def unusable_days(workspace: Workspace, dates: Sequence[dt.date]) -> list[dt.date]:
    """The days of which the source's folder has a file under the bhavcopy's name that cannot be told to be it.

    Args:
        workspace: with a folder as source.
        dates: sessions of which no price file was recognised.
    """
    publication = workspace.tables["raw/bhavcopy"].published
    if publication is None:
        return []
    found = source_of(workspace.settings).fetch(dates, publication.candidates)
    return sorted(date for date, each in found if not isinstance(each, NotYetPublished))


def is_finished(workspace: Workspace, date: dt.date) -> bool:
    """True if everything of a day was built."""
    return all(workspace.lake.has(name, date) for name, table in workspace.tables.items() if table.completes_day)


def due_sessions(workspace: Workspace, instant: dt.datetime, count: int) -> list[dt.date]:
    """The last `count` sessions whose files may be out by `instant`, the oldest first."""
    end = getattr(workspace.settings, "end_date", None)  # the declared last day of a history that has ended
    last = min(day for day in (instant.astimezone(INDIA).date(), workspace.calendar.last, end) if day is not None)
    sessions = workspace.sessions(max(workspace.settings.start_date, last - dt.timedelta(days=3 * count + 20)), last)
    due = [date for date in sessions if instant >= instant_in_india(date, workspace.settings.published_at)]
    return due[-count:]


def waiting_sessions(workspace: Workspace, instant: dt.datetime) -> list[dt.date]:
    """The sessions that are due and not finished, from the first of all on; none while the last ten are finished.

    Days build on each other, so the first that is missing comes first, however long ago it was. Days that only a
    warehouse lacks come after all others: a warehouse that is out of order must not hold up the data.
    """
    if all(is_finished(workspace, date) for date in due_sessions(workspace, instant, LOOK_BACK)):
        return []
    due, finished, built = (
        due_sessions(workspace, instant, EVERY),
        finished_sessions(workspace),
        _built_sessions(workspace),
    )
    return [date for date in due if date not in built] or [date for date in due if date not in finished]


def finished_sessions(workspace: Workspace) -> set[dt.date]:
    """The days of which everything was built."""
    days = [set(workspace.lake.dates(name)) for name, table in workspace.tables.items() if table.completes_day]
    return set.intersection(*days) if days else set()


def _built_sessions(workspace: Workspace) -> set[dt.date]:
    """The days of which the lake has everything, whatever the warehouses have."""
    tables = [table for table in workspace.tables.values() if table.completes_day and table.group != "warehouse"]
    return set.intersection(*(set(workspace.lake.dates(table.name)) for table in tables)) if tables else set()


def stale_days(workspace: Workspace, dates: Sequence[dt.date]) -> list[dt.date]:
    """The days of which some table does not rest on what the lake has now.

    A run that should have carried a change through was cut off.

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
