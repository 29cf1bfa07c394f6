"""What a delivery trade in NSE's cash market costs, by the date it was made.

What belongs here: dated rates of taxes and charges. What does not: slippage and impact (they are models, not charges).

Sources: Finance Acts 2004-2012 and NSE/FATAX/20990 (STT), NSE circulars on transaction charges of 2020-12, 2023-03,
2024-03 and 2024-09, SEBI fee notifications, Indian Stamp Act amendment in force from 2020-07-01, service-tax and GST
notifications. Entries before 2020 for exchange charge and stamp duty are those of large brokers (Maharashtra). Check
value: buying and selling 5,000 shares at Rs 1,000 under the rates of 2026 costs Rs 11,124.06.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Sequence
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
    """The rate in force on a day.

    Args:
        schedule: rates by first day.
        date: the day.
    """
    index = bisect_right([start for start, _ in schedule], date.isoformat()) - 1
    return schedule[max(index, 0)][1]


@dataclass(frozen=True)
class CostRates:
    """What one rupee of buying and one of selling costs on a date, without brokerage and depository charge.

    The parts, and all together.

    `stamp_buy` and `stamp_sell` differ; the other parts are the same on both sides. `tax` is service tax or GST on
    `taxed`, and on brokerage and depository charges.
    """

    stt: float
    exchange: float
    sebi: float
    stamp_buy: float
    stamp_sell: float
    tax: float
    taxed: float

    @property
    def buy(self) -> float:
        """All statutory charges of a rupee bought."""
        return self.stt + self.exchange + self.sebi + self.stamp_buy + self.tax * self.taxed

    @property
    def sell(self) -> float:
        """All statutory charges of a rupee sold."""
        return self.stt + self.exchange + self.sebi + self.stamp_sell + self.tax * self.taxed


def cost_rates(date: dt.date) -> CostRates:
    """The statutory rates of delivery trades.

    Args:
        date: the day of the trade.
    """
    exchange, sebi = rate(EXCHANGE_CHARGE, date), rate(SEBI_FEE, date)
    return CostRates(
        rate(STT, date), exchange, sebi, rate(STAMP_BUY, date), rate(STAMP_SELL, date), rate(SERVICE_TAX, date),
        exchange + (sebi if date >= _TAX_ON_SEBI_FEE_FROM else 0.0),
    )  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What a broker takes.

    A share of each order's value, at most `largest` rupees an order, and rupees a name and day sold
    (depository).
    """

    brokerage: float = 0.0
    largest: float = math.inf
    depository: float = 0.0


@dataclass(frozen=True)
class Charges:
    """What the orders of a day cost, rupees, by kind."""

    stt: float = 0.0
    exchange: float = 0.0
    stamp: float = 0.0
    tax: float = 0.0
    brokerage: float = 0.0
    depository: float = 0.0

    @property
    def total(self) -> float:
        """All of them."""
        return self.stt + self.exchange + self.stamp + self.tax + self.brokerage + self.depository


def charges(rates: CostRates, plan: Plan, bought: Sequence[float], sold: Sequence[float]) -> Charges:
    """The charges of orders.

    Args:
        rates: statutory rates of the day.
        plan: the broker's charges.
        bought: values of the buys, rupees.
        sold: values of the sells, rupees.

    Returns:
        Charges by kind, rupees; `exchange` includes the SEBI fee.
    """
    buys, sells = math.fsum(bought), math.fsum(sold)
    value = buys + sells
    brokerage = math.fsum(min(plan.brokerage * each, plan.largest) for each in (*bought, *sold))
    depository = plan.depository * sum(each > 0 for each in sold)
    return Charges(
        rates.stt * value, (rates.exchange + rates.sebi) * value, rates.stamp_buy * buys + rates.stamp_sell * sells,
        rates.tax * (rates.taxed * value + brokerage + depository), brokerage, depository,
    )  # fmt: skip
