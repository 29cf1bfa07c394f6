"""What each field of a strategy does to a decision; each defect of the older pipeline that cannot happen here has its test."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest

from champion_assets.portfolio.decide import ESG_ROW, Known, decide
from champion_assets.quant.problem import Infeasible
from champion_assets.quant.verification import constraints_met
from champion_assets.settings.strategy import Strategy
from champion_assets_tests.quant.test_optimise import market

NAMES = 40
CAPITAL = 10_000_000.0


@pytest.fixture
def known() -> Known:
    expected, risk = market(1, 120, NAMES)
    random = np.random.default_rng(2)
    return Known(
        dt.date(2024, 1, 31), [f"I{number}" for number in range(NAMES)], [f"S{number}" for number in range(NAMES)],
        [("IT", "Power", "Banks")[number % 3] for number in range(NAMES)], random.uniform(1e7, 1e9, NAMES), expected, risk,
        random.uniform(20, 90, NAMES), 0.0012,
    )  # fmt: skip


def weights(known: Known, held: dict[str, float] | None = None, capital: float = CAPITAL, **fields: object) -> np.ndarray:
    found = decide(known, Strategy.model_validate(fields), capital, held)
    assert max(each.violation for each in constraints_met(found.problem, found.weights)) <= 1e-9
    return found.weights


def sector(known: Known, which: str) -> np.ndarray:
    return np.asarray(known.sectors) == which


@pytest.mark.parametrize("objective", ["mean_variance", "minimum_variance", "maximum_sharpe", "tracking"])
def test_every_objective_keeps_every_constraint(known: Known, objective: str) -> None:
    found = weights(known, objective=objective, weight_cap=0.1, sector_cap=0.4, esg_floor=60.0, cash_weight=0.05)
    assert found.sum() == pytest.approx(0.95)
    assert found.max() <= 0.1 + 1e-12
    assert all(found[sector(known, each)].sum() <= 0.4 + 1e-9 for each in ("IT", "Power", "Banks"))
    assert known.esg @ found >= 60.0 * 0.95 - 1e-6


def test_risk_parity_keeps_what_it_can_and_says_what_it_cannot(known: Known) -> None:
    found = weights(known, objective="risk_parity", exclude=("S3",), weight_cap=0.5)
    parts = found * known.risk.times(found)
    assert parts[found > 0] == pytest.approx(np.full(NAMES - 1, parts.sum() / (NAMES - 1)), rel=1e-6)
    with pytest.raises(Infeasible, match=r"risk parity.*'sector"):
        weights(known, objective="risk_parity", sector_cap=0.1)


def test_names_can_be_excluded_or_chosen(known: Known) -> None:
    best = int(np.argmax(weights(known)))
    assert weights(known, exclude=(f"S{best}",))[best] == 0
    assert np.flatnonzero(weights(known, universe=("S1", "S2", "S3"), weight_cap=0.5)).tolist() == [1, 2, 3]


def test_liquidity_limits_a_position_by_its_turnover(known: Known) -> None:
    found = weights(known, liquidity_share=0.02, capital=1e8, weight_cap=0.2)
    assert (found * 1e8 <= 0.02 * known.turnover * (1 + 1e-9)).all()


def test_small_positions_are_left_out(known: Known) -> None:
    found = weights(known, min_position=0.02, risk_aversion=500.0)
    assert found[found > 0].min() >= 0.02
    assert (weights(known, risk_aversion=500.0) < 0.02).any()


def test_turnover_is_limited_but_for_forced_sales(known: Known) -> None:
    held = {f"I{number}": 1 / 50 for number in range(NAMES)} | {"GONE": 0.2}
    found = weights(known, held, turnover_max=0.1)
    present = np.array([held[name] for name in known.instruments])
    assert np.abs(found - present).sum() / 2 == pytest.approx(0.1 + 0.1)
    assert np.abs(weights(known, None, turnover_max=0.1).sum() - 1) < 1e-9  # the first investment is free


def test_costs_keep_one_from_trading(known: Known) -> None:
    held = dict.fromkeys(known.instruments, 1 / NAMES)
    present = np.full(NAMES, 1 / NAMES)
    moved = [np.abs(weights(known, held, cost_horizon=horizon) - present).sum() for horizon in (1, 21, 10_000)]
    assert moved == sorted(moved)
    assert moved[0] < moved[2]


def test_an_esg_floor_binds_exactly_and_its_price_is_known(known: Known) -> None:
    free = known.esg @ weights(known)
    found = decide(known, Strategy(esg_floor=float(free) + 5), CAPITAL)
    assert known.esg @ found.weights == pytest.approx(free + 5, abs=1e-6)
    assert found.solution.multipliers[ESG_ROW] > 0
    relative = weights(known, esg_floor_relative=15.0)
    assert known.esg @ relative >= known.esg.mean() + 15 - 1e-6
    against = weights(known, esg_floor_relative=15.0, esg_floor_relative_to="benchmark", tracked="turnover")
    assert known.esg @ against >= known.esg @ known.turnover / known.turnover.sum() + 15 - 1e-6


def test_a_preference_moves_the_portfolio_towards_higher_scores_and_the_direction_matters(known: Known) -> None:
    plain = known.esg @ weights(known)
    assert known.esg @ weights(known, esg_preference=0.2) > plain
    flipped = replace(known, esg=100 - known.esg)
    assert known.esg @ weights(flipped, esg_preference=0.2) < plain


def test_best_in_class_keeps_the_best_of_every_sector(known: Known) -> None:
    found = weights(known, esg_best_in_class=0.5, weight_cap=0.2)
    for each in ("IT", "Power", "Banks"):
        members = np.flatnonzero(sector(known, each))
        allowed = members[np.argsort(-known.esg[members])[: math.ceil(0.5 * members.size)]]
        assert set(members[found[members] > 0]) <= set(allowed)


def test_a_missing_score_is_not_zero(known: Known) -> None:
    """Defect: missing ESG counted as 0, 0.5 or 0.65. Here such a name cannot be held where ESG counts, or is left out of the floor."""
    best = int(np.argmax(weights(known)))
    scores = known.esg.copy()
    scores[best] = np.nan
    holes = replace(known, esg=scores)
    assert weights(holes)[best] > 0  # ESG does not count: nothing changes
    assert weights(holes, esg_floor=50.0)[best] == 0
    partly = weights(holes, esg_floor=50.0, esg_min_coverage=0.8)
    covered = np.isfinite(scores)
    assert partly[covered].sum() >= 0.8 - 1e-9
    assert (scores[covered] - 50.0) @ partly[covered] >= -1e-6


def test_what_cannot_be_met_is_never_equal_weight(known: Known) -> None:
    """Defect: 5 names x 7 % cap fell back to 20 % each, silently. Here it raises, with date, conflict and way out."""
    with pytest.raises(Infeasible, match=r"2024-01-31: .*no weight above 0.07.*5 names.*raise the cap to at least 0.2"):
        weights(known, universe=("S1", "S2", "S3", "S4", "S5"), weight_cap=0.07)
    with pytest.raises(Infeasible, match=r"ESG score at least 95.*lower ESG score to at most"):
        weights(known, esg_floor=95.0)
    with pytest.raises(Infeasible, match="no member of the universe has one"):
        weights(replace(known, esg=np.full(NAMES, np.nan)), esg_floor_relative=1.0)


def test_risk_enters_the_decision(known: Known) -> None:
    """Defect: the covariance was all zeros, so every portfolio had the volatility of the diagonal's floor."""
    calm, bold = weights(known, risk_aversion=1000.0), weights(known, risk_aversion=0.1)
    assert known.risk.variance(calm) < known.risk.variance(bold)
    assert np.abs(calm - bold).sum() > 0.5
