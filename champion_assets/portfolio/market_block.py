"""What a block of sessions is for every account alike: prices, flags, corporate actions, over the names of the block.

What belongs here: reading tables into arrays, once for all accounts that live through the block. What does not: names
that an account holds beyond those of the block, and what its holdings meet (`market.py`). Nothing here is changed once
it is made.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from champion_assets.features.panel import panel
from champion_assets.features.window import RETURNS
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.nse.trading_rules import TRADE_TO_TRADE, fixed_ticks
from champion_assets.portfolio.market_events import band_hits, endings_by_session, events_by_name
from champion_assets.portfolio.price_bands import with_bands
from champion_assets.quant.risk import Array
from champion_assets.silver.endings import NAME as ENDINGS
from champion_assets.silver.price_bands import NAME as BANDS
from champion_assets.silver.security_status import NAME as STATUS
from champion_assets.simulation.account import BandHits, MarketDay

PRICES = "silver/equity_eod"
ACTIONS = "silver/corporate_actions"
READ = (PRICES, Input(RETURNS), ENDINGS, STATUS, BANDS, ACTIONS)
_PRICES = ("open", "high", "low", "close", "vwap", "previous", "volume")
_COLUMNS = ["trade_date", "instrument_id", "symbol", "series", "prior_close", "prior_date",
            *(name for name in _PRICES if name != "previous")]  # fmt: skip
_ABSENT, _NEVER = -2, -1
_EPOCH = dt.date(1970, 1, 1)


class MarketBlock:
    """The sessions `dates`, over `names`: all that trade on them, and what corporate actions make of these.

    Attributes:
        names: sorted.
        index: the place of each name.
        heirs: symbols of what ended listings became.
        endings, events: see `market_events.py`.
        line: the number of each session.
        told_since: by session the first evening whose corporate actions it looks at, whatever else the block reads.
        panels: prices and volumes by session and name, NaN where a name did not trade.
    """

    def __init__(self, inputs: Inputs, dates: Sequence[dt.date]) -> None:
        rows = inputs.read(PRICES, _COLUMNS).join(
            inputs.read(RETURNS, ["trade_date", "instrument_id", "f_capital", "is_unexplained_gap"], days=dates),
            on=["trade_date", "instrument_id"],
            how="left",
            maintain_order="left",
        )
        rows = rows.with_columns(previous=pl.col("prior_close") * pl.col("f_capital"))
        self.endings, self.heirs = endings_by_session(inputs)
        self.events = events_by_name(inputs)
        children = {leg["child_instrument_id"] for legs in self.events.values() for leg in legs} - {None}
        self.names = sorted({*rows["instrument_id"].unique(), *self.heirs, *children})
        self.index = {name: number for number, name in enumerate(self.names)}
        self.line = {date: number for number, date in enumerate(dates)}
        self.told_since = {date: inputs.window(ACTIONS, date)[0] for date in dates}
        self.panels = {name: self._spread(rows, name) for name in _PRICES}
        told = inputs.read(STATUS, ["trade_date", "instrument_id", "hit_upper", "hit_lower"], days=dates)
        self._told = {key[0]: part for key, part in told.partition_by("trade_date", as_dict=True).items()}
        bands = inputs.read(BANDS, ["trade_date", "instrument_id", "band"], days=dates)
        self._bands = {key[0]: part for key, part in bands.partition_by("trade_date", as_dict=True).items()}
        by_day = {key[0]: part for key, part in rows.partition_by("trade_date", as_dict=True).items()}
        self._priors = np.full((len(dates), len(self.names)), _ABSENT, dtype=np.int32)
        self._days: list[MarketDay] = []
        for date in dates:
            numbers = [self.index[name] for name in by_day[date]["instrument_id"]]
            prior = by_day[date]["prior_date"].to_physical().fill_null(_NEVER)
            self._priors[self.line[date], numbers] = prior.to_numpy()
            self._days.append(self._day(date, by_day[date], numbers))
        self._symbols = list(_changes(by_day[date] for date in dates))

    def _spread(self, rows: pl.DataFrame, column: str) -> Array:
        found = panel(rows, column, list(self.line))
        values = np.full((len(self.line), len(self.names)), np.nan)
        values[:, [self.index[name] for name in found.instruments]] = found.values
        values.setflags(write=False)
        return values

    def _day(self, date: dt.date, rows: pl.DataFrame, numbers: Sequence[int]) -> MarketDay:
        gap, delivered = np.zeros(len(self.names), dtype=bool), np.zeros(len(self.names), dtype=bool)
        gap[numbers] = rows["is_unexplained_gap"].fill_null(value=False).to_numpy()
        delivered[numbers] = rows["series"].is_in(list(TRADE_TO_TRADE)).to_numpy()
        values = {name: self.panels[name][self.line[date]] for name in _PRICES}
        volume = np.nan_to_num(values.pop("volume"))
        ticks = np.full(len(self.names), np.nan)
        ticks[numbers] = fixed_ticks(rows["series"].to_list())
        hits = None if (told := self._told.get(date)) is None else band_hits(told, self.index)
        if (bands := self._bands.get(date)) is not None:
            hits = with_bands(hits, bands, self.index, date, {**values, "tick": ticks})
        return MarketDay(
            date=date,
            volume=volume,
            traded=volume > 0,
            is_gap=gap,
            is_delivered=delivered,
            volatility=np.broadcast_to(np.nan, len(self.names)),
            tick=ticks,
            hits=hits,
            **values,
        )

    @property
    def nbytes(self) -> int:
        """About how large it is."""
        legs = sum(map(len, self.events.values())) + sum(map(len, self.endings.values()))
        cells = self._priors.size * (8 * (len(self.panels) + 2) + 4 + 6)
        return cells + 2000 * legs + 100 * sum(map(len, self._symbols))

    def day(self, date: dt.date) -> MarketDay:
        """The session over the block's names; volatilities are NaN."""
        return self._days[self.line[date]]

    def symbols(self, line: int) -> Mapping[str, str]:
        """What bears another symbol on the session of this number than on the one before on which it traded."""
        return self._symbols[line]

    def traded(self, date: dt.date) -> Traded:
        """Who trades on a session."""
        return Traded(self.index, self._priors[self.line[date]])


