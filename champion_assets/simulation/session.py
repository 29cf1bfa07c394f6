"""A portfolio's sessions in shares and rupees: orders of the evening before filled, corporate actions, costs, marks, an exact account.

What belongs here: the bookkeeping of a session, over arrays of all names at once. What does not: which orders (weights), which market
(`backtest/`), or the exchange's rules (`nse/trading_rules.py`, `nse/costs.py`).

Order of a session: interest on cash; what is due is settled; corporate actions change holdings of names that trade; names that have not
traded for long are written down; orders are filled, sells first, buys limited by the cash there is; everything is marked at the close. A
name that does not trade keeps its last price. Value before + P&L - costs = value after, to a paisa, or the session raises.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from champion_assets.common.errors import ChampionError
from champion_assets.nse.costs import Charges
from champion_assets.quant.risk import Array
from champion_assets.simulation.corporate_actions import Action, Claim, act
from champion_assets.simulation.fills import Fills, Rules, fill_orders, wanted_orders

Flags = NDArray[np.bool_]
PAISA = 0.005


class AccountError(ChampionError, ArithmeticError):
    """The account does not balance to a paisa."""


@dataclass(frozen=True)
class MarketDay:
    """A session's market; arrays of shape (n,), prices in rupees, NaN or 0 volume where a name did not trade.

    Attributes:
        previous: the close before, adjusted for the day's actions, against which bands are meant; NaN where unknown.
        volatility: of a session's return, for impact; NaN where unknown.
        is_gap: an opening beyond any band that no action explains; holdings keep their value across it.
        is_delivered: trade-to-trade.
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


@dataclass
class Account:
    """What is owned at a close; arrays of shape (n,), changed by `run_session`.

    Attributes:
        cash: rupees, with what is not yet settled.
        shares, price: held, and the last price each was marked at.
        idle: sessions since each name last traded (of names held).
        arriving: bought shares not settled: (name, shares, sessions to go).
        owed: proceeds not settled: (rupees, sessions to go).
        claims: demerged parts not yet listed.
        orders: shares wanted more (or less) that are tried again, by name.
    """

    cash: float
    shares: Array
    price: Array
    idle: NDArray[np.int64]
    arriving: list[tuple[int, float, int]] = field(default_factory=list)
    owed: list[tuple[float, int]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    orders: dict[int, float] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Cash, holdings and claims, rupees."""
        held = np.flatnonzero(self.shares)
        return math.fsum([self.cash, *(self.shares[held] * self.price[held]), *(claim.value for claim in self.claims)])


@dataclass(frozen=True)
class SessionResult:
    """What happened in a session; amounts in rupees, `pnl` before `costs`."""

    pnl: float
    costs: Charges
    bought: float
    sold: float
    buys: int
    sells: int
    unfilled: int
    gaps: int
    dividends: float
    interest: float
    written_down: float


def new_account(cash: float, names: int) -> Account:
    """An account with nothing but cash."""
    return Account(cash, np.zeros(names), np.zeros(names), np.zeros(names, dtype=np.int64))


def run_session(
    account: Account, day: MarketDay, actions: Mapping[int, Sequence[Action]], targets: Array | None, rules: Rules, days_passed: int
) -> SessionResult:
    """Carry `account` through a session.

    Args:
        account: as of the previous close; changed in place.
        day: the market.
        actions: what happened to names that trade today since they last traded.
        targets: weights decided the evening before, shape (n,), if there was a decision.
        rules: see `Rules`.
        days_passed: calendar days since the previous session, for interest.

    Raises:
        AccountError: the account does not balance.
    """
    before = account.value
    interest = account.cash * ((1 + rules.cash_rate) ** (days_passed / 365) - 1) if rules.cash_rate else 0.0
    account.cash += interest
    _settle(account)
    gaps = np.flatnonzero((account.shares > 0) & day.traded & day.is_gap)
    account.shares[gaps] *= account.price[gaps] / day.open[gaps]
    account.price[gaps] = day.open[gaps]
    effects = act(account, actions, day, subscribe=rules.rights == "subscribe", whole=rules.whole_shares)
    written = _write_down(account, day, rules)
    fills = Fills()
    if targets is not None:
        account.orders = wanted_orders(account, day, targets, whole=rules.whole_shares)
    if account.orders:
        fill_orders(account, day, rules, fills)
    marked = np.flatnonzero((account.shares > 0) & day.traded)
    marks = float((account.shares[marked] * (day.close[marked] - account.price[marked])).sum())
    account.price[marked] = day.close[marked]
    account.idle = np.where(day.traded | (account.shares == 0), 0, account.idle + 1)
    pnl = math.fsum([interest, *effects.marks, -written, fills.against_marks, marks])
    after = account.value
    if abs(before + pnl - fills.costs.total - after) > PAISA:
        raise AccountError(f"{day.date}: {before:.4f} + {pnl:.4f} - {fills.costs.total:.4f} is not {after:.4f}")
    return SessionResult(pnl, fills.costs, fills.bought, fills.sold, fills.buys, fills.sells, fills.unfilled, gaps.size, effects.cash,
                         interest, written)  # fmt: skip


def _settle(account: Account) -> None:
    account.arriving = [(name, shares, left - 1) for name, shares, left in account.arriving if left > 1]
    account.owed = [(amount, left - 1) for amount, left in account.owed if left > 1]


def _write_down(account: Account, day: MarketDay, rules: Rules) -> float:
    """The loss on names that today have not traded for so long that they count as delisted."""
    gone = np.flatnonzero((account.shares > 0) & ~day.traded & (account.idle + 1 == rules.delisted_after))
    loss = float((account.shares[gone] * account.price[gone]).sum()) * (1 - rules.delisting_recovery)
    account.price[gone] *= rules.delisting_recovery
    return loss
