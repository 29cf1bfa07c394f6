"""Adjusted prices: raw prices and events to factors in time, as known on any day.

What belongs here: the arithmetic on frames. `adj(t | A) = raw(t) * G(t) / G(A)` with the forward factor `G(t)`, the
product of 1/f over the ex-dates up to t; so `adj = raw * F`, F the product of f over the ex-dates after t. Nothing is
ever rounded. What does not: reading tables (`research/`).
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Level = Literal["none", "capital", "capital_special", "total_return"]
LEVELS: tuple[Level, ...] = Level.__args__  # type: ignore[attr-defined]
PRICES = ("open", "high", "low", "close", "last", "vwap")
"""Prices of the row's own session; those of the session before are in `prior.py`."""
QUANTITIES = ("volume", "delivery_qty")


def known_events(events: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """The legs of corporate actions that were in force as of a day.

    Args:
        events: stored legs (silver/corporate_actions) with instrument_id, trade_date and ex_date.
        as_of: the day; later rows and later ex-dates are ignored.

    Returns:
        For each instrument and ex-date the legs with the newest trade_date up to `as_of`, all columns.
    """
    past = events.filter((pl.col("trade_date") <= as_of) & (pl.col("ex_date") <= as_of))
    newest = pl.col("trade_date") == pl.col("trade_date").max().over(["instrument_id", "ex_date"])
    return past.filter(newest)


def forward_factors(events: pl.DataFrame, level: Level) -> pl.DataFrame:
    """G and Q after each ex-session, one row per instrument and ex-session, sorted.

    Args:
        events: legs in force (instrument_id, ex_session, f_<level>, q).
        level: which factor.

    Returns:
        instrument_id, ex_session, f and q of the day, g (product of 1/f so far) and n (product of q so far).
    """
    f = pl.lit(1.0) if level == "none" else pl.col(f"f_{level}")
    days = events.group_by("instrument_id", "ex_session").agg(
        f=f.product() if level != "none" else pl.lit(1.0), q=pl.col("q").product()
    )
    days = days.sort("instrument_id", "ex_session")
    return days.with_columns(
        g=(1 / pl.col("f")).cum_prod().over("instrument_id"), n=pl.col("q").cum_prod().over("instrument_id")
    )


def adjust(prices: pl.DataFrame, events: pl.DataFrame, level: Level, as_of: dt.date) -> pl.DataFrame:
    """Adjusted beside raw: every price column times F, every quantity times the share factor, turnover untouched.

    Args:
        prices: rows with trade_date, instrument_id and any of `PRICES` and `QUANTITIES`; trade_date up to `as_of`.
        events: all stored legs (silver/corporate_actions); only what was known on `as_of` is used.
        level: see `LEVELS`; `none` gives the prices as they are.
        as_of: the day A that prices are adjusted to.

    Returns:
        The rows in their order with the columns `adj_<price>`, `adj_<quantity>` (Float64), `factor` F and
        `share_factor`.
    """
    factors = forward_factors(known_events(events, as_of), level)
    end = factors.group_by("instrument_id").agg(g_end=pl.col("g").last(), n_end=pl.col("n").last())
    factor, shares = _factors_of_rows(prices, factors, end)
    out = prices.with_columns(factor, shares)
    return out.with_columns(
        *((pl.col(name) * pl.col("factor")).alias(f"adj_{name}") for name in PRICES if name in prices.columns),
        *(
            (pl.col(name) * pl.col("share_factor")).alias(f"adj_{name}")
            for name in QUANTITIES
            if name in prices.columns
        ),
    )


def _factors_of_rows(prices: pl.DataFrame, factors: pl.DataFrame, end: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """`factor` and `share_factor` of each row.

    Only rows of instruments with an event are looked up, all others have 1.
    """
    both = np.ones((2, prices.height))
    numbered = end.with_row_index("_number")
    number = prices.select("instrument_id").join(numbered, on="instrument_id", how="left", maintain_order="left")[
        "_number"
    ]
    rows = np.flatnonzero(number.is_not_null().to_numpy())
    if rows.size:
        events = factors.join(numbered, on="instrument_id").sort("_number", "ex_session")
        mine = number.drop_nulls().to_numpy().astype(np.int64)
        owner = events["_number"].to_numpy().astype(np.int64)
        keys = owner * _DAYS + _day_numbers(events["ex_session"])
        last = np.searchsorted(keys, mine * _DAYS + _day_numbers(prices["trade_date"])[rows], side="right") - 1
        has_one = (last >= 0) & (owner[last] == mine)
        for row, now, final, is_share in ((both[0], "g", "g_end", False), (both[1], "n", "n_end", True)):
            value, ends = np.where(has_one, events[now].to_numpy()[last], 1.0), numbered[final].to_numpy()[mine]
            # an instrument whose G has not moved since must keep its prices to the bit
            row[rows] = np.where(has_one & (value == ends), 1.0, ends / value if is_share else value / ends)
    return pl.Series("factor", both[0]), pl.Series("share_factor", both[1])


_DAYS = 10_000_000
"""More than any number of a day."""


def _day_numbers(dates: pl.Series) -> NDArray[np.int64]:
    return dates.to_physical().cast(pl.Int64).to_numpy()
