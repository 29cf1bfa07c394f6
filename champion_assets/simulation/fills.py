"""Orders into fills: how much of an order the market takes, at what price, at what cost.

What belongs here: orders of one session, over arrays of names. What does not: the exchange's ticks, limits, settlement and charges, which
are an argument (`exchange.py`). A name that does not trade is not filled; none is bought at its upper band or sold at its lower (the other
side is open); a fill takes at most a share of the day's volume; what was bought in a trade-to-trade series and is not settled cannot be
sold; prices are worse by slippage and impact and lie on the tick; buys are cut, all alike, to the cash there is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from champion_assets.quant.risk import Array
from champion_assets.simulation.account import Account, Flags, MarketDay
from champion_assets.simulation.exchange import Charges, Exchange

Names = NDArray[np.intp]


@dataclass(frozen=True)
class Rules:
    """How orders are filled and holdings treated; see the settings of the same names. `slippage` and rates are fractions."""

    fill: Literal["open", "vwap", "close"] = "open"
    whole_shares: bool = True
    slippage: float = 0.0
    impact: float = 0.0
    participation: float = 1.0
    unfilled: Literal["cancel", "carry"] = "cancel"
    rights: Literal["renounce", "subscribe"] = "renounce"
    usable_proceeds: Literal["same_day", "settled"] = "same_day"
    cash_rate: float = 0.0
    delisted_after: int = 250
    delisting_recovery: float = 0.0


@dataclass
class Fills:
    """What was filled; rupees. `against_marks` is the gain or loss of fills against the marks of the moment."""

    bought: float = 0.0
    sold: float = 0.0
    buys: int = 0
    sells: int = 0
    unfilled: int = 0
    against_marks: float = 0.0
    costs: Charges = field(default_factory=Charges)


def wanted_orders(account: Account, day: MarketDay, targets: Array, lot: int) -> dict[int, float]:
    """Shares to buy (or, negative, to sell) for the weights decided the evening before, at what was known then: the last marks, and the
    previous closes adjusted for the day's actions. A name without either is sized by its open. Whole lots, unless `lot` is 0.
    """  # fmt: skip
    names = np.flatnonzero((targets > 0) | (account.shares > 0))
    known = np.where(account.shares[names] > 0, account.price[names], day.previous[names])
    price = np.where(known > 0, known, day.open[names])
    worth = targets[names] * account.value
    shares = np.where((price > 0) & (worth > 0), worth / np.where(price > 0, price, 1.0), 0.0)
    if lot:
        shares = np.floor(shares / lot + 1e-9) * lot
    delta = shares - account.shares[names]
    unknown = (targets[names] > 0) & ~(price > 0)
    delta[unknown] = 1.0  # nothing to size it by and no trade: an order that cannot be filled
    return {int(name): float(more) for name, more in zip(names, delta, strict=True) if more != 0.0}


def fill_orders(account: Account, day: MarketDay, rules: Rules, exchange: Exchange, fills: Fills) -> None:
    """Fill what can be filled of `account.orders`; the rest is cancelled or stays, by rule."""
    names = np.fromiter(account.orders, dtype=np.intp)
    delta = np.fromiter(account.orders.values(), dtype=float)
    order = np.argsort(names)
    names, delta = names[order], delta[order]
    base = {"open": day.open, "vwap": day.vwap, "close": day.close}[rules.fill][names]
    lot = exchange.lot(day.date) if rules.whole_shares else 0
    top = rules.participation * day.volume[names]
    if lot:
        top = np.floor(top / lot) * lot
    done = np.zeros(names.size)
    sells = np.flatnonzero((delta < 0) & day.traded[names] & ~_locked(day, names, rules.fill, exchange, upper=False))
    done[sells] = -np.minimum(np.minimum(-delta[sells], top[sells]), _deliverable(account, day, names[sells]))
    sold = _execute(account, day, rules, exchange, names, base, done, fills, side=-1)
    buys = np.flatnonzero((delta > 0) & day.traded[names] & ~_locked(day, names, rules.fill, exchange, upper=True))
    done[buys] = np.minimum(delta[buys], top[buys])
    spent = exchange.charges(day.date, [], sold)
    account.cash -= spent.total
    prices = _prices(day, rules, exchange, names, base, done, up=True)
    unit = prices * exchange.buying_rate(day.date)
    need = float((done[buys] * unit[buys]).sum())
    cash = account.cash - (math.fsum(amount for amount, _ in account.owed) if rules.usable_proceeds == "settled" else 0.0)
    is_short = need > max(cash, 0.0)
    if is_short:
        done[buys] *= max(cash, 0.0) / need
        if lot:
            done[buys] = np.floor(done[buys] / lot + 1e-12) * lot
    bought = _execute(account, day, rules, exchange, names, base, done, fills, side=1)
    fills.costs = exchange.charges(day.date, bought, sold)
    account.cash -= fills.costs.total - spent.total
    rest = delta - done
    fills.unfilled = int((np.abs(rest) > 1e-9).sum()) - int((np.abs(rest[buys]) > 1e-9).sum() if is_short else 0)
    keep = np.abs(rest) > 1e-9
    account.orders = (
        {int(name): float(more) for name, more in zip(names[keep], rest[keep], strict=True)} if rules.unfilled == "carry" else {}
    )


def _execute(
    account: Account, day: MarketDay, rules: Rules, exchange: Exchange, names: Names, base: Array, done: Array, fills: Fills, side: int
) -> list[float]:
    """Book the fills of one side; returns their values."""
    mine = np.flatnonzero(done * side > 0)
    if mine.size == 0:
        return []
    who, shares = names[mine], np.abs(done[mine])
    price = _prices(day, rules, exchange, names, base, done, up=side > 0)[mine]
    values = shares * price
    new = account.shares[who] == 0
    account.price[who] = np.where(new, price, account.price[who])
    fills.against_marks += float((side * shares * (account.price[who] - price)).sum())
    account.shares[who] = np.maximum(account.shares[who] + side * shares, 0.0)
    account.shares[who[account.shares[who] < 1e-9]] = 0.0
    account.cash -= side * float(values.sum())
    wait = exchange.settlement_sessions(day.date)
    if side > 0:
        fills.bought, fills.buys = float(values.sum()), mine.size
        account.idle[who] = 0
        account.arriving += [(int(name), float(amount), wait) for name, amount in zip(who, shares, strict=True)]
    else:
        fills.sold, fills.sells = float(values.sum()), mine.size
        account.owed.append((float(values.sum()), wait))
    return [float(value) for value in values]


def _prices(day: MarketDay, rules: Rules, exchange: Exchange, names: Names, base: Array, done: Array, *, up: bool) -> Array:
    """Fill prices: the base, worse by slippage and by the square-root impact of the share of the volume, on the tick."""
    sign = 1.0 if up else -1.0
    worse = np.full(names.size, rules.slippage)
    if rules.impact:
        volatility = np.nan_to_num(day.volatility[names])
        worse = worse + rules.impact * volatility * np.sqrt(np.abs(done) / np.maximum(day.volume[names], 1.0))
    with np.errstate(invalid="ignore"):
        return exchange.on_tick(base * (1 + sign * worse), day.date, up=up)


def _locked(day: MarketDay, names: Names, fill: str, exchange: Exchange, *, upper: bool) -> Flags:
    """True where nobody takes the other side at the fill's price: it lies at the band, at the day's extreme."""
    price = {"open": day.open, "vwap": day.vwap, "close": day.close}[fill][names]
    extreme = (day.high if upper else day.low)[names]
    with np.errstate(invalid="ignore"):
        stuck = price >= extreme - 1e-9 if upper else price <= extreme + 1e-9
    return stuck & exchange.at_band(price, day.previous[names], day.date, upper=upper)


def _deliverable(account: Account, day: MarketDay, names: Names) -> Array:
    """Shares that can be sold: all, but in trade-to-trade names only what is settled."""
    free = account.shares[names].copy()
    if account.arriving and day.is_delivered[names].any():
        waiting = np.zeros(account.shares.size)
        for name, shares, _ in account.arriving:
            waiting[name] += shares
        free = np.where(day.is_delivered[names], np.maximum(free - waiting[names], 0.0), free)
    return free
