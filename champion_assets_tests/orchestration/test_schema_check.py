"""Each table's check fails on a realistic corruption of its rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import dagster as dg
import polars as pl
import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.errors import InvalidRows, MissingInput
from champion_assets.lake.range_report import RangeReport
from champion_assets.lake.schema import violations
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.orchestration.schema_check import column_schema, schema_check_result
from champion_assets_tests.conftest import settings_in
from champion_assets_tests.helpers import ORDER, build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)
RARE = {
    "raw/security_master": {
        "trade_date": START,
        "sha256": "a" * 64,
        "name": "symbolchange.csv",
        "uri": "file:///x",
        "format": "symbolchange",
        "rows": 1,
        "bytes": 10,
        "fetched_at": dt.datetime(2023, 11, 1, tzinfo=dt.UTC),
        "is_current": True,
    },
    "raw/bundle_members": {
        "trade_date": START,
        "sha256": "a" * 64,
        "name": "PE_011123.csv",
        "uri": "file:///x",
        "format": "pe",
        "rows": 0,
        "bytes": 10,
        "fetched_at": dt.datetime(2023, 11, 1, tzinfo=dt.UTC),
        "is_current": True,
    },
    "bronze/symbol_changes": {
        "trade_date": START,
        "change_date": START,
        "old_symbol": "A",
        "new_symbol": "B",
        "source_sha256": "a" * 64,
    },
    "bronze/series_changes": {
        "trade_date": START,
        "symbol": "A",
        "security": "A LTD",
        "from_series": "EQ",
        "to_series": "BE",
        "change_date": START,
        "remarks": None,
        "source_row": 1,
        "source_sha256": "a" * 64,
    },
    "silver/suspects": {
        "trade_date": START,
        "instrument_id": "A",
        "symbol": "A",
        "series": "EQ",
        "suspicion": "unexplained_gap",
        "witness": 0.5,
        "factor": 1.0,
        "verdict": None,
        "nearest": "split 2:1",
        "nearest_factor": 0.5,
        "candidates": "",
        "days_since_traded": 1,
        "reading": "x",
        "subject": "",
    },
    "silver/endings": {
        "trade_date": START,
        "instrument_id": "A",
        "symbol": "A",
        "last_session": dt.date(2023, 10, 31),
        "kind": "merged",
        "child_instrument_id": "B",
        "child_symbol": "B",
        "ratio": 2.8,
        "cash": 0.0,
        "confidence": "document",
        "evidence": "x",
    },
    "bronze/bundle_bands": {
        "trade_date": START,
        "symbol": "A",
        "series": "EQ",
        "security": "A LTD",
        "side": "upper",
        "source_row": 1,
        "source_sha256": "a" * 64,
    },
    "backtest/tax": {
        "trade_date": START,
        "financial_year": 2024,
        "short_gain": 100.0,
        "long_gain": 0.0,
        "allowance": 0.0,
        "set_off": 0.0,
        "tax_of_year": 15.6,
        "tax": 15.6,
        "tax_so_far": 15.6,
        "value_after_tax": 1e6,
        "return_after_tax": 0.0,
        "realised": [
            {
                "instrument_id": "A",
                "acquired": START,
                "shares": 1.0,
                "cost": 0.0,
                "fair_value": None,
                "proceeds": 100.0,
                "gain": 100.0,
                "is_long": False,
            }
        ],
        "gains": [{"date": START, "is_long": False, "amount": 100.0}],
        "brought": [],
        "carried": [],
        "lots": [],
    },
    "silver/doubts": {
        "trade_date": START,
        "instrument_id": "A",
        "symbol": "A",
        "ex_session": START,
        "doubt": "unread",
        "level": "capital",
        "reason": "x",
    },
}
"""Good rows of tables that have none in these weeks."""
CORRUPTIONS: list[tuple[str, str, Any]] = [
    ("silver/endings", "kind", "gone"),
    ("silver/endings", "ratio", 0.0),
    ("silver/endings", "child_instrument_id", None),
    ("raw/bhavcopy", "sha256", "not a hash"),
    ("raw/bhavcopy", "rows", -1),
    ("bronze/bhavcopy", "close", -1.0),
    ("bronze/bhavcopy", "volume", -5),
    ("bronze/bhavcopy", "symbol", None),
    ("silver/equity_eod", "series", "GS"),
    ("silver/equity_eod", "session_type", "closed"),
    ("silver/equity_eod", "high", 0.01),
    ("features/returns", "simple_return", -1.0),
    ("features/universe", "rank", 0),
    ("features/expected_returns", "estimator", "guess"),
    ("features/covariance", "volatility", -0.1),
    ("features/factor_returns", "factor_return", 0.5),
    ("features/characteristics", "market_cap", 0.0),
    ("portfolio/account", "pnl", 1e9),
    ("portfolio/account", "cash", -100.0),
    ("backtest/executions", "filled", 1e12),
    ("backtest/executions", "price", 0.0),
    ("backtest/attribution", "amount", 1e9),
    ("backtest/tax", "tax_of_year", -1.0),
    ("backtest/tax", "gains", []),
    ("portfolio/target_weights", "weight", 0.5),
    ("portfolio/target_weights", "weight", 0.0),
    ("portfolio/target_weights", "relative_gap", 1e-3),
    ("backtest/daily", "costs", -1.0),
    ("backtest/daily", "cash", -100.0),
    ("raw/delivery", "uri", None),
    ("raw/index_close", "bytes", 0),
    ("raw/security_master", "sha256", "short"),
    ("raw/corporate_actions", "format", None),
    ("raw/bundle_members", "bytes", 0),
    ("bronze/shares_outstanding", "shares", 0),
    ("bronze/earnings", "symbol", None),
    ("bronze/board_meetings", "meeting_date", None),
    ("silver/board_meetings", "instrument_id", None),
    ("bronze/bundle_lists", "list_name", "HL"),
    ("raw/market_lists", "sha256", "x"),
    ("bronze/market_lists", "client", "A NAME"),
    ("bronze/participant_open_interest", "future_index_long", -1),
    ("bronze/adjusted_extremes", "high", -1.0),
    ("silver/trading_activity", "short_sold", -1),
    ("bronze/price_bands", "band", "7"),
    ("bronze/series_changes", "to_series", None),
    ("bronze/published_volatility", "volatility", -0.1),
    ("silver/price_bands", "band", 0.07),
    ("raw/derivatives", "sha256", "x"),
    ("bronze/derivatives", "option_type", None),
    ("silver/derivatives", "no_volatility", "future"),
    ("silver/derivatives", "open_interest", -1),
    ("silver/shares_outstanding", "category", "Listed"),
    ("silver/earnings", "instrument_id", None),
    ("bronze/delivery", "delivery_pct", 120.0),
    ("bronze/bundle_prices", "volume", -1),
    ("bronze/bundle_bands", "side", "H"),
    ("silver/security_status", "hit_lower", False),
    ("bronze/index_close", "published_name", None),
    ("bronze/corporate_actions", "known_basis", "hearsay"),
    ("silver/instruments", "evidence", "a feeling"),
    ("silver/instruments", "last_close", 0.0),
    ("silver/index_eod", "close", -1.0),
    ("silver/corporate_actions", "f_capital", 0.0),
    ("silver/corporate_actions", "f_total_return", 5.0),
    ("silver/corporate_actions", "verdict", "guilty"),
    ("silver/esg_scores", "score", 101.0),
    ("silver/esg_scores", "found_by", "luck"),
    ("features/esg", "percentile", 1.5),
    ("features/esg", "providers", 0),
    ("raw/esg_scores", "sha256", "x"),
    ("raw/index_constituents", "rows", -1),
    ("portfolio/audit", "violation", 1e-3),
    ("portfolio/target_weights", "cash_weight", 0.2),
    ("backtest/daily", "stt", 5.0),
    ("silver/rates", "overnight_return", 0.5),
    ("silver/index_total_return", "route", "hearsay"),
    ("silver/suspects", "suspicion", "a feeling"),
    ("silver/doubts", "ex_session", dt.date(2024, 1, 1)),
    ("warehouse/duckdb", "table_name", "Silver Prices"),
    ("warehouse/duckdb", "rows", -1),
    ("bronze/esg_scores", "score", 101.0),
    ("bronze/symbol_changes", "new_symbol", None),
    ("bronze/index_constituents", "list_order", -1),
    ("checks/index_replication", "witness", "luck"),
    ("checks/results", "severity", "grave"),
    ("checks/results", "rows", -1),
]


def test_every_table_is_corrupted_here() -> None:
    assert {name for name, _, _ in CORRUPTIONS} == set(ORDER)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Workspace:
    """A lake of all tables; these tests only read it."""
    workspace = open_workspace(settings_in(tmp_path_factory.mktemp("built"), exchange))
    build_until(workspace, ORDER[-1], START, END)
    return workspace


@pytest.mark.parametrize(("name", "column", "value"), CORRUPTIONS)
def test_a_corrupted_value_is_found_and_named(built: Workspace, name: str, column: str, value: Any) -> None:
    frame = built.lake.read(name, built.sessions(START, END)).tail(200)
    if name in RARE:
        frame = pl.DataFrame([RARE[name]], schema=frame.schema)
    assert frame.height
    assert violations(TABLES[name].model, frame) is None
    kind = frame.schema[column]
    text = violations(TABLES[name].model, frame.with_columns(pl.lit(value, kind).alias(column)))
    assert text is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.drop("close"),
        lambda f: f.with_columns(extra=1),
        lambda f: f.cast({"volume": pl.Float64}),
        lambda f: f.select(reversed(f.columns)),
    ],
)
def test_another_shape_of_the_table_is_found(workspace: Workspace, change: Any) -> None:
    build_until(workspace, "silver/equity_eod", START, START)
    assert (
        violations(TABLES["silver/equity_eod"].model, change(workspace.lake.read("silver/equity_eod", [START])))
        is not None
    )


def test_the_verdict_counts_broken_days_only() -> None:
    report = RangeReport("silver/equity_eod", failed={START: MissingInput("x")})
    assert schema_check_result(TABLES["silver/equity_eod"], report).passed
    report.failed[END] = InvalidRows("close fails")
    result = schema_check_result(TABLES["silver/equity_eod"], report)
    assert not result.passed
    assert "close fails" in str(result.metadata["failures"].value)


def test_columns_reach_the_web_page() -> None:
    columns = {column.name: column for column in column_schema(TABLES["silver/equity_eod"].model).columns}
    assert columns["prev_close"].description
    assert columns["isin"].constraints.nullable
    assert isinstance(columns["close"], dg.TableColumn)
