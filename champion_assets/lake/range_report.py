"""What a build of a range did: the outcome of each day, failures, seconds and memory.

What belongs here: the report that a build fills in. What does not: building (`build.py`), telling Dagster.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["written", "unchanged", "closed"]


@dataclass(frozen=True)
class DayOutcome:
    """What became of one day: its rows and size, or why there are none."""

    status: Status
    fingerprint: str | None = None
    rows: int = 0
    size: int = 0
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class RangeReport:
    """Outcomes by day, failures by day, wall seconds by kind of work, CPU seconds, and the process's peak memory so
    far.
    """

    table: str
    outcomes: dict[dt.date, DayOutcome] = field(default_factory=dict)
    failed: dict[dt.date, Exception] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    peak_megabytes: float = 0.0

    def count(self, status: Status) -> int:
        """How many days ended in `status`."""
        return sum(outcome.status == status for outcome in self.outcomes.values())

    def spent(self, work: str, since: float) -> None:
        """Add the wall seconds since `since` to those of a kind of work."""
        self.seconds[work] = self.seconds.get(work, 0.0) + time.perf_counter() - since

    @property
    def rows(self) -> int:
        """Rows of all days."""
        return sum(outcome.rows for outcome in self.outcomes.values())
