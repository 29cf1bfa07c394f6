"""A portfolio's sessions in shares and rupees: orders of the evening before filled, corporate actions, costs, marks, an exact account.

What belongs here: the bookkeeping of a session, over arrays of all names at once. What does not: which orders (weights), which market
(`backtest/`), or the exchange's rules and charges (an `Exchange`, see `exchange.py`, is an argument).

Order of a session: interest on cash; what is due is settled; corporate actions change holdings of names that trade; names that have not
traded for long are written down; orders are filled, sells first, buys limited by the cash there is; everything is marked at the close. A
name that does not trade keeps its last price. Value before + P&L - costs = value after, to a paisa, or the session raises.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from champion_assets.common.errors import ChampionError
from champion_assets.quant.risk import Array
from champion_assets.simulation.account import Account, MarketDay
from champion_assets.simulation.corporate_actions import Action, act
from champion_assets.simulation.exchange import Charges, Exchange
from champion_assets.simulation.fills import Fills, Rules, fill_orders, wanted_orders

PAISA = 0.005


class AccountError(ChampionError, ArithmeticError):
    """The account does not balance to a paisa."""


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


def run_session(
    account: Account, day: MarketDay, actions: Mapping[int, Sequence[Action]], targets: Array | None, rules: Rules, exchange: Exchange,
    days_passed: int,
) -> SessionResult:  # fmt: skip
    """Carry `account` through a session.

    Args:
        account: as of the previous close; changed in place.
        day: the market.
        actions: what happened to names that trade today since they last traded.
        targets: weights decided the evening before, shape (n,), if there was a decision.
        rules: see `Rules`.
        exchange: the market's rules and charges.
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
        account.orders = wanted_orders(account, day, targets, exchange.lot(day.date) if rules.whole_shares else 0)
    if account.orders:
        fill_orders(account, day, rules, exchange, fills)
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
