"""The entry point: the whole graph as one `Definitions`. No I/O happens at import."""

from __future__ import annotations

import dagster as dg

from champion_assets.common.redaction import install
from champion_assets.orchestration.assets import asset_checks_of, assets_of
from champion_assets.orchestration.jobs import default_jobs, default_schedules
from champion_assets.orchestration.kubernetes import executor_of
from champion_assets.orchestration.reporting_sensors import reporting_sensors
from champion_assets.orchestration.resources import default_resources
from champion_assets.orchestration.sensors import catch_up_schedule, run_sensors
from champion_assets.orchestration.storage.event_log import adopt_shipped_log
from champion_assets.settings import get_settings

adopt_shipped_log()
install()

defs = dg.Definitions(
    assets=assets_of(get_settings()),
    asset_checks=asset_checks_of(get_settings()),
    jobs=default_jobs,
    schedules=[*default_schedules, catch_up_schedule],
    sensors=[*run_sensors, *reporting_sensors],
    resources=default_resources(),
    executor=executor_of(get_settings()),
)
