"""The search for the names to hold under the rules of a `Selection`.

What belongs here: branch and bound, and the quick search that it begins with. The quick search leaves out the smallest
position (several, while there are far too many), solves the rest anew, and goes on until the rules are kept; a name
whose loss makes the rest infeasible stays. Branch and bound then decides name by name, held or not. A node is the
convex problem in which names not yet decided may have any weight up to their cap, and of which, with at most K names,
`Σ w/cap <= K` holds; its optimum bounds everything below it. If the search ends by itself, the choice is proven best;
if it ends at `PROBLEMS` nodes, the choice stands with the proven distance from the best. Few names or tight rules end
by themselves.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from champion_assets.quant.infeasibility import at_least, at_most
from champion_assets.quant.problem import Infeasible, NotSolved, Problem, Row, Solution
from champion_assets.quant.risk import Array
from champion_assets.quant.selection import Flags, Selection

Solve = Callable[[Problem, Array | None], Solution]
Value = Callable[[Problem, Array], float]
PROBLEMS = 150
"""Nodes that a search looks at at most."""
PROVEN = 1e-6
"""A relative distance from the best choice that counts as none."""


@dataclass(frozen=True)
class Chosen:
    """The names chosen: their weights, the problem that these solve.

    The proven relative distance from the best choice (None: unknown).
    """

    solution: Solution
    problem: Problem
    distance: float | None = None


@dataclass(frozen=True)
class _Node:
    inside: Flags
    outside: Flags
    weights: Array
    bound: float


class Search:
    """A search for the best names of one problem.

    Args:
        problem: with the bounds that names have if they are held.
        rules: see `Selection`.
        solve: solves a convex problem, or raises Infeasible.
        value: what is minimised.
    """

    def __init__(self, problem: Problem, rules: Selection, solve: Solve, value: Value) -> None:
        self._given = problem
        low, cap = problem.bounds
        self._low = np.maximum(low, rules.least)
        self._problem = replace(problem, cap=np.where(cap >= self._low, cap, 0.0), floor=np.zeros(problem.size))
        self._rules, self._solve, self._value = rules, solve, value
        self._best: tuple[float, Array] | None = None
        self._tried: dict[bytes, bool] = {}
        self._left = PROBLEMS
        self._positions: list[tuple[int, float]] = []

    def quick(self) -> Chosen:
        """The first choice that keeps the rules.

        Raises:
            Infeasible: the quick search found none.
        """
        solution = self._solution(self._problem, None)
        if solution is not None:
            self._drop_smallest(solution.weights)
        return self._chosen(None, is_over=False)

    def best(self) -> Chosen:
        """The best choice, or the best found with its proven distance.

        Raises:
            Infeasible: there is none, or none was found in `PROBLEMS` nodes; says which.
        """
        size = self._problem.size
        root = self._solved(np.zeros(size, dtype=bool), np.zeros(size, dtype=bool), -math.inf, None)
        if root is None:
            free = self._solve(self._problem, None)  # what it raises says more than that there is no choice
            self._drop_smallest(free.weights)  # for what would be enough
            raise self._explained(is_over=True)
        self._drop_smallest(root.weights)
        order = itertools.count()
        waiting = [(root.bound, next(order), root)]
        while waiting and self._left > 0 and not self._is_proven(waiting[0][0]):
            _, _, node = heapq.heappop(waiting)
            for child in self._children(node):
                if self._best is None or not self._is_proven(child.bound):
                    heapq.heappush(waiting, (child.bound, next(order), child))
        return self._chosen(waiting[0][0] if waiting else math.inf, is_over=not waiting)

    def _children(self, node: _Node) -> Iterator[_Node]:
        """The two nodes in which one more name is decided; none if the node's own weights keep the rules."""
        if self._rules.is_kept(node.weights):
            self._try(node.weights > 0)
            return
        self._try(self._rounded(node))
        cap = self._problem.bounds[1]
        share = np.divide(node.weights, cap, out=np.zeros_like(cap), where=cap > 0)
        doubt = np.where(node.inside | node.outside, -1.0, np.minimum(share, 1 - share))
        doubt[node.weights <= 0] = -1.0
        name = int(np.argmax(doubt))
        if doubt[name] < 0:  # every name held is decided: what is left breaks a rule whatever one does
            return
        inside, outside = node.inside.copy(), node.outside.copy()
        inside[name] = outside[name] = True
        if self._rules.most is not None and int(inside.sum()) == self._rules.most:
            self._try(inside)
        elif (child := self._solved(inside, node.outside, node.bound, node.weights)) is not None:
            yield child
        if (child := self._solved(node.inside, outside, node.bound, node.weights)) is not None:
            yield child

    def _solved(self, inside: Flags, outside: Flags, above: float, start: Array | None) -> _Node | None:
        """The node with these decisions; None if nothing below it is feasible."""
        cap, free = np.where(outside, 0.0, self._problem.bounds[1]), ~inside & ~outside
        rows = self._problem.rows
        if self._rules.most is not None:
            share = np.divide(1.0, cap, out=np.zeros_like(cap), where=free & (cap > 0))
            rows = (*rows, Row("names", share, high=float(self._rules.most - int(inside.sum()))))
        self._left -= 1
        relaxed = replace(self._problem, cap=cap, floor=np.where(inside, self._low, 0.0), rows=rows)
        solution = self._solution(relaxed, start)
        return (
            None
            if solution is None
            else _Node(inside, outside, solution.weights, max(above, self._value(relaxed, solution.weights)))
        )

    def _solution(self, problem: Problem, start: Array | None) -> Solution | None:
        try:
            return self._solve(replace(problem, is_explained=False), start)
        except Infeasible:
            return None

    def _drop_smallest(self, weights: Array) -> None:
        """Leave out the smallest position again and again, until the names that are left can keep the rules."""
        needed = np.zeros(weights.size, dtype=bool)
        while not self._try(weights > 0):
            self._positions.append((int((weights > 0).sum()), float(weights[weights > 0].min())))
            order = np.argsort(weights, kind="stable")
            loose = order[(weights[order] > 0) & ~needed[order]]
            excess = int((weights > 0).sum()) - self._most_possible()
            solution = self._without(weights, loose[: excess // 4]) if excess >= 8 else None
            for name in loose if solution is None else ():
                if (solution := self._without(weights, [name])) is not None:
                    break
                needed[name] = True
            if solution is None:
                return
            weights = solution.weights

    def _without(self, weights: Array, names: Sequence[int] | NDArray[np.intp]) -> Solution | None:
        rest = weights > 0
        rest[names] = False
        return self._solution(replace(self._problem, cap=np.where(rest, self._problem.bounds[1], 0.0)), weights)

    def _most_possible(self) -> int:
        """A number of names that no choice exceeds."""
        size = self._problem.size if self._rules.most is None else min(self._rules.most, self._problem.size)
        return size if self._rules.least <= 0 else min(size, int(self._problem.budget / self._rules.least + 1e-9))

    def _rounded(self, node: _Node) -> Flags:
        """The names inside and the largest of the others, as many as may be held."""
        held = np.flatnonzero((node.weights > 0) | node.inside)
        most = held.size if self._rules.most is None else self._rules.most
        first = held[np.lexsort((held, -node.weights[held], ~node.inside[held]))][:most]
        names = np.zeros(node.weights.size, dtype=bool)
        names[first] = True
        return names

    def _try(self, names: Flags) -> bool:
        """Solve for exactly these names; True if that keeps all rules."""
        count = int(names.sum())
        if (self._rules.most is not None and count > self._rules.most) or float(
            self._low[names].sum()
        ) > self._problem.budget + 1e-12:
            return False
        key = names.tobytes()
        if key not in self._tried:
            self._tried[key] = self._is_candidate(names)
        return self._tried[key]

    def _is_candidate(self, names: Flags) -> bool:
        problem = self._rules.restricted(self._given, names)
        try:
            solution = self._solution(problem, None)
        except NotSolved:  # one candidate less; bounds do not rest on candidates
            return False
        if solution is None or not self._rules.is_kept(solution.weights):
            return False
        value = self._value(problem, solution.weights)
        if self._best is None or value < self._best[0]:
            self._best = value, solution.weights
        return True

    def _is_proven(self, bound: float) -> bool:
        return self._best is not None and self._best[0] - bound <= PROVEN * self._scale(bound)

    def _chosen(self, bound: float | None, *, is_over: bool) -> Chosen:
        if self._best is None:
            raise self._explained(is_over=is_over)
        value, weights = self._best
        problem = self._rules.restricted(self._given, weights > 0)
        distance = None if bound is None else max(0.0, value - bound) / self._scale(bound)
        return Chosen(self._solve(problem, weights), problem, distance)

    def _scale(self, bound: float) -> float:
        best = 0.0 if self._best is None else abs(self._best[0])
        return max(best, abs(bound) if math.isfinite(bound) else 0.0, 1e-300)

    def _explained(self, *, is_over: bool) -> Infeasible:
        rules, ways = self._rules, []
        told = [] if rules.most is None else [f"at most {rules.most} names"]
        told += [f"no position below {rules.least:g}"] if rules.least > 0 else []
        settings = self._problem.settings
        enough = [count for count, smallest in self._positions if smallest >= rules.least]
        if rules.most is not None and enough:
            ways.append(
                f"raise the number of names ({settings.get('names', 'most')}) to at least {at_least(min(enough))}"
            )
        few = [smallest for count, smallest in self._positions if rules.most is None or count <= rules.most]
        if rules.least > 0 and few:
            ways.append(
                f"lower the least position ({settings.get('position', 'least')}) to at most {at_most(max(few))}"
            )
        ways.append("loosen another constraint")
        sure = "no choice of names meets" if is_over else f"no choice of names was found in {PROBLEMS} steps that meets"
        return Infeasible(f"{sure} '{' and '.join(told)}' with the other constraints; {', or '.join(ways)}")
