"""How a daily table becomes a Dagster asset: partitions, range runs, retries, metadata, its check.

What belongs here: everything that all daily assets share towards Dagster. What does not: building (`lake/build.py`) or any table.
"""

import datetime as dt
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg

from champion_assets.catalog import open_workspace
from champion_assets.common.logs import log
from champion_assets.lake.build import DayOutcome, RangeReport, build_range, tell
from champion_assets.lake.errors import MissingInput
from champion_assets.lake.ports import is_retryable
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.kubernetes import step_tags
from champion_assets.orchestration.partitions import GRID, TIMEZONE, dates_of
from champion_assets.orchestration.run_liveness import mark
from champion_assets.orchestration.run_tracking import note
from champion_assets.orchestration.schema_check import column_schema, schema_check_result, schema_check_spec
from champion_assets.settings import Settings, get_settings

# the two beta features used here are pinned with the version of Dagster; their warnings would bury the progress bar
warnings.filterwarnings("ignore", message=r".*`(backfill_policy|include_sources)`.*", category=dg.BetaWarning)
# assets with and without state have different policies on purpose
warnings.filterwarnings("ignore", message=r"Asset job nse_daily materializes assets with varying BackfillPolicies")

OWNERS: Mapping[str, str] = {
    "raw": "team:market-data", "bronze": "team:market-data", "silver": "team:market-data", "checks": "team:market-data",
    "warehouse": "team:market-data",
    "features": "team:research", "portfolio": "team:research", "backtest": "team:research",
}  # fmt: skip
_RETRIES: Mapping[str, tuple[int, float]] = {"raw": (3, 60.0), "warehouse": (3, 60.0)}
_OTHER_RETRIES = (2, 30.0)
FRESH_BY: Mapping[str, str] = {
    "raw": "45 20 * * *", "bronze": "45 20 * * *", "silver": "0 21 * * *", "checks": "0 21 * * *", "features": "15 21 * * *",
    "portfolio": "15 21 * * *", "backtest": "30 21 * * *", "warehouse": "30 21 * * *",
}  # fmt: skip
"""When a day of each stage is due, in India; closed days count through their record."""
FRESH_WITHIN = dt.timedelta(hours=20)
"""So long before it is due a day may have been built."""
SHOWN = 5
"""Failed days in a message; the metadata of the failure has more."""
WAITS, WAIT_SECONDS = 100_000, 20.0
"""A run of a backfill looks again so often for days that earlier runs of it build; it gives up when these have ended."""
FETCH_TAG, FETCH_MISSING = "champion/fetch", "missing"
"""A run with this tag asks the source only for days that the lake does not have; others look at the source again."""
_FAILED_DAYS: dict[tuple[str, str], list[dt.date]] = {}


def retry_policy(group: str, settings: Settings) -> dg.RetryPolicy:
    """Fetching and loading 3 x 60 s, everything else 2 x 30 s, with jitter, as in the pipelines that Champion replaces."""
    count, delay = _RETRIES.get(group, _OTHER_RETRIES)
    return dg.RetryPolicy(max_retries=count, delay=delay * settings.retry_delay_scale, jitter=dg.Jitter.PLUS_MINUS)


def daily_asset(
    table: DailyTable, more_checks: Callable[[dg.AssetKey], list[dg.AssetCheckSpec]] = lambda _: [],
    more_results: Callable[[Workspace, RangeReport], list[dg.AssetCheckResult]] = lambda _workspace, _report: [],
) -> dg.AssetsDefinition:  # fmt: skip
    """The asset of a daily table: one compute for one day and for a range, its Pandera model as its check `schema`.

    `more_checks` declares further asset checks, `more_results` gives their verdicts after a run.
    """
    settings = get_settings()
    key = dg.AssetKey(table.name.split("/"))
    upstream = dict.fromkeys(wanted.table for wanted in table.inputs(settings) if wanted.table != table.name)

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(name.split("/")) for name in upstream],
        description=table.description,
        partitions_def=GRID,
        backfill_policy=dg.BackfillPolicy.single_run() if table.reads_other_days(settings)
        else dg.BackfillPolicy.multi_run(settings.partitions_per_run),
        group_name=table.group,
        kinds=set(table.kinds),
        owners=[OWNERS[table.group]],
        code_version=table.code_version,
        retry_policy=retry_policy(table.group, settings),
        op_tags=step_tags(table.peak_megabytes, settings),
        freshness_policy=dg.FreshnessPolicy.cron(FRESH_BY[table.group], FRESH_WITHIN, TIMEZONE),
        check_specs=[schema_check_spec(key, table.model), *more_checks(key)],
        metadata={"dagster/column_schema": column_schema(table.model), "dagster/table_name": table.name.replace("/", ".")},
    )  # fmt: skip
    def build(context: dg.AssetExecutionContext) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        again = _FAILED_DAYS.pop((context.run.run_id, table.name), None)
        if again is None and context.run.tags.get(FETCH_TAG) == FETCH_MISSING:
            again = []
        try:
            workspace = open_workspace(get_settings())
            mark(workspace.settings, context.run.run_id)
            report = build_range(table, workspace, dates_of(context.partition_keys), refetch=again)
        except Exception as error:
            log(get_settings()).error("failed", run=context.run.run_id, asset=table.name, kind=type(error).__name__, error=str(error))
            if is_retryable(error):
                raise
            raise dg.Failure(f"{table.name}: {type(error).__name__}: {error}", allow_retries=False) from error
        context.log.info(summary(report))
        _keep_record(context, workspace, report)
        yield schema_check_result(table, report)
        yield from more_results(workspace, report)
        if report.failed:
            _fail(context, key, table, report)
        for date, outcome in report.outcomes.items():
            context.add_asset_metadata(_metadata(outcome), partition_key=date.isoformat())
        _add_preview(context, table, workspace, report)
        yield dg.MaterializeResult()

    return build


