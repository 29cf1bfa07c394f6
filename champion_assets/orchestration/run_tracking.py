"""Runs of the pipeline in MLflow, under the names that the pipeline before Champion used.

What belongs here: what a run leaves behind while it works (`note`: one object per table under `tracking/RUN` in the
lake, so that it does not matter which machine works and which one sends), and sending that when the run has ended
(`send_pending`). So a dead MLflow server costs a run nothing; what could not be sent waits.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

import dagster as dg

from champion_assets.catalog import TABLES
from champion_assets.clients.mlflow import TrackedRun, Tracking, TrackingUnreachable
from champion_assets.lake.open import open_lake
from champion_assets.lake.range_report import RangeReport
from champion_assets.lake.store import Lake
from champion_assets.settings import Settings

FOLDER = "tracking"
SENT_TOGETHER = 20
"""So many runs `champion run` sends to our own store at once: importing MLflow takes longer than a day's other
overhead."""


def note(settings: Settings, lake: Lake, run_id: str, report: RangeReport) -> None:
    """Keep what a table's build was, for when the run has ended."""
    if not settings.track:
        return
    days = [
        [
            date.isoformat(),
            outcome.rows,
            outcome.size,
            {name: value for name, value in outcome.facts.items() if name in ("normalized_rows", "filtered_rows")},
        ]
        for date, outcome in report.outcomes.items()
        if outcome.status == "written"
    ]
    line = {
        "table": report.table,
        "seconds": report.seconds.get("total", 0.0),
        "write": report.seconds.get("write", 0.0),
        "days": days,
        "failed": {date.isoformat(): f"{type(error).__name__}: {error}"[:500] for date, error in report.failed.items()},
    }
    lake.put(
        f"{FOLDER}/{run_id}/{time.time_ns()}-{report.table.replace('/', '_')}.json",
        json.dumps(line, sort_keys=True).encode(),
    )


def send_pending(settings: Settings, instance: dg.DagsterInstance) -> tuple[int, int, str]:
    """Send every ended run to MLflow: (sent, still waiting, why the first of these waits).

    Never raises for a server that is gone.
    """
    lake = open_lake(settings)
    sent, waiting, tracking, runs = 0, 0, None, pending(lake)
    for run_id, keys in runs.items():
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            waiting += 1
            continue
        notes = [json.loads(body) for body in lake.together(lake.get, keys) if body is not None]
        if not notes:  # another machine has just sent it
            continue
        try:
            tracking = tracking or Tracking(settings)
            tracking.record(settings.mlflow_experiment, _as_run(run_id, notes, run, settings))
        except TrackingUnreachable as error:
            return sent, len(runs) - sent, str(error)
        list(lake.together(lake.delete, keys))
        sent += 1
    return sent, waiting, ""


def may_wait(settings: Settings) -> bool:
    """True if what is noted may go later: few runs, and to the store under DATA_DIR.

    A store that the settings name is sent to at once.
    """
    return not settings.mlflow_tracking_uri and len(pending(open_lake(settings))) < SENT_TOGETHER


def pending(lake: Lake) -> dict[str, list[str]]:
    """The notes of every run that was not sent yet, each in order, the oldest run first."""
    runs: dict[str, list[str]] = {}
    for key in sorted(lake.keys(FOLDER), key=lambda each: each.rsplit("/", 1)[1]):
        runs.setdefault(key.split("/")[1], []).append(key)
    return runs


def _as_run(run_id: str, lines: list[dict[str, Any]], run: dg.DagsterRun | None, settings: Settings) -> TrackedRun:
    dates = sorted(
        {day[0] for line in lines for day in line["days"]} | {date for line in lines for date in line["failed"]}
    )
    errors = [f"{date} {line['table']}: {error}" for line in lines for date, error in line["failed"].items()]
    metrics: dict[str, float | None] = {"flow_duration_seconds": sum(line["seconds"] for line in lines)}
    series: list[tuple[str, int, int, float]] = []
    for line in lines:
        _add(line, metrics, series)
    failed = bool(errors) or (run is not None and run.status == dg.DagsterRunStatus.FAILURE)
    span = "nothing" if not dates else dates[0] if len(dates) == 1 else f"{dates[0]}..{dates[-1]}"
    parameters = {
        "trade_date": span,
        "load_to_clickhouse": any(line["table"] == "warehouse/clickhouse" for line in lines),
        "clickhouse_table": "silver.equity_eod",
        "source": settings.source,
        "days": len(dates),
    }
    tags = {"status": "failed" if failed else "success", "error": "\n".join(errors)[:5000], "dagster_run": run_id}
    parameters |= {"status": tags["status"], "error": tags["error"][:500]}
    return TrackedRun(span, {"champion.run": run_id}, parameters, metrics, tags, series, failed=failed)


def _add(line: dict[str, Any], metrics: dict[str, float | None], series: list[tuple[str, int, int, float]]) -> None:
    """A table's days as steps (the ordinal of the date), under the old names, and their sums as `total_...`."""
    names = TABLES[line["table"]].mlflow_names if line["table"] in TABLES else None
    if names is None or not line["days"]:
        return
    seconds, rows = names
    metrics[f"total_{seconds}"] = (metrics.get(f"total_{seconds}") or 0.0) + line["seconds"]
    is_silver = line["table"] == "silver/equity_eod"
    each = line["seconds"] / len(line["days"])
    for text, count, size, facts in line["days"]:
        date = dt.date.fromisoformat(text)
        found = (
            {seconds: each}
            | ({rows: float(count)} if rows else {})
            | {name: float(value) for name, value in facts.items()}
        )
        if is_silver:
            found |= {
                "parquet_size_mb": size / 2**20,
                "rows_written": float(count),
                "write_duration_seconds": line["write"] / len(line["days"]),
            }
        instant = int(dt.datetime.combine(date, dt.time(), dt.UTC).timestamp() * 1000)
        series += [(name, date.toordinal(), instant, value) for name, value in found.items()]
        for name in found.keys() & {
            "raw_rows_parsed",
            "normalized_rows",
            "filtered_rows",
            "rows_written",
            "rows_loaded",
        }:
            metrics[f"total_{name}"] = (metrics.get(f"total_{name}") or 0.0) + found[name]
