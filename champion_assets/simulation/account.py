"""What the simulator carries from session to session (the account) and what it is shown of a session (the market day).

What belongs here: the two states and their arithmetic. What does not: what changes them (`session.py`, `fills.py`,
`corporate_actions.py`).
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from champion_assets.quant.risk import Array

Flags = NDArray[np.bool_]
Ranks = NDArray[np.int64]


@dataclass(frozen=True)
class BandHits:
    """Who hit a price limit during a session, as the exchange published it; arrays of shape (n,).

    Attributes:
        known: of which names the publication speaks: those it does not list did not hit a limit.
        upper, lower: those that it lists as having touched the limit of that side.
    """

    known: Flags
    upper: Flags
    lower: Flags


@dataclass(frozen=True)
class MarketDay:
    """A session's market; arrays of shape (n,), prices in rupees, NaN or 0 volume where a name did not trade.

    Attributes:
        previous: the close before, adjusted for the day's actions, against which bands are meant; NaN where unknown.
        volatility: of a session's return as known the evening before, for impact; NaN where nobody asked.
        is_gap: an opening beyond any band that no action explains; holdings keep their value across it.
        is_delivered: trade-to-trade: what was bought cannot be sold before it is settled.
        tick: of names whose tick is not a matter of their price, NaN of the others; None if there are no such names.
        hits: None if nothing was published.
    """

    date: dt.date
    open: Array
    high: Array
    low: Array
    close: Array
    vwap: Array
    previous: Array
    volume: Array
    traded: Flags
    is_gap: Flags
    is_delivered: Flags
    volatility: Array
    tick: Array | None = None
    hits: BandHits | None = None

    def fixed_ticks(self, names: NDArray[np.intp]) -> Array:
        """`tick` of some names.

        Args:
            names: positions of k names.

        Returns:
            Rupees, shape (k,); NaN where the tick depends on the price.
        """
        return np.full(names.size, np.nan) if self.tick is None else self.tick[names]

    def size_rank(self, names: NDArray[np.intp]) -> Ranks:
        """The rank of some names by traded value on the day; 1 is the largest.

        Args:
            names: positions of k names.

        Returns:
            Shape (k,).
        """
        value = np.nan_to_num(self.volume * self.vwap)
        return value.size - np.searchsorted(np.sort(value), value[names], side="right") + 1


@dataclass(frozen=True)
class Decided:
    """What was decided the evening before.

    Weights, shape (n,), the closes of that evening, NaN where a name has none, and the names that
    the decision leaves as they are, since they could not be traded.
    """

    weights: Array
    closes: Array
    kept: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Claim:
    """A demerged part: of which name, for how many of its shares, rupees a share, sessions since."""

    name: int
    shares: float
    each: float
    age: int = 0

    @property
    def value(self) -> float:
        """Rupees."""
        return self.shares * self.each


@dataclass
class Account:
    """What is owned at a close; arrays of shape (n,), changed by `run_session`.

    Attributes:
        cash: rupees, with what is not yet settled.
        shares, price: held, and the last price each was marked at.
        idle: sessions since each name last traded (of names held).
        arriving: bought shares not settled: (name, shares, sessions to go).
        unlisted: new shares, such as those of a bonus, that cannot be sold yet: (name, shares, sessions to go).
        owed: proceeds not settled: (rupees, sessions to go).
        claims: demerged parts not yet listed.
        orders: shares wanted more (or less) that are tried again, by name.
    """

    cash: float
    shares: Array
    price: Array
    idle: NDArray[np.int64]
    arriving: list[tuple[int, float, int]] = field(default_factory=list)
    unlisted: list[tuple[int, float, int]] = field(default_factory=list)
    owed: list[tuple[float, int]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    orders: dict[int, float] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Cash, holdings and claims, rupees."""
        held = np.flatnonzero(self.shares)
        return math.fsum([self.cash, *(self.shares[held] * self.price[held]), *(claim.value for claim in self.claims)])


def new_account(cash: float, names: int) -> Account:
    """An account with nothing but cash."""
    return Account(cash, np.zeros(names), np.zeros(names), np.zeros(names, dtype=np.int64))


def held_names(account: Account) -> NDArray[np.intp]:
    """Names with shares, claims or orders: those that a corporate action matters to."""
    others = [*(claim.name for claim in account.claims), *account.orders]
    return np.union1d(np.flatnonzero(account.shares), np.array(others, dtype=np.intp))
