"""How a table of the whole history becomes a Dagster asset: no partitions, one schema check, retries."""

import dagster as dg

from champion_assets.catalog import open_workspace
from champion_assets.lake.errors import BuildError, InvalidRows
from champion_assets.lake.table import HistoryTable
from champion_assets.orchestration.asset_description import metadata_of, owners_of, tags_of
from champion_assets.orchestration.asset_failures import retry_policy
from champion_assets.orchestration.interruption import ended_by_interruption
from champion_assets.orchestration.kubernetes import step_tags
from champion_assets.orchestration.resources import settings_of_run
from champion_assets.orchestration.schema_check import CHECK, schema_check_spec
from champion_assets.settings import get_settings


def history_asset(table: HistoryTable) -> dg.AssetsDefinition:
    """The asset of a table of the whole history."""
    key = dg.AssetKey(table.name.split("/"))

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(name.split("/")) for name in table.inputs],
        description=table.description,
        backfill_policy=dg.BackfillPolicy.single_run(),  # Dagster's command for a range demands it of every asset
        group_name=table.group,
        kinds=set(table.kinds),
        owners=owners_of(table.group),
        tags=tags_of(table.group),
        required_resource_keys={"lake"},
        code_version=table.code_version,
        retry_policy=retry_policy(table.group, get_settings()),
        op_tags=step_tags(table.peak_megabytes, get_settings()),
        check_specs=[schema_check_spec(key, table.model)],
        metadata=metadata_of(table, table.inputs),
    )
    @ended_by_interruption
    def build(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # a generator of Dagster's events
        workspace = open_workspace(settings_of_run(context.resources))
        try:
            outcome = table.build(workspace)
        except InvalidRows as error:
            yield dg.AssetCheckResult(passed=False, check_name=CHECK, metadata={"problem": str(error)})
            raise dg.Failure(str(error), allow_retries=False) from error
        except BuildError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        yield dg.AssetCheckResult(passed=True, check_name=CHECK, metadata={"rows": outcome.rows.height})
        context.log.info(f"{table.name}: {outcome.status}, {outcome.sessions} sessions")
        page = (
            dg.MetadataValue.path(outcome.address)
            if workspace.lake.is_local
            else dg.MetadataValue.text(outcome.address)
        )
        yield dg.MaterializeResult(
            metadata={
                "status": dg.MetadataValue.text(outcome.status),
                "dagster/row_count": dg.MetadataValue.int(outcome.rows.height),
                "tear sheet": page,
                **{title: dg.MetadataValue.md(text) for title, text in outcome.preview.items()},
            }
        )

    return build
