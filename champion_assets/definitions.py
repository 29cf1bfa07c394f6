"""The entry point: the whole graph as one `Definitions`. No I/O happens at import."""

from __future__ import annotations

import dagster as dg

from champion_assets.automation.jobs import default_jobs, default_schedules
from champion_assets.backtest import daily, tear_sheet
from champion_assets.bronze import bhavcopy as bronze_bhavcopy
from champion_assets.features import covariance, expected_returns, returns, universe
from champion_assets.portfolio import target_weights
from champion_assets.raw import bhavcopy as raw_bhavcopy
from champion_assets.silver import equity_eod
from champion_assets.warehouse import duckdb

MODULES = [
    raw_bhavcopy, bronze_bhavcopy, equity_eod, returns, universe, expected_returns, covariance, target_weights, daily,
    tear_sheet, duckdb,
]  # fmt: skip

defs = dg.Definitions(
    assets=dg.load_assets_from_modules(MODULES),
    jobs=default_jobs,
    schedules=default_schedules,
    executor=dg.in_process_executor,
)
