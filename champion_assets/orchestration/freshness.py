"""Whether a table has the last session that is due: one judgement for the page, its sensor and `champion doctor`.

What belongs here: that judgement and its asset check `fresh`. Dagster's own freshness policies look at when an asset
was last materialized, not at which day: a table whose last session is two years old passes when any day of it was built
a minute ago. A history that ends on purpose is declared by its last day and is then judged by that day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import dagster as dg

from champion_assets.common.clock import INDIA, instant_in_india, now
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.calendar_end import CalendarEnd, end_of_calendar
from champion_assets.orchestration.publication import due_sessions

CHECK = "fresh"


@dataclass(frozen=True)
class Freshness:
    """How up to date a table is.

    Attributes:
        due: the last session that should be there, or None if none is due yet.
        last: the last session that is there, or None.
        missing: sessions that are due after `last`.
        ended: what is to be said of a calendar that has ended, so that nobody knows what is due; empty if it has not.
    """

    due: dt.date | None
    last: dt.date | None
    missing: int
    ended: str = ""

    @property
    def passed(self) -> bool:
        """True if nothing that is due is missing at the end, and the calendar knows what is due."""
        return self.missing == 0 and not self.ended

    def __str__(self) -> str:
        """One or two sentences."""
        more = f" But {self.ended}." if self.ended else ""
        if self.due is None:
            return f"No session is due yet.{more}"
        if self.missing == 0:
            return f"The last session that was due, {self.due}, is built.{more}"
        return f"{self.missing} sessions are due after {self.last or 'none'}, the last is {self.due}.{more}"


def overdue_sessions(workspace: Workspace, instant: dt.datetime, count: int) -> list[dt.date]:
    """Of the last `count` sessions whose files may be out, those that should have been built by now.

    All but those before `late_at`.
    """
    return [
        day
        for day in due_sessions(workspace, instant, count)
        if instant >= instant_in_india(day, workspace.settings.late_at)
    ]


def freshness(table: DailyTable, workspace: Workspace, instant: dt.datetime | None = None) -> Freshness:
    """How up to date a table is by the days that it has."""
    instant = instant or now(workspace.settings)
    due, end = overdue_sessions(workspace, instant, 2), calendar_end(workspace, instant)
    ended = end.says if end is not None and end.level == "error" else ""
    if not due:
        return Freshness(None, None, 0, ended)
    if workspace.lake.has(table.name, due[-1]):
        return Freshness(due[-1], due[-1], 0, ended)
    last = next((day for day in reversed(workspace.lake.dates(table.name)) if day <= due[-1]), None)
    after = workspace.settings.start_date if last is None else last + dt.timedelta(days=1)
    return Freshness(due[-1], last, len(workspace.sessions(after, due[-1])), ended)


def calendar_end(workspace: Workspace, instant: dt.datetime) -> CalendarEnd | None:
    """What a person has to know of the end of the session calendar at `instant`, or None."""
    return end_of_calendar(workspace.calendar.last, instant.astimezone(INDIA).date(), workspace.settings.end_date)


def fresh_check_spec(key: dg.AssetKey) -> dg.AssetCheckSpec:
    """The declaration of the check."""
    return dg.AssetCheckSpec(
        CHECK, asset=key, description="The last session due by the trading calendar and the time of day is in the lake."
    )


def fresh_check_metadata(found: Freshness) -> dict[str, dg.MetadataValue]:
    """The metadata of a result."""
    return {
        "last_session_due": dg.MetadataValue.text(str(found.due or "none")),
        "last_session_built": dg.MetadataValue.text(str(found.last or "none")),
        "sessions_missing": dg.MetadataValue.int(found.missing),
    }  # fmt: skip


def fresh_check_result(table: DailyTable, workspace: Workspace) -> dg.AssetCheckResult:
    """The result after a run."""
    found = freshness(table, workspace)
    return dg.AssetCheckResult(
        passed=found.passed,
        check_name=CHECK,
        asset_key=dg.AssetKey(table.name.split("/")),
        severity=dg.AssetCheckSeverity.WARN,
        description=str(found),
        metadata=fresh_check_metadata(found),
    )


def fresh_check_evaluation(table: DailyTable, found: Freshness) -> dg.AssetCheckEvaluation:
    """The result between two runs, when a day has become due or has been built elsewhere."""
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(table.name.split("/")),
        check_name=CHECK,
        passed=found.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=str(found),
        metadata=fresh_check_metadata(found),
    )
