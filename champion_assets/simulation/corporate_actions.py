"""What corporate actions do to holdings.

Shares, cash and claims change, value does not, but for what the market says of it.

What belongs here: one rule per kind of action. What does not: factors (`nse/actions`), which actions a holding meets
(`backtest/`).

- dividends and distributions: cash, and the mark falls by as much;
- splits, bonuses, consolidations: shares times q, fractions of a share paid out at the new mark (companies sell them
  for the holder);
- rights: renounced (sold at their theoretical value) or subscribed (paid for, new shares at the theoretical price), by
  choice;
- a demerged part: a claim worth what the exchange's price discovery says; it becomes the child's shares when the child
  lists, if it is known which and how many, else cash at that value after `CLAIM_SESSIONS`;
- a merger: the acquirer's shares at its close of the day; while it does not trade, at what the merged shares were
  worth;
- an ending: cash, and shares of one or several children, each as in a merger.

New shares of a bonus, of rights or of an acquirer can be sold `wait` sessions later, when they are listed; the holder
owns them at once.

Open orders are changed like holdings: an order of 800 is one of 4,000 after a split of 1 into 5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from champion_assets.simulation.account import Account, Claim, MarketDay
from champion_assets.simulation.changes import Change

CLAIM_SESSIONS = 250
ActionKind = Literal["cash", "shares", "rights", "demerger", "child", "merger", "ending"]


@dataclass(frozen=True)
class Action:
    """A leg as a holding meets it.

    Price factor f and share factor q, rupees a share (cash, or the issue price of a right), `a` new for `b`
    held, or `a` shares of the name `other` for one; `wait`: sessions until the new shares can be sold; `parts` of an
    ending: several children with the shares of each for one and their `wait`; `is_bonus`: the shares are new ones
    beside the old.
    """  # fmt: skip

    kind: ActionKind
    f: float = 1.0
    q: float = 1.0
    cash: float = 0.0
    a: float = 0.0
    b: float = 1.0
    other: int = -1
    parts: tuple[tuple[int, float, int], ...] = ()
    wait: int = 0
    is_bonus: bool = False


@dataclass
class Effects:
    """What the actions of a session did, by name, rupees.

    Dividends in cash, and gains or losses at marks (a child's or acquirer's own
    price); and, step by step, what became of the shares.
    """

    dividends: dict[int, float] = field(default_factory=dict)
    marks: dict[int, float] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def mark(self, name: int, gain: float) -> None:
        """Note a gain or loss of a name."""
        self.marks[name] = self.marks.get(name, 0.0) + gain


def act(
    account: Account,
    actions: Mapping[int, Sequence[Action]],
    day: MarketDay,
    effects: Effects,
    *,
    subscribe: bool,
    whole: bool,
) -> None:
    """Apply the session's actions to `account`, in place, and note in `effects` what they did."""
    _age_claims(account, effects)
    for name, legs in sorted(actions.items()):
        for leg in legs:
            if leg.kind == "child":
                _list_child(account, name, leg, day, effects, whole=whole)
                continue
            if account.shares[name] > 0:
                _apply(account, name, leg, day, effects, subscribe=subscribe, whole=whole)
            if name in account.orders:
                _change_order(account, name, leg, whole=whole)


def _change_order(account: Account, name: int, leg: Action, *, whole: bool) -> None:
    """An open order after a split, bonus or consolidation, or, of the children's shares, after an ending.

    Nothing less than a share.
    """
    heirs = {"shares": ((name, leg.q, 0),), "merger": ((leg.other, leg.a, 0),), "ending": leg.parts}.get(leg.kind)
    if heirs is None:
        return
    order = account.orders.pop(name)
    for other, ratio, _ in heirs:
        wanted = order * ratio + account.orders.pop(other, 0.0)
        wanted = float(math.trunc(wanted + math.copysign(1e-9, wanted))) if whole else wanted
        if wanted:
            account.orders[other] = wanted


def _apply(
    account: Account, name: int, leg: Action, day: MarketDay, effects: Effects, *, subscribe: bool, whole: bool
) -> None:
    shares, price = float(account.shares[name]), float(account.price[name])
    if leg.kind == "cash":
        account.cash += shares * leg.cash
        effects.dividends[name] = effects.dividends.get(name, 0.0) + shares * leg.cash
        account.price[name] = price - leg.cash
    elif leg.kind == "rights":
        _rights(account, name, leg, effects, subscribe=subscribe, whole=whole)
    elif leg.kind == "merger":
        _end(account, name, ((leg.other, leg.a, leg.wait),), 0.0, day, effects, whole=whole)
    elif leg.kind == "ending":
        _end(account, name, leg.parts, leg.cash, day, effects, whole=whole)
    else:
        account.price[name] = price * leg.f
        if leg.is_bonus:
            _add_new(account, name, shares * (leg.q - 1), leg.wait, whole=whole)
            effects.changes.append(Change("new", name, shares * (leg.q - 1)))
        else:
            _change(account, name, shares * (leg.q - 1))
            effects.changes += [Change("scale", name, factor=leg.q)] if leg.q != 1.0 else []
        if whole:
            _pay_fraction(account, name, effects)
        if (rest := price * (1 - leg.f * leg.q)) > 1e-9 * price:
            account.claims.append(Claim(name, shares, rest))
            effects.changes.append(Change("demerge", name, shares, factor=rest / price))