def _keep_record(context: dg.AssetExecutionContext, workspace: Workspace, report: RangeReport) -> None:
    """The structured log, and what MLflow is told when the run has ended."""
    days = sorted([*report.outcomes, *report.failed])
    words = log(workspace.settings).bind(run=context.run.run_id, asset=report.table, partitions=f"{days[0]}..{days[-1]}" if days else "")
    words.info("built", written=report.count("written"), unchanged=report.count("unchanged"), closed=report.count("closed"),
               failed=len(report.failed), rows=report.rows, seconds=round(report.seconds["total"], 3))  # fmt: skip
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


def _metadata(outcome: DayOutcome) -> dict[str, Any]:
    if outcome.status == "closed":
        return {"status": "closed", "reason": outcome.reason, "dagster/partition_row_count": 0}
    return {"status": outcome.status, "dagster/partition_row_count": outcome.rows, "size_bytes": outcome.size,
            "fingerprint": outcome.fingerprint, **outcome.facts}  # fmt: skip


def _add_preview(context: dg.AssetExecutionContext, table: DailyTable, workspace: Workspace, report: RangeReport) -> None:
    sessions = [date for date, outcome in report.outcomes.items() if outcome.status != "closed"]
    if table.preview is None or not sessions or report.count("written") == 0:
        return
    shown = {title: dg.MetadataValue.md(text) for title, text in table.preview(workspace, sessions[-1]).items()}
    context.add_asset_metadata(shown, partition_key=sessions[-1].isoformat())


def _may_wait(context: dg.AssetExecutionContext, report: RangeReport) -> bool:
    """True if days failed for nothing but absent inputs, and earlier runs of the same backfill, which may build them, still go on."""
    backfill = context.run.tags.get("dagster/backfill")
    if backfill is None or not all(isinstance(error, MissingInput) for error in report.failed.values()):
        return False
    records = context.instance.get_run_records(dg.RunsFilter(tags={"dagster/backfill": backfill}))
    own = next(record.storage_id for record in records if record.dagster_run.run_id == context.run.run_id)
    return any(record.storage_id < own and not record.dagster_run.is_finished for record in records)


def _record_good_days(context: dg.AssetExecutionContext, key: dg.AssetKey, report: RangeReport) -> None:
    """The step fails, but the days that were built are in the lake: say so, or Dagster would call them missing."""
    for date, outcome in report.outcomes.items():
        context.log_event(dg.AssetMaterialization(key, partition=date.isoformat(), metadata=_metadata(outcome)))


def _fail(context: dg.AssetExecutionContext, key: dg.AssetKey, table: DailyTable, report: RangeReport) -> None:
    lines = [f"{date}: {type(error).__name__}: {error}" for date, error in sorted(report.failed.items())]
    shown = "\n".join(lines[:SHOWN]) + (f"\n... and {len(lines) - SHOWN} more days" if len(lines) > SHOWN else "")
    policy = retry_policy(table.group, get_settings())
    if _may_wait(context, report):
        context.log.info(f"waiting for earlier runs of this backfill: {lines[0]}")
        raise dg.RetryRequested(max_retries=WAITS, seconds_to_wait=WAIT_SECONDS * get_settings().retry_delay_scale or 1.0)
    retryable = all(is_retryable(error) for error in report.failed.values())
    if retryable and context.retry_number < policy.max_retries:
        _FAILED_DAYS[context.run.run_id, table.name] = sorted(report.failed)
        tell(f"{lines[0]}\n{table.name}: {len(lines)} day(s) failed for now; trying again in about {policy.delay or 0:.0f} s")
    else:
        _record_good_days(context, key, report)
    raise dg.Failure(
        f"{table.name}: {len(lines)} of {len(report.failed) + len(report.outcomes)} days failed\n{shown}",
        metadata={"failed_days": dg.MetadataValue.md("\n".join(f"- {line}" for line in lines[:200]))},
        allow_retries=retryable,
    )
