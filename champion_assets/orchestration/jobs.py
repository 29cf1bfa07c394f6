"""The daily job and its schedule.

What belongs here: what runs when. What does not: what is computed.
"""

from __future__ import annotations

import datetime as dt

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from champion_assets.catalog import open_calendar
from champion_assets.orchestration.experiment_job import experiment
from champion_assets.settings import current_settings

TAGS = {"nse": "true", "bhavcopy": "true", "daily": "true", "production": "true"}

daily_job = dg.define_asset_job(
    "nse_daily",
    selection=dg.AssetSelection.all(),
    tags=TAGS,
    description="Every stage of one trading day, in one process.",
)


@dg.schedule(
    job=daily_job,
    cron_schedule=["30 12 * * 1-5", "30 12 * * 6,0"],  # weekends: special sessions
    execution_timezone="UTC",
    # the publication sensor runs a day when it is out; this runs it by the clock
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="18:00 IST on every session, special Saturdays and Sundays included; closed days are skipped "
    "with their reason.",
)
def nse_daily_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """The day's run, or why there is none."""
    today = (context.scheduled_execution_time + dt.timedelta(hours=5, minutes=30)).date()
    reason = open_calendar(current_settings()).why_closed(today)
    if reason is not None:
        return dg.SkipReason(f"{today} is closed: {reason}")
    return dg.RunRequest(run_key=today.isoformat(), partition_key=today.isoformat(), tags=TAGS)


default_jobs: list[dg.JobDefinition | UnresolvedAssetJobDefinition] = [daily_job, experiment]
default_schedules = [nse_daily_schedule]
