"""The exchange's rules and the laws' charges as `independent_simulator.py` knows them, written from the texts and not
from `nse/`."""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

CRORE = 1e7
STT = {
    "2004-10-01": 7_500,
    "2005-06-01": 10_000,
    "2006-06-01": 12_500,
    "2012-07-01": 10_000,
}  # all in rupees a crore of turnover
EXCHANGE = {"1994-01-01": 325, "2021-01-01": 345, "2023-04-01": 335, "2024-04-01": 332, "2024-10-01": 307}
SEBI = {"2006-04-01": 20, "2014-01-01": 15, "2019-04-01": 10}
STAMP_BUYER, STAMP_SELLER = {"1994-01-01": 1_000, "2020-07-01": 1_500}, {"1994-01-01": 1_000, "2020-07-01": 0}
SERVICE_TAX = {"2012-04-01": 12.36, "2015-06-01": 14, "2015-11-15": 14.5, "2016-06-01": 15, "2017-07-01": 18}
SETTLED_AFTER = {"2001-01-01": 5, "2002-04-01": 3, "2003-04-01": 2, "2023-01-27": 1}  # but for the year of the phase-in
BONUS_LISTED_AFTER, RIGHTS_LISTED_AFTER, MERGED_LISTED_AFTER = {"1994-01-01": 10, "2024-12-01": 2}, 30, 20
RANK = {
    "dividend": 0,
    "distribution": 0,
    "rights": 1,
    "capital_reduction": 2,
    "bonus": 3,
    "split": 4,
    "consolidation": 4,
}
TRADE_TO_TRADE = ("BE", "BZ", "ST", "SZ")
GRADES, GRADED_TICKS = [250, 1_000, 5_000, 10_000, 20_000], [0.01, 0.05, 0.1, 0.5, 1.0, 5.0]


def of(table: dict[str, float], date: dt.date) -> float:
    starts = [start for start in table if start <= str(date)]
    return table[max(starts)] if starts else 0.0


def tick_of(price: float, date: dt.date, series: str) -> float:
    if series in ("SM", "ST", "SZ") or date < dt.date(2024, 6, 10):
        return 0.05
    if date < dt.date(2025, 4, 15):
        return 0.01 if price < 250 else 0.05
    return GRADED_TICKS[bisect_right(GRADES, price)]


def proportional(date: dt.date) -> float:
    """Rupees a crore that both sides pay, service tax included."""
    taxed = of(EXCHANGE, date) + (of(SEBI, date) if date >= dt.date(2022, 7, 18) else 0.0)
    return of(STT, date) + of(EXCHANGE, date) + of(SEBI, date) + taxed * of(SERVICE_TAX, date) / 100


def charges(date: dt.date, bought: list[float], sold: list[float], s: Any) -> float:
    """Rupees; `s` has the broker's rates."""
    tax = 1 + of(SERVICE_TAX, date) / 100
    orders = sum(
        min(each * s.brokerage_bps / 1e4, math.inf if s.brokerage_max is None else s.brokerage_max)
        for each in bought + sold
    )
    stamp = sum(bought) * of(STAMP_BUYER, date) + sum(sold) * of(STAMP_SELLER, date)
    return (proportional(date) * sum(bought + sold) + stamp) / CRORE + tax * (orders + s.dp_charge * len(sold))


def buying_unit(date: dt.date, s: Any) -> float:
    """What a rupee of shares costs."""
    return (
        1
        + (proportional(date) + of(STAMP_BUYER, date)) / CRORE
        + s.brokerage_bps / 1e4 * (1 + of(SERVICE_TAX, date) / 100)
    )


def on_tick(price: float, date: dt.date, series: str, *, up: bool) -> float:
    tick = tick_of(price, date, series)
    return (math.ceil(price / tick - 1e-6) if up else max(math.floor(price / tick + 1e-6), 1)) * tick


def is_at_a_band(
    price: float, before: float | None, date: dt.date, series: str, *, up: bool, bands: Sequence[float]
) -> bool:
    """Before 2024-06-10, when the tick was five paise. `bands`: that of the name, none, or all if it is not known."""
    for band in bands if before else ():
        edge = before * (1 + band if up else 1 - band)
        tick = tick_of(edge, date, series)
        steps = math.floor(edge / tick + 1e-9) if up else math.ceil(edge / tick - 1e-9)
        edge = max(steps * tick, before + tick) if up else min(steps * tick, before - tick)
        if abs(price - edge) < tick_of(edge, date, series) / 2:
            return True
    return False
