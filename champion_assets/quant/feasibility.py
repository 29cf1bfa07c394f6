"""The constraints of a portfolio problem as linear programs (HiGHS, through scipy).

Can they be met, and with how little trading.

What belongs here: feasibility. What does not: optimality (`optimise.py`), the words for a conflict
(`infeasibility.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from champion_assets.quant.problem import Problem, Row
from champion_assets.quant.risk import Array

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Kind = Literal["invested", "fully invested", "cap", "floor", "row above", "row below", "turnover"]


@dataclass(frozen=True)
class Constraint:
    """Lines `a'z <= b` over z = (w, bought, sold).

    Attributes:
        kind: which of the problem's constraints.
        name: how it is told.
        base, sign: loosened by s it is the constraint with the limit `base + sign * s`, in the units of the problem.
        row: of the kinds that are rows.
    """

    kind: Kind
    name: str
    lines: csr_array
    limits: Array
    base: float = 0.0
    sign: float = 1.0
    row: Row | None = None


def least_trading(problem: Problem) -> Array | None:
    """Weights that satisfy all constraints with the least trading.

    Args:
        problem: n names; without `held` any weights that satisfy the constraints will do.

    Returns:
        Weights, shape (n,), or None if the turnover limit or another constraint cannot be met.
    """
    if problem.size == 0:
        return None
    constraints = [each for each in constraints_of(problem) if each.kind != "turnover"]
    objective = np.zeros(width_of(problem))
    if problem.held is not None:
        objective[problem.size :] = 1.0
    answer = feasible_point(problem, constraints, objective)
    if answer is None:
        return None
    weights = answer[: problem.size]
    return weights if problem.traded(weights) <= problem.turnover + 1e-9 else None


def can_be_met(problem: Problem) -> bool:
    """Whether some weights satisfy all constraints.

    Args:
        problem: n names.

    >>> from champion_assets.quant.risk import RiskModel
    >>> risk = RiskModel(np.zeros((1, 3)), np.ones(3), 0.0)
    >>> can_be_met(Problem(np.zeros(3), risk, 1.0, cap=0.3)), can_be_met(Problem(np.zeros(3), risk, 1.0, cap=0.4))
    (False, True)
    """
    return (
        problem.size > 0 and feasible_point(problem, constraints_of(problem), np.zeros(width_of(problem))) is not None
    )


def feasible_point(problem: Problem, constraints: Sequence[Constraint], objective: Array) -> Array | None:
    """The point that satisfies `constraints` with the lowest linear objective.

    Args:
        problem: n names; defines the trades.
        constraints: those to satisfy.
        objective: costs of z = (w, bought, sold), shape (`width_of(problem)`,).

    Returns:
        z, same shape, or None if no point satisfies the constraints.
    """
    from scipy.optimize import linprog

    lines, limits = stacked(constraints, width_of(problem))
    equal, right = links(problem)
    answer = linprog(objective, lines, limits, equal, right, bounds=free_bounds(problem), method="highs")
    return np.asarray(answer.x) if answer.status == 0 else None


def constraints_of(problem: Problem) -> list[Constraint]:
    """All constraints of `problem`; the budget gives two of them.

    Args:
        problem: n names.

    Returns:
        The constraints over z = (w, bought, sold), or over w alone without `held`.
    """
    from scipy.sparse import csr_array, eye_array

    size, width = problem.size, width_of(problem)
    low, cap = problem.bounds
    unit = csr_array(eye_array(size, width))
    one_cap, one_floor = single(cap), single(low)

    def line(values: Array, start: int = 0) -> csr_array:
        row = np.zeros((1, width))
        row[0, start : start + values.size] = values
        return csr_array(row)

    total, budget = line(np.ones(size)), problem.budget
    told = f"weights add up to {budget:g}"
    found = [
        Constraint("fully invested", told, -total, np.array([-budget]), budget, -1.0),
        Constraint("invested", told, total, np.array([budget]), budget),
        Constraint(
            "cap",
            f"no weight above {one_cap:g}" if one_cap is not None else "caps of the names",
            unit,
            np.asarray(cap),
            one_cap or 0.0,
        ),
        Constraint(
            "floor",
            f"no weight below {one_floor:g}" if one_floor is not None else "floors of the names",
            -unit,
            -np.asarray(low),
            one_floor or 0.0,
            -1.0,
        ),
    ]
    for row in problem.rows:
        if math.isfinite(row.high):
            found.append(
                Constraint(
                    "row above",
                    f"{row.name} at most {row.high:g}",
                    line(row.coefficients),
                    np.array([row.high]),
                    row.high,
                    1.0,
                    row,
                )
            )
        if math.isfinite(row.low):
            found.append(
                Constraint(
                    "row below",
                    f"{row.name} at least {row.low:g}",
                    line(-row.coefficients),
                    np.array([-row.low]),
                    row.low,
                    -1.0,
                    row,
                )
            )
    if math.isfinite(problem.turnover):
        found.append(
            Constraint(
                "turnover",
                f"turnover at most {problem.turnover:g}",
                line(np.full(2 * size, 0.5), size),
                np.array([problem.turnover]),
                problem.turnover,
            )
        )
    return found


def single(values: Array) -> float | None:
    """The common value of all names.

    Args:
        values: shape (n,).

    Returns:
        The value, or None if they differ or there are none.

    >>> single(np.array([0.1, 0.1])), single(np.array([0.1, 0.2]))
    (0.1, None)
    """
    return float(values[0]) if values.size and (values == values[0]).all() else None


def width_of(problem: Problem) -> int:
    """The length of z: n without `held`, else 3 n for (w, bought, sold).

    Args:
        problem: n names.
    """
    return problem.size * (1 if problem.held is None else 3)


def free_bounds(problem: Problem) -> list[tuple[float | None, float | None]]:
    """Bounds of z that are not constraints of the problem: weights are free, trades are not negative.

    Args:
        problem: n names.

    Returns:
        Lower and upper bound of each element of z; None for no bound.
    """
    bounds: list[tuple[float | None, float | None]] = [(None, None)] * problem.size
    return bounds if problem.held is None else bounds + [(0, None)] * (2 * problem.size)


def links(problem: Problem) -> tuple[csr_array, Array]:
    """The equations that define trades: w - bought + sold = held.

    Args:
        problem: n names.

    Returns:
        Matrix, shape (n, 3 n), and right side, shape (n,); no rows without `held`.
    """
    from scipy.sparse import csr_array, eye_array, hstack

    if problem.held is None:
        return csr_array((0, problem.size)), np.zeros(0)
    unit = eye_array(problem.size)
    return csr_array(hstack([unit, -unit, unit])), problem.present


def stacked(constraints: Sequence[Constraint], width: int) -> tuple[csr_array, Array]:
    """Lines and limits of several constraints in one system.

    Args:
        constraints: those to combine.
        width: length of z.

    Returns:
        Matrix, shape (lines, `width`), and limits, shape (lines,).
    """
    from scipy.sparse import csr_array, vstack

    lines = vstack([csr_array((0, width)), *(each.lines for each in constraints)])
    return csr_array(lines), np.concatenate([np.zeros(0), *(each.limits for each in constraints)])
