"""What a folder of NSE's files holds, before anybody builds on it.

Kinds, days, gaps, copies that differ, what is not known.

What belongs here: counting what `nse/source/index.py` has seen against the session calendar. What does not: recognition
(`nse/recognition.py`), printing (`cli/source.py`), and whether a file is right, which is decided when it is read whole.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from champion_assets.lake.ports import Calendar
from champion_assets.nse.file_kinds import PRICES, USED
from champion_assets.nse.recognition import archive_name
from champion_assets.nse.source.folder import FolderSource
from champion_assets.nse.source.index import Place, Progress, index_folder

PRICE_FILES = "any price file"


@dataclass(frozen=True)
class Kind:
    """Files of one kind.

    How many, of how many days, from when to when, sessions between that have none, closed days that have one.
    """

    kind: str
    files: int
    days: int
    first: dt.date | None
    last: dt.date | None
    missing: tuple[dt.date, ...]
    on_closed_days: tuple[dt.date, ...]


@dataclass(frozen=True)
class Unused:
    """Files that no table reads: why, how many, and their paths in order."""

    why: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class SourceReport:
    """All that a person should know of a folder before a backfill."""

    root: Path
    kinds: tuple[Kind, ...]
    unused: tuple[Unused, ...]
    conflicts: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]

    @property
    def prices(self) -> Kind | None:
        """Price files of any kind together; None without any."""
        return next((each for each in self.kinds if each.kind == PRICE_FILES), None)

    @property
    def findings(self) -> list[str]:
        """What has to be mended before a backfill of all days can succeed, in words; nothing if all is well."""
        prices = self.prices
        if prices is None:
            return [
                f"no price file: {', '.join(PRICES)} are known",
                *self.conflicts,
                *(f"{path}: {why}" for path, why in self.problems),
            ]
        found = []
        if prices.missing:
            days = ", ".join(map(str, prices.missing[:10])) + (", ..." if len(prices.missing) > 10 else "")
            found.append(
                f"{len(prices.missing)} of the sessions from {prices.first} to {prices.last} have no price file: {days}"
            )
        return [*found, *self.conflicts, *(f"{path}: {why}" for path, why in self.problems)]


def report(root: Path, calendar: Calendar, cache: Path | None = None, progress: Progress | None = None) -> SourceReport:
    """Look at every file below `root`.

    Args:
        root: the folder.
        calendar: says which days are sessions.
        cache: a folder for what is remembered of the files, see `index_folder`.
        progress: is told of each file.

    Raises:
        FolderAbsent: there is no such folder.

    Example:
        >>> report(Path("nse"), calendar).prices.missing  # doctest: +SKIP
        (datetime.date(2020, 3, 17),)
    """
    source = FolderSource(root, cache)
    index = index_folder(source.root, cache, progress)
    used, unused = defaultdict[str, list[Place]](list), defaultdict[str, list[str]](list)
    for place in index.places:
        kind, why = place.found.kind, place.found.why
        if kind is None:
            unused[why or "not known"].append(place.uri)
        elif kind not in USED:
            unused[f"{kind}: known, and read by no table"].append(place.uri)
        elif place.found.date is None and archive_name(kind, None) is None:
            unused[f"{kind}: {why or 'no day in its rows or its name'}"].append(place.uri)
        else:
            used[kind].append(place)
    priced = [place for kind in PRICES for place in used.get(kind, [])]
    kinds = [_kind(PRICE_FILES, priced, calendar)] if priced else []
    kinds += [_kind(kind, used[kind], calendar) for kind in USED if kind in used]
    return SourceReport(
        source.root,
        tuple(kinds),
        tuple(
            Unused(why, tuple(sorted(paths)))
            for why, paths in sorted(unused.items(), key=lambda each: (-len(each[1]), each[0]))
        ),
        tuple(str(each) for each in source.conflicts()),
        index.problems,
    )


def longest_run(prices: Kind, calendar: Calendar) -> tuple[dt.date, dt.date]:
    """First and last day of the longest run of sessions that have a file; of equal ones the later.

    Args:
        prices: files of which some have a day.
        calendar: says which days are sessions.
    """
    if prices.first is None or prices.last is None:
        raise ValueError("no file has a day")
    holes, best, run = set(prices.missing), [prices.first], [prices.first]
    for day in calendar.sessions_between(prices.first, prices.last):
        if day in holes:
            run = []
        elif run[-1:] != [day]:
            run.append(day)
        best = run if len(run) >= len(best) and run else best
    return best[0], best[-1]


def _kind(kind: str, places: Iterable[Place], calendar: Calendar) -> Kind:
    dates = [place.found.date for place in places]
    days = sorted({date for date in dates if date is not None})
    if not days:
        return Kind(kind, len(dates), 0, None, None, (), ())
    known = [date for date in days if calendar.first <= date <= calendar.last]
    closed = tuple(date for date in known if not calendar.is_session(date))
    sessions = calendar.sessions_between(known[0], known[-1]) if known else []
    return Kind(kind, len(dates), len(days), days[0], days[-1], tuple(sorted({*sessions} - {*days})), closed)
