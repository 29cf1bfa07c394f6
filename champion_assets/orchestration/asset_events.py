"""What a daily asset tells Dagster of its days: metadata, previews, a line for the log.

What belongs here: the form of what people see. What does not: what happens when days fail (`asset_failures.py`).
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from champion_assets.common.logs import log
from champion_assets.lake.range_report import DayOutcome, RangeReport
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.run_tracking import note


def keep_record(context: dg.AssetExecutionContext, workspace: Workspace, report: RangeReport) -> None:
    """The structured log, and what MLflow is told when the run has ended."""
    context.log.info(summary(report))
    days = sorted([*report.outcomes, *report.failed])
    words = log(workspace.settings).bind(
        run=context.run.run_id, asset=report.table, partitions=f"{days[0]}..{days[-1]}" if days else ""
    )
    words.info(
        "built",
        written=report.count("written"),
        unchanged=report.count("unchanged"),
        closed=report.count("closed"),
        failed=len(report.failed),
        rows=report.rows,
        seconds=round(report.seconds["total"], 3),
    )
    for date, error in report.failed.items():
        words.error("day failed", day=date.isoformat(), kind=type(error).__name__, error=str(error))
    note(workspace.settings, workspace.lake, context.run.run_id, report)


def summary(report: RangeReport) -> str:
    """One line for the log: days by outcome, rows, seconds."""
    seconds = ", ".join(f"{name} {value:.2f} s" for name, value in report.seconds.items())
    return (
        f"{report.table}: {report.count('written')} days written, {report.count('unchanged')} unchanged, "
        f"{report.count('closed')} closed, {len(report.failed)} failed; {report.rows} rows; {seconds}; "
        f"CPU {report.cpu_seconds:.2f} s, peak {report.peak_megabytes:.0f} MB"
    )


def day_metadata(outcome: DayOutcome) -> dict[str, Any]:
    """The metadata of the materialization of one day; `status` tells closed days from sessions."""
    if outcome.status == "closed":
        return {"status": "closed", "reason": outcome.reason, "dagster/partition_row_count": 0}
    return {"status": outcome.status, "dagster/partition_row_count": outcome.rows, "size_bytes": outcome.size,
            "fingerprint": outcome.fingerprint, **outcome.facts}  # fmt: skip


def add_metadata(
    context: dg.AssetExecutionContext, table: DailyTable, workspace: Workspace, report: RangeReport
) -> None:
    """The metadata of each day of the run, and the table's preview on its last session if anything was written."""
    for date, outcome in report.outcomes.items():
        context.add_asset_metadata(day_metadata(outcome), partition_key=date.isoformat())
    sessions = [date for date, outcome in report.outcomes.items() if outcome.status != "closed"]
    if table.preview is None or not sessions or report.count("written") == 0:
        return
    shown = {title: dg.MetadataValue.md(text) for title, text in table.preview(workspace, sessions[-1]).items()}
    context.add_asset_metadata(shown, partition_key=sessions[-1].isoformat())


def record_good_days(context: dg.AssetExecutionContext, key: dg.AssetKey, report: RangeReport) -> None:
    """The step fails, but the days that were built are in the lake: without this Dagster would call them missing."""
    for date, outcome in report.outcomes.items():
        context.log_event(dg.AssetMaterialization(key, partition=date.isoformat(), metadata=day_metadata(outcome)))
