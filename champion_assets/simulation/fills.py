"""Orders into fills: how much of an order the market takes, at what price, at what cost.

What belongs here: orders of one session, over arrays of names. What does not: the exchange's ticks, limits, settlement
and charges, which are an argument (`exchange.py`). A name that does not trade is not filled; none is bought at its
upper band or sold at its lower (the other side is open); a fill takes at most a share of the day's volume; what was
bought in a trade-to-trade series and is not settled cannot be sold, nor can new shares that are not listed; a sell that
would not bring its own charges is not made; prices are worse by slippage and impact and lie on the tick; buys are cut,
all alike, to the cash there is. What became of each order, and why, is an `Execution`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from champion_assets.quant.risk import Array
from champion_assets.simulation.account import Account, Decided, Flags, MarketDay
from champion_assets.simulation.exchange import Charges, Exchange

Names = NDArray[np.intp]
Reason = Literal["", "not_traded", "at_band", "volume", "not_settled", "not_listed", "charges", "cash"]
"""Why an order was not filled, or not wholly: the name did not trade; nobody took the other side at the price band; the
share of the volume; bought in trade-to-trade and not yet settled; new shares not yet listed; worth less than its
charges; the cash there was."""
REASONS: tuple[Reason, ...] = Reason.__args__  # type: ignore[attr-defined]
_SMALL = 1000.0
"""Rupees below which a sell is compared with its charges."""
_SAME = 0.005
"""Half of a hundredth: an average of trades at one price is off by the rounding of the turnover."""


@dataclass(frozen=True)
class Rules:
    """How orders are filled and holdings treated; see the settings of the same names.

    `slippage` and rates are fractions.
    """

    fill: Literal["open", "vwap", "close"] = "open"
    whole_shares: bool = True
    slippage: float = 0.0
    impact: float = 0.0
    participation: float = 1.0
    unfilled: Literal["cancel", "carry"] = "cancel"
    rights: Literal["renounce", "subscribe"] = "renounce"
    usable_proceeds: Literal["same_day", "settled"] = "same_day"
    delisted_after: int = 250
    delisting_recovery: float = 1.0


@dataclass(frozen=True)
class Execution:
    """What became of an order.

    Attributes:
        name: of which name.
        wanted, filled: shares, negative to sell.
        reason: why not all of it; "" if all.
        reference: the mark of the moment, which is the close of the evening before adjusted for the day's actions; NaN
            where unknown.
        price: of the fill, NaN without one.
        charges: rupees.
    """

    name: int
    wanted: float
    filled: float
    reason: Reason
    reference: float
    price: float
    charges: float


@dataclass
class Fills:
    """What was filled; rupees.

    `against_marks` is the gain or loss of fills against the marks of the moment, by name.
    """

    bought: float = 0.0
    sold: float = 0.0
    buys: int = 0
    sells: int = 0
    against_marks: dict[int, float] = field(default_factory=dict)
    costs: Charges = field(default_factory=Charges)
    executions: list[Execution] = field(default_factory=list)

    @property
    def unfilled(self) -> int:
        """Orders not filled, or not wholly, for another reason than cash."""
        return sum(each.reason not in ("", "cash") for each in self.executions)


def wanted_orders(account: Account, day: MarketDay, decided: Decided, lot: int) -> dict[int, float]:
    """The orders for the weights that were decided at the previous close.

    Sizes use the last prices of the account and the closes of the decision, adjusted for the corporate actions.

    Args:
        account: before the session.
        day: the market of the session.
        decided: weights and closes of the previous close.
        lot: shares per lot; 0 for fractions of shares.

    Returns:
        Shares to buy (negative: to sell) by position.

    Raises:
        ValueError: an order has no reference price.
    """
    targets = decided.weights
    names = np.flatnonzero((targets > 0) | (account.shares > 0))
    names = names[~np.isin(names, list(decided.kept))]
    price = _references(account, day, decided.closes)[names]
    if (unknown := names[(targets[names] > 0) & ~(price > 0)]).size:
        raise ValueError(f"{day.date}: {unknown.size} orders have no reference price; the first is order {unknown[0]}")
    worth = targets[names] * account.value
    shares = np.where((price > 0) & (worth > 0), worth / np.where(price > 0, price, 1.0), 0.0)
    if lot:
        shares = np.floor(shares / lot + 1e-9) * lot
    delta = shares - account.shares[names]
    return {int(name): float(more) for name, more in zip(names, delta, strict=True) if more != 0.0}


def _references(account: Account, day: MarketDay, closes: Array | None = None) -> Array:
    """The mark of each name before the session's fills, shape (n,)."""
    known = np.where(day.previous > 0, day.previous, np.nan if closes is None else closes)
    return np.where(account.shares > 0, account.price, known)


