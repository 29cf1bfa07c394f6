"""Decisions: when they are made, carried, impossible; and that they know nothing of tomorrow."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import MissingInput
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.calendar import load_calendar
from champion_assets.portfolio.account import NAME as ACCOUNT
from champion_assets.portfolio.schedule import is_rebalance
from champion_assets.portfolio.target_weights import TABLE, TargetWeights
from champion_assets.quant.problem import Infeasible
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 15)


@pytest.mark.parametrize(
    ("day", "every", "expected"),
    [
        ("2024-01-31", "monthly", True),
        ("2024-01-30", "monthly", False),
        ("2024-03-28", "monthly", True),
        ("2024-01-20", "weekly", True),
        ("2024-03-28", "quarterly", True),
        ("2024-02-29", "quarterly", False),
        ("2024-01-17", "band", True),
        ("2024-01-19", "weekly", False),
        ("2024-01-17", "daily", True),
        ("2026-12-31", "monthly", False),
        ("2026-12-31", "daily", True),
    ],
)
def test_rebalance_days_follow_sessions(day: str, every: str, expected: bool) -> None:
    assert is_rebalance(load_calendar(), dt.date.fromisoformat(day), every) == expected  # type: ignore[arg-type]


def test_weights_are_decided_at_month_ends_and_carried(workspace: Workspace) -> None:
    build_until(workspace, "portfolio/target_weights", START, END)
    sessions = workspace.sessions(START, END)
    frames = {date: workspace.lake.read("portfolio/target_weights", [date]) for date in sessions}
    first = min(date for date, frame in frames.items() if frame.height)
    assert first == dt.date(2023, 11, 30)
    assert frames[dt.date(2023, 12, 15)]["decided_on"].unique().to_list() == [first]
    assert frames[dt.date(2023, 12, 29)]["decided_on"].unique().to_list() == [dt.date(2023, 12, 29)]
    for date in sessions:
        if frames[date].height:
            assert frames[date]["weight"].sum() == pytest.approx(1.0, abs=1e-9)
            assert frames[date]["weight"].max() <= workspace.settings.weight_cap + 1e-12
            assert violations(TargetWeights, frames[date]) is None


def test_the_turnover_of_every_decision_is_told(workspace: Workspace) -> None:
    report = build_until(workspace, TABLE.name, START, END)[TABLE.name]
    first, second = dt.date(2023, 11, 30), dt.date(2023, 12, 29)
    facts = {date: outcome.facts for date, outcome in report.outcomes.items()}
    account = workspace.lake.read(ACCOUNT, [second]).row(0, named=True)
    before = {each["instrument_id"]: each["value"] / account["value"] for each in account["holdings"]}
    after = dict(
        workspace.lake.read("portfolio/target_weights", [second]).select("instrument_id", "weight").iter_rows()
    )
    changes = [abs(after.get(name, 0.0) - before.get(name, 0.0)) for name in before.keys() | after.keys()]
    assert facts[second]["turnover"] == pytest.approx(sum(changes) / 2)
    assert 0.01 < facts[second]["turnover"] < 1
    assert facts[first]["turnover"] == pytest.approx(0.5)  # everything is bought and nothing sold
    assert "turnover" not in facts[dt.date(2023, 12, 15)]


def test_a_past_made_with_other_settings_is_not_built_upon(workspace: Workspace) -> None:
    build_until(workspace, ACCOUNT, START, dt.date(2023, 12, 15))
    braver = replace(workspace, settings=workspace.settings.model_copy(update={"risk_aversion": 1.0}))
    build_until(braver, "features/covariance", START, END)
    report = build_range(TABLES[ACCOUNT], braver, calendar_days(dt.date(2023, 12, 18), END))
    error = report.failed[dt.date(2023, 12, 18)]
    assert isinstance(error, MissingInput)
    assert "other code or settings" in str(error)
    assert "champion backfill 2023-11-01 2023-12-15" in str(error)
    build_until(braver, "portfolio/target_weights", START, END)


def test_an_impossible_cap_fails_with_the_date_and_the_conflict_and_writes_nothing(workspace: Workspace) -> None:
    tight = replace(workspace, settings=workspace.settings.model_copy(update={"weight_cap": 0.01}))
    build_until(tight, "features/covariance", START, END)
    report = build_range(TABLES[ACCOUNT], tight, calendar_days(START, END))
    error = report.failed[dt.date(2023, 11, 30)]
    assert isinstance(error, Infeasible)
    assert "2023-11-30" in str(error)
    assert "raise the cap" in str(error)
    assert max(date for date, outcome in report.outcomes.items() if outcome.status == "written") == dt.date(
        2023, 11, 29
    )


@pytest.mark.parametrize("corrupt", [pl.col("weight") * 0.9, pl.lit(-0.1), pl.lit(1.5)])
def test_the_model_refuses_weights_that_do_not_add_up(workspace: Workspace, corrupt: pl.Expr) -> None:
    build_until(workspace, "portfolio/target_weights", START, END)
    frame = workspace.lake.read("portfolio/target_weights", [END])
    assert violations(TargetWeights, frame.with_columns(corrupt.alias("weight"))) is not None


@pytest.mark.parametrize("is_stuck", [True, False])
def test_a_weight_of_nothing_is_only_that_of_a_name_that_cannot_be_sold(is_stuck: bool) -> None:
    row = {
        "trade_date": dt.date(2024, 1, 15),
        "instrument_id": "A",
        "symbol": "A",
        "sector": "x",
        "weight": 1.0,
        "held": 1.0,
        "decided_on": dt.date(2024, 1, 15),
        "is_stuck": False,
        "esg_score": None,
        "cash_weight": 0.0,
        "claims_weight": 0.0,
        "relative_gap": 0.0,
    }
    other = row | {"instrument_id": "B", "symbol": "B", "weight": 0.0, "held": 0.0, "is_stuck": is_stuck}
    frame = pl.DataFrame([row, other], schema=empty_frame(TargetWeights).schema)
    problem = violations(TargetWeights, frame)
    assert (problem is None) == is_stuck
    assert is_stuck or "cannot be sold" in str(problem) or "nothing_is_stuck" in str(problem)
