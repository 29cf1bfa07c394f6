"""What several tests need: building tables in order, and a lake's content to compare."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path

from champion_assets import definitions  # noqa: F401  (fills TABLES)
from champion_assets.lake.build import RangeReport, build_range
from champion_assets.lake.table import TABLES, Workspace
from champion_assets.partitions import calendar_days

ORDER = [
    "raw/bhavcopy", "bronze/bhavcopy", "silver/equity_eod", "features/returns", "features/universe", "features/expected_returns",
    "features/covariance", "portfolio/target_weights", "backtest/daily", "warehouse/duckdb",
]  # fmt: skip


def build_until(workspace: Workspace, last: str, start: dt.date, end: dt.date) -> dict[str, RangeReport]:
    """Build all tables up to `last`; every day must succeed."""
    reports = {}
    for name in ORDER[: ORDER.index(last) + 1]:
        reports[name] = build_range(TABLES[name], workspace, calendar_days(start, end))
        assert not reports[name].failed, reports[name].failed
    return reports


def content(lake_root: Path, leave_out: Sequence[str] = ("raw/bhavcopy/trade_date", "warehouse/")) -> dict[str, str]:
    """Hash of every object by key. The manifests of raw files are left out: they hold the instant of receipt."""
    return {
        str(path.relative_to(lake_root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(lake_root.rglob("*"))
        if path.is_file() and not str(path.relative_to(lake_root)).startswith(tuple(leave_out))
    }
