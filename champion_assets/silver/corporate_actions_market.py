"""What a session's market says to corporate actions: who is who, last closes before it, opens and closes on it.

What belongs here: look-ups by instrument and symbol, the same for every action. What does not: the actions
(`corporate_actions_events.py`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from champion_assets.nse.actions.price_check import TOLERANCE
from champion_assets.nse.instrument_class import PARTLY_PAID_SERIES
from champion_assets.nse.isin import is_valid_isin, security_key


@dataclass(frozen=True)
class Trade:
    """An instrument around an ex-date: rupees, None for what there is not.

    Attributes:
        last: its last cum close.
        open: on the first session that it traded from the ex-date on.
        days: calendar days between its last cum close and that session.
    """

    last: float | None = None
    open: float | None = None
    days: int | None = None

    @property
    def witness(self) -> float | None:
        """Open over last cum close."""
        return self.open / self.last if self.open is not None and self.last else None


Past = Callable[[str, dt.date], Trade]
"""An instrument around a past ex-date."""


class Market:
    """What the session knows: who is who, last closes before it, opens on it."""

    def __init__(
        self,
        date: dt.date,
        before: dt.date | None,
        evening: pl.DataFrame | None,
        today: pl.DataFrame,
        prices: pl.DataFrame,
        past: Past,
    ) -> None:
        self.date, self.before, self.past = date, before, past
        self.last_close: dict[str, float] = {}
        self.by_key: dict[str, str] = {}
        self.symbols: dict[str, str] = {}
        self.partly_paid: dict[str, str] = {}  # TATASTEEL E1 trades under the symbol of the share
        latest: dict[tuple[str, bool], dt.date] = {}
        for frame in (
            (today, evening) if evening is not None else (today,)
        ):  # the evening before wins: symbols valid before the ex-date
            for name, symbol, series, seen in frame.select(
                "instrument_id", "symbol", "series", "last_seen"
            ).iter_rows():
                is_partly = series in PARTLY_PAID_SERIES
                book = self.partly_paid if is_partly else self.symbols
                if symbol not in book or seen >= latest[symbol, is_partly] or frame is evening:
                    book[symbol], latest[symbol, is_partly] = name, seen
        self.symbols = self.partly_paid | self.symbols
        known = today if evening is None else evening
        for name, symbol, isin in known.select("instrument_id", "symbol", "isin").iter_rows():
            if isin is not None:
                self.by_key[security_key(isin, symbol)] = name
        if evening is not None:
            self.last_close = dict(evening.select("instrument_id", "last_close").iter_rows())
        self.open = dict(prices.select("instrument_id", "open").iter_rows())
        self.close = dict(prices.select("instrument_id", "close").iter_rows())
        self.last_seen = {} if evening is None else dict(evening.select("instrument_id", "last_seen").iter_rows())
        self.symbol_of = dict(today.select("instrument_id", "symbol").iter_rows())
        own = prices.select(
            "instrument_id",
            pl.coalesce("prior_close", pl.when(pl.col("prev_close") > 0).then("prev_close")).alias("last"),
        )
        for name, last in own.iter_rows():
            if last is not None:
                self.last_close.setdefault(name, last)
        self.moves = {name: self.open[name] / last for name, last in self.last_close.items() if name in self.open}

    def trade(self, name: str) -> Trade:
        """The instrument before and on the session."""
        seen = self.last_seen.get(name)
        days = None if seen is None else (self.date - seen).days
        return Trade(self.last_close.get(name), self.open.get(name), days)

    def resolve(self, row: dict[str, Any]) -> str | None:
        """The instrument of a feed's row.

        By its symbol on the date, by the symbol as written, by the security key of its ISIN.
        """
        book = self.partly_paid if row.get("series") in PARTLY_PAID_SERIES else self.symbols
        by_name = book.get(row["symbol_on_date"]) or book.get(row["symbol"])
        isin = row["isin"]
        return by_name or (
            self.by_key.get(security_key(isin, row["symbol"])) if isin is not None and is_valid_isin(isin) else None
        )

    def resumes(self, name: str, ex_date: dt.date) -> bool:
        """True if the instrument trades today for the first time since a past ex-date."""
        return name in self.open and name in self.last_seen and self.last_seen[name] < ex_date

    def movers(self, f: float, but: str) -> str:
        """Symbols of the instruments that opened at the factor `f`, at most five, the nearest first."""
        near = [
            (abs(math.log(w / f)), self.symbol_of[name])
            for name, w in self.moves.items()
            if name != but and abs(math.log(w)) > TOLERANCE
        ]
        return ", ".join(symbol for distance, symbol in sorted(near)[:5] if distance <= TOLERANCE)

    def session_of(self, ex_date: dt.date) -> dt.date:
        """The session of a past ex-date: it lies before today, and adjusting by date needs no more."""
        return min(ex_date, self.before or ex_date)
