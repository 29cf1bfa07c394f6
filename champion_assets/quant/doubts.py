"""Doubt in adjusted prices: which rows lie before a session across which the factor is not known.

What belongs here: the arithmetic on frames. A row of day t, adjusted to the day A, is in doubt if a doubt is open as of
A whose session lies after t; no session of a doubt lies after the day on which it was known. What does not: which
doubts there are (`silver/doubts.py`), reading them (`research/`).
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from champion_assets.quant.adjust import LEVELS, Level


def open_doubts(doubts: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """The doubts that were known on `as_of` and not settled.

    Args:
        doubts: trade_date (since when it is known), instrument_id, ex_session, doubt; a row `settled` ends those of the
            same instrument and session that were known before it.
        as_of: what became known after this day does not count.

    Returns:
        The open ones of the rows.
    """
    known = doubts.filter(pl.col("trade_date") <= as_of)
    settled = pl.when(pl.col("doubt") == "settled").then("trade_date")
    is_settled = pl.col("trade_date") < settled.max().over("instrument_id", "ex_session")
    return known.filter((pl.col("doubt") != "settled") & ~is_settled.fill_null(value=False))


def doubtful_sessions(doubts: pl.DataFrame, level: Level) -> pl.DataFrame:
    """The sessions across which prices at a level are in doubt.

    Args:
        doubts: open doubts: instrument_id, ex_session, doubt, level (the lowest in doubt), reason.
        level: see `LEVELS`; at `none` nothing is in doubt.

    Returns:
        One row per instrument and session: instrument_id, ex_session, `doubt` in words; sorted.
    """
    mine = doubts.filter(pl.col("level").is_in(LEVELS[: LEVELS.index(level) + 1]))
    text = pl.format("{} across {}: {}", "doubt", "ex_session", "reason")
    words = mine.group_by("instrument_id", "ex_session").agg(doubt=text.unique().sort().str.join("; "))
    return words.sort("instrument_id", "ex_session")


def mark(prices: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Rows with `is_complete` and `doubt`, the words of the first doubtful session after the row, if there is one.

    Args:
        prices: rows with trade_date and instrument_id.
        sessions: see `doubtful_sessions`; none of them after the day that the prices are adjusted to.

    Example:
        >>> days = [dt.date(2024, 1, 1), dt.date(2024, 1, 3)]
        >>> prices = pl.DataFrame({"trade_date": days, "instrument_id": ["A", "A"]})
        >>> sessions = pl.DataFrame({"instrument_id": ["A"], "ex_session": [dt.date(2024, 1, 2)], "doubt": ["a gap"]})
        >>> mark(prices, sessions)["is_complete"].to_list()
        [False, True]
    """
    names = sessions["instrument_id"].unique().implode()
    concerned = prices.select("instrument_id", "trade_date").with_row_index("_order")
    concerned = concerned.filter(pl.col("instrument_id").is_in(names)).sort("instrument_id", "trade_date")
    found = concerned.join_asof(
        sessions,
        left_on="trade_date",
        right_on="ex_session",
        by="instrument_id",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    ).drop_nulls("doubt")
    if found.is_empty():
        return prices.with_columns(pl.lit(value=True).alias("is_complete"), pl.lit(None, pl.String).alias("doubt"))
    place = np.full(prices.height, found.height, dtype=np.uint32)  # the row of nulls behind them
    place[found["_order"].to_numpy()] = np.arange(found.height, dtype=np.uint32)
    words = pl.concat([found["doubt"], pl.Series([None], dtype=pl.String)]).gather(pl.Series(place))
    return prices.with_columns(words.is_null().alias("is_complete"), words)
