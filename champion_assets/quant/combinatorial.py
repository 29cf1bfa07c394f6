"""Combinatorial purged cross-validation: many histories out of sample instead of one.

What belongs here: which rows train and which test. What does not: what is trained. Sets and paths are those of
skfolio's `CombinatorialPurgedCV` (López de Prado 2018, chapter 12), and one test group is allowed, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]
MOST_SPLITS = 100_000


@dataclass(frozen=True, eq=False)
class Split:
    """One training set and its test groups.

    Attributes:
        train: rows, ascending.
        tests: rows of each test group, ascending, in the order of the groups.
        paths: number of the path that each test group is part of, from 0.
    """

    train: Rows
    tests: tuple[Rows, ...]
    paths: tuple[int, ...]


@dataclass(frozen=True)
class CombinatorialPaths:
    """All splits of a history and the paths that their tests make up; see `combinatorial_paths`."""

    rows: int
    groups: int
    test_groups: int
    purge: int
    embargo: int

    def __post_init__(self) -> None:
        """Refuse what leaves nothing to train or to test."""
        if not 1 <= self.test_groups < self.groups:
            raise ValueError(
                f"of {self.groups} groups at least one tests and at least one trains, so {self.test_groups} cannot test"
            )
        if self.purge < 0 or self.embargo < 0:
            raise ValueError(f"purge and embargo are numbers of rows, not {self.purge} and {self.embargo}")
        length = self.rows // self.groups
        if self.purge + self.embargo >= length - 1:
            raise ValueError(
                f"{self.rows} rows in {self.groups} groups are {length} each; a purge of {self.purge} and an "
                f"embargo of {self.embargo} "
                f"leave too little of a group: together they must be below {length - 1}"
            )
        if self.split_count > MOST_SPLITS:
            raise ValueError(
                f"{self.test_groups} of {self.groups} groups are "
                f"{self.split_count:,} splits; {MOST_SPLITS:,} are the most"
            )

    @property
    def split_count(self) -> int:
        """C(N, k) for k test groups of N."""
        return math.comb(self.groups, self.test_groups)

    @property
    def path_count(self) -> int:
        """How often each group tests, so how many whole histories there are out of sample: k / N · C(N, k)."""
        return math.comb(self.groups - 1, self.test_groups - 1)

    def group_rows(self) -> list[Rows]:
        """The rows of each group; the last has those, too, that fill no group."""
        length = self.rows // self.groups
        cuts = [length * number for number in range(self.groups)] + [self.rows]
        return [np.arange(cuts[number], cuts[number + 1]) for number in range(self.groups)]

    def splits(self) -> Iterator[Split]:
        """Every split, in the order of `itertools.combinations`."""
        members, tested = self.group_rows(), [0] * self.groups
        for chosen in combinations(range(self.groups), self.test_groups):
            trains = np.ones(self.rows, dtype=bool)
            for group in chosen:
                first, last = int(members[group][0]), int(members[group][-1])
                # between two test groups that touch there is no training row to take away
                trains[max(0, first - self.purge) : last + 1 + self.purge + self.embargo] = False
            yield Split(
                np.flatnonzero(trains),
                tuple(members[group] for group in chosen),
                tuple(tested[group] for group in chosen),
            )
            for group in chosen:
                tested[group] += 1


def combinatorial_paths(
    rows: int, groups: int, test_groups: int, purge: int = 0, embargo: int = 0
) -> CombinatorialPaths:
    """Every choice of test groups, with training rows that know nothing of them.

    Args:
        rows: T, of the history.
        groups: N, successive and equally long.
        test_groups: k of them test in each split.
        purge: rows taken from training before and after each test group, because what is learnt there overlaps with the
            test.
        embargo: rows taken from training after the purge behind each test group.

    Raises:
        ValueError: nothing would be left to train or test, or there are more than `MOST_SPLITS` splits.

    Example:
        >>> paths = combinatorial_paths(12, groups=3, test_groups=2, purge=1)
        >>> paths.path_count
        2
        >>> [(each.train.tolist(), each.paths) for each in paths.splits()]
        [([9, 10, 11], (0, 0)), ([5, 6], (1, 0)), ([0, 1, 2], (1, 1))]
    """
    return CombinatorialPaths(rows, groups, test_groups, purge, embargo)
