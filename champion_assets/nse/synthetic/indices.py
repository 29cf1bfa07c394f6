"""The fictional exchange's indices: levels that fit each other as NSE's do.

What belongs here: the rows of an index file beside prices: the index itself under NSE's name, its running total of
dividends, its leveraged versions with and without dividends, and the overnight rate index. What does not: the wording
of the file (`files.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
YIELD = 0.0120
"""Dividends a year, as a share of the index."""
_EVERY = 9
"""Sessions from one dividend of the index to the next."""
_RATES = (0.0640, 0.0650, 0.0665)
"""Overnight rates a year, in turn by month."""
_MARCH, _THURSDAY = 3, 3


@dataclass(frozen=True)
class IndexLevel:
    """A row of an index file: closing and previous level.

    What is no price index has neither prices of the day nor valuations.
    """

    close: float
    before: float
    is_price_index: bool = True


def levels(sessions: Sequence[dt.date], before: dt.date, index: Array) -> list[dict[str, IndexLevel]]:
    """The rows of each session by name.

    Args:
        sessions: in order.
        before: the session before the first, to which the first return and the first day's interest reach back.
        index: level of the price index at each close.
    """
    days = np.diff([date.toordinal() for date in (before, *sessions)]).astype(np.float64)
    rate = np.array([_RATES[date.month % len(_RATES)] for date in sessions])
    price = np.concatenate([index[:1], index])
    paid = np.where(np.arange(len(sessions)) % _EVERY == _EVERY // 2, YIELD * _EVERY / 248 * price[:-1], 0.0)
    moved = price[1:] / price[:-1] - 1
    total = (1 + moved) * (1 + paid / price[:-1]) - 1
    points = _running(sessions, paid)
    series = {
        "Fictional 50": price, "Fictional 500": price * 0.8, "Nifty 50": price,
        "Nifty50 TR 2x Leverage": _grown(12_000.0, 2 * total - rate * days / 360, 0.05),
        "Nifty50 PR 2x Leverage": _grown(8_800.0, 2 * moved - rate * days / 360, 0.05),
        "Nifty 1D Rate Index": _grown(2_100.0, rate * days / 365, 0.01),
    }  # fmt: skip
    plain = ("Fictional 50", "Fictional 500", "Nifty 50")
    own = [
        {"Nifty50 Dividend Points": IndexLevel(each, each, is_price_index=False)} for each in points
    ]  # NSE says no change of it
    return [
        {name: IndexLevel(float(values[day + 1]), float(values[day]), name in plain) for name, values in series.items()}
        | own[day]
        | {"Fictional VIX": IndexLevel(14.2, 14.0, is_price_index=False)}
        for day in range(len(sessions))
    ]


def _grown(base: float, returns: Array, step: float) -> Array:
    """Levels from `base` on, to the step that they are published at."""
    return np.asarray(np.round(np.concatenate([[base], base * np.cumprod(1 + returns)]) / step) * step)


def _running(sessions: Sequence[dt.date], paid: Array) -> list[float]:
    """The total since the March expiry of derivatives, the last Thursday of the month.

    From the session after it begins at 0.
    """
    found, total, expired = list[float](), 0.0, False
    for date, points in zip(sessions, paid, strict=True):
        last = _last_thursday(date.year) if date.month == _MARCH else None
        if expired and (last is None or date > last):
            total, expired = 0.0, False
        total += points
        found.append(round(total, 2))
        expired = expired or (last is not None and date <= last)
    return found


def _last_thursday(year: int) -> dt.date:
    end = dt.date(year, _MARCH, 31)
    return end - dt.timedelta(days=(end.weekday() - _THURSDAY) % 7)
