"""The optimiser against independent solvers and audits, on the shapes that break solvers; and what it says where there
is no solution."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from champion_assets.quant.covariance import ledoit_wolf
from champion_assets.quant.feasibility import can_be_met, least_trading
from champion_assets.quant.optimise import solve
from champion_assets.quant.problem import GAP_TOLERANCE, Infeasible, Problem, Row
from champion_assets.quant.risk import Array, RiskModel, centred
from champion_assets.quant.verification import constraints_met, optimality_gap


def market(seed: int, sessions: int, names: int) -> tuple[Array, RiskModel]:
    random = np.random.default_rng(seed)
    window = 0.008 * random.standard_t(5, (sessions, 1)) + random.uniform(0.01, 0.03, names) * random.standard_t(
        5, (sessions, names)
    )
    deviations, means = centred(window)
    return means, ledoit_wolf(deviations)


def everything(seed: int, names: int, cap: float, turnover: float, floor: float) -> Problem:
    """Caps, three sectors, an ESG floor, a turnover limit and costs at once."""
    expected, risk = market(seed, 60, names)
    random = np.random.default_rng(seed + 1)
    sector = random.integers(0, 3, names)
    rows = [Row(f"sector {each}", (sector == each).astype(float), high=0.6) for each in range(3)]
    return Problem(
        expected,
        risk,
        10.0,
        cap=cap,
        rows=(*rows, Row("ESG score", random.uniform(0, 100, names), low=floor)),
        held=random.dirichlet(np.ones(names)),
        turnover=turnover,
        cost=random.uniform(0, 3e-4, names),
    )


def audited(problem: Problem, weights: Array) -> None:
    assert max(each.violation for each in constraints_met(problem, weights)) <= 1e-9
    assert -1e-9 <= optimality_gap(problem, weights) <= GAP_TOLERANCE


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    names=st.integers(1, 300),
    aversion=st.floats(0.1, 1000),
    cap=st.sampled_from([1.0, 0.5, 0.2, 0.07, 0.02, 0.01]),
)
def test_every_capped_problem_is_solved_to_the_certificate(seed: int, names: int, aversion: float, cap: float) -> None:
    expected, risk = market(seed, 60, names)
    problem = Problem(expected, risk, aversion, cap=cap)
    if names * cap < 1:
        with pytest.raises(Infeasible, match="raise the cap to at least"):
            solve(problem)
        return
    solution = solve(problem)
    assert solution.relative_gap <= GAP_TOLERANCE
    audited(problem, solution.weights)


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    names=st.integers(8, 80),
    cap=st.sampled_from([0.15, 0.3, 1.0]),
    turnover=st.floats(0.0, 1.0),
    floor=st.sampled_from([0.0, 40.0, 55.0, 70.0]),
)
def test_all_constraints_at_once_are_solved_or_explained(
    seed: int, names: int, cap: float, turnover: float, floor: float
) -> None:
    """Either the audit, which is a linear program over everything, finds nothing to improve, or the conflict it names
    is one."""
    problem = everything(seed, names, cap, turnover, floor)
    if least_trading(problem) is None:
        assert "contradict each other" in conflict(problem)
        return
    solution = solve(problem)
    audited(problem, solution.weights)
    assert solution.multipliers["turnover"] == 0 or problem.traded(solution.weights) == pytest.approx(
        turnover, abs=1e-9
    )


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_an_independent_solver(seed: int) -> None:
    problem = everything(seed, 10, 0.4, 0.6, 30.0)
    solution = solve(problem)

    def objective(w: Array) -> float:
        return 1e4 * (problem.smooth(w) + float(problem.cost @ np.abs(w - problem.held)))  # type: ignore[operator]

    rows = [
        {"type": "ineq", "fun": lambda w, row=row: row.high - row.coefficients @ w}
        for row in problem.rows
        if math.isfinite(row.high)
    ]
    rows += [
        {"type": "ineq", "fun": lambda w, row=row: row.coefficients @ w - row.low}
        for row in problem.rows
        if math.isfinite(row.low)
    ]
    rows += [
        {"type": "eq", "fun": lambda w: w.sum() - 1},
        {"type": "ineq", "fun": lambda w: problem.turnover - problem.traded(w)},
    ]
    other = minimize(
        objective,
        solution.weights + 1e-3,
        bounds=[(0, 0.4)] * 10,
        method="SLSQP",
        constraints=rows,
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert objective(solution.weights) <= objective(other.x) + 1e-6


@pytest.mark.parametrize(("names", "cap"), [(500, 0.05), (500, 0.01), (500, 0.005), (800, 0.002)])
def test_where_hundreds_of_names_are_held(names: int, cap: float) -> None:
    expected, risk = market(7, 252, names)
    solution = solve(Problem(expected, risk, 10.0, cap=cap))
    assert solution.relative_gap <= 1e-12
    assert (solution.weights > 0).sum() >= 1 / cap
    audited(Problem(expected, risk, 10.0, cap=cap), solution.weights)


def test_duplicate_names_and_a_singular_covariance() -> None:
    expected, risk = market(3, 30, 50)
    doubled = RiskModel(np.hstack([risk.factors, risk.factors]), np.zeros(100), 0.0)
    assert solve(Problem(np.concatenate([expected, expected]), doubled, 5.0, cap=0.07)).relative_gap <= GAP_TOLERANCE


def test_a_warm_start_changes_the_time_and_not_the_answer() -> None:
    expected, risk = market(11, 100, 200)
    problem = Problem(expected, risk, 10.0, cap=0.05)
    cold = solve(problem)
    warm = solve(problem, np.random.default_rng(1).dirichlet(np.ones(200)))
    assert np.abs(warm.weights - cold.weights).max() < 1e-10


def test_floors_and_cash() -> None:
    expected, risk = market(5, 60, 20)
    problem = Problem(expected, risk, 10.0, cap=0.2, floor=0.02, budget=0.9)
    weights = solve(problem).weights
    assert weights.sum() == pytest.approx(0.9)
    assert weights.min() == 0.02
    audited(problem, weights)


def test_a_binding_esg_floor_is_met_exactly_and_has_a_price() -> None:
    expected, risk = market(2, 60, 30)
    scores = np.random.default_rng(3).uniform(0, 100, 30)
    free = solve(Problem(expected, risk, 10.0, cap=0.2))
    floor = float(scores @ free.weights) + 10
    bound = solve(Problem(expected, risk, 10.0, cap=0.2, rows=(Row("ESG score", scores, low=floor),)))
    assert scores @ bound.weights == pytest.approx(floor, abs=1e-6)
    price, step = bound.multipliers["ESG score"], 1e-3
    looser = Problem(expected, risk, 10.0, cap=0.2, rows=(Row("ESG score", scores, low=floor - step),))
    assert price > 0
    assert looser.smooth(bound.weights) - looser.smooth(solve(looser).weights) == pytest.approx(price * step, rel=1e-2)
    slack = solve(Problem(expected, risk, 10.0, cap=0.2, rows=(Row("ESG score", scores, low=floor - 20),)))
    assert slack.multipliers["ESG score"] == 0


def test_no_trade_is_best_where_trading_costs_more_than_it_brings() -> None:
    expected, risk = market(4, 60, 20)
    held = np.random.default_rng(1).dirichlet(np.ones(20))
    assert solve(Problem(expected, risk, 10.0, held=held, cost=np.full(20, 1.0))).weights == pytest.approx(
        held, abs=1e-12
    )
    free = solve(Problem(expected, risk, 10.0)).weights
    assert solve(Problem(expected, risk, 10.0, held=held, cost=np.zeros(20))).weights == pytest.approx(free, abs=1e-9)


def test_the_benchmark_itself_is_the_closest_to_it() -> None:
    _, risk = market(6, 60, 40)
    benchmark = np.random.default_rng(1).dirichlet(np.ones(40))
    assert solve(Problem(np.zeros(40), risk, 1.0, benchmark=benchmark)).weights == pytest.approx(benchmark, abs=1e-9)


def conflict(problem: Problem) -> str:
    with pytest.raises(Infeasible) as caught:
        solve(problem)
    return str(caught.value)


def test_infeasible_names_the_smallest_conflict_and_the_nearest_way_out() -> None:
    expected, risk = market(1, 30, 9)
    assert "'weights add up to 1' and 'no weight above 0.07'" in conflict(Problem(expected, risk, 5.0, cap=0.07))
    assert "raise the cap to at least 0.111112" in conflict(Problem(expected, risk, 5.0, cap=0.07))
    scores = np.linspace(10, 50, 9)
    text = conflict(
        Problem(
            expected, risk, 5.0, cap=0.5, rows=(Row("ESG score", scores, low=48.0), Row("banks", np.ones(9), high=2.0))
        )
    )
    assert "'ESG score at least 48'" in text
    assert "lower ESG score to at most 47.5" in text
    assert "banks" not in text
    held = np.full(9, 1 / 9)
    text = conflict(Problem(expected, risk, 5.0, rows=(Row("ESG score", scores, low=45.0),), held=held, turnover=0.1))
    assert "'turnover at most 0.1'" in text
    assert "raise the turnover limit to at least" in text
    assert "there is no instrument to hold" in conflict(
        Problem(np.empty(0), RiskModel(np.empty((1, 0)), np.empty(0), 0.0), 5.0)
    )


@pytest.mark.parametrize(
    ("floor", "cap", "words"),
    [
        (
            0.05,
            0.025,
            (
                r"'no weight above "
                r"0.025' and 'no weight below "
                r"0.05' .*raise the cap "
                r"to at least 0.05, or lower "
                r"the floor to at most 0"
            ),
        ),
        (
            0.01,
            0.01,
            (
                r"'weights add up to 1' "
                r"and 'no weight above 0.01' "
                r".*set the cash weight to at "
                r"least 0.91, or raise the cap"
            ),
        ),
        (
            0.2,
            0.2,
            (
                r"'weights add up to "
                r"1' and 'no weight below "
                r"0.2' contradict each "
                r"other for 9 names; lower the "
                r"floor to at most 0.111111$"
            ),
        ),
    ],
)
def test_bounds_that_cannot_be_met_are_told_in_words(floor: float, cap: float, words: str) -> None:
    expected, risk = market(1, 30, 9)
    assert re.search(words, conflict(Problem(expected, risk, 5.0, cap=cap, floor=floor)))


def test_one_set_of_weights_is_solved_if_it_meets_the_rest() -> None:
    expected, risk = market(1, 30, 8)
    assert solve(Problem(expected, risk, 5.0, cap=0.125, floor=0.125)).weights.tolist() == [0.125] * 8
    row = Row("banks", np.array([1.0] * 4 + [0.0] * 4), high=0.3)
    assert "banks" in conflict(Problem(expected, risk, 5.0, cap=0.125, floor=0.125, rows=(row,)))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    names=st.integers(8, 30),
    cap=st.sampled_from([0.02, 0.15, 1.0]),
    turnover=st.floats(0.0, 0.3),
    floor=st.sampled_from([0.0, 70.0, 85.0]),
)
def test_following_one_piece_of_advice_is_enough(
    seed: int, names: int, cap: float, turnover: float, floor: float
) -> None:
    problem = replace(everything(seed, names, cap, turnover, floor), cost=None)
    if least_trading(problem) is not None:
        return
    text = conflict(problem)
    advised = {
        "raise the cap to at least": lambda value: {"cap": value},
        "raise the turnover limit to at least": lambda value: {"turnover": value},
        "set the cash weight to at least": lambda value: {"budget": 1 - value},
        "lower ESG score to at most": lambda value: {
            "rows": (*problem.rows[:-1], replace(problem.rows[-1], low=value))
        },
    }
    for words, change in advised.items():
        if found := re.search(words + r" (-?[\d.e+-]+)", text):
            changed = replace(problem, **change(float(found[1].rstrip("."))))
            assert can_be_met(changed) or kinds(conflict(changed)) != kinds(text), (
                words
            )  # there may be a second conflict


def kinds(text: str) -> str:
    return re.sub(r"-?[\d.]+", "", text.split(" contradict", maxsplit=1)[0])


def test_exactly_enough_names_hold_the_cap_each() -> None:
    expected, risk = market(1, 30, 10)
    assert solve(Problem(expected, risk, 5.0, cap=0.1)).weights == pytest.approx(np.full(10, 0.1))


def test_limits_on_trading_need_what_is_held() -> None:
    expected, risk = market(1, 30, 10)
    with pytest.raises(ValueError, match="current weights"):
        Problem(expected, risk, 5.0, turnover=0.1)
