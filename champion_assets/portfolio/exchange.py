"""NSE's cash market as the simulator asks for it (`simulation/exchange.py`), with the charges of a broker.

What belongs here: the translation. What does not: the rules and rates themselves (`nse/trading_rules.py`,
`nse/costs.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from champion_assets.nse import trading_rules
from champion_assets.nse.costs import Plan, charges, cost_rates
from champion_assets.quant.risk import Array
from champion_assets.simulation.account import Flags, Ranks
from champion_assets.simulation.exchange import Charges


@dataclass(frozen=True)
class NseCashMarket:
    """The rules of each date, and the statutory charges of each date beside those of `plan`."""

    plan: Plan = field(default_factory=Plan)

    def on_tick(self, prices: Array, date: dt.date, fixed: Array, *, up: bool) -> Array:
        """Ticks of the date."""
        return trading_rules.rounded(prices, date, fixed, up=up)

    def at_band(self, prices: Array, previous: Array, date: dt.date, fixed: Array, *, upper: bool) -> Flags:
        """Any of the exchange's price bands: the bhavcopy does not say which is a stock's."""
        return trading_rules.at_band(prices, previous, date, fixed, upper=upper)

    def lot(self, date: dt.date) -> int:  # noqa: ARG002 (one share on every date)
        """One share."""
        return 1

    def settlement_sessions(self, date: dt.date, size_rank: Ranks) -> Ranks:
        """T+5 to T+1."""
        return trading_rules.settlement_sessions(date, size_rank)

    def buying_rate(self, date: dt.date) -> float:
        """Statutory charges, brokerage and the tax on it."""
        rates = cost_rates(date)
        return 1 + rates.buy + self.plan.brokerage * (1 + rates.tax)

    def charges(self, date: dt.date, bought: Sequence[float], sold: Sequence[float]) -> Charges:
        """By the names of `nse.costs.Charges`: stt, exchange, stamp, tax, brokerage, depository."""
        return Charges(asdict(charges(cost_rates(date), self.plan, bought, sold)))
