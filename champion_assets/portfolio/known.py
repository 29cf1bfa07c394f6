"""What a decision may look at.

What belongs here: the data of one close. What does not: reading tables (`target_weights.py`), what a strategy makes of them
(`constraints.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from champion_assets.quant.risk import Array, Risk


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
