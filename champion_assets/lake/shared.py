"""What computations of one process on the same data have in common, made once.

What belongs here: the question. A build of the lake computes each block once and shares nothing. Trials of strategies
ask for the same market and the same evenings a hundred times, and hand in a store (`experiments/memory.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

A = TypeVar("A")


class Shared:
    """Shares nothing."""

    def once(self, key: Hashable, tables: Sequence[str], make: Callable[[], A]) -> A:
        """What `make` makes of `tables`; the same object for the same key where it is shared, so nobody changes it."""
        del key, tables
        return make()

    def each(
        self,
        key: Hashable,
        tables: Sequence[str],
        days: Sequence[dt.date],
        make: Callable[[Sequence[dt.date]], Iterator[tuple[dt.date, A]]],
    ) -> Iterator[tuple[dt.date, A]]:
        """The same day by day, in the order of `days`; a day does not depend on which others are made with it."""
        del key, tables
        return make(days)


NOTHING_SHARED = Shared()
