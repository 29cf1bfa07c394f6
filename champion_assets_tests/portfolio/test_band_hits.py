"""The account asks `silver/security_status` who was at a band, and says of how many names it knew."""

from __future__ import annotations

import datetime as dt

import polars as pl

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.silver.security_status import NAME as STATUS
from champion_assets.silver.security_status import SecurityStatus
from champion_assets_tests.helpers import build_until, put_day

START, DECIDED, FILLED = dt.date(2023, 11, 1), dt.date(2023, 11, 30), dt.date(2023, 12, 1)


def told(equity: pl.DataFrame, *, upper: bool) -> pl.DataFrame:
    """A bundle of the day that lists every name at its upper band, or none."""
    rows = equity.select(
        *("trade_date", "instrument_id", "symbol", "series"),
        hit_upper=pl.lit(value=upper),
        hit_lower=pl.lit(value=False),
        is_nifty_50=pl.lit(value=False),
        corporate_flag=pl.lit(None, pl.String),
        high_52_weeks=pl.lit(None, pl.Float64),
        low_52_weeks=pl.lit(None, pl.Float64),
        is_new_high=pl.lit(None, pl.Boolean),
        is_new_low=pl.lit(None, pl.Boolean),
        underlying=pl.lit(None, pl.String),
        has_derivatives=pl.lit(None, pl.Boolean),
    )
    assert violations(SecurityStatus, rows) is None
    return rows.select(list(empty_frame(SecurityStatus).columns))


def test_buys_of_listed_names_at_the_top_of_the_day_are_refused(workspace: Workspace) -> None:
    build_until(workspace, "features/covariance", START, FILLED)
    equity = workspace.lake.read("silver/equity_eod", [FILLED])
    equity = equity.with_columns(high=pl.max_horizontal("open", "close"))  # whoever fell opened at the top of the day
    put_day(workspace.lake, "silver/equity_eod", FILLED, equity)
    at_top = set(equity.filter(pl.col("open") >= pl.col("high") - 0.001)["instrument_id"])
    refused: dict[bool, set[str]] = {}
    known_before: set[object] = set()
    for upper in (True, False):
        put_day(workspace.lake, STATUS, FILLED, told(equity, upper=upper))
        report = build_range(TABLES["portfolio/account"], workspace, calendar_days(START, FILLED))
        assert not report.failed
        assert report.outcomes[FILLED].facts["bands_known"] == equity.height
        known_before.add(report.outcomes[DECIDED].facts.get("bands_known"))
        orders = workspace.lake.read("portfolio/account", [FILLED])["executions"].explode().struct.unnest()
        assert orders.height > 10
        refused[upper] = set(orders.filter(pl.col("reason") == "at_band")["instrument_id"])
        assert refused[upper] == (at_top & set(orders["instrument_id"]) if upper else set())
    assert refused[True]  # else nothing is proven
    listed = workspace.lake.read("silver/price_bands", [DECIDED])["instrument_id"]
    traded = workspace.lake.read("silver/equity_eod", [DECIDED])["instrument_id"]
    assert known_before == {len(set(listed) & set(traded)), None}  # None: unchanged by the second list
