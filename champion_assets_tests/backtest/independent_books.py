"""The account as `independent_simulator.py` keeps it, and what corporate actions do to it; shares no code with
`simulation/`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from champion_assets_tests.backtest.independent_rules import (
    BONUS_LISTED_AFTER,
    MERGED_LISTED_AFTER,
    RIGHTS_LISTED_AFTER,
    of,
)


@dataclass
class Books:
    cash: float
    shares: dict[str, float] = field(default_factory=dict)
    mark: dict[str, float] = field(default_factory=dict)
    idle: dict[str, int] = field(default_factory=dict)
    arriving: list[list[Any]] = field(default_factory=list)  # name, shares, sessions left
    unlisted: list[list[Any]] = field(default_factory=list)  # new shares: name, shares, sessions left
    owed: list[list[float]] = field(default_factory=list)  # rupees, sessions left
    claims: list[list[Any]] = field(default_factory=list)  # parent, its shares, rupees a share, age
    orders: dict[str, float] = field(default_factory=dict)

    def value(self) -> float:
        return (
            self.cash
            + sum(n * self.mark[s] for s, n in self.shares.items())
            + sum(n * each for _, n, each, _ in self.claims)
        )

    def scale(self, name: str, ratio: float) -> None:
        self.arriving = [
            [who, n * ratio if who == name else n, left] for who, n, left in self.arriving if who != name or ratio
        ]
        self.unlisted = [
            [who, n * ratio if who == name else n, left] for who, n, left in self.unlisted if who != name or ratio
        ]

    def put(self, name: str, shares: float, mark: float, wait: int | None = None) -> None:
        """Hold so many whole shares; the fraction is paid out. What is more than before was listed, but for `wait`
        sessions."""
        whole, held = math.floor(shares + 1e-9), self.shares.get(name, 0.0)
        self.cash += (shares - whole) * mark
        if wait is None and held:
            self.scale(name, shares / held)
        if wait and (new := math.floor(shares - held + 1e-9)):
            self.unlisted.append([name, new, wait])
        self.shares[name], self.mark[name] = float(whole), mark
        self.idle.setdefault(name, 0)
        if not whole:
            del self.shares[name]

    def meet(self, name: str, leg: dict[str, Any], *, subscribe: bool) -> float:
        """A leg of a corporate action; returns the dividend."""
        f, q = leg["f_capital"], leg["q"]
        held, mark = self.shares.get(name, 0.0), self.mark.get(name, 0.0)
        if leg["kind"] in ("dividend", "distribution"):
            paid = leg["cash"] or 0.0
            self.cash += held * paid
            self.mark[name] = mark - paid
            return held * paid
        if leg["kind"] == "rights" and f < 1:
            price = leg["premium"] + leg["face_value"] if None not in (leg["premium"], leg["face_value"]) else math.inf
            new = math.floor(held * leg["ratio_a"] / leg["ratio_b"])
            self.mark[name] = mark * f
            if held and subscribe and self.cash >= new * price:
                self.cash -= new * price
                self.put(name, held + new, mark * f, RIGHTS_LISTED_AFTER)
            else:
                self.cash += held * mark * (1 - f)
            return 0.0
        if held:
            self.put(
                name,
                held * q,
                mark * f,
                int(of(BONUS_LISTED_AFTER, leg["ex_session"])) if leg["kind"] == "bonus" else None,
            )
            if mark * (1 - f * q) > 1e-9 * mark:
                self.claims.append([name, held, mark * (1 - f * q), 0])
        self.change_order(name, [(name, q)])
        return 0.0

    def change_order(self, name: str, heirs: list[tuple[str, float]]) -> None:
        order = self.orders.pop(name, 0.0)
        for heir, ratio in heirs if order else []:
            wanted = order * ratio + self.orders.pop(heir, 0.0)
            if whole := math.trunc(wanted + math.copysign(1e-9, wanted)):
                self.orders[heir] = whole

    def end(self, name: str, parts: list[tuple[str, float]], cash: float, today: dict[str, dict[str, Any]]) -> None:
        """Cash and children for a share that ends."""
        held, mark = self.shares.pop(name, 0.0), self.mark.get(name, 0.0)
        worth = {child: today[child]["close"] if child in today else self.mark[child] if child in self.shares else None
                 for child, _ in parts}  # fmt: skip
        unknown = [child for child in worth if worth[child] is None]
        left = mark - cash - sum(ratio * (worth[child] or 0.0) for child, ratio in parts)
        self.cash += held * cash
        self.scale(name, 0.0)
        for child, ratio in parts if held else []:
            is_new = child in today and today[child]["prior_date"] is None
            mark = worth[child] or max(left, 0.0) / len(unknown) / ratio
            self.put(child, self.shares.get(child, 0.0) + held * ratio, mark, 0 if is_new else MERGED_LISTED_AFTER)
            self.idle[child] = 0
        self.change_order(name, parts)
