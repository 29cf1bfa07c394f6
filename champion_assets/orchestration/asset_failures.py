"""What happens when a step of a daily asset fails: which failures are tried again, how often, and what people are told.

What belongs here: that decision. What does not: runs that came too early (`waiting.py`), what is kept between attempts
(`retry_state.py`).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping

import dagster as dg

from champion_assets.common.errors import HelperUnavailable
from champion_assets.common.logs import log
from champion_assets.lake.ports import is_retryable
from champion_assets.lake.progress import tell
from champion_assets.lake.range_report import RangeReport
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.asset_events import record_good_days
from champion_assets.orchestration.retry_state import forget_failed_days, keep_failed_days
from champion_assets.orchestration.waiting import must_wait, wait
from champion_assets.settings import Settings

SHOWN, NAMED = 5, 10
"""Failed days in a message with their errors, and more of them by date; the metadata of the failure has all."""
HELPERS_TAG, HELPERS_ONCE = "champion/helpers", "once"
"""A run with this tag asks a helper that cannot be had once, and not three times: a person waits for the run."""
_RETRIES: Mapping[str, tuple[int, float]] = {"raw": (3, 60.0), "warehouse": (3, 60.0)}
_OTHER_RETRIES = (2, 30.0)


def retry_policy(group: str, settings: Settings) -> dg.RetryPolicy:
    """Fetching and loading 3 x 60 s, everything else 2 x 30 s, with jitter.

    As in the pipelines that Champion replaces.
    """
    count, delay = _RETRIES.get(group, _OTHER_RETRIES)
    return dg.RetryPolicy(max_retries=count, delay=delay * settings.retry_delay_scale, jitter=dg.Jitter.PLUS_MINUS)


def as_dagster_error(
    context: dg.AssetExecutionContext, settings: Settings, table: DailyTable, error: Exception
) -> Exception:
    """An error of the whole step: itself if trying again may help, else a failure that is not tried again.

    What the system still refuses at the last attempt, such as room on a disk, is said in words, not as a trace.

    Args:
        context: of the step.
        settings: of the run.
        table: what was built.
        error: what went wrong.
    """
    log(settings).error("failed", run=context.run.run_id, asset=table.name, kind=type(error).__name__, error=str(error))
    is_asked_once = isinstance(error, HelperUnavailable) and context.run.tags.get(HELPERS_TAG) == HELPERS_ONCE
    is_last = context.retry_number >= retry_policy(table.group, settings).max_retries
    return (
        error
        if is_retryable(error) and not is_asked_once and not (is_last and isinstance(error, OSError))
        else dg.Failure(f"{table.name}: {type(error).__name__}: {error}", allow_retries=False)
    )


def shown_of(failed: Mapping[dt.date, Exception]) -> list[str]:
    """The lines of a message on failed days: at most `SHOWN` of them, each kind of error once before one comes again.

    Args:
        failed: error by day.

    Returns:
        Lines in order of days, and a last one that names the other days.
    """
    days = sorted(failed)
    seen: Counter[type[Exception]] = Counter()
    turn: dict[dt.date, int] = {}
    for day in days:
        turn[day] = seen[type(failed[day])]
        seen[type(failed[day])] += 1
    chosen = sorted(sorted(days, key=lambda day: (turn[day], day))[:SHOWN])
    lines = [f"{day}: {type(failed[day]).__name__}: {failed[day]}" for day in chosen]
    if others := [str(day) for day in days if day not in set(chosen)]:
        named = ", ".join(others[:NAMED]) + (f" to {others[-1]}" if len(others) > NAMED else "")
        lines.append(f"... and {len(others)} more days: {named}")
    return lines


def fail_if_days_failed(
    context: dg.AssetExecutionContext, key: dg.AssetKey, table: DailyTable, workspace: Workspace, report: RangeReport
) -> None:
    """Fail the step if days failed, naming them; the days that were built are recorded unless the step is tried again.

    Raises:
        Failure: days failed.
        RetryRequested: they lack what earlier runs of the same backfill build.
    """
    run_id, settings = context.run.run_id, workspace.settings
    if not report.failed:
        if context.retry_number:
            forget_failed_days(workspace.lake, run_id, table.name)
        return
    lines = [f"{date}: {type(error).__name__}: {error}" for date, error in sorted(report.failed.items())]
    shown = "\n".join(shown_of(report.failed))
    if must_wait(context, report):
        raise wait(context, settings.retry_delay_scale, lines[0])
    policy = retry_policy(table.group, settings)
    retryable = all(is_retryable(error) for error in report.failed.values())
    if retryable and context.retry_number < policy.max_retries:
        keep_failed_days(workspace.lake, run_id, table.name, report.failed)
        tell(
            f"{lines[0]}\n{table.name}: {len(lines)} day(s) failed for now; retrying in about {policy.delay or 0:.0f} s"
        )
    else:
        record_good_days(context, key, report)
        forget_failed_days(workspace.lake, run_id, table.name)
    raise dg.Failure(
        f"{table.name}: {len(lines)} of {len(report.failed) + len(report.outcomes)} days failed\n{shown}",
        metadata={"failed_days": dg.MetadataValue.md("\n".join(f"- {line}" for line in lines[:200]))},
        allow_retries=retryable,
    )
