"""The numbers that `checks/index_replication` recomputes: equal weights, products of factors, adjusted extremes.

What belongs here: arithmetic on frames. What does not: reading tables, or the rows of the check.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import polars as pl

QUARTERS, BEFORE = (3, 6, 9, 12), 3


DECAY, PRINTED = 0.995, 0.000101
"""Of the published volatility: what the session before counts, and the rounding of two figures of four decimals."""
ADJUSTED_KINDS = ("split", "consolidation", "bonus", "rights")


def basis_of(sessions: Sequence[dt.date], date: dt.date) -> dt.date | None:
    """The session at whose closes the weights of `date` were equal; None if it lies before the history.

    Args:
        sessions: in order, up to `date`.
        date: a session of them.
    """
    ends = [place for place, (one, after) in enumerate(pairwise(sessions))
            if one.month in QUARTERS and after.month != one.month and after <= date]  # fmt: skip
    return sessions[ends[-1] - BEFORE] if ends and ends[-1] >= BEFORE else None


def equal_weight_return(members: pl.DataFrame) -> float:
    """The return of weights that were equal once and drifted since.

    Args:
        members: close, prev_close, `base` (the close at which weights were equal, in today's shares before today's
            actions; null for a name that had none) and `f` (today's price factor).
    """
    grown = [
        None if base is None else before / base for before, base in members.select("prev_close", "base").iter_rows()
    ]
    known = [each for each in grown if each is not None]
    mean = math.fsum(known) / len(known) if known else 1.0
    before = [mean if each is None else each for each in grown]
    moves = [close / (last * f) for close, last, f in members.select("close", "prev_close", "f").iter_rows()]
    return math.fsum(weight * move for weight, move in zip(before, moves, strict=True)) / math.fsum(before) - 1


def factors_between(
    events: pl.DataFrame, after: dt.date, until: dt.date, kinds: Iterable[str] | None = None
) -> pl.DataFrame:
    """By instrument the product of the price factors of sessions after `after` up to `until`: instrument_id, f."""
    chosen = events.filter((pl.col("ex_session") > after) & (pl.col("ex_session") <= until))
    chosen = chosen if kinds is None else chosen.filter(pl.col("kind").is_in(list(kinds)))
    return (
        chosen.sort("instrument_id", "ex_session")
        .group_by("instrument_id", maintain_order=True)
        .agg(f=pl.col("f_capital").product())
    )


def volatility_misfits(today: pl.DataFrame, said: pl.DataFrame, factors: pl.DataFrame) -> tuple[int, list[str]]:
    """How many securities have a published volatility, and the symbols whose figure our own return does not give.

    Args:
        today: instrument_id, symbol, close and prev_close of a day.
        said: symbol, previous_volatility and volatility, each a share a day.
        factors: instrument_id and `f`, the price factor of the day's actions.
    """
    both = today.filter(pl.col("prev_close") > 0).join(said, on="symbol")
    both = both.join(factors, on="instrument_id", how="left", maintain_order="left")
    own = (pl.col("close") / (pl.col("prev_close") * pl.col("f").fill_null(1.0))).log()
    step = (DECAY * pl.col("previous_volatility") ** 2 + (1 - DECAY) * own**2).sqrt()
    return both.height, both.filter((step - pl.col("volatility")).abs() > PRINTED)["symbol"].sort().to_list()


def extremes(prices: pl.DataFrame, events: pl.DataFrame, date: dt.date) -> pl.DataFrame:
    """Adjusted highest and lowest price of the year before `date`.

    Instrument_id, symbol, series of the day, own_high, own_low.

    Args:
        prices: rows of silver/equity_eod up to `date`.
        events: legs in force on `date`.
        date: the day.
    """
    year = prices.filter(pl.col("trade_date").is_between(date - dt.timedelta(days=365), date, closed="left"))
    acted = events.filter(pl.col("kind").is_in(ADJUSTED_KINDS)).select("instrument_id", "ex_session", "f_capital")
    has_acted = pl.col("instrument_id").is_in(acted["instrument_id"].unique().implode())
    ends = [pl.col("high").max().alias("own_high"), pl.col("low").min().alias("own_low")]
    plain = year.filter(~has_acted).group_by("instrument_id").agg(ends)
    year = year.filter(has_acted)
    later = year.join(acted, on="instrument_id").filter(pl.col("ex_session") > pl.col("trade_date"))
    scale = (
        later.sort("instrument_id", "trade_date", "ex_session")
        .group_by("instrument_id", "trade_date")
        .agg(scale=pl.col("f_capital").product())
    )
    scaled = year.join(scale, on=["instrument_id", "trade_date"], how="left").with_columns(
        pl.col("scale").fill_null(1.0)
    )
    moved = scaled.group_by("instrument_id").agg(
        own_high=(pl.col("high") * pl.col("scale")).max(), own_low=(pl.col("low") * pl.col("scale")).min()
    )
    found = pl.concat([plain, moved])
    today = prices.filter(pl.col("trade_date") == date).select("instrument_id", "symbol", "series")
    return today.join(found, on="instrument_id").sort("instrument_id")
