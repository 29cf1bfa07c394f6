"""What a decision may look at.

What belongs here: the data of one close, and the account of that evening. What does not: reading tables
(`evenings.py`), what a strategy makes of them (`constraints.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from champion_assets.quant.risk import Array, Risk
from champion_assets.simulation.account import Flags


@dataclass(frozen=True)
class Known:
    """What is known of the universe at a close; arrays have shape (n,) in the order of `instruments`.

    Attributes:
        date: the day.
        instruments, symbols, sectors: who they are.
        turnover: median turnover, rupees a session.
        expected: μ, per session.
        risk: Σ, per session.
        esg: score 0 to 100, higher is better, NaN where unknown.
        cost: what buying or selling a rupee costs, all charges and slippage.
        tilt: what features add to μ, 0 where they say nothing; None without TILTS.
        looks_ahead: a list of sectors, or a snapshot of ratings, that the strategy uses is of a later day.
        permitted: whether EXCLUDE and UNIVERSE permit it, under whatever symbol they name it; None if they say nothing.
    """

    date: dt.date
    instruments: Sequence[str]
    symbols: Sequence[str]
    sectors: Sequence[str]
    turnover: Array
    expected: Array
    risk: Risk
    esg: Array
    cost: float = 0.0
    tilt: Array | None = None
    permitted: Flags | None = None
    looks_ahead: bool = False


@dataclass(frozen=True)
class Standing:
    """What the account is at the close of the decision, after everything that was filled or not.

    Attributes:
        value: rupees.
        held: share of the value that each name is, by instrument, members of the universe or not.
        stuck: names held that did not trade in the session: a decision cannot count on selling them.
        claims: share of the value in demerged parts that are not listed yet.
    """

    value: float
    held: Mapping[str, float] = field(default_factory=dict)
    stuck: frozenset[str] = frozenset()
    claims: float = 0.0

    @property
    def locked(self) -> float:
        """Share of the value that stays what it is, whatever is decided."""
        return sum(self.held[name] for name in sorted(self.stuck)) + self.claims
