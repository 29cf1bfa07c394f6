"""The entry point: the whole graph as one `Definitions`. No I/O happens at import."""

from __future__ import annotations

import dagster as dg

from champion_assets.backtest import daily, tear_sheet
from champion_assets.bronze import bhavcopy as bronze_bhavcopy
from champion_assets.bronze import corporate_actions as bronze_corporate_actions
from champion_assets.bronze import delivery as bronze_delivery
from champion_assets.bronze import index_close as bronze_index_close
from champion_assets.checks import results as check_results
from champion_assets.features import covariance, esg, expected_returns, returns, universe
from champion_assets.orchestration.jobs import default_jobs, default_schedules
from champion_assets.orchestration.kubernetes import executor_of
from champion_assets.orchestration.sensors import catch_up_schedule, default_sensors
from champion_assets.portfolio import audit, target_weights
from champion_assets.raw import bhavcopy as raw_bhavcopy
from champion_assets.raw import corporate_actions as raw_corporate_actions
from champion_assets.raw import delivery as raw_delivery
from champion_assets.raw import esg_scores as raw_esg_scores
from champion_assets.raw import index_close as raw_index_close
from champion_assets.raw import index_constituents as raw_index_constituents
from champion_assets.raw import security_master as raw_security_master
from champion_assets.settings import get_settings
from champion_assets.silver import corporate_actions, equity_eod, esg_scores, index_eod, instruments, suspects

MODULES = [
    raw_bhavcopy, raw_delivery, raw_index_close, raw_index_constituents, raw_security_master, raw_corporate_actions, raw_esg_scores,
    bronze_bhavcopy, bronze_delivery, bronze_index_close, bronze_corporate_actions,
    instruments, equity_eod, index_eod, corporate_actions, suspects, esg_scores, check_results,
    returns, universe, esg, expected_returns, covariance, target_weights, audit, daily, tear_sheet,
]  # fmt: skip
if get_settings().load_to_duckdb:
    from champion_assets.warehouse import duckdb

    MODULES.append(duckdb)
if get_settings().load_to_clickhouse:
    from champion_assets.warehouse import clickhouse

    MODULES.append(clickhouse)

defs = dg.Definitions(
    assets=dg.load_assets_from_modules(MODULES),
    jobs=default_jobs,
    schedules=[*default_schedules, catch_up_schedule],
    sensors=default_sensors,
    executor=executor_of(get_settings()),
)
