"""Why a portfolio problem has no solution.

The smallest set of constraints in conflict, and the nearest way out of each, in words.

What belongs here: the search for the conflict and its sentence. What does not: the linear programs themselves
(`feasibility.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from champion_assets.quant.feasibility import (
    Constraint,
    constraints_of,
    feasible_point,
    free_bounds,
    links,
    single,
    stacked,
    width_of,
)
from champion_assets.quant.problem import Infeasible, Problem

_NOISE = 1e-9


def diagnose(problem: Problem) -> Infeasible:
    """Find the smallest set of conflicting constraints and what would resolve the conflict.

    Args:
        problem: an infeasible problem.

    Returns:
        The exception to raise; its message names the constraints and the settings to change.
    """
    problem = _held_or_allowed(problem)
    if problem.size == 0:
        return Infeasible("there is no instrument to hold: the universe is empty, or every name is excluded")
    constraints = constraints_of(problem)
    nothing = np.zeros(width_of(problem))
    if feasible_point(problem, constraints, nothing) is not None:
        return Infeasible(
            "the constraints can be met, but only just: the solver found no weights; relax one of them a little"
        )
    smallest = list(constraints)
    for (
        each
    ) in constraints:  # deletion filter: what can be left out without making it feasible is not part of the conflict
        rest = [other for other in smallest if other is not each]
        if feasible_point(problem, rest, nothing) is None:
            smallest = rest
    names = " and ".join(dict.fromkeys(f"'{each.name}'" for each in smallest))
    ways = [way for each in smallest if (way := _way_out(problem, smallest, each))]
    advice = ", or ".join(ways) or "loosening one of them alone is not enough"
    return Infeasible(f"{names} contradict each other for {problem.size} names; {advice}")


def at_least(value: float) -> str:
    """`value` in six significant digits, rounded up, so that a setting of this value is enough.

    Args:
        value: a bound.

    >>> at_least(0.12345678)
    '0.123457'
    """
    return _rounded(value, math.inf)


def at_most(value: float) -> str:
    """`value` in six significant digits, rounded down, so that a setting of this value is enough.

    Args:
        value: a bound.

    >>> at_most(0.12345678)
    '0.123456'
    """
    return _rounded(value, -math.inf)


def _rounded(value: float, towards: float) -> str:
    near = float(f"{value:.6g}")
    if abs(near - value) > _NOISE * max(1.0, abs(value)) and (near < value) == (towards > 0):
        near += math.copysign(10.0 ** (math.floor(math.log10(abs(value))) - 5), towards)
    return f"{near:.6g}"


def _held_or_allowed(problem: Problem) -> Problem:
    """The problem without the names that may not be held and are not: they have no part in any conflict."""
    names = np.flatnonzero((problem.bounds[1] > 0) | (problem.present != 0))
    if names.size == problem.size:
        return problem
    rows = tuple(replace(row, coefficients=row.coefficients[names]) for row in problem.rows)
    held = None if problem.held is None else problem.held[names]
    cost = None if problem.cost is None else problem.cost[names]
    return replace(
        problem,
        expected=problem.expected[names],
        cap=problem.bounds[1][names],
        floor=problem.bounds[0][names],
        rows=rows,
        held=held,
        cost=cost,
        benchmark=None,
    )


def _way_out(problem: Problem, conflict: Sequence[Constraint], loosened: Constraint) -> str:
    """The least loosening of one constraint that the others of the conflict allow, in words; "" if there is none."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, hstack

    width = width_of(problem)
    rest = [_widened(each, 0.0) for each in conflict if each is not loosened]
    lines, limits = stacked([*rest, _widened(loosened, -1.0)], width + 1)
    equal, right = links(problem)
    answer = linprog(
        np.append(np.zeros(width), 1.0),
        lines,
        limits,
        hstack([equal, csr_array((equal.shape[0], 1))]),
        right,
        bounds=[*free_bounds(problem), (0, None)],
        method="highs",
    )
    if answer.status != 0:
        return ""
    return _words(problem, loosened, loosened.base + loosened.sign * float(answer.x[-1]))


def _words(problem: Problem, loosened: Constraint, limit: float) -> str:
    """How a person gets to the new limit; "" if the limit means nothing, such as a negative floor."""
    named = {kind: f" ({setting})" for kind, setting in problem.settings.items()}
    low, cap = problem.bounds
    if loosened.kind == "fully invested":
        return f"set the cash weight{named.get('cash', '')} to at least {at_least(1 - limit)}" if limit > _NOISE else ""
    if loosened.kind == "invested":
        return (
            f"set the cash weight{named.get('cash', '')} to at most {at_most(1 - limit)}" if limit <= 1 + _NOISE else ""
        )
    if loosened.kind == "cap":
        if single(cap) is None:
            return f"raise every cap{named.get('cap', '')} by at least {at_least(limit)}"
        return f"raise the cap{named.get('cap', '')} to at least {at_least(limit)}" if limit <= 1 + _NOISE else ""
    if loosened.kind == "floor":
        if single(low) is None:
            return (
                f"lower every floor{named.get('floor', '')} by at least {at_least(-limit)}"
                if -limit <= low.max()
                else ""
            )
        return f"lower the floor{named.get('floor', '')} to at most {at_most(limit)}" if limit >= -_NOISE else ""
    if loosened.kind == "turnover":
        return f"raise the turnover limit{named.get('turnover', '')} to at least {at_least(limit)}"
    row = loosened.row
    if row is not None and row.way is not None:
        return row.way(limit)
    if loosened.kind == "row above":
        return f"raise {row.name if row else ''} to at least {at_least(limit)}"
    return f"lower {row.name if row else ''} to at most {at_most(limit)}"


def _widened(each: Constraint, slack: float) -> Constraint:
    from scipy.sparse import csr_array, hstack

    column = csr_array(np.full((each.lines.shape[0], 1), slack))
    return replace(each, lines=csr_array(hstack([each.lines, column])))
