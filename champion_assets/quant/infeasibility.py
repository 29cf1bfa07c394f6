"""Why a portfolio problem has no solution: the smallest set of constraints in conflict, and the nearest way out of each.

What belongs here: feasibility, by linear programs (HiGHS, through scipy). What does not: optimality (`optimise.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from champion_assets.quant.problem import Infeasible, Problem
from champion_assets.quant.risk import Array

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class _Constraint:
    """`a'z <= b` lines over z = (w, bought, sold), with a name, and how a person would loosen it (`{}`: by how much, in the end)."""

    name: str
    lines: csr_array
    limits: Array
    loosened: str
    base: float = 0.0
    sign: float = 1.0


def least_trading(problem: Problem) -> Array | None:
    """Weights that satisfy everything but the turnover limit with the least trading (or any such weights); None if the limit or
    anything else cannot be met.
    """  # fmt: skip
    if problem.size == 0:
        return None
    constraints = [each for each in _constraints(problem) if not each.name.startswith("turnover")]
    objective = np.zeros(_width(problem))
    if problem.held is not None:
        objective[problem.size :] = 1.0
    answer = _program(problem, constraints, objective)
    if answer is None:
        return None
    weights = answer[: problem.size]
    return weights if problem.traded(weights) <= problem.turnover + 1e-9 else None


def diagnose(problem: Problem) -> Infeasible:
    """The exception that says which constraints contradict each other and what would resolve it."""
    problem = _held_or_allowed(problem)
    if problem.size == 0:
        return Infeasible("there is no name to hold: the universe is empty, or every name is excluded")
    constraints = _constraints(problem)
    if _program(problem, constraints, np.zeros(_width(problem))) is not None:
        return Infeasible("the constraints can be met, but only just: the solver found no weights; loosen one of them a little")
    smallest = list(constraints)
    for each in constraints:  # deletion filter: what can be left out without making it feasible is not part of the conflict
        rest = [other for other in smallest if other is not each]
        if _program(problem, rest, np.zeros(_width(problem))) is None:
            smallest = rest
    names = " and ".join(f"'{each.name}'" for each in smallest)
    ways = [way for each in smallest if (way := _way_out(problem, smallest, each))]
    return Infeasible(f"{names} contradict each other for {problem.size} names; {', or '.join(ways)}")


def _held_or_allowed(problem: Problem) -> Problem:
    """The problem without the names that may not be held and are not: they have no part in any conflict."""
    names = np.flatnonzero((problem.bounds[1] > 0) | (problem.present != 0))
    if names.size == problem.size:
        return problem
    rows = tuple(replace(row, coefficients=row.coefficients[names]) for row in problem.rows)
    held = None if problem.held is None else problem.held[names]
    cost = None if problem.cost is None else problem.cost[names]
    return replace(problem, expected=problem.expected[names], cap=problem.bounds[1][names], floor=problem.bounds[0][names], rows=rows,
                   held=held, cost=cost, benchmark=None)  # fmt: skip


def _way_out(problem: Problem, conflict: Sequence[_Constraint], loosened: _Constraint) -> str:
    """The least loosening of one constraint that the others of the conflict allow, in words; "" if none is enough."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, hstack

    width = _width(problem)
    rest = [_widened(each, 0.0) for each in conflict if each is not loosened]
    lines, limits = _stacked([*rest, _widened(loosened, -1.0)], width + 1)
    equal, right = _links(problem)
    answer = linprog(np.append(np.zeros(width), 1.0), lines, limits, hstack([equal, csr_array((equal.shape[0], 1))]), right,
                     bounds=[*_free(problem), (0, None)], method="highs")  # fmt: skip
    if answer.status != 0:
        return ""
    return loosened.loosened.format(f"{loosened.base + loosened.sign * float(answer.x[-1]):.6g}")


def _widened(each: _Constraint, slack: float) -> _Constraint:
    from scipy.sparse import csr_array, hstack

    column = csr_array(np.full((each.lines.shape[0], 1), slack))
    return _Constraint(each.name, csr_array(hstack([each.lines, column])), each.limits, each.loosened)


def _constraints(problem: Problem) -> list[_Constraint]:
    from scipy.sparse import csr_array, eye_array, vstack

    size, width = problem.size, _width(problem)
    low, cap = problem.bounds
    unit = csr_array(eye_array(size, width))
    one_cap, one_floor = _single(cap), _single(low)

    def line(values: Array, start: int = 0) -> csr_array:
        row = np.zeros((1, width))
        row[0, start : start + values.size] = values
        return csr_array(row)

    total = line(np.ones(size))
    found = [
        _Constraint(f"weights add up to {problem.budget:g}", csr_array(vstack([total, -total])),
                    np.array([problem.budget, -problem.budget]), "invest {} less or more"),
        _Constraint(f"no weight above {one_cap:g}" if one_cap is not None else "caps of the names", unit, np.asarray(cap),
                    "raise the cap to at least {}" if one_cap is not None else "raise every cap by {}", one_cap or 0.0),
        _Constraint(f"no weight below {one_floor:g}" if one_floor is not None else "floors of the names", -unit, -np.asarray(low),
                    "lower the floor to at most {}" if one_floor is not None else "lower every floor by {}", one_floor or 0.0, -1.0),
    ]  # fmt: skip
    for row in problem.rows:
        if math.isfinite(row.high):
            found.append(_Constraint(f"{row.name} at most {row.high:g}", line(row.coefficients), np.array([row.high]),
                                     f"raise {row.name} to at least {{}}", row.high))  # fmt: skip
        if math.isfinite(row.low):
            found.append(_Constraint(f"{row.name} at least {row.low:g}", line(-row.coefficients), np.array([-row.low]),
                                     f"lower {row.name} to at most {{}}", row.low, -1.0))  # fmt: skip
    if math.isfinite(problem.turnover):
        found.append(_Constraint(f"turnover at most {problem.turnover:g}", line(np.full(2 * size, 0.5), size),
                                 np.array([problem.turnover]), "allow a turnover of {}", problem.turnover))  # fmt: skip
    return found


def _single(values: Array) -> float | None:
    return float(values[0]) if values.size and (values == values[0]).all() else None


def _width(problem: Problem) -> int:
    return problem.size * (1 if problem.held is None else 3)


def _free(problem: Problem) -> list[tuple[float | None, float | None]]:
    bounds: list[tuple[float | None, float | None]] = [(None, None)] * problem.size
    return bounds if problem.held is None else bounds + [(0, None)] * (2 * problem.size)


def _links(problem: Problem) -> tuple[csr_array, Array]:
    """The definition of trades: w - bought + sold = held."""
    from scipy.sparse import csr_array, eye_array, hstack

    if problem.held is None:
        return csr_array((0, problem.size)), np.zeros(0)
    unit = eye_array(problem.size)
    return csr_array(hstack([unit, -unit, unit])), problem.present


def _stacked(constraints: Sequence[_Constraint], width: int) -> tuple[csr_array, Array]:
    from scipy.sparse import csr_array, vstack

    lines = vstack([csr_array((0, width)), *(each.lines for each in constraints)])
    return csr_array(lines), np.concatenate([np.zeros(0), *(each.limits for each in constraints)])


def _program(problem: Problem, constraints: Sequence[_Constraint], objective: Array) -> Array | None:
    from scipy.optimize import linprog

    lines, limits = _stacked(constraints, _width(problem))
    equal, right = _links(problem)
    answer = linprog(objective, lines, limits, equal, right, bounds=_free(problem), method="highs")
    return np.asarray(answer.x) if answer.status == 0 else None
