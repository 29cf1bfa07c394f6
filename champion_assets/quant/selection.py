"""Which names are held at all: at most so many, none with less than so much.

What belongs here: the rules, what they leave of a problem once the names are chosen, and whether weights keep them.
What does not: finding the names (`choice.py`). A further rule of this kind is a field here; whoever solves or audits
asks this module and needs no change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from champion_assets.quant.problem import Problem
from champion_assets.quant.risk import Array
from champion_assets.quant.verification import Finding

Flags = NDArray[np.bool_]
_TINY = 1e-12


@dataclass(frozen=True)
class Selection:
    """Rules on the set of names held.

    Attributes:
        least: least weight of a name that is held.
        most: largest number of names held, None for any.
    """

    least: float = 0.0
    most: int | None = None

    @property
    def is_free(self) -> bool:
        """True if there is no rule."""
        return self.least <= 0.0 and self.most is None

    def restricted(self, problem: Problem, held: Flags) -> Problem:
        """`problem` for a given set of held names: the others get weight 0, these at least `least`. It is convex.

        Args:
            problem: n names.
            held: True for names that are held, shape (n,).

        Returns:
            The problem with changed bounds.
        """
        if self.is_free:
            return problem
        low, cap = problem.bounds
        return replace(problem, cap=np.where(held, cap, 0.0), floor=np.where(held, np.maximum(low, self.least), 0.0))

    def findings(self, weights: Array) -> list[Finding]:
        """Each rule with its value under `weights`.

        Args:
            weights: shape (n,).

        Returns:
            One finding per rule.
        """
        held = weights[weights > 0]
        found = []
        if self.least > 0.0:
            found.append(
                Finding("least position", float(held.min()) if held.size else self.least, self.least, math.inf)
            )
        if self.most is not None:
            found.append(Finding("names held", float(held.size), -math.inf, float(self.most)))
        return found

    def is_kept(self, weights: Array) -> bool:
        """Whether `weights` satisfy every rule.

        Args:
            weights: shape (n,).

        >>> Selection(least=0.02, most=2).is_kept(np.array([0.5, 0.5, 0.0]))
        True
        """
        return all(each.violation <= _TINY for each in self.findings(weights))
