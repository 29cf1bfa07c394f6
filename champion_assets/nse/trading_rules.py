"""The rules of NSE's cash market that decide what a trade can be, by date.

Ticks, price bands, settlement, what a close is.

What belongs here: rules of the exchange. What does not: costs (`costs.py`), or what the simulator does with them.

Sources: NSE circulars on tick sizes in force 2024-06-10 and 2025-04-15; SEBI's T+2 (2003-04-01); the exchanges' joint
release of 2021-11-08 on T+1 (by market value in October 2021, the smallest 100 stocks on 2022-02-25, then 500 on the
last Friday of each month; the last 218 on 2023-01-27, NDTV Profit of that day); SEBI/HO/CFD/PoD/2024/122 of 2024-09-16
on bonus shares, and "about two weeks" before it (Mint, 2024-09-16); for shares of a merger a broker's "30 - 45 days"
(Zerodha on HDFC, 2023-07), although those of HDFC took two sessions; SEBI circular of 2026-01-16 on the closing auction
for stocks with derivatives from 2026-08-03. Edges of bands: NSE's lists of the securities that hit them on 2020-12-01,
2025-01-16, 2025-12-16 and -17 (`bundle_bands.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from champion_assets.nse.instrument_class import PARTLY_PAID_SERIES, SME_SERIES

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ranks = NDArray[np.int64]

BANDS = (0.02, 0.05, 0.10, 0.20)
"""Price bands of stocks without derivatives, as shares of the previous close."""
TRADE_TO_TRADE = frozenset(
    {"BE", "BZ", "ST", "SZ", *(series for series in PARTLY_PAID_SERIES if series.startswith("X"))}
)
"""Series in which every trade is delivered: what was bought cannot be sold before it is settled."""
SME_TICK = 0.05
"""Rupees, of SME shares on every date, whatever their price."""
_FINE_TICK_FROM, _GRADED_TICK_FROM, _AUCTION_FROM = dt.date(2024, 6, 10), dt.date(2025, 4, 15), dt.date(2026, 8, 3)
_GRADES = ((250.0, 0.01), (1000.0, 0.05), (5000.0, 0.10), (10_000.0, 0.50), (20_000.0, 1.00), (np.inf, 5.00))


def ticks(prices: Array, date: dt.date) -> Array:
    """The tick of each price on `date`, rupees."""
    if date < _FINE_TICK_FROM:
        return np.full(prices.shape, 0.05)
    if date < _GRADED_TICK_FROM:
        return np.where(prices < 250.0, 0.01, 0.05)
    limits = np.array([limit for limit, _ in _GRADES])
    return np.asarray(np.array([tick for _, tick in _GRADES])[np.searchsorted(limits, prices, side="right")])


def settlement_sessions(date: dt.date, size_rank: Ranks) -> Ranks:
    """Sessions after which a trade of `date` is settled, by the rank of each stock by size, 1 the largest.

    In the year in which T+1 was phased in the exchanges went by market value, from the smallest up. The daily files
    have no numbers of shares, so the rank by traded value stands for it; it errs, where it does, mostly on the side of
    T+2: what is traded much settles late.
    """
    if date < dt.date(2002, 4, 1):
        return np.full(size_rank.shape, 5)
    if date < dt.date(2003, 4, 1):
        return np.full(size_rank.shape, 3)
    slow = next((largest for start, largest in reversed(_STILL_T2) if start <= date), None)
    return np.full(size_rank.shape, 2) if slow is None else np.where(size_rank <= slow, 2, 1)


_LAST_FRIDAYS = (
    (2022, 3, 25),
    (2022, 4, 29),
    (2022, 5, 27),
    (2022, 6, 24),
    (2022, 7, 29),
    (2022, 8, 26),
    (2022, 9, 30),
    (2022, 10, 28),
    (2022, 11, 25),
    (2022, 12, 30),
)
_LAST_GROUP = 218
_STILL_T2 = (
    (dt.date(2022, 2, 25), _LAST_GROUP + 500 * len(_LAST_FRIDAYS)),
    *(
        (dt.date(*day), _LAST_GROUP + 500 * (len(_LAST_FRIDAYS) - number))
        for number, day in enumerate(_LAST_FRIDAYS, start=1)
    ),
    (dt.date(2023, 1, 27), 0),
)
"""Since when only so many of the largest stocks were still settled on T+2."""


def listing_sessions(kind: Literal["bonus", "rights", "merger"], date: dt.date) -> int:
    """Sessions from `date` (the ex-date, or the day on which the merged share is replaced) until the new shares can
    be sold.

    Bonus shares announced since 2024-10-01 trade on the second session after the record date; an issue announced before
    had to be made within two months. The other numbers are assumptions, since no daily file says when new shares were
    listed: see the sources above, and for rights the 15 to 30 days of the offer and those of the allotment. Shares of a
    company that is itself first listed can be sold then.
    """
    if kind == "bonus":
        return 10 if date < dt.date(2024, 12, 1) else 2
    return 30 if kind == "rights" else 20


def close_definition(date: dt.date) -> Literal["last_half_hour_vwap", "closing_auction"]:
    """What CLOSE is: until 2026-08-02 the average of the last half hour.

    Since then, for stocks with derivatives, the auction's price.
    """
    return "last_half_hour_vwap" if date < _AUCTION_FROM else "closing_auction"


def fixed_ticks(series: Sequence[str]) -> Array:
    """The tick of each name whose series fixes it whatever its price, rupees; NaN where the price decides."""
    return np.array([SME_TICK if each in SME_SERIES else np.nan for each in series], dtype=float)


def band_edge(previous: Array, band: float | Array, date: dt.date, fixed: Array, *, upper: bool) -> Array:
    """The highest (or lowest) price that a band of `band` around the previous close allows.

    At least a tick away from that close.

    The upper edge is rounded down to the tick and the lower one up; while the tick was a paisa, until graded ticks
    came, the lower one was rounded down but for SME shares (20 of 25 lower hits of 2025-01-16; of those of SME shares
    15 of 17 were rounded up). NaN where the previous close is.
    """
    limit = previous * (1 + band if upper else 1 - band)
    tick = _tick_of(limit, date, fixed)
    down, up = np.floor(limit / tick + 1e-9) * tick, np.ceil(limit / tick - 1e-9) * tick
    if upper:
        return np.asarray(np.maximum(down, previous + tick))
    is_down = np.isnan(fixed) & (_FINE_TICK_FROM <= date < _GRADED_TICK_FROM)
    return np.asarray(np.minimum(np.where(is_down, down, up), previous - tick))


def at_band(prices: Array, previous: Array, date: dt.date, fixed: Array, *, upper: bool) -> Flags:
    """True where a price lies at one of the bands above (or below) the previous close, to the tick.

    Never where that is unknown (NaN).

    All bands count: asked where neither the list of hits nor that of bands speaks of a stock.

    Args:
        prices: rupees.
        previous: the close before, adjusted for the day's actions.
        date: of the session.
        fixed: see `fixed_ticks`.
        upper: which side.
    """
    found = np.zeros(prices.shape, dtype=bool)
    for band in BANDS:
        found |= at_edge(prices, previous, band, date, fixed, upper=upper)
    return found


def at_edge(prices: Array, previous: Array, band: float | Array, date: dt.date, fixed: Array, *, upper: bool) -> Flags:
    """True where a price lies at the edge of this band above (or below) the previous close, to the tick.

    Never where one of them is unknown (NaN). See `at_band`.
    """
    with np.errstate(invalid="ignore"):
        edge = band_edge(previous, band, date, fixed, upper=upper)
        return np.asarray(np.abs(prices - edge) < _tick_of(edge, date, fixed) / 2)


def rounded(prices: Array, date: dt.date, fixed: Array, *, up: bool) -> Array:
    """Prices on the tick, up for a buyer, down for a seller."""
    tick = _tick_of(prices, date, fixed)
    steps = np.ceil(prices / tick - 1e-6) if up else np.maximum(np.floor(prices / tick + 1e-6), 1.0)
    return np.asarray(steps * tick)


def _tick_of(prices: Array, date: dt.date, fixed: Array) -> Array:
    return np.asarray(np.where(np.isnan(fixed), ticks(prices, date), fixed))
