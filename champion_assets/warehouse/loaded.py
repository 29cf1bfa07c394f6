"""Which tables a warehouse holds, which of their rows, and what a load leaves behind.

What belongs here: what `warehouse/duckdb` and `warehouse/clickhouse` share. What does not: a word of either's SQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.backtest.daily import TABLE as DAILY
from champion_assets.checks.results import TABLE as CHECK_RESULTS
from champion_assets.features.covariance import TABLE as COVARIANCE
from champion_assets.features.esg import TABLE as ESG
from champion_assets.features.expected_returns import TABLE as EXPECTED_RETURNS
from champion_assets.features.returns import TABLE as RETURNS
from champion_assets.features.universe import TABLE as UNIVERSE
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import DailyTable, Workspace
from champion_assets.portfolio.audit import TABLE as AUDIT
from champion_assets.portfolio.target_weights import TABLE as TARGET_WEIGHTS
from champion_assets.raw.corporate_actions import TABLE as ACTION_FILES
from champion_assets.silver.corporate_actions import TABLE as CORPORATE_ACTIONS
from champion_assets.silver.equity_eod import TABLE as EQUITY_EOD
from champion_assets.silver.esg_scores import TABLE as ESG_SCORES
from champion_assets.silver.index_eod import TABLE as INDEX_EOD
from champion_assets.silver.instruments import TABLE as INSTRUMENTS
from champion_assets.silver.suspects import TABLE as SUSPECTS

LOADED: tuple[DailyTable, ...] = (
    EQUITY_EOD, INDEX_EOD, CORPORATE_ACTIONS, SUSPECTS, INSTRUMENTS, CHECK_RESULTS, ESG_SCORES, RETURNS, UNIVERSE, ESG,
    EXPECTED_RETURNS, COVARIANCE, TARGET_WEIGHTS, AUDIT, DAILY, ACTION_FILES,
)  # fmt: skip
"""ACTION_FILES (`raw/corporate_actions`) says for which sessions corporate actions were read, without which nothing can be adjusted."""

ONLY = {INSTRUMENTS.name: "valid_from = trade_date", ACTION_FILES.name: "is_current"}
"""The registry repeats itself every day: of it the changes are loaded, which are the history. Of files only the versions in force."""


class Load(TableModel):
    """What a load put into a warehouse for a day: one row a table."""

    trade_date: pl.Date = pa.Field(description="Day loaded")
    table_name: str = pa.Field(isin=[table.name for table in LOADED], description="Table, stage/name")
    rows: pl.Int64 = pa.Field(ge=0, description="Rows of the day in the table")
    fingerprint: str = pa.Field(description="Version of the day that is inside")

    class Config(TableModel.Config):
        """One row a table and day."""

        unique = ["trade_date", "table_name"]


def rows_of(workspace: Workspace, table: DailyTable, dates: Sequence[dt.date]) -> pl.DataFrame:
    """The rows of the lake that a warehouse holds of these days, in order of the dates."""
    frame = workspace.lake.read(table.name, dates)
    where = ONLY.get(table.name)
    return frame if where is None else frame.filter(pl.sql_expr(where))
