"""The search for the names to hold, against trying all of them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from champion_assets.quant import choice
from champion_assets.quant.choice import PROVEN, Chosen, Search
from champion_assets.quant.objectives import minimum_variance
from champion_assets.quant.problem import Infeasible, Problem, Row
from champion_assets.quant.selection import Selection
from champion_assets_tests.quant.test_optimise import audited, market

NAMES = 9
SEEDS = range(8)


def small(seed: int) -> Problem:
    _, risk = market(seed, 40, NAMES)
    random = np.random.default_rng(seed)
    row = Row("ESG score", random.uniform(0, 100, NAMES), low=50.0)
    return Problem(np.zeros(NAMES), risk, 1.0, cap=random.uniform(0.25, 0.6, NAMES), rows=(row,))


def search(problem: Problem, rules: Selection) -> Search:
    return Search(problem, rules, minimum_variance, lambda each, weights: each.objective(weights))


def all_choices(problem: Problem, rules: Selection) -> list[float]:
    found = []
    for count in range(1, (rules.most or NAMES) + 1):
        for names in itertools.combinations(range(NAMES), count):
            held = np.isin(np.arange(NAMES), names)
            try:
                found.append(
                    problem.objective(
                        minimum_variance(replace(rules.restricted(problem, held), is_explained=False)).weights
                    )
                )
            except Infeasible:
                continue
    return found


@pytest.mark.parametrize("rules", [Selection(most=3), Selection(least=0.15), Selection(least=0.2, most=4)])
def test_the_choice_is_the_best_of_all(rules: Selection) -> None:
    differs = 0
    for seed in SEEDS:
        problem = small(seed)
        best = min(all_choices(problem, rules))
        chosen = search(problem, rules).best()
        assert chosen.distance is not None
        assert chosen.distance <= PROVEN
        assert problem.objective(chosen.solution.weights) == pytest.approx(best, rel=2 * PROVEN)
        assert rules.is_kept(chosen.solution.weights)
        audited(chosen.problem, chosen.solution.weights)
        differs += problem.objective(search(problem, rules).quick().solution.weights) > best * (1 + 1e-4)
    assert differs  # the quick search alone would not do


def test_a_search_that_is_cut_short_says_how_far_from_the_best_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Selection(most=3)
    monkeypatch.setattr(choice, "PROBLEMS", 3)
    told: list[tuple[Chosen, float]] = [
        (search(small(seed), rules).best(), min(all_choices(small(seed), rules))) for seed in SEEDS
    ]
    assert any(chosen.distance > PROVEN for chosen, _ in told if chosen.distance is not None)
    for seed, (chosen, best) in zip(SEEDS, told, strict=True):
        value = small(seed).objective(chosen.solution.weights)
        assert chosen.distance is not None
        assert value * (1 - chosen.distance) <= best * (1 + 1e-6)


def test_where_no_choice_will_do_it_is_said_what_would() -> None:
    _, risk = market(1, 40, NAMES)
    problem = Problem(np.zeros(NAMES), risk, 1.0, cap=0.2, settings={"names": "MAX_NAMES"})
    with pytest.raises(
        Infeasible, match=r"no choice of names meets 'at most 4 names' .*\(MAX_NAMES\) to at least 5, or loosen"
    ):
        search(problem, Selection(most=4)).best()
    with pytest.raises(Infeasible, match=r"no weight above 0\.1"):  # the rules have no part in it
        search(replace(problem, cap=0.1), Selection(most=4)).best()
