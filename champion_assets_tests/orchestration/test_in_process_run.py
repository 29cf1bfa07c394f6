"""Runs of `champion backfill` as Dagster's page sees them: job, target, tags, partitions, code location."""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg

from champion_assets.orchestration.backfill import _partition_tags
from champion_assets.orchestration.dagster_home import prepare_dagster_home
from champion_assets.orchestration.in_process_run import run_in_process
from champion_assets.settings import Settings

Put = Callable[[str, str], None]


def test_a_run_has_target_job_tags_and_a_place_on_the_timeline(environment: Put, settings: Settings) -> None:
    import datetime as dt

    prepare_dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        run_id, errors = run_in_process(
            ["raw/bhavcopy"], _partition_tags(dt.date(2023, 11, 1), dt.date(2023, 11, 3)), instance
        )
        assert errors == {}
        run = instance.get_run_by_id(run_id)
        assert run is not None
        assert run.status == dg.DagsterRunStatus.SUCCESS
        assert run.job_name == "nse_daily"
        assert run.asset_selection == {dg.AssetKey(["raw", "bhavcopy"])}
        assert {"nse", "bhavcopy", "daily", "production"} <= run.tags.keys()
        assert run.tags["dagster/asset_partition_range_start"] == "2023-11-01"
        assert run.tags["dagster/asset_partition_range_end"] == "2023-11-03"
        assert run.remote_job_origin is not None
        assert run.remote_job_origin.location_name == "champion"
        assert run.remote_job_origin.repository_origin.repository_name == "__repository__"
        assert len(instance.get_materialized_partitions(dg.AssetKey(["raw", "bhavcopy"]))) == 3


def test_one_day_is_its_partition(environment: Put, settings: Settings) -> None:
    import datetime as dt

    assert _partition_tags(dt.date(2023, 11, 1), dt.date(2023, 11, 1)) == {"dagster/partition": "2023-11-01"}


def test_a_failed_step_is_told(environment: Put, settings: Settings) -> None:
    environment("CHAMPION_SOURCE", str(settings.data_dir))  # holds no file of NSE
    prepare_dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        run_id, errors = run_in_process(["raw/bhavcopy"], {"dagster/partition": "2023-11-01"}, instance)
        assert errors.keys() == {"raw/bhavcopy"}
        assert "2023-11-01: NotYetPublished" in errors["raw/bhavcopy"]
        assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