def fill_orders(account: Account, day: MarketDay, rules: Rules, exchange: Exchange, fills: Fills) -> None:
    """Fill the orders of an account in place; what is not filled is cancelled or kept, by rule."""
    names = np.fromiter(account.orders, dtype=np.intp)
    delta = np.fromiter(account.orders.values(), dtype=float)
    order = np.argsort(names)
    names, delta = names[order], delta[order]
    references = _references(account, day)[names]
    base = {"open": day.open, "vwap": day.vwap, "close": day.close}[rules.fill][names]
    lot = exchange.lot(day.date) if rules.whole_shares else 0
    top = rules.participation * day.volume[names]
    if lot:
        top = np.floor(top / lot) * lot
    done, why = np.zeros(names.size), np.full(names.size, "", dtype=object)
    is_sell = delta < 0
    can_trade = day.traded[names]
    locked = np.where(
        is_sell,
        _locked(day, names, rules.fill, exchange, upper=False),
        _locked(day, names, rules.fill, exchange, upper=True),
    )
    listed = _free(account.shares, account.unlisted)[names]
    deliverable = np.where(day.is_delivered[names], _free(account.shares, account.arriving)[names], np.inf)
    deliverable = np.minimum(listed, deliverable)
    most = np.where(is_sell, np.minimum(top, deliverable), top)
    why[most < np.abs(delta)] = "volume"
    wanted = np.minimum(np.abs(delta), top)
    why[is_sell & (deliverable < wanted)] = "not_settled"
    why[is_sell & (listed < wanted - 1e-9)] = "not_listed"
    why[locked & can_trade] = "at_band"
    why[~can_trade] = "not_traded"
    sells = np.flatnonzero(is_sell & can_trade & ~locked)
    done[sells] = -np.minimum(-delta[sells], most[sells])
    _leave_out_unworthy(day, rules, exchange, names, base, done, why)
    sold = _execute(account, day, rules, exchange, names, base, references, done, fills, side=-1)
    buys = np.flatnonzero(~is_sell & can_trade & ~locked)
    done[buys] = np.minimum(delta[buys], most[buys])
    spent = exchange.charges(day.date, [], list(sold.values()))
    account.cash -= spent.total
    prices = _prices(day, rules, exchange, names, base, done, up=True)
    unit = prices * exchange.buying_rate(day.date)
    need = float((done[buys] * unit[buys]).sum())
    cash = account.cash - (
        math.fsum(amount for amount, _ in account.owed) if rules.usable_proceeds == "settled" else 0.0
    )
    if need > max(cash, 0.0):
        before = done[buys].copy()
        done[buys] *= max(cash, 0.0) / need
        if lot:
            done[buys] = np.floor(done[buys] / lot + 1e-12) * lot
        why[buys[done[buys] < before]] = "cash"
    bought = _execute(account, day, rules, exchange, names, base, references, done, fills, side=1)
    fills.costs = exchange.charges(day.date, list(bought.values()), list(sold.values()))
    account.cash -= fills.costs.total - spent.total
    prices = np.where(done < 0, _prices(day, rules, exchange, names, base, done, up=False),
                      _prices(day, rules, exchange, names, base, done, up=True))  # fmt: skip
    for number, name in enumerate(map(int, names)):
        charged = exchange.charges(
            day.date, [bought[name]] if name in bought else [], [sold[name]] if name in sold else []
        )
        fills.executions.append(
            Execution(name, float(delta[number]), float(done[number]), why[number], float(references[number]),
                      float(prices[number]) if done[number] else math.nan, charged.total if done[number] else 0.0)
        )  # fmt: skip
    rest = delta - done
    keep = (np.abs(rest) > 1e-9) & (why != "charges") & (rules.unfilled == "carry")
    account.orders = {int(name): float(more) for name, more in zip(names[keep], rest[keep], strict=True)}


