"""What each field of a strategy does to a decision; each defect of the older pipeline that cannot happen here has its
test."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from champion_assets.portfolio.constraints import ESG_ROW
from champion_assets.portfolio.decide import decide
from champion_assets.portfolio.known import Known, Standing
from champion_assets.portfolio.objective import as_minimised, value_of
from champion_assets.quant.problem import Infeasible, NotSolved
from champion_assets.quant.risk import RiskModel
from champion_assets.quant.verification import constraints_met, optimality_gap
from champion_assets.settings.strategy import Strategy
from champion_assets_tests.quant.test_optimise import market

NAMES = 40
CAPITAL = 10_000_000.0
STANDING = Standing(CAPITAL)


@pytest.fixture
def known() -> Known:
    expected, risk = market(1, 120, NAMES)
    random = np.random.default_rng(2)
    return Known(
        dt.date(2024, 1, 31),
        [f"I{number}" for number in range(NAMES)],
        [f"S{number}" for number in range(NAMES)],
        [("IT", "Power", "Banks")[number % 3] for number in range(NAMES)],
        random.uniform(1e7, 1e9, NAMES),
        expected,
        risk,
        random.uniform(20, 90, NAMES),
        0.0012,
    )


def permitting(known: Known, strategy: Strategy) -> Known:
    """With the mandates of the strategy, which here name symbols."""
    named = [
        symbol not in strategy.exclude and (not strategy.universe or symbol in strategy.universe)
        for symbol in known.symbols
    ]
    return replace(known, permitted=np.array(named))


def weights(
    known: Known, held: dict[str, float] | None = None, capital: float = CAPITAL, **fields: object
) -> np.ndarray:
    strategy = Strategy.model_validate(fields)
    found = decide(permitting(known, strategy), strategy, Standing(capital, held or {}))
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


def test_where_small_positions_cannot_all_be_left_out_fewer_are(known: Known) -> None:
    """60 names, each at least 4 % and at most 7 %: leaving out all small ones at once leaves too few, though 17 names
    do it."""
    expected, risk = market(5, 120, 60)
    names = [str(number) for number in range(60)]
    many = replace(
        known,
        instruments=names,
        symbols=names,
        sectors=["IT"] * 60,
        turnover=np.full(60, 1e9),
        expected=expected,
        risk=risk,
        esg=np.full(60, np.nan),
    )
    first = weights(many, objective="minimum_variance")
    assert (first >= 0.04).sum() * 0.07 < 1  # else the case is another
    found = decide(many, Strategy(objective="minimum_variance", min_position=0.04), STANDING)
    held = found.weights[found.weights > 0]
    assert 15 <= held.size <= 25
    assert held.min() >= 0.04 - 1e-12
    assert found.distance is not None


@pytest.mark.parametrize("objective", ["mean_variance", "minimum_variance", "maximum_sharpe", "tracking"])
def test_at_most_so_many_names_are_held_and_they_are_the_best(known: Known, objective: str) -> None:
    parts = ("instruments", "symbols", "sectors", "turnover", "esg")
    few = replace(known, **{name: getattr(known, name)[:9] for name in parts}, expected=np.abs(known.expected[:9]),
                  risk=RiskModel(known.risk.columns(np.arange(9)), known.risk.idiosyncratic[:9], 0.0))  # fmt: skip
    fields = {"objective": objective, "weight_cap": 0.5, "risk_aversion": 50.0, "sector_cap": 0.7}
    found = decide(few, Strategy.model_validate(fields | {"max_names": 3}), STANDING)
    assert (found.weights > 0).sum() <= 3
    assert found.distance == pytest.approx(0, abs=1e-6)
    strategy = Strategy.model_validate(fields)
    values = []
    for chosen in itertools.combinations(few.symbols, 3):
        try:
            wanted = Strategy.model_validate(fields | {"universe": chosen})
            one = decide(permitting(few, wanted), wanted, STANDING)
        except Infeasible:
            continue
        values.append(value_of(one.problem, strategy, one.weights))
    assert len(values) > 10
    assert value_of(found.problem, strategy, found.weights) == pytest.approx(min(values), rel=1e-6)


def test_rules_on_names_hold_together_with_everything_else(known: Known) -> None:
    held = dict.fromkeys(known.instruments, 1 / NAMES)
    found = weights(
        known, held, max_names=12, min_position=0.05, sector_cap=0.5, weight_cap=0.15, turnover_max=0.8, esg_floor=50.0
    )
    assert (found > 0).sum() <= 12
    assert found[found > 0].min() >= 0.05 - 1e-12
    equal_risk = weights(known, objective="risk_parity", weight_cap=0.5, max_names=7)
    assert (equal_risk > 0).sum() == 7


def test_too_few_names_are_told_in_words(known: Known) -> None:
    def unvalidated(**fields: object) -> None:
        decide(known, Strategy().model_copy(update=fields), STANDING)

    with pytest.raises(Infeasible, match=r"raise the number of names \(MAX_NAMES\) to at least 15"):
        unvalidated(max_names=10, weight_cap=0.07)
    with pytest.raises(
        Infeasible, match=r"'no weight above 0.025' and 'no weight below 0.05'.*lower the floor \(WEIGHT_FLOOR\)"
    ):
        unvalidated(weight_floor=0.05, weight_cap=0.025)
    with pytest.raises(Infeasible, match=r"set the cash weight \(CASH_WEIGHT\) to at least 0.6"):
        unvalidated(weight_floor=0.01, weight_cap=0.01)


def test_turnover_is_limited_but_for_forced_sales(known: Known) -> None:
    held = {f"I{number}": 1 / 50 for number in range(NAMES)} | {"GONE": 0.2}
    found = weights(known, held, turnover_max=0.1)
    present = np.array([held[name] for name in known.instruments])
    assert np.abs(found - present).sum() / 2 == pytest.approx(0.1 + 0.1)
    assert np.abs(weights(known, None, turnover_max=0.1).sum() - 1) < 1e-9  # the first investment is free


@pytest.mark.parametrize("lost", ["excluded", "unrated", "above the cap", "capped by liquidity"])
def test_a_sale_that_a_limit_forces_does_not_count_against_the_turnover(known: Known, lost: str) -> None:
    """7 % may not be held any more (or 5 % of them), and 5 % is all that may be traded."""
    held = dict.fromkeys(known.instruments, 0.93 / (NAMES - 1)) | {"I7": 0.07}
    fields: dict[str, object] = {"turnover_max": 0.05, "weight_cap": 0.07}
    here = replace(known, esg=np.where(np.arange(NAMES) == 7, np.nan, known.esg)) if lost == "unrated" else known
    if lost == "excluded":
        fields["exclude"] = ("S7",)
    elif lost == "unrated":
        fields["esg_floor"] = 30.0
    elif lost == "above the cap":
        fields["weight_cap"] = 0.04
    else:
        here = replace(known, turnover=np.where(np.arange(NAMES) == 7, 0.02 * CAPITAL / 0.05, 1e12))
        fields["liquidity_share"] = 0.05
    most = {"excluded": 0.0, "unrated": 0.0, "above the cap": 0.04, "capped by liquidity": 0.02}[lost]
    found = weights(here, held, **fields)
    assert found[7] <= most + 1e-12
    present = np.array([held[name] for name in known.instruments])
    assert np.abs(found - present).sum() / 2 <= 0.05 + (0.07 - most) + 1e-9


def test_idle_cash_is_invested_whatever_the_turnover_limit_says(known: Known) -> None:
    held = dict.fromkeys(known.instruments, 0.7 / NAMES)
    assert weights(known, held, turnover_max=0.01).sum() == pytest.approx(1)


def test_liquidity_is_judged_by_the_present_value(known: Known) -> None:
    small, large = (weights(known, capital=value, liquidity_share=0.02, weight_cap=0.2) for value in (1e6, 1e8))
    assert (large * 1e8 <= 0.02 * known.turnover * (1 + 1e-9)).all()
    assert not np.allclose(small, large)


def test_what_is_stuck_stays_and_the_rest_is_decided_around_it(known: Known) -> None:
    """A suspended member and a suspended stranger: neither is sold on paper, caps and budget count them."""
    held = {"I3": 0.05, "GONE": 0.04, "I9": 0.91}
    standing = Standing(CAPITAL, held, frozenset({"I3", "GONE"}), 0.02)
    strategy = Strategy(sector_cap=0.4, cash_weight=0.03, weight_cap=0.1)
    found = decide(known, strategy, standing)
    assert found.weights[3] == 0
    assert found.weights.sum() == pytest.approx(1 - 0.03 - 0.05 - 0.04 - 0.02)
    keen = replace(known, expected=known.expected + np.where(sector(known, "IT"), 0.01, 0.0))  # so that the cap binds
    assert decide(keen, strategy, standing).weights[sector(known, "IT")].sum() + 0.05 == pytest.approx(
        0.4
    )  # I3 is one of them
    equal = Strategy(weight_floor=1 / NAMES, weight_cap=1 / NAMES)
    even = decide(known, equal.model_copy(update={"weight_cap": 0.03}), standing)
    assert even.weights[even.weights > 0].min() == pytest.approx((1 - 0.11) / NAMES, rel=0.05)


@pytest.mark.parametrize(
    ("field", "words"), [("expected", "expected return of S5"), ("turnover", "median turnover of S5")]
)
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_refused_by_name(known: Known, field: str, words: str, value: float) -> None:
    wrong = getattr(known, field).copy()
    wrong[5] = value
    with pytest.raises(NotSolved, match=f"2024-01-31: the {words} is not a finite number"):
        decide(replace(known, **{field: wrong}), Strategy(), STANDING)


def test_costs_have_one_unit_in_every_objective(known: Known) -> None:
    """Without expected returns least variance and mean-variance are the same problem, costs included."""
    held = dict.fromkeys(known.instruments, 1 / NAMES)
    flat = replace(known, expected=np.zeros(NAMES))
    one, other = (weights(flat, held, objective=objective, cost_horizon=21, risk_aversion=3.0)
                  for objective in ("mean_variance", "minimum_variance"))  # fmt: skip
    assert one == pytest.approx(other, abs=1e-9)
    strategy = Strategy(objective="minimum_variance", cost_horizon=21, risk_aversion=3.0)
    found = decide(flat, strategy, Standing(CAPITAL, held))
    minimised = as_minimised(found.problem, strategy)  # what the audit looks at
    assert minimised is not None
    assert abs(optimality_gap(minimised, found.weights)) < 1e-8


def test_costs_keep_one_from_trading(known: Known) -> None:
    held = dict.fromkeys(known.instruments, 1 / NAMES)
    present = np.full(NAMES, 1 / NAMES)
    moved = [np.abs(weights(known, held, cost_horizon=horizon) - present).sum() for horizon in (1, 21, 10_000)]
    assert moved == sorted(moved)
    assert moved[0] < moved[2]


def test_an_esg_floor_binds_exactly_and_its_price_is_known(known: Known) -> None:
    free = known.esg @ weights(known)
    found = decide(known, Strategy(esg_floor=float(free) + 5), STANDING)
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
    """Defect: missing ESG counted as 0, 0.5 or 0.65. Here such a name cannot be held where ESG counts, or is left out
    of the floor."""
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
    with pytest.raises(
        Infeasible, match=r"2024-01-31: .*no weight above 0.07.*5 names.*raise the cap \(WEIGHT_CAP\) to at least 0.2"
    ):
        weights(known, universe=("S1", "S2", "S3", "S4", "S5"), weight_cap=0.07)
    with pytest.raises(Infeasible, match=r"ESG score at least 95.*lower the floor on ESG \(ESG_FLOOR\) to at most"):
        weights(known, esg_floor=95.0)
    with pytest.raises(Infeasible, match="no member of the universe has one"):
        weights(replace(known, esg=np.full(NAMES, np.nan)), esg_floor_relative=1.0)


def test_risk_enters_the_decision(known: Known) -> None:
    """Defect: the covariance was all zeros, so every portfolio had the volatility of the diagonal's floor."""
    calm, bold = weights(known, risk_aversion=1000.0), weights(known, risk_aversion=0.1)
    assert known.risk.variance(calm) < known.risk.variance(bold)
    assert np.abs(calm - bold).sum() > 0.5
