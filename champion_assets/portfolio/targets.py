"""The decision in force: what the account should hold, by name, as it is carried from evening to evening.

What belongs here: a decision as it is stored, and what the simulator needs of it. What does not: making it
(`decide.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from champion_assets.features.universe import UNKNOWN_SECTOR
from champion_assets.portfolio.decide import Decision
from champion_assets.portfolio.known import Known, Standing
from champion_assets.portfolio.market import Market
from champion_assets.settings.strategy import Strategy
from champion_assets.simulation.account import Account, Decided, held_names

TARGETS = pl.List(pl.Struct({"instrument_id": pl.String, "symbol": pl.String, "sector": pl.String, "weight": pl.Float64,
                             "close": pl.Float64, "esg_score": pl.Float64, "is_stuck": pl.Boolean}))  # fmt: skip
PRICES = pl.List(pl.Struct({"constraint_name": pl.String, "price": pl.Float64}))


@dataclass(frozen=True)
class Targets:
    """A decision.

    Attributes:
        rows: by instrument the fields of `TARGETS`; what is stuck is in it at what it was.
        decided_on: its day; None before the first.
        cash_weight, claims_weight: shares of the value that stay in cash, and in demerged parts not yet listed.
        relative_gap: certified distance of the objective from its optimum.
        distance: proven distance from the best choice of names, relative; None where no other choice was looked at.
        is_look_ahead: something that it used is of a later day.
        prices: what the objective would gain if a constraint were loosened by one unit, by name.
    """

    rows: Mapping[str, Mapping[str, Any]]
    decided_on: dt.date | None = None
    cash_weight: float = 0.0
    claims_weight: float = 0.0
    relative_gap: float = 0.0
    distance: float | None = None
    prices: Mapping[str, float] | None = None
    is_look_ahead: bool = False

    def columns(self) -> dict[str, Any]:
        """The stored form."""
        prices = [{"constraint_name": name, "price": value} for name, value in (self.prices or {}).items()]
        return {
            "decided_on": self.decided_on, "targets": list(self.rows.values()), "cash_weight": self.cash_weight,
            "claims_weight": self.claims_weight, "relative_gap": self.relative_gap, "distance": self.distance,
            "shadow_prices": prices, "is_look_ahead": self.is_look_ahead,
        }  # fmt: skip

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Targets:
        """The decision in force on a stored day."""
        rows = {each["instrument_id"]: each for each in row["targets"]}
        prices = {each["constraint_name"]: each["price"] for each in row["shadow_prices"]}
        return cls(
            rows,
            row["decided_on"],
            row["cash_weight"],
            row["claims_weight"],
            row["relative_gap"],
            row["distance"],
            prices,
            row["is_look_ahead"],
        )

    @classmethod
    def of(
        cls, known: Known, decision: Decision, strategy: Strategy, standing: Standing, market: Market, before: Targets
    ) -> Targets:
        """A decision as it is stored: the names it holds, and what cannot be sold at what it is."""
        closes = market.closes(known.date)
        rows: dict[str, Mapping[str, Any]] = {}

        def put(name: str, sector: str, weight: float, score: float, *, is_stuck: bool) -> None:
            rows[name] = {
                "instrument_id": name,
                "symbol": market.symbols.get(name, ""),
                "sector": sector,
                "weight": weight,
                "close": _known(closes[market.index[name]]),
                "esg_score": _known(score),
                "is_stuck": is_stuck,
            }

        for number in map(int, np.flatnonzero(decision.weights > 0)):
            put(
                known.instruments[number],
                known.sectors[number],
                float(decision.weights[number]),
                known.esg[number],
                is_stuck=False,
            )
        members = {name: number for number, name in enumerate(known.instruments)}
        for name in sorted(standing.stuck):
            sector = (
                known.sectors[members[name]]
                if name in members
                else before.rows.get(name, {}).get("sector", UNKNOWN_SECTOR)
            )
            put(
                name,
                sector,
                standing.held[name],
                known.esg[members[name]] if name in members else np.nan,
                is_stuck=True,
            )
        prices = {name: value for name, value in decision.solution.multipliers.items() if name != "budget" and value}
        return cls(
            dict(sorted(rows.items())),
            known.date,
            strategy.cash_weight,
            standing.claims,
            decision.solution.relative_gap,
            decision.distance,
            prices,
            known.looks_ahead,
        )

    def decided(self, market: Market) -> Decided:
        """What the simulator fills."""
        weights, closes = np.zeros(len(market.names)), np.full(len(market.names), np.nan)
        for name, row in self.rows.items():
            number = market.index[name]
            weights[number], closes[number] = row["weight"], np.nan if row["close"] is None else row["close"]
        return Decided(
            weights, closes, frozenset(market.index[name] for name, row in self.rows.items() if row["is_stuck"])
        )

    def drift(self, standing: Standing) -> float:
        """The largest distance of a held weight from its target.

        Args:
            standing: the account at the close.
        """
        return float(
            max((abs(row["weight"] - standing.held.get(name, 0.0)) for name, row in self.rows.items()), default=0.0)
        )

    def turnover(self, standing: Standing) -> float:
        """One-way turnover from the held to the decided weights, 0.5 × Σ|Δw|.

        Args:
            standing: the account at the close.
        """
        names = sorted({*self.rows, *standing.held})
        changes = (abs(self.rows.get(name, {}).get("weight", 0.0) - standing.held.get(name, 0.0)) for name in names)
        return float(sum(changes)) / 2


def standing_of(account: Account, names: list[str]) -> Standing:
    """The account as a decision sees it."""
    value = account.value
    held = {names[i]: float(account.shares[i] * account.price[i]) / value for i in np.flatnonzero(account.shares)}
    stuck = frozenset(names[i] for i in np.flatnonzero((account.shares > 0) & (account.idle > 0)))
    return Standing(value, held, stuck, sum(claim.value for claim in account.claims) / value)


def wanted_names(account: Account, decided: Decided | None) -> list[int]:
    """The names that may be traded in a session."""
    wanted = np.flatnonzero(decided.weights) if decided is not None else np.array([], dtype=np.intp)
    return [int(number) for number in np.union1d(held_names(account), wanted)]


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
