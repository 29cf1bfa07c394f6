"""How a daily table becomes a Dagster asset: partitions, range runs, retries, checks.

What belongs here: everything that all daily assets share towards Dagster. What does not: building (`lake/build.py`),
any table, what people see of an asset (`asset_description.py`, `asset_events.py`), what happens when days fail
(`asset_failures.py`).
"""

import datetime as dt
import warnings
from collections.abc import Iterator, Mapping

import dagster as dg

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.build import build_range
from champion_assets.lake.range_report import RangeReport
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.asset_description import metadata_of, owners_of, tags_of
from champion_assets.orchestration.asset_events import add_metadata, keep_record
from champion_assets.orchestration.asset_failures import as_dagster_error, fail_if_days_failed, retry_policy
from champion_assets.orchestration.freshness import fresh_check_result, fresh_check_spec
from champion_assets.orchestration.interruption import ended_by_interruption
from champion_assets.orchestration.kubernetes import step_tags
from champion_assets.orchestration.partitions import GRID, dates_of
from champion_assets.orchestration.resources import keys_for, opened_by, settings_of_run
from champion_assets.orchestration.retry_state import failed_days
from champion_assets.orchestration.run_liveness import mark
from champion_assets.orchestration.schema_check import schema_check_result, schema_check_spec
from champion_assets.orchestration.storage.event_log import adopt_shipped_log
from champion_assets.orchestration.waiting import begin
from champion_assets.raw.files import is_server
from champion_assets.settings import Settings, get_settings

# the two beta features used here are pinned with the version of Dagster; their warnings would bury the progress bar
warnings.filterwarnings("ignore", message=r".*`(backfill_policy|include_sources)`.*", category=dg.BetaWarning)
# assets with and without state have different policies on purpose
warnings.filterwarnings("ignore", message=r"Asset job nse_daily materializes assets with varying BackfillPolicies")

FETCH_TAG, FETCH_MISSING = "champion/fetch", "missing"
"""A run with this tag asks the source only for days that the lake does not have; others look at the source again."""
PRIORITY_TAG = "dagster/priority"
ARCHIVE_POOL = "nse_archive"
"""Assets that fetch from a server of the exchange's files."""


def daily_asset(table: DailyTable, tables: Mapping[str, DailyTable] | None = None) -> dg.AssetsDefinition:
    """The asset of a daily table: one compute for one day and for a range, its Pandera model as its check `schema`.

    Args:
        table: the table.
        tables: those among which it stands, by default the catalog.
    """
    settings = get_settings()
    key = dg.AssetKey(table.name.split("/"))

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(name.split("/")) for name in _edges(table, settings)],
        description=table.description,
        partitions_def=GRID,
        backfill_policy=dg.BackfillPolicy.multi_run(settings.partitions_per_run)
        if settings.partitions_per_run and not table.reads_other_days(settings)
        else dg.BackfillPolicy.single_run(),
        group_name=table.group,
        kinds=set(table.kinds),
        owners=owners_of(table.group),
        tags=tags_of(table.group),
        code_version=table.code_version,
        retry_policy=retry_policy(table.group, settings),
        op_tags=step_tags(table.peak_megabytes, settings)
        | ({PRIORITY_TAG: "-1"} if table.group == "warehouse" else {}),
        pool=ARCHIVE_POOL if table.is_source and is_server(settings) else None,
        required_resource_keys=keys_for(table),
        check_specs=[schema_check_spec(key, table.model), fresh_check_spec(key)],
        metadata=metadata_of(table, [each.table for each in table.inputs(settings) if not each.is_gate]),
    )
    @ended_by_interruption
    def build(context: dg.AssetExecutionContext) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        adopt_shipped_log()
        begin(context)
        run_settings = settings_of_run(context.resources)
        try:
            workspace = open_workspace(run_settings, None if tables is None else dict(tables))
            mark(workspace.settings, context.run.run_id)
            report = _build(context, table, workspace)
        except Exception as error:
            raise as_dagster_error(context, run_settings, table, error) from error
        keep_record(context, workspace, report)
        yield schema_check_result(table, report)
        yield fresh_check_result(table, workspace)
        fail_if_days_failed(context, key, table, workspace, report)
        add_metadata(context, table, workspace, report)
        yield dg.MaterializeResult()

    return build


def _edges(table: DailyTable, settings: Settings) -> list[str]:
    """The inputs as edges of the graph.

    Of a warehouse's many only those that no other one rests on: they imply the rest.

    A run that leaves out what these edges rest on has no edge to a warehouse. There the priority of the step makes it
    the last one.
    """
    names = list(dict.fromkeys(wanted.table for wanted in table.inputs(settings) if wanted.table != table.name))
    if table.group != "warehouse":
        return names
    known: dict[str, set[str]] = {}
    implied = {ancestor for name in names for ancestor in _ancestors(name, settings, known)}
    return [name for name in names if name not in implied]


def _ancestors(name: str, settings: Settings, known: dict[str, set[str]]) -> set[str]:
    """All that a table rests on; `known` has what was found for others, since many paths lead to one table."""
    if name not in known:
        parents = (
            {wanted.table for wanted in TABLES[name].inputs(settings) if wanted.table != name}
            if name in TABLES
            else set[str]()
        )
        known[name] = parents.union(*(_ancestors(parent, settings, known) for parent in parents))
    return known[name]


def _build(context: dg.AssetExecutionContext, table: DailyTable, workspace: Workspace) -> RangeReport:
    """The range of the run.

    A later attempt of the step looks at the source again for the days that failed, and only for these.
    """
    again: list[dt.date] | None = [] if context.run.tags.get(FETCH_TAG) == FETCH_MISSING else None
    if context.retry_number:
        failed = failed_days(workspace.lake, context.run.run_id, table.name)
        again = again if failed is None else failed
    with opened_by(context.resources):
        return build_range(table, workspace, dates_of(context.partition_keys), refetch=again)
