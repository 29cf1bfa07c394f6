"""`champion doctor`: the state of everything on one page, and what to do about it.

What belongs here: looking and judging; each finding says what to do next. What does not: mending anything, printing
(`cli/operations.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from champion_assets.lake.workspace import Workspace
from champion_assets.operations.doctor_findings import LEVELS, Finding, Level
from champion_assets.operations.doctor_lake import (
    absent_findings,
    checks_findings,
    disk_findings,
    missing_findings,
    quarantine_findings,
    refused_findings,
    stale_findings,
    suspects_findings,
    verified_findings,
)
from champion_assets.operations.doctor_surroundings import (
    calendar_findings,
    overdue_findings,
    runs_findings,
    services_findings,
    versions_findings,
)


@dataclass(frozen=True)
class Report:
    """All findings, and the days of each asset by year."""

    findings: list[Finding]
    coverage: pl.DataFrame

    @property
    def level(self) -> Level:
        """The worst."""
        return max((each.level for each in self.findings), key=LEVELS.index, default="ok")

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "level": self.level,
            "findings": [asdict(each) for each in self.findings],
            "coverage": self.coverage.to_dicts(),
        }


def examine(workspace: Workspace) -> Report:
    """Look at everything. Nothing is changed, and no file of the exchange is fetched."""
    built = {name: workspace.lake.dates(name) for name in workspace.tables}
    findings = [
        *missing_findings(workspace, built),
        *stale_findings(workspace, built),
        *overdue_findings(workspace),
        *calendar_findings(workspace),
        *checks_findings(workspace, built),
        *suspects_findings(workspace, built),
        *quarantine_findings(workspace),
        *refused_findings(workspace),
        *absent_findings(workspace, built),
        *runs_findings(workspace.settings),
        *verified_findings(workspace),
        *disk_findings(workspace),
        *services_findings(workspace),
        *versions_findings(),
    ]
    return Report(findings, _coverage(built))


def _coverage(built: dict[str, list[dt.date]]) -> pl.DataFrame:
    rows = [(name, date.year) for name, dates in built.items() for date in dates]
    frame = pl.DataFrame(rows, schema={"asset": pl.String, "year": pl.Int32}, orient="row")
    return frame.group_by("asset", "year").len("days").sort("asset", "year")
