"""The close before a row on the scale of the adjusted prices: across an ex-date it needs the factor of its own session.

What belongs here: `prior_factor`, the factor of an instrument's session before the row, and the two columns that it
adjusts. What does not: the factor of the row itself (`adjust.py`), reading tables (`research/`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from champion_assets.quant.adjust import Level, known_events

PRIOR = ("prev_close", "prior_close")
"""Prices of the session before the row."""


def with_prior(
    prices: pl.DataFrame,
    events: pl.DataFrame,
    sessions: pl.DataFrame,
    unread: Sequence[dt.date],
    level: Level,
    as_of: dt.date,
) -> pl.DataFrame:
    """Rows with `prior_factor`, `adj_prev_close` and `adj_prior_close`.

    `prior_factor` is the row's factor times f of every ex-session after the instrument's last session up to the row, so
    `adj_close / adj_prior_close - 1` is the return across an ex-date, too. All three are null where something between
    the two sessions is in doubt or was never read.

    Args:
        prices: rows in order of dates with trade_date, instrument_id, prior_date (null: nothing is known before the
            day), factor and any of `PRIOR`; one row per instrument and day.
        events: legs (silver/corporate_actions) whose ex-sessions lie after the prior dates.
        sessions: instrument_id and ex_session of what is in doubt at the level.
        unread: sessions whose actions were not read.
        level: see `quant.adjust.LEVELS`; at `none` every factor is 1.
        as_of: the day A that prices are adjusted to.

    Example:
        >>> days = [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]
        >>> prices = pl.DataFrame({"trade_date": days, "instrument_id": ["A", "A"], "prior_date": [None, days[0]],
        ...                        "prior_close": [None, 100.0], "factor": [0.2, 1.0]})
        >>> split = pl.DataFrame({"trade_date": [days[1]], "instrument_id": ["A"], "ex_date": [days[1]],
        ...                       "ex_session": [days[1]], "f_capital": [0.2]})
        >>> none = pl.DataFrame(schema={"instrument_id": pl.String, "ex_session": pl.Date})
        >>> with_prior(prices, split, none, [], "capital", days[1])["adj_prior_close"].to_list()
        [None, 20.0]
    """
    if level == "none":
        factor = pl.Series("prior_factor", np.ones(prices.height))
    else:
        order = prices.select(
            "instrument_id",
            "trade_date",
            since=pl.col("prior_date").fill_null(pl.col("trade_date") - pl.duration(days=1)),
            _row=pl.int_range(pl.len()),
        )
        across = np.ones(prices.height)
        legs = _rows_of(order, known_events(events, as_of).select("instrument_id", "ex_session", f=f"f_{level}"))
        np.multiply.at(across, legs["_row"].to_numpy(), legs["f"].to_numpy())
        is_known = ~_spans_one_of(order, unread)
        is_known[_rows_of(order, sessions)["_row"].to_numpy()] = False
        value = pl.when(pl.Series(is_known)).then(prices["factor"] * pl.Series(across))
        factor = pl.select(value.alias("prior_factor")).to_series()
    out = prices.with_columns(factor)
    return out.with_columns(
        (pl.col(name) * pl.col("prior_factor")).alias(f"adj_{name}") for name in PRIOR if name in prices.columns
    )


def _rows_of(order: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """What was `found` of an instrument and ex-session with the row that it lies before, after the session before."""
    joined = found.sort("ex_session").join_asof(
        order,
        left_on="ex_session",
        right_on="trade_date",
        by="instrument_id",
        strategy="forward",
        check_sortedness=False,
    )
    return joined.filter(pl.col("since") < pl.col("ex_session"))


def _spans_one_of(order: pl.DataFrame, days: Sequence[dt.date]) -> NDArray[np.bool_]:
    """Whether one of `days` lies after the session before a row, up to the row."""
    numbers = pl.Series(sorted(days), dtype=pl.Date).to_physical().to_numpy()
    up_to = [
        np.searchsorted(numbers, order[name].to_physical().to_numpy(), "right") for name in ("since", "trade_date")
    ]
    return np.asarray(up_to[1] > up_to[0])
