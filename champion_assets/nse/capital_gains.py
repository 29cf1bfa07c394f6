"""The capital gains tax of an individual resident in India on listed shares.

The rates by date, and the tax of a financial year.

What belongs here: the packaged table (`data/capital_gains.csv`, a source in each line) and the law's arithmetic on
gains. What does not: which gains there were (`backtest/lots.py`).

- Long-term is what was held for more than 12 months: it is sold after the same day of the next year.
- Until 2018-03-31 long-term gains were exempt, and their losses count nothing (section 10(38)). Since then what was
  bought before 2018-02-01 costs at least its fair value, which is the highest price of 2018-01-31, but not more than it
  is sold for (section 55(2)(ac)).
- Losses of a year go first against its own gains: short-term ones against short-term gains, then against long-term
  ones; long-term ones against long-term gains. What is left is carried for eight years and used the same way, the
  oldest first (sections 70 and 74).
- Where rates changed within a year losses and the allowance go against the gains of the higher rate first.

Left out: surcharge and the basic exemption, which depend on the whole income, the rebate, and the stop of losses by
bonus stripping.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

CARRIED_YEARS = 8
FAIR_VALUE_ON = dt.date(2018, 1, 31)
TAXED_FROM = dt.date(2018, 4, 1)


@dataclass(frozen=True)
class Rates:
    """The rates of transfers since `first`, shares.

    `allowance`: rupees of long-term gains a year that are not taxed.
    """

    first: dt.date
    short: float
    long: float
    allowance: float
    cess: float


@dataclass(frozen=True)
class Gain:
    """What a sale brought beyond its cost, rupees, negative for a loss."""

    date: dt.date
    is_long: bool
    amount: float


@dataclass(frozen=True)
class Loss:
    """What is left of the losses of a financial year, rupees, positive; `year`: the one in which it ends."""

    year: int
    is_long: bool
    amount: float


@dataclass(frozen=True)
class YearTax:
    """The tax of a financial year.

    Attributes:
        tax: rupees, with cess.
        short, long: gains after losses were set off, before the allowance.
        allowance: what of it was used.
        set_off: losses of this and of earlier years that were used.
        carried: losses that later years can use.
    """

    tax: float
    short: float
    long: float
    allowance: float
    set_off: float
    carried: tuple[Loss, ...]


def financial_year(date: dt.date) -> int:
    """The year in which the financial year of a date ends: 2019 for 2018-04-01."""
    return date.year + (date.month >= 4)


def is_long_term(acquired: dt.date, sold: dt.date) -> bool:
    """True after more than 12 months."""
    try:
        anniversary = acquired.replace(year=acquired.year + 1)
    except ValueError:  # 29 February
        anniversary = dt.date(acquired.year + 1, 2, 28)
    return sold > anniversary


def gain_of(acquired: dt.date, sold: dt.date, proceeds: float, cost: float, fair_value: float | None) -> Gain:
    """The gain of a sale; `fair_value`: of these shares on 2018-01-31, None if they were bought later."""
    is_long = is_long_term(acquired, sold)
    if is_long and fair_value is not None and sold >= TAXED_FROM:
        cost = max(cost, min(fair_value, proceeds))
    return Gain(sold, is_long, proceeds - cost)


def rates_of(date: dt.date) -> Rates:
    """The rates of a transfer on `date`."""
    return next((line for line in reversed(_packaged()) if line.first <= date), _packaged()[0])


def tax_of_year(gains: Sequence[Gain], carried: Sequence[Loss], date: dt.date) -> YearTax:
    """The tax of the financial year of `date`, as if it ended then.

    Args:
        gains: of this financial year, up to `date`.
        carried: losses of earlier years, see `YearTax`.
        date: the last day that counts; the allowance is that of its rates.
    """
    year, law = financial_year(date), rates_of(date)
    short, short_loss = _by_rate([(rates_of(gain.date).short, gain.amount) for gain in gains if not gain.is_long])
    taxed = [(rates_of(gain.date).long, gain.amount) for gain in gains if gain.is_long]
    long, long_loss = _by_rate([each for each in taxed if each[0] > 0])
    before = sum(short.values()) + sum(long.values())
    short_loss = _use(short_loss, short, long)
    long_loss = _use(long_loss, long)
    usable = sorted((loss for loss in carried if loss.year >= year - CARRIED_YEARS), key=lambda loss: loss.year)
    left = [
        replace(loss, amount=_use(loss.amount, long) if loss.is_long else _use(loss.amount, short, long))
        for loss in usable
    ]
    left += [Loss(year, False, short_loss), Loss(year, True, long_loss)]
    net_short, net_long = sum(short.values()), sum(long.values())
    allowance = law.allowance - _use(law.allowance, long)
    tax = sum(rate * amount for rate, amount in (*short.items(), *long.items())) * (1 + law.cess)
    return YearTax(
        tax,
        net_short,
        net_long,
        allowance,
        before - net_short - net_long,
        tuple(loss for loss in left if loss.amount > 0),
    )


def _by_rate(amounts: Sequence[tuple[float, float]]) -> tuple[dict[float, float], float]:
    """The gains by rate, the highest first, and the sum of the losses."""
    found = {
        rate: sum(amount for each, amount in amounts if each == rate and amount > 0)
        for rate in {rate for rate, _ in amounts}
    }
    return dict(sorted(found.items(), reverse=True)), -sum(amount for _, amount in amounts if amount < 0)


def _use(loss: float, *gains: dict[float, float]) -> float:
    """Set a loss off against gains, in place and in their order; what is left of it."""
    for by_rate in gains:
        for rate, amount in by_rate.items():
            used = min(loss, amount)
            by_rate[rate] -= used
            loss -= used
    return loss


@lru_cache(maxsize=1)
def _packaged() -> tuple[Rates, ...]:
    text = resources.files("champion_assets.nse").joinpath("data/capital_gains.csv").read_text("utf-8")
    return tuple(
        Rates(dt.date.fromisoformat(row["first"]), float(row["short_percent"]) / 100, float(row["long_percent"]) / 100,
              float(row["allowance"]), float(row["cess_percent"]) / 100)
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip
