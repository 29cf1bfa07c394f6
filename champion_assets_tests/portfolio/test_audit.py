"""`portfolio/audit`: what the solver decided is looked at again, and a decision that is not what it should be blocks
its day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.schema import violations
from champion_assets.lake.workspace import Workspace
from champion_assets.portfolio.account import NAME as ACCOUNT
from champion_assets.portfolio.audit import NAME, OPTIMALITY, TABLE, Audit, examine
from champion_assets.portfolio.evenings import known_on
from champion_assets.portfolio.known import Standing
from champion_assets.portfolio.target_weights import NAME as WEIGHTS
from champion_assets_tests.helpers import build_until, inputs_of, put_day

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 15)
DECIDED = dt.date(2023, 12, 29)


def test_every_constraint_of_every_decision_has_its_row_and_no_other_day_has_any(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    rows = workspace.lake.read(NAME, workspace.sessions(START, END))
    assert rows["trade_date"].unique().sort().to_list() == [dt.date(2023, 11, 30), DECIDED]
    day = rows.filter(pl.col("trade_date") == DECIDED)
    assert day["constraint_name"].is_unique().all()
    assert OPTIMALITY in day["constraint_name"]
    assert day.filter(pl.col("constraint_name") == OPTIMALITY)["value"].abs().item() < 1e-8
    assert (day["violation"] == 0).all()
    assert day["binds"].any()


@pytest.mark.parametrize(
    "rules",
    [
        {"max_names": 17, "min_position": 0.04},
        {"max_names": 16, "objective": "minimum_variance"},
        {"min_position": 0.045, "objective": "minimum_variance"},
        {"max_names": 18, "objective": "risk_parity", "weight_cap": 0.3},
    ],
)
def test_a_decision_for_some_of_the_names_passes_and_its_rules_have_rows(
    workspace: Workspace, rules: dict[str, Any]
) -> None:
    build_until(workspace, "features/covariance", START, END)
    workspace = replace(workspace, settings=workspace.settings.model_copy(update=rules))
    for name in (ACCOUNT, WEIGHTS, NAME):
        assert not build_range(TABLES[name], workspace, calendar_days(START, END)).failed
    rows = workspace.lake.read(NAME, [DECIDED])
    told = {"max_names": "names held", "min_position": "least position"}
    assert {name for field, name in told.items() if field in rules} == set(told.values()) & set(rows["constraint_name"])
    weights = workspace.lake.read(WEIGHTS, [DECIDED])["weight"]
    assert weights.len() <= rules.get("max_names", weights.len())
    assert weights.min() >= rules.get("min_position", 0.0) - 1e-12  # type: ignore[operator]
    strategy = workspace.settings.strategy.model_copy(update={"max_names": 5})  # rules that the weights do not keep
    known = known_on(inputs_of(NAME, workspace, [DECIDED]), [DECIDED], strategy)[DECIDED]
    stored = dict(workspace.lake.read(WEIGHTS, [DECIDED]).select("instrument_id", "weight").iter_rows())
    found = examine(known, np.array([stored.get(name, 0.0) for name in known.instruments]), strategy, Standing(1e7))
    assert violations(Audit, found) is not None


def test_it_repeats_what_it_found(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    assert build_range(TABLE, workspace, [DECIDED]).outcomes[DECIDED].status == "unchanged"


@pytest.mark.parametrize(
    ("tamper", "broken"),
    [
        (lambda weights: weights * 0.98, "budget"),
        (
            lambda weights: np.where(
                weights == weights.max(), weights + 0.1, weights * (1 - 0.1 / (1 - weights.max()))
            ),
            "cap",
        ),
        (lambda weights: np.full(weights.size, 1 / weights.size), OPTIMALITY),
    ],
)
def test_weights_that_are_not_the_answer_break_the_model(workspace: Workspace, tamper, broken: str) -> None:  # type: ignore[no-untyped-def]
    build_until(workspace, WEIGHTS, START, END)
    strategy = workspace.settings.strategy
    known = known_on(inputs_of(NAME, workspace, [DECIDED]), [DECIDED], strategy)[DECIDED]
    stored = dict(workspace.lake.read(WEIGHTS, [DECIDED]).select("instrument_id", "weight").iter_rows())
    weights = np.array([stored.get(name, 0.0) for name in known.instruments])
    assert violations(Audit, examine(known, weights, strategy, Standing(1e7))) is None
    found = examine(known, tamper(weights), strategy, Standing(1e7))
    assert violations(Audit, found) is not None
    assert any(broken in name for name in found.filter(pl.col("violation") > 1e-8)["constraint_name"])


def test_a_stored_decision_that_was_tampered_with_blocks_its_day(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    account = workspace.lake.read(ACCOUNT, [DECIDED])
    rows = account["targets"].item()
    even = [each | {"weight": 1.0 / rows.len()} for each in rows]
    schema = account.schema["targets"]
    put_day(workspace.lake, ACCOUNT, DECIDED, account.with_columns(targets=pl.Series([even], dtype=schema)))
    assert DECIDED in build_range(TABLE, workspace, [DECIDED]).failed
