"""What a delivery trade in NSE's cash market costs, by the date it was made.

What belongs here: dated rates of taxes and charges. What does not: slippage and impact (they are models, not charges).

Sources: Finance Acts 2004-2012 and NSE/FATAX/20990 (STT), NSE circulars on transaction charges of 2020-12, 2023-03, 2024-03 and
2024-09, SEBI fee notifications, Indian Stamp Act amendment in force from 2020-07-01, service-tax and GST notifications. Entries
before 2020 for exchange charge and stamp duty are those of large brokers (Maharashtra). Check value: buying and selling 5,000 shares
at Rs 1,000 under the rates of 2026 costs Rs 11,124.06.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass

Schedule = tuple[tuple[str, float], ...]

STT: Schedule = (
    ("1994-01-01", 0.0),
    ("2004-10-01", 0.00075),
    ("2005-06-01", 0.001),
    ("2006-06-01", 0.00125),
    ("2012-07-01", 0.001),
)
"""Securities transaction tax on delivery, of the value, on each side."""
EXCHANGE_CHARGE: Schedule = (
    ("1994-01-01", 0.0000325), ("2021-01-01", 0.0000345), ("2023-04-01", 0.0000335), ("2024-04-01", 0.0000332),
    ("2024-10-01", 0.0000307),
)  # fmt: skip
"""Transaction charge and investor-protection contribution, of the value, on each side."""
SEBI_FEE: Schedule = (
    ("1994-01-01", 0.0),
    ("2006-04-01", 0.000002),
    ("2014-01-01", 0.0000015),
    ("2019-04-01", 0.000001),
)
"""SEBI turnover fee, of the value, on each side."""
STAMP_BUY: Schedule = (("1994-01-01", 0.0001), ("2020-07-01", 0.00015))
STAMP_SELL: Schedule = (("1994-01-01", 0.0001), ("2020-07-01", 0.0))
"""Stamp duty, of the value."""
SERVICE_TAX: Schedule = (
    ("1994-07-01", 0.05), ("2003-05-14", 0.08), ("2004-09-10", 0.102), ("2006-04-18", 0.1224), ("2007-06-01", 0.1236),
    ("2009-02-24", 0.103), ("2012-04-01", 0.1236), ("2015-06-01", 0.14), ("2015-11-15", 0.145), ("2016-06-01", 0.15),
    ("2017-07-01", 0.18),
)  # fmt: skip
"""Service tax, later GST, on brokerage and exchange charge (and on the SEBI fee from 2022-07-18)."""
_TAX_ON_SEBI_FEE_FROM = dt.date(2022, 7, 18)


def rate(schedule: Schedule, date: dt.date) -> float:
    """The rate in force on `date`."""
    index = bisect_right([start for start, _ in schedule], date.isoformat()) - 1
    return schedule[max(index, 0)][1]


@dataclass(frozen=True)
class CostRates:
    """What one rupee of buying and one of selling costs on a date, all charges together."""

    buy: float
    sell: float


def cost_rates(date: dt.date, *, brokerage_bps: float = 0.0) -> CostRates:
    """Rates of `date` for delivery trades; brokerage in basis points of the value."""
    brokerage = brokerage_bps / 10_000
    exchange, sebi, tax = rate(EXCHANGE_CHARGE, date), rate(SEBI_FEE, date), rate(SERVICE_TAX, date)
    taxed = brokerage + exchange + (sebi if date >= _TAX_ON_SEBI_FEE_FROM else 0.0)
    common = rate(STT, date) + exchange + sebi + brokerage + tax * taxed
    return CostRates(common + rate(STAMP_BUY, date), common + rate(STAMP_SELL, date))
