"""A portfolio problem and its solution, whatever solves it.

What belongs here: the statement. What does not: solving (`optimise.py`), explaining why there is no solution
(`infeasibility.py`), checking a solution independently (`verification.py`), which names are held at all
(`selection.py`).

    minimise   ½ γ (w - b)'Σ(w - b) - μ'w + Σ κ_i |w_i - held_i|
    subject to Σ w = budget,  floor <= w <= cap,  low <= a'w <= high for every row,  ½ Σ |w_i - held_i| <= turnover
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from champion_assets.common.errors import ChampionError
from champion_assets.quant.risk import Array, Risk

GAP_TOLERANCE = 1e-8
"""Largest certified gap of a solution, relative to `Problem.gap_scale`."""
_LEAST_SCALE = 1e-4


class Infeasible(ChampionError, ValueError):
    """No weights satisfy the constraints.

    The message names the smallest set in conflict and the nearest way out of it.
    """


SINGULAR = (
    "a covariance that shrinks (COVARIANCE_ESTIMATOR=ledoit_wolf) or a longer window "
    "(COV_WINDOW_DAYS) helps where it is singular"
)
"""What to do about a problem that was not solved."""


class NotSolved(ChampionError, RuntimeError):
    """The solver did not reach the certified accuracy. Nothing was returned in its place."""


@dataclass(frozen=True)
class Row:
    """A linear constraint with a name a person knows: low <= a'w <= high.

    Attributes:
        coefficients: a, shape (n,).
        way: how a person loosens it to another bound, in words, "" if that bound means nothing; by default its name is
            raised or lowered.
    """

    name: str
    coefficients: Array
    low: float = -math.inf
    high: float = math.inf
    way: Callable[[float], str] | None = None


@dataclass(frozen=True)
class Problem:
    """The problem of this module for n names. Returns and risk per session.

    Attributes:
        expected: μ, shape (n,).
        risk: Σ.
        risk_aversion: γ > 0.
        cap, floor: bounds of each weight, a number or shape (n,).
        budget: what the weights add up to; the rest is cash.
        rows: further linear constraints.
        benchmark: b, shape (n,), if risk is meant against it; else risk is absolute.
        held: present weights, shape (n,); needed for `turnover` and `cost`.
        turnover: largest half sum of |w - held|.
        cost: κ, shape (n,): what trading a unit of weight costs, in the units of μ.
        settings: by `cash`, `cap`, `floor`, `turnover`, `names`, `position`: where a person sets it, for the words of a
            conflict.
        is_explained: whether a conflict is explained; a step of a search only wants to know of it.
    """

    expected: Array
    risk: Risk
    risk_aversion: float
    cap: float | Array = 1.0
    floor: float | Array = 0.0
    budget: float = 1.0
    rows: tuple[Row, ...] = ()
    benchmark: Array | None = None
    held: Array | None = None
    turnover: float = math.inf
    cost: Array | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    is_explained: bool = True

    def __post_init__(self) -> None:
        if self.held is None and (math.isfinite(self.turnover) or self.cost is not None):
            raise ValueError("a turnover limit and trading costs need `held`, the current weights")
        numbers = {
            "expected return": self.expected,
            "cap": self.cap,
            "floor": self.floor,
            "weight held": self.held,
            "cost": self.cost,
            "benchmark weight": self.benchmark,
            "own risk": self.risk.idiosyncratic,
            "budget": self.budget,
            "risk aversion": self.risk_aversion,
            **{row.name: row.coefficients for row in self.rows},
        }
        for what, values in numbers.items():
            if values is not None and not (flags := np.isfinite(np.atleast_1d(np.asarray(values, dtype=float)))).all():
                raise ValueError(f"the {what} is not finite, first at number {int(np.argmin(flags))}")

    @property
    def size(self) -> int:
        """The number of names, n."""
        return int(self.expected.shape[0])

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """Floor and cap of every name, shape (n,) each."""
        return (np.broadcast_to(np.asarray(self.floor, dtype=float), self.expected.shape),
                np.broadcast_to(np.asarray(self.cap, dtype=float), self.expected.shape))  # fmt: skip

    @cached_property
    def present(self) -> Array:
        """The weights held, or zeros."""
        return np.zeros(self.size) if self.held is None else self.held

    @property
    def has_kinks(self) -> bool:
        """True if trading is limited or costs something."""
        return math.isfinite(self.turnover) or self.cost is not None

    @cached_property
    def linear(self) -> Array:
        """The linear part of the smooth objective: -μ - γ Σ b, shape (n,)."""
        if self.benchmark is None:
            return -self.expected
        return -self.expected - self.risk_aversion * self.risk.times(self.benchmark)

    def smooth(self, weights: Array) -> float:
        """The objective without trading costs, up to the constant ½ γ b'Σb.

        Args:
            weights: w, shape (n,).

        Returns:
            The value, in units of expected return per session.
        """
        return float(0.5 * self.risk_aversion * weights @ self.risk.times(weights) + self.linear @ weights)

    def objective(self, weights: Array) -> float:
        """The objective that is minimised, up to the constant ½ γ b'Σb.

        Args:
            weights: w, shape (n,).

        Returns:
            The value, in units of expected return per session.
        """
        return self.smooth(weights) + (0.0 if self.cost is None else float(self.cost @ np.abs(weights - self.present)))

    def gap_scale(self, weights: Array) -> float:
        """The size that a gap is measured against: ½ γ w'Σw, with a benchmark ½ γ (w'Σw + b'Σb).

        If there is almost no risk, as in a covariance of fewer sessions than names, it is a ten-thousandth of the
        larger of the problem's risk and return terms.

        Args:
            weights: w, shape (n,).

        Returns:
            A positive number in units of expected return per session.
        """
        risk = self.risk.variance(weights) + (0.0 if self.benchmark is None else self.risk.variance(self.benchmark))
        size = max(
            0.5 * self.risk_aversion * self.risk.mean_variance(), float(np.abs(self.linear).max()) * abs(self.budget)
        )
        return max(0.5 * self.risk_aversion * risk, _LEAST_SCALE * size) or 1.0

    def traded(self, weights: Array) -> float:
        """One-way turnover, 0.5 × Σ|w - held|; 0 if `held` is None.

        Args:
            weights: w, shape (n,).

        Returns:
            A fraction of the portfolio's value.

        >>> from champion_assets.quant.risk import RiskModel
        >>> risk = RiskModel(np.zeros((1, 2)), np.ones(2), 0.0)
        >>> Problem(np.zeros(2), risk, 1.0, held=np.array([0.5, 0.5])).traded(np.array([0.25, 0.75]))
        0.25
        """
        return 0.0 if self.held is None else float(np.abs(weights - self.present).sum()) / 2


@dataclass(frozen=True)
class Solution:
    """Optimal weights and what certifies them.

    Attributes:
        weights: shape (n,).
        relative_gap: certified distance of the objective from its optimum, relative to `Problem.gap_scale`; at most
            `GAP_TOLERANCE`.
        multipliers: what the objective would gain if a constraint were loosened by one unit, by name: `budget`
            (signed), `turnover`, rows.
        rounds: restricted problems solved.
    """

    weights: Array
    relative_gap: float
    multipliers: dict[str, float] = field(default_factory=dict)
    rounds: int = 0
