"""The lots of a portfolio.

When each share was acquired and what it cost, through sales (first in, first out) and corporate actions.

What belongs here: lots and what is realised of them. What does not: the tax on it (`nse/capital_gains.py`), the table
(`tax.py`).

A split changes the number of shares of each lot; bonus shares are a lot of their own that cost nothing, acquired on the
day; subscribed rights one that cost what was paid. Shares of an acquirer, of a child or of a demerged part carry the
dates of the old ones, and the cost is parted by value as the market saw it on the day. Cash beside or instead of
shares, and fractions paid out, are sales. What was got for renounced rights is a gain of its own, without cost,
short-term.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from champion_assets.common.errors import ChampionError
from champion_assets.nse.capital_gains import gain_of

CLAIMS = "/claims"
"""Ending of the key of lots of demerged parts that are not listed yet."""
_NOTHING = 1e-9


class LotError(ChampionError, ArithmeticError):
    """The lots are not the shares that the account holds."""


@dataclass(frozen=True)
class Lot:
    """Shares acquired on one day, their cost in rupees, and their fair value on 2018-01-31.

    None if they were acquired later.
    """

    acquired: dt.date
    shares: float
    cost: float
    fair_value: float | None = None

    def part(self, share: float) -> Lot:
        """So large a part of it."""
        return replace(
            self, shares=self.shares * share, cost=self.cost * share, fair_value=_times(self.fair_value, share)
        )


@dataclass(frozen=True)
class Realised:
    """A lot, or a part of one, that was sold."""

    name: str
    lot: Lot
    proceeds: float
    gain: float
    is_long: bool


class Lots:
    """All lots, by instrument; `realised` are those of the session."""

    def __init__(self, held: Mapping[str, Sequence[Lot]] | None = None) -> None:
        self.held: dict[str, list[Lot]] = defaultdict(list, {name: list(lots) for name, lots in (held or {}).items()})
        self.realised: list[Realised] = []

    def buy(self, name: str, shares: float, cost: float, date: dt.date) -> None:
        """A new lot."""
        if shares:
            self._put(name, [Lot(date, shares, cost)])

    def sell(self, name: str, shares: float, proceeds: float, date: dt.date) -> None:
        """Realise the oldest lots; without shares the proceeds are a gain without cost.

        Raises:
            LotError: there are fewer shares.
        """
        if not shares:
            self._realise(name, Lot(date, 0.0, 0.0), proceeds, date)
            return
        left, each = shares, proceeds / shares
        while left > _NOTHING * shares:
            if not self.held[name]:
                raise LotError(f"{date}: {shares:,.4f} shares of {name} are sold, and the lots have {left:,.4f} fewer")
            first = self.held[name][0]
            taken = min(left, first.shares)
            self._realise(name, first.part(taken / first.shares), taken * each, date)
            self.held[name][:1] = (
                [] if first.shares - taken <= _NOTHING * shares else [first.part(1 - taken / first.shares)]
            )
            left -= taken

    def change(self, step: Mapping[str, Any], date: dt.date) -> None:
        """A step of a corporate action, as `simulation/changes.py` describes it."""
        name, shares, cash, factor = step["instrument_id"], step["shares"], step["cash"], step["factor"]
        does: dict[str, Callable[[], None]] = {
            "scale": lambda: self._scale(name, factor),
            "new": lambda: self.buy(name, shares, cash, date),
            "sell": lambda: self.sell(name, shares, cash, date),
            "move": lambda: self._carry(name, step["other"], shares, factor),
            "demerge": lambda: self._carry(name, name + CLAIMS, shares, factor),
            "list": lambda: self._list(name, step["other"], shares),
            "claim_paid": lambda: self.sell(name + CLAIMS, shares, cash, date),
        }
        does[step["kind"]]()

    def value_on(self, prices: Mapping[str, float]) -> None:
        """Give all lots their fair value at these prices; claims, which have none, what they cost."""
        for name, lots in self.held.items():
            each = prices.get(name)
            self.held[name] = [replace(lot, fair_value=lot.cost if each is None else lot.shares * each) for lot in lots]

    def must_be(self, holdings: Mapping[str, float], date: dt.date) -> None:
        """Compare with the account.

        Raises:
            LotError: a name has more or fewer shares.
        """
        mine = {name: sum(lot.shares for lot in lots) for name, lots in self.held.items() if not name.endswith(CLAIMS)}
        for name in sorted({*mine, *holdings}):
            if abs(mine.get(name, 0.0) - holdings.get(name, 0.0)) > 1e-6 * max(1.0, holdings.get(name, 0.0)):
                raise LotError(
                    f"{date}: the lots of {name} have "
                    f"{mine.get(name, 0.0):,.6f} shares, the account {holdings.get(name, 0.0):,.6f}"
                )

    def _realise(self, name: str, lot: Lot, proceeds: float, date: dt.date) -> None:
        if not (proceeds or lot.cost > _NOTHING):
            return  # its cost went into other shares
        gain = gain_of(lot.acquired, date, proceeds, lot.cost, lot.fair_value)
        self.realised.append(Realised(name, lot, proceeds, gain.amount, gain.is_long))

    def _scale(self, name: str, factor: float) -> None:
        self.held[name] = [replace(lot, shares=lot.shares * factor) for lot in self.held[name]]

    def _carry(self, name: str, other: str, shares: float, factor: float) -> None:
        """A part of the cost of all lots goes to `shares` of another name, with the dates."""
        lots, whole = self.held[name], sum(lot.shares for lot in self.held[name])
        if not whole:
            return
        self._put(other, [replace(lot.part(factor), shares=shares * lot.shares / whole) for lot in lots])
        self.held[name] = [replace(lot.part(1 - factor), shares=lot.shares) for lot in lots]

    def _list(self, name: str, other: str, shares: float) -> None:
        lots = self.held.pop(name + CLAIMS, [])
        whole = sum(lot.shares for lot in lots)
        self._put(other, [replace(lot, shares=shares * lot.shares / whole) for lot in lots])

    def _put(self, name: str, lots: Sequence[Lot]) -> None:
        self.held[name] = sorted([*self.held[name], *lots], key=lambda lot: lot.acquired)


def _times(value: float | None, share: float) -> float | None:
    return None if value is None else value * share
