"""Returns, universe, expected returns and the risk model, on the synthetic exchange and on rows made by hand."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import polars as pl
import pytest

from champion_assets.features import returns
from champion_assets.features.covariance import risk_model
from champion_assets.features.panel import panel
from champion_assets.features.universe import members
from champion_assets.features.window import return_windows
from champion_assets.lake.schema import violations
from champion_assets.lake.table import Workspace
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until

DAY = dt.date(2024, 1, 15)
START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 15)


def _returns(**row: float) -> dict[str, Any]:
    frame = pl.DataFrame({"trade_date": [DAY], "instrument_id": ["A"], "symbol": ["A"]} | {name: [value] for name, value in row.items()})
    return returns.transform(frame).row(0, named=True)


def test_the_return_is_close_over_previous_close() -> None:
    row = _returns(open=101.0, close=110.0, prev_close=100.0)
    assert row["simple_return"] == pytest.approx(0.1)
    assert row["log_return"] == pytest.approx(np.log(1.1))
    assert not row["is_unexplained_gap"]


@pytest.mark.parametrize(("open_", "previous", "gap"),
                         [(50.2, 100.0, True), (79.4, 100.0, True), (79.6, 100.0, False), (121.0, 100.0, True),
                                                        (0.10, 0.05, False), (0.15, 0.05, False), (0.20, 0.05, True)])  # fmt: skip
def test_a_gap_beyond_any_band_is_flagged_and_its_return_withheld(open_: float, previous: float, gap: bool) -> None:
    row = _returns(open=open_, close=open_, prev_close=previous)
    assert row["is_unexplained_gap"] == gap
    assert (row["simple_return"] is None) == gap


def test_a_listing_day_without_previous_close_has_no_return() -> None:
    assert _returns(open=10.0, close=11.0, prev_close=0.0)["simple_return"] is None


def test_the_split_bonus_and_demerger_of_the_story_are_flagged_and_little_else(workspace: Workspace) -> None:
    build_until(workspace, "features/returns", START, dt.date(2024, 4, 30))
    rows = workspace.lake.read("features/returns", workspace.sessions(START, dt.date(2024, 4, 30)))
    assert rows["is_unexplained_gap"].sum() == 4  # split, two bonuses, demerger


def _today(**changes: Any) -> pl.DataFrame:
    row = {"trade_date": DAY, "instrument_id": "INE040A01", "symbol": "ABC", "series": "EQ", "close": 100.0} | changes
    return pl.DataFrame([row])


def _settings(**changes: Any) -> Settings:
    return Settings(cov_window_days=20, universe_warmup=10, universe_min_turnover=1000.0, universe_min_coverage=0.9, **changes)


def _turnover(values: np.ndarray, instrument: str = "INE040A01"):  # type: ignore[no-untyped-def]
    days = [DAY - dt.timedelta(days=len(values) - 1 - number) for number in range(len(values))]
    rows = pl.DataFrame({"trade_date": days, "instrument_id": [instrument] * len(values), "turnover": values}).drop_nans()
    return panel(rows, "turnover", days)


def test_a_plain_share_is_a_member() -> None:
    row = members(_turnover(np.full(20, 5000.0)), _today(), 19, _settings()).row(0, named=True)
    assert (row["rank"], row["sessions_traded"], row["window_sessions"], row["median_turnover"]) == (1, 20, 20, 5000.0)


@pytest.mark.parametrize("change", [{"series": "BE"}, {"close": 9.99}, {"symbol": "ABFRL-RE"}, {"symbol": "AJOONI-RE1"},
                                    {"instrument_id": "INF204KB17I5"}])  # fmt: skip
def test_who_is_no_member(change: dict[str, Any]) -> None:
    today = _today(**change)
    assert members(_turnover(np.full(20, 5000.0), today["instrument_id"][0]), today, 19, _settings()).is_empty()


def test_a_reit_is_not_taken_for_a_rights_entitlement() -> None:
    assert re.search(r"-RE\d*$", "EMBASSY-RR") is None
    assert members(_turnover(np.full(20, 5000.0)), _today(symbol="NEXUS-REIT"), 19, _settings()).height == 1


def test_too_little_history_turnover_or_coverage() -> None:
    gaps = np.full(20, 5000.0)
    gaps[3:6] = np.nan
    assert members(_turnover(gaps), _today(), 19, _settings()).is_empty()
    assert members(_turnover(np.full(20, 999.0)), _today(), 19, _settings()).is_empty()
    assert members(_turnover(np.full(9, 5000.0)), _today(), 8, _settings()).is_empty()


def test_the_largest_are_chosen(workspace: Workspace) -> None:
    build_until(workspace, "features/universe", START, END)
    universe = workspace.lake.read("features/universe", [END]).sort("rank")
    assert universe.height == 60
    assert universe["median_turnover"].is_sorted(descending=True)
    assert workspace.lake.read("features/universe", [dt.date(2023, 11, 20)]).is_empty()  # not warm yet


def test_windows_hold_the_returns_of_their_members(workspace: Workspace) -> None:
    build_until(workspace, "features/covariance", START, END)
    (window,) = return_windows(workspace, [END], 40)
    rows = workspace.lake.read("features/returns", window.sessions)
    for column in (0, 17, 59):
        own = rows.filter(pl.col("instrument_id") == window.instruments[column])
        expected = dict(own.select("trade_date", "simple_return").rows())
        for line, day in enumerate(window.sessions):
            value = expected.get(day)
            assert np.isnan(window.returns[line, column]) if value is None else window.returns[line, column] == value


def test_stored_estimates_equal_those_of_the_window(workspace: Workspace) -> None:
    build_until(workspace, "features/covariance", START, END)
    (window,) = return_windows(workspace, [END], 40)
    dated, stored = risk_model(workspace, END), workspace.lake.read("features/covariance", [END])
    assert stored["instrument_id"].to_list() == dated.instruments == window.instruments
    assert np.array_equal(stored["volatility"].to_numpy(), dated.model.volatility())
    sigma = dated.model.matrix()
    assert np.linalg.eigvalsh(sigma).min() > 0
    means = workspace.lake.read("features/expected_returns", [END])["expected_return"].to_numpy()
    assert np.allclose(means, np.nanmean(window.returns, axis=0), rtol=1e-12)


@pytest.mark.parametrize(("table", "column", "value"),
                         [("features/returns", "simple_return", -1.5), ("features/universe", "median_turnover", 0.0),
                                                        ("features/expected_returns", "expected_return", 2.0),
                                                        ("features/covariance", "shrinkage", 1.5)])  # fmt: skip
def test_each_model_refuses_a_corrupted_value(workspace: Workspace, table: str, column: str, value: float) -> None:
    from champion_assets.stage import TABLES

    build_until(workspace, table, START, END)
    frame = workspace.lake.read(table, [END])
    assert violations(TABLES[table].model, frame) is None
    assert violations(TABLES[table].model, frame.with_columns(pl.lit(value).alias(column))) is not None
    assert violations(TABLES[table].model, pl.concat([frame, frame])) is not None
