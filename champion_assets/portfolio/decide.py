"""From what is known at a close to weights.

A strategy's constraints as a problem, its objective solved, its names chosen.

What belongs here: the decision. What does not: the meaning of the fields (`constraints.py`, `objective.py`), reading
tables (`target_weights.py`), solving (`quant/`). The daily portfolio and every experiment decide through this module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from champion_assets.portfolio.constraints import make_problem, selection_of
from champion_assets.portfolio.known import Known, Standing
from champion_assets.portfolio.objective import is_bounded_by_more_names, solve_for, value_of
from champion_assets.quant.choice import Chosen, Search
from champion_assets.quant.problem import Infeasible, NotSolved, Problem, Solution
from champion_assets.quant.risk import Array
from champion_assets.settings.strategy import Strategy


@dataclass(frozen=True)
class Decision:
    """Weights of the universe.

    Attributes:
        weights: shape (n,).
        solution: what certifies them.
        problem: what they solve: that of the names held, see `as_decided`.
        distance: from the best choice of names, relative and proven; None where no other choice was looked at.
    """

    weights: Array
    solution: Solution
    problem: Problem
    distance: float | None = None


def decide(known: Known, strategy: Strategy, standing: Standing, start: Array | None = None) -> Decision:
    """The weights that `strategy` wants.

    Args:
        known: see `Known`.
        strategy: see there.
        standing: the account of the evening.
        start: weights near the solution.

    Raises:
        Infeasible: names the date, the smallest conflict and the nearest way out.
        NotSolved: the certificate was missed.
    """
    _demand_numbers(known)
    try:
        chosen = _choose(make_problem(known, strategy, standing), known, strategy, start)
    except (Infeasible, NotSolved) as error:
        raise type(error)(f"{known.date}: {error}") from error
    return Decision(chosen.solution.weights, chosen.solution, chosen.problem, chosen.distance)


def _demand_numbers(known: Known) -> None:
    """Refuse what is no number, by the name of the share.

    Raises:
        NotSolved: names the date, the share and what is not known of it.
    """
    told = {
        "expected return": known.expected,
        "risk": known.risk.volatility(),
        "median turnover": known.turnover,
        "tilt": known.tilt,
    }
    for what, values in told.items():
        if values is not None and not (flags := np.isfinite(values)).all():
            first = known.symbols[int(np.argmin(flags))]
            raise NotSolved(
                f"{known.date}: the {what} of {first} is not a finite "
                f"number ({int((~flags).sum())} names in all); leave it out"
            )


def as_decided(problem: Problem, strategy: Strategy, weights: Array) -> Problem:
    """The problem that decided weights solve: `problem` for the names that they hold.

    Decision and audit both rest on it.
    """
    return selection_of(strategy).restricted(problem, weights > 0)


def _choose(problem: Problem, known: Known, strategy: Strategy, start: Array | None) -> Chosen:
    rules = selection_of(strategy)
    if rules.is_free:
        return Chosen(solve_for(problem, known, strategy, start), problem)
    search = Search(problem, rules, lambda each, near: solve_for(each, known, strategy, near),
                    lambda each, weights: value_of(each, strategy, weights))  # fmt: skip
    if rules.most is None:
        first = solve_for(problem, known, strategy, start)
        try:
            return _without_small(problem, known, strategy, first)
        except Infeasible:  # all small positions together are too many to leave out; fewer may do
            pass
    return search.best() if is_bounded_by_more_names(strategy) else search.quick()


def _without_small(problem: Problem, known: Known, strategy: Strategy, solution: Solution) -> Chosen:
    """All positions that are too small left out at once and the rest solved anew, until there are none."""
    left = problem
    for _ in range(problem.size):
        small = (solution.weights > 0) & (solution.weights < strategy.min_position)
        if not small.any():
            break
        left = replace(left, cap=np.where(small, 0.0, left.bounds[1]), floor=np.where(small, 0.0, left.bounds[0]))
        solution = solve_for(left, known, strategy, solution.weights)
    return Chosen(solution, as_decided(problem, strategy, solution.weights))
