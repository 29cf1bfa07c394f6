"""What an ESG floor costs: the rows against their definitions, refusals in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from champion_assets.common.errors import RequestError
from champion_assets.portfolio.esg_frontier import SCHEMA, Frontier, frontier_of
from champion_assets.portfolio.known import Known
from champion_assets.quant.metrics import SESSIONS_A_YEAR
from champion_assets.quant.problem import Infeasible
from champion_assets.settings.strategy import Strategy
from champion_assets_tests.quant.test_optimise import market

RATE = 0.06


def known(names: int = 25, seed: int = 6, scored: int = 22) -> Known:
    expected, risk = market(seed, 60, names)
    scores = np.random.default_rng(2).uniform(0, 100, names)
    scores[scored:] = np.nan
    labels = [f"N{number:02d}" for number in range(names)]
    return Known(
        dt.date(2024, 3, 28), labels, labels, ["A"] * names, np.full(names, 1e9), expected + 0.001, risk, scores
    )


STRATEGY = Strategy(weight_cap=0.3, risk_aversion=5.0)


@pytest.fixture(scope="module")
def found() -> Frontier:
    return frontier_of(known(), STRATEGY, 1e7, RATE)


def rows(found: Frontier, objective: str) -> pl.DataFrame:
    return found.table.filter(pl.col("objective") == objective)


def test_the_table_has_both_objectives_and_the_portfolio_without_a_floor_first(found: Frontier) -> None:
    assert dict(found.table.schema) == SCHEMA
    assert (found.members, found.scored, found.overnight_rate, found.note) == (25, 22, RATE, "")
    for objective in ("maximum_sharpe", "minimum_variance"):
        mine = rows(found, objective)
        assert mine["floor"][0] is None
        assert mine["cost_bps"][0] == 0
        assert mine["floor"][1:].is_sorted()
    assert rows(found, "minimum_variance")["floor"][-1] == np.floor(found.highest * 10) / 10
    assert rows(found, "maximum_sharpe")["expected_excess_return"].min() > 0  # floors above leave nothing to be gained


def test_a_row_is_what_its_weights_amount_to(found: Frontier) -> None:
    at = known()
    place = {name: number for number, name in enumerate(at.instruments)}
    for row in found.table.iter_rows(named=True):
        is_it = pl.col("objective").eq(row["objective"]) & pl.col("floor").eq_missing(row["floor"])
        held = found.weights.filter(is_it)
        weights = np.zeros(len(place))
        weights[[place[name] for name in held["instrument_id"]]] = held["weight"].to_numpy()
        assert weights.sum() == pytest.approx(1)
        assert weights.max() <= 0.3 + 1e-9
        assert held.height == row["names"]
        excess = float(weights @ at.expected) * SESSIONS_A_YEAR - RATE
        volatility = float(weights @ at.risk.times(weights)) ** 0.5 * SESSIONS_A_YEAR**0.5
        assert row["expected_excess_return"] == pytest.approx(excess)
        assert row["volatility"] == pytest.approx(volatility)
        assert row["sharpe"] == pytest.approx(excess / volatility)
        if row["floor"] is not None:
            assert weights[22:].sum() == 0  # a floor needs a score
            assert row["score"] >= row["floor"] - 1e-6
            assert row["score"] == pytest.approx(float(weights[:22] @ at.esg[:22]))


def test_a_higher_floor_costs_more_and_the_cost_is_what_is_given_up(found: Frontier) -> None:
    tangency, least = rows(found, "maximum_sharpe"), rows(found, "minimum_variance")
    for mine in (tangency, least):
        assert mine["cost_bps"].to_numpy() == pytest.approx(
            np.maximum.accumulate(mine["cost_bps"].to_numpy()), abs=1e-3
        )
    given_up = (tangency["sharpe"][0] - tangency["sharpe"]) * tangency["volatility"] * 10_000
    assert tangency["cost_bps"].to_numpy() == pytest.approx(given_up.to_numpy(), abs=1e-6)
    worth = (least["volatility"] ** 2 - least["volatility"][0] ** 2) * STRATEGY.risk_aversion / 2 * 10_000
    assert least["cost_bps"].to_numpy() == pytest.approx(worth.to_numpy(), abs=1e-6)


def test_the_price_of_a_point_is_the_slope_of_the_least_variances_cost(found: Frontier) -> None:
    at = 0.9 * found.highest
    three = rows(frontier_of(known(), STRATEGY, 1e7, RATE, [at - 0.01, at, at + 0.01]), "minimum_variance")
    assert three["price_bps"][2] == pytest.approx((three["cost_bps"][3] - three["cost_bps"][1]) / 0.02, rel=1e-3)
    assert three["binds"].to_list() == [False, True, True, True]


def test_settings_on_esg_trading_and_the_number_of_names_do_not_count(found: Frontier) -> None:
    other = STRATEGY.model_copy(
        update={
            "esg_floor": 80.0,
            "esg_preference": 0.1,
            "turnover_max": 0.1,
            "cost_horizon": 5,
            "max_names": 5,
            "min_position": 0.1,
        }
    )
    assert frontier_of(known(), other, 1e7, RATE).table.equals(found.table)
    capped = frontier_of(known(), STRATEGY.model_copy(update={"weight_cap": 0.1}), 1e7, RATE)
    assert capped.highest < found.highest


def test_without_scores_or_with_floors_out_of_reach_it_says_so() -> None:
    with pytest.raises(RequestError, match=r"none of the 25 members of the universe has an ESG score.*CHAMPION_ESG"):
        frontier_of(known(scored=0), STRATEGY, 1e7, RATE)
    with pytest.raises(RequestError, match="no ESG floor from 99 points on can be attained; the constraints allow"):
        frontier_of(known(), STRATEGY, 1e7, RATE, [99.0])
    with pytest.raises(Infeasible, match="the 2 names with an ESG score cannot meet the other constraints alone"):
        frontier_of(known(scored=2), STRATEGY, 1e7, RATE)


def test_without_a_positive_excess_return_there_is_no_tangency_portfolio_and_the_note_says_why() -> None:
    poor = replace(known(), expected=np.full(25, -0.001))
    found = frontier_of(poor, STRATEGY, 1e7, RATE)
    assert set(found.table["objective"]) == {"minimum_variance"}
    assert "positive expected return" in found.note