class Traded:
    """Who trades on a session, and when each traded before: None if never."""

    def __init__(self, index: Mapping[str, int], priors: NDArray[np.int32]) -> None:
        self._index, self._priors = index, priors

    def __contains__(self, name: str) -> bool:
        """True if the name trades."""
        number = self._index.get(name)
        return number is not None and bool(self._priors[number] != _ABSENT)

    def get(self, name: str) -> dt.date | None:
        """The session before on which the name traded; None if there is none, or it does not trade."""
        number = self._index.get(name)
        days = _ABSENT if number is None else int(self._priors[number])
        return None if days < 0 else _EPOCH + dt.timedelta(days)


def spread(values: NDArray[Any], places: NDArray[np.intp], names: int) -> NDArray[Any]:
    """Values of the block's names, shape (m,), at their places among more names, shape (n,).

    Elsewhere NaN, or False of flags.
    """
    found = np.zeros(names, dtype=bool) if values.dtype == bool else np.full(names, np.nan)
    found[places] = values
    return found


def widened(day: MarketDay, places: NDArray[np.intp], names: int) -> MarketDay:
    """A session among more names; those that the block does not have do not trade."""

    def wide(values: NDArray[Any]) -> NDArray[Any]:
        return spread(values, places, names)

    hits = day.hits
    return MarketDay(
        date=day.date,
        open=wide(day.open),
        high=wide(day.high),
        low=wide(day.low),
        close=wide(day.close),
        vwap=wide(day.vwap),
        previous=wide(day.previous),
        volume=np.nan_to_num(wide(day.volume)),
        traded=wide(day.traded),
        is_gap=wide(day.is_gap),
        is_delivered=wide(day.is_delivered),
        volatility=np.broadcast_to(np.nan, names),
        tick=None if day.tick is None else wide(day.tick),
        hits=None if hits is None else BandHits(wide(hits.known), wide(hits.upper), wide(hits.lower)),
    )


def _changes(days: Iterator[pl.DataFrame]) -> Iterator[dict[str, str]]:
    known: dict[str, str] = {}
    for rows in days:
        now: dict[str, Any] = dict(rows.select("instrument_id", "symbol").iter_rows())
        new = {name: symbol for name, symbol in now.items() if known.get(name) != symbol}
        known |= new
        yield new
