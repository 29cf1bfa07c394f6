"""A portfolio's sessions in shares and rupees.

Orders of the evening before filled, corporate actions, costs, marks, an exact account.

What belongs here: the bookkeeping of a session, over arrays of all names at once. What does not: which orders
(weights), which market (`backtest/`), or the exchange's rules and charges (an `Exchange`, see `exchange.py`, is an
argument).

Order of a session: interest on cash; what is due is settled; corporate actions change holdings of names that trade;
names that have not traded for long are written down; orders are filled, sells first, buys limited by the cash there is;
everything is marked at the close. A name that does not trade keeps its last price. Value before + P&L - costs = value
after, to a paisa, or the session raises.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from champion_assets.common.errors import ChampionError
from champion_assets.simulation.account import Account, Decided, MarketDay
from champion_assets.simulation.changes import Change
from champion_assets.simulation.corporate_actions import Action, Effects, act, scale_waiting
from champion_assets.simulation.exchange import Charges, Exchange
from champion_assets.simulation.fills import Execution, Fills, Rules, fill_orders, wanted_orders

PAISA = 0.005


class AccountError(ChampionError, ArithmeticError):
    """The account does not balance to a paisa."""


@dataclass(frozen=True)
class NameResult:
    """What a name brought in a session before costs, rupees; the parts add up to it.

    Attributes:
        market: moves of its marks without dividends: of what was held from the evening's close on, of what was bought
            from then, too.
        dividends: credited.
        execution: fills against the evening's close, adjusted for the day's actions; negative where they were worse.
        actions: what corporate actions brought or cost: a child's or an acquirer's own price, rights that were
            subscribed.
        written_down: minus what it lost as one that counts as delisted.
    """

    market: float = 0.0
    dividends: float = 0.0
    execution: float = 0.0
    actions: float = 0.0
    written_down: float = 0.0


@dataclass(frozen=True)
class SessionResult:
    """What happened in a session; amounts in rupees, `pnl` before `costs`.

    The results of the `names` and the interest add up to `pnl`.
    """

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
    names: Mapping[int, NameResult] = field(default_factory=dict)
    executions: Sequence[Execution] = ()
    changes: Sequence[Change] = ()


def run_session(
    account: Account,
    day: MarketDay,
    actions: Mapping[int, Sequence[Action]],
    decided: Decided | None,
    rules: Rules,
    exchange: Exchange,
    earned: float = 0.0,
) -> SessionResult:
    """Carry `account` through a session.

    Args:
        account: as of the previous close; changed in place.
        day: the market.
        actions: what happened to names that trade today since they last traded.
        decided: the weights of the evening before, if there was a decision.
        rules: see `Rules`.
        exchange: the market's rules and charges.
        earned: what a rupee of cash earned since the close before.

    Raises:
        AccountError: the account does not balance.
    """
    before = account.value
    interest = max(account.cash, 0.0) * earned  # with fractions of shares a rounding below 0 can be left
    account.cash += interest
    _settle(account)
    effects = Effects()
    gaps = _cross_gaps(account, day, effects, whole=rules.whole_shares)
    act(account, actions, day, effects, subscribe=rules.rights == "subscribe", whole=rules.whole_shares)
    written = _write_down(account, day, rules)
    fills = Fills()
    if decided is not None:
        account.orders = wanted_orders(account, day, decided, exchange.lot(day.date) if rules.whole_shares else 0)
    if account.orders:
        fill_orders(account, day, rules, exchange, fills)
    marked = np.flatnonzero((account.shares > 0) & day.traded)
    moves = account.shares[marked] * (day.close[marked] - account.price[marked])
    account.price[marked] = day.close[marked]
    account.idle = np.where(day.traded | (account.shares == 0), 0, account.idle + 1)
    dividends, lost = math.fsum(effects.dividends.values()), math.fsum(written.values())
    pnl = math.fsum([interest, *effects.marks.values(), -lost, *fills.against_marks.values(), *moves])
    after = account.value
    if not abs(before + pnl - fills.costs.total - after) <= PAISA:
        raise AccountError(f"{day.date}: {before:.4f} + {pnl:.4f} - {fills.costs.total:.4f} is not {after:.4f}")
    names = _by_name(dict(zip(map(int, marked), map(float, moves), strict=True)), effects, fills, written)
    return SessionResult(
        pnl,
        fills.costs,
        fills.bought,
        fills.sold,
        fills.buys,
        fills.sells,
        fills.unfilled,
        gaps,
        dividends,
        interest,
        lost,
        names,
        fills.executions,
        effects.changes,
    )


def _by_name(
    moves: Mapping[int, float], effects: Effects, fills: Fills, written: Mapping[int, float]
) -> dict[int, NameResult]:
    """What each name brought; a dividend lowers the mark by as much, so the move without it is that much less."""
    parts = (moves, effects.dividends, fills.against_marks, effects.marks, written)
    found = {}
    for name in sorted({name for part in parts for name in part}):
        move, dividend, execution, action, loss = (part.get(name, 0.0) for part in parts)
        found[name] = NameResult(move - dividend, dividend, execution, action, -loss)
    return found


def _cross_gaps(account: Account, day: MarketDay, effects: Effects, *, whole: bool) -> int:
    """Holdings and orders keep their value across an opening gap that nothing explains.

    How many holdings there were.
    """
    gaps = np.flatnonzero((account.shares > 0) & day.traded & day.is_gap)
    for name in account.orders:
        before = account.price[name] if account.shares[name] > 0 else day.previous[name]
        if day.traded[name] and day.is_gap[name] and before > 0:
            wanted = account.orders[name] * float(before / day.open[name])
            account.orders[name] = float(math.trunc(wanted)) if whole else wanted
    account.orders = {name: wanted for name, wanted in account.orders.items() if wanted}
    for name in map(int, gaps):
        ratio = float(account.price[name] / day.open[name])
        scale_waiting(account, name, ratio)
        effects.changes.append(Change("scale", name, factor=ratio))
    account.shares[gaps] *= account.price[gaps] / day.open[gaps]
    account.price[gaps] = day.open[gaps]
    return int(gaps.size)


def _settle(account: Account) -> None:
    account.arriving = [(name, shares, left - 1) for name, shares, left in account.arriving if left > 1]
    account.unlisted = [(name, shares, left - 1) for name, shares, left in account.unlisted if left > 1]
    account.owed = [(amount, left - 1) for amount, left in account.owed if left > 1]


def _write_down(account: Account, day: MarketDay, rules: Rules) -> dict[int, float]:
    """The loss on names that today have not traded for so long that they count as delisted."""
    gone = np.flatnonzero((account.shares > 0) & ~day.traded & (account.idle + 1 == rules.delisted_after))
    losses = account.shares[gone] * account.price[gone] * (1 - rules.delisting_recovery)
    account.price[gone] *= rules.delisting_recovery
    return dict(zip(map(int, gone), map(float, losses), strict=True))