def _leave_out_unworthy(
    day: MarketDay, rules: Rules, exchange: Exchange, names: Names, base: Array, done: Array, why: NDArray[np.object_]
) -> None:
    """Take back sells that would bring less than they cost, such as one share at a fixed charge.

    They would make the cash negative.
    """
    values = np.nan_to_num(-done * _prices(day, rules, exchange, names, base, done, up=False))
    for number in np.flatnonzero((values > 0) & (values < _SMALL)):
        if exchange.charges(day.date, [], [float(values[number])]).total >= values[number]:
            done[number], why[number] = 0.0, "charges"


def _execute(
    account: Account,
    day: MarketDay,
    rules: Rules,
    exchange: Exchange,
    names: Names,
    base: Array,
    references: Array,
    done: Array,
    fills: Fills,
    side: int,
) -> dict[int, float]:
    """Book the fills of one side; returns their values by name."""
    mine = np.flatnonzero(done * side > 0)
    if mine.size == 0:
        return {}
    who, shares = names[mine], np.abs(done[mine])
    price = _prices(day, rules, exchange, names, base, done, up=side > 0)[mine]
    values = shares * price
    new = account.shares[who] == 0
    account.price[who] = np.where(new, np.where(references[mine] > 0, references[mine], price), account.price[who])
    for name, gain in zip(who, side * shares * (account.price[who] - price), strict=True):
        fills.against_marks[int(name)] = fills.against_marks.get(int(name), 0.0) + float(gain)
    account.shares[who] = np.maximum(account.shares[who] + side * shares, 0.0)
    account.shares[who[account.shares[who] < 1e-9]] = 0.0
    account.cash -= side * float(values.sum())
    waits = exchange.settlement_sessions(day.date, day.size_rank(who))
    if side > 0:
        fills.bought, fills.buys = float(values.sum()), mine.size
        account.idle[who] = 0
        account.arriving += [
            (int(name), float(amount), int(wait)) for name, amount, wait in zip(who, shares, waits, strict=True)
        ]
    else:
        fills.sold, fills.sells = float(values.sum()), mine.size
        account.owed += [(float(values[waits == wait].sum()), int(wait)) for wait in np.unique(waits)]
    return {int(name): float(value) for name, value in zip(who, values, strict=True)}


def _prices(
    day: MarketDay, rules: Rules, exchange: Exchange, names: Names, base: Array, done: Array, *, up: bool
) -> Array:
    """Fill prices.

    The base, worse by slippage and by the square-root impact of the share of the volume, on the tick.
    """
    sign = 1.0 if up else -1.0
    worse = np.full(names.size, rules.slippage)
    if rules.impact:
        volatility = np.where(done == 0, 0.0, day.volatility[names])
        if not np.isfinite(volatility).all():
            raise ValueError(
                f"{day.date}: the impact of a fill needs a volatility, "
                f"and {int(np.isnan(volatility).sum())} names have none"
            )
        worse = worse + rules.impact * volatility * np.sqrt(np.abs(done) / np.maximum(day.volume[names], 1.0))
    with np.errstate(invalid="ignore"):
        return exchange.on_tick(base * (1 + sign * worse), day.date, day.fixed_ticks(names), up=up)


def _locked(day: MarketDay, names: Names, fill: str, exchange: Exchange, *, upper: bool) -> Flags:
    """True where nobody takes the other side at the fill's price: it lies at the band, at the day's extreme.

    Who was at a band is what the exchange published, where it did; elsewhere what the exchange's rule makes of the
    price.
    """
    price = {"open": day.open, "vwap": day.vwap, "close": day.close}[fill][names]
    extreme = (day.high if upper else day.low)[names]
    with np.errstate(invalid="ignore"):
        stuck = price >= extreme - _SAME if upper else price <= extreme + _SAME
    at_band = exchange.at_band(price, day.previous[names], day.date, day.fixed_ticks(names), upper=upper)
    if day.hits is not None:
        listed = (day.hits.upper if upper else day.hits.lower)[names]
        at_band = np.where(day.hits.known[names], listed, listed | at_band)
    return stuck & at_band


def _free(shares: Array, waiting: Sequence[tuple[int, float, int]]) -> Array:
    """Of all shares those that do not wait."""
    found = shares.copy()
    for name, amount, _ in waiting:
        found[name] = max(found[name] - amount, 0.0)
    return found
