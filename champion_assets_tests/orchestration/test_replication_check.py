"""The residuals of the replication as an asset check: named differences pass, a nameless one fails with its day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from champion_assets.checks.index_replication import NAME
from champion_assets.definitions import defs
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.replication_check import CHECK, replication_checks, residual_verdict
from champion_assets_tests.helpers import build_until, put_day

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 31)


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    build_until(workspace, NAME, START, END)
    return workspace


def test_what_has_a_name_passes_and_what_has_none_fails_with_its_day(built: Workspace) -> None:
    good = residual_verdict(built.lake)
    assert good.passed
    assert good.metadata["explained"].value
    assert "ARANYAINFO rights" in str(good.metadata["largest"].value)
    assert "ARANYAPHAR" in str(good.metadata["securities_that_differ"].value)
    assert str(good.metadata["plot"].value).startswith("![equal_weight, basis points")
    day = built.sessions(START, END)[-3]
    rows = built.lake.read(NAME, [day])
    is_index, size = pl.col("witness") == "equal_weight", pl.lit(-7.25)
    put_day(built.lake, NAME, day, rows.with_columns(residual_bp=pl.when(is_index).then(size).otherwise("residual_bp")))
    bad = residual_verdict(built.lake)
    assert not bad.passed
    assert bad.description == f"Differences without a name: 1; the largest is -7.25 bp of equal_weight on {day}."
    assert bad.severity == dg.AssetCheckSeverity.WARN


def test_a_mean_without_the_last_reset_is_not_judged(built: Workspace) -> None:
    day = built.sessions(START, END)[3]
    rows = built.lake.read(NAME, [day])
    assert rows.filter(pl.col("witness") == "equal_weight")["basis"].item() is None
    wild = pl.when(pl.col("witness") == "equal_weight").then(pl.lit(50.0)).otherwise("residual_bp")
    put_day(built.lake, NAME, day, rows.with_columns(residual_bp=wild))
    verdict = residual_verdict(built.lake)
    assert verdict.passed
    assert verdict.metadata["not_judged"].value


def test_a_lake_without_published_figures_has_nothing_to_judge(tmp_path: Path) -> None:
    verdict = residual_verdict(Lake(str(tmp_path)))
    assert verdict.passed
    assert verdict.metadata["days_judged"].value == 0


def test_it_stands_on_the_page_of_its_table() -> None:
    key = dg.AssetCheckKey(dg.AssetKey(NAME.split("/")), CHECK)
    assert key in defs.resolve_asset_graph().asset_check_keys
    assert replication_checks(["silver/equity_eod"]) == []