def _end(
    account: Account,
    name: int,
    parts: Sequence[tuple[int, float, int]],
    cash: float,
    day: MarketDay,
    effects: Effects,
    *,
    whole: bool,
) -> None:
    """Give cash and children for all shares of a name.

    A child of which nobody has a price yet is worth an equal part of what the others
    leave of the value, until there is one.
    """
    shares, price = float(account.shares[name]), float(account.price[name])
    marks = np.where(
        account.shares > 0, account.price, 0.0
    )  # the price of a name that is no longer held is not kept overnight
    prices = {other: float(day.close[other]) if day.traded[other] else float(marks[other]) for other, _, _ in parts}
    left = price - cash - sum(ratio * prices[other] for other, ratio, _ in parts if prices[other] > 0)
    unknown = [other for other in prices if not prices[other] > 0]
    _change(account, name, -shares)
    account.cash += shares * cash
    gained = shares * cash - shares * price
    worths = {
        other: prices[other] if prices[other] > 0 else max(left, 0.0) / len(unknown) / ratio
        for other, ratio, _ in parts
    }
    rest = cash + sum(ratio * worths[other] for other, ratio, _ in parts)
    for other, ratio, wait in parts:
        part = ratio * worths[other] / rest if rest > 0 else 0.0
        rest -= ratio * worths[other]
        effects.changes.append(Change("move", name, shares * ratio, factor=part, other=other))
        _receive(account, other, shares * ratio, worths[other], wait, effects, whole=whole)
        gained += shares * ratio * worths[other]
    effects.changes.append(Change("sell", name, shares, shares * cash))
    effects.mark(name, gained)


def _rights(account: Account, name: int, leg: Action, effects: Effects, *, subscribe: bool, whole: bool) -> None:
    shares, price = float(account.shares[name]), float(account.price[name])
    offered = shares * leg.a / leg.b
    taken = math.floor(offered) if whole else offered
    account.price[name] = price * leg.f
    if subscribe and leg.f < 1.0 and account.cash >= taken * leg.cash:
        account.cash -= taken * leg.cash
        _add_new(account, name, taken, leg.wait, whole=whole)
        effects.changes.append(Change("new", name, taken, taken * leg.cash))
        effects.mark(name, (shares + taken) * price * leg.f - taken * leg.cash - shares * price)
    else:
        account.cash += shares * price * (1 - leg.f)
        effects.changes.append(Change("sell", name, 0.0, shares * price * (1 - leg.f)))


def _list_child(account: Account, parent: int, leg: Action, day: MarketDay, effects: Effects, *, whole: bool) -> None:
    mine = [claim for claim in account.claims if claim.name == parent]
    account.claims = [claim for claim in account.claims if claim.name != parent]
    for claim in mine:
        received = claim.shares * leg.a
        effects.changes.append(Change("list", parent, received, other=leg.other))
        _receive(account, leg.other, received, float(day.close[leg.other]), leg.wait, effects, whole=whole)
        effects.mark(leg.other, received * float(day.close[leg.other]) - claim.value)


def _receive(
    account: Account, name: int, shares: float, price: float, wait: int, effects: Effects, *, whole: bool
) -> None:
    if account.shares[name] > 0:  # what was held before moves to the new mark with it
        effects.mark(name, float(account.shares[name]) * (price - float(account.price[name])))
    account.price[name] = price
    account.idle[name] = 0
    _add_new(account, name, shares, wait, whole=whole)
    if whole:
        _pay_fraction(account, name, effects)


def _change(account: Account, name: int, more: float) -> None:
    before = float(account.shares[name])
    account.shares[name] = max(0.0, before + more)
    scale_waiting(account, name, float(account.shares[name]) / before if before else 1.0)


def scale_waiting(account: Account, name: int, ratio: float) -> None:
    """What is not settled or not listed of a name after its number of shares was multiplied by `ratio`."""
    for waiting in (account.arriving, account.unlisted):
        waiting[:] = [
            (each, amount * ratio if each == name else amount, left)
            for each, amount, left in waiting
            if each != name or ratio
        ]


def _add_new(account: Account, name: int, more: float, wait: int, *, whole: bool) -> None:
    """Shares that were not there before, beside the others; of a fraction, which is paid out, nothing waits."""
    account.shares[name] += more
    waiting = float(math.floor(more + 1e-9)) if whole else more
    if wait and waiting > 0:
        account.unlisted.append((name, waiting, wait))


def _pay_fraction(account: Account, name: int, effects: Effects) -> None:
    whole = math.floor(account.shares[name] + 1e-9)
    fraction = float(account.shares[name]) - whole
    account.cash += fraction * float(account.price[name])
    account.shares[name] = whole
    if fraction:
        effects.changes.append(Change("sell", name, fraction, fraction * float(account.price[name])))


def _age_claims(account: Account, effects: Effects) -> None:
    older = [replace(claim, age=claim.age + 1) for claim in account.claims]
    paid = [claim for claim in older if claim.age > CLAIM_SESSIONS]
    account.cash += math.fsum(claim.value for claim in paid)
    effects.changes += [Change("claim_paid", claim.name, claim.shares, claim.value) for claim in paid]
    account.claims = [claim for claim in older if claim.age <= CLAIM_SESSIONS]
