"""What the simulator must know of an exchange: the protocol that `fills.py` trades through.

What belongs here: the questions. What does not: any exchange's answers; those of NSE are in `portfolio/exchange.py`,
and another market is simulated by another class with these methods. Every answer is dated, because rules and charges
change.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

from champion_assets.quant.risk import Array
from champion_assets.simulation.account import Flags, Ranks


@dataclass(frozen=True)
class Charges:
    """What the orders of a day cost, in money, by a name for each kind."""

    by_kind: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """All of them, added in their order."""
        return reduce(operator.add, self.by_kind.values(), 0.0)

    def of(self, kind: str) -> float:
        """The charges of one kind, 0 if there are none."""
        return self.by_kind.get(kind, 0.0)


class Exchange(Protocol):
    """The rules and charges of a market, by date."""

    def on_tick(self, prices: Array, date: dt.date, fixed: Array, *, up: bool) -> Array:
        """Prices on the tick: the next one up for a buyer, down for a seller.

        `fixed`: ticks of `MarketDay.tick`, NaN where none is.
        """
        ...

    def at_band(self, prices: Array, previous: Array, date: dt.date, fixed: Array, *, upper: bool) -> Flags:
        """True where a price lies at the upper (or lower) limit of the session, given the previous closes.

        False without limits.

        Asked only where nobody published who hit a limit (`MarketDay.hits`).
        """
        ...

    def lot(self, date: dt.date) -> int:
        """The number of shares that orders are a multiple of."""
        ...

    def settlement_sessions(self, date: dt.date, size_rank: Ranks) -> Ranks:
        """Sessions after which a trade of `date` is settled, by name.

        `size_rank`: by the day's traded value, 1 the largest.
        """
        ...

    def buying_rate(self, date: dt.date) -> float:
        """What one unit of money of shares costs to buy, its proportional charges included.

        1.001 for charges of 0.1 %.
        """
        ...

    def charges(self, date: dt.date, bought: Sequence[float], sold: Sequence[float]) -> Charges:
        """The charges of a day's orders with these values."""
        ...
