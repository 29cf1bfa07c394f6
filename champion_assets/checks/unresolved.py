"""The failures of checks that stand unresolved in the lake, over the whole stored history.

What belongs here: finding them cheaply. `checks/results` holds every outcome of every day; reading ten years of it
after each run would mean reading all of it. So an index object in the lake keeps, for each day, the hash of the day's
results and its failures. Each look asks the manifest and reads only the days whose hash differs from the index.
Therefore the index may be lost, old or written by two runs at once without harm: the next look puts it right.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from champion_assets.checks.results import NAME
from champion_assets.lake.store import Lake

INDEX = "state/unresolved_checks.json"
FORMAT = 1
_COLUMNS = ["trade_date", "check_name", "rows", "sample"]


@dataclass(frozen=True)
class Failure:
    """One check that failed on one day without an override.

    Attributes:
        date: the day.
        rows: offending rows; 0 where the check measures a ratio.
        sample: the first offenders, or what was found.
    """

    date: dt.date
    rows: int
    sample: str


@dataclass(frozen=True)
class Unresolved:
    """What `unresolved` found.

    Attributes:
        days: the days that were judged, in order.
        by_check: the failures of each check, the worst first: most rows, then the latest day. Checks without a failure
            are absent.
    """

    days: list[dt.date]
    by_check: Mapping[str, list[Failure]]


def unresolved(lake: Lake, *, keep: bool = True) -> Unresolved:
    """All failures in `checks/results` that nothing overrides, except those of severity `info`.

    Args:
        lake: the lake.
        keep: write the index back if it changed.
    """
    body = lake.get(INDEX)
    stored: dict[str, Any] = json.loads(body) if body else {}
    known: dict[str, list[Any]] = stored["days"] if stored.get("format") == FORMAT else {}
    versions = {date.isoformat(): file.days[date].exact for date, file in lake.state(NAME).file_of.items()}
    days = {day: known[day] for day, version in versions.items() if day in known and known[day][0] == version}
    days |= _read(lake, {day: version for day, version in versions.items() if day not in days})
    if keep and days != known:
        lake.put(INDEX, json.dumps({"format": FORMAT, "days": dict(sorted(days.items()))}).encode())
    by_check: dict[str, list[Failure]] = {}
    for day, (_, failures) in days.items():
        for check, rows, sample in failures:
            by_check.setdefault(check, []).append(Failure(dt.date.fromisoformat(day), rows, sample))
    worst_first = {
        check: sorted(found, key=lambda each: (each.rows, each.date), reverse=True) for check, found in by_check.items()
    }
    return Unresolved(sorted(map(dt.date.fromisoformat, days)), worst_first)


def _read(lake: Lake, versions: Mapping[str, str]) -> dict[str, list[Any]]:
    """The entries of the index for the days in `versions`."""
    entries: dict[str, list[Any]] = {day: [version, []] for day, version in versions.items()}
    if not entries:
        return entries
    rows = lake.read(NAME, sorted(map(dt.date.fromisoformat, versions)), [*_COLUMNS, "severity", "passed"])
    for date, *failure in rows.filter(~pl.col("passed") & (pl.col("severity") != "info")).select(_COLUMNS).iter_rows():
        entries[date.isoformat()][1].append(failure)
    return entries
