"""The window of returns behind a day's universe: what expected returns and the risk model are estimated from.

What belongs here: which returns belong to which day. What does not: the estimators (`quant/`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from champion_assets.features.panel import panel
from champion_assets.lake.inputs import Inputs

RETURNS = "features/returns"


@dataclass(frozen=True)
class Window:
    """Total returns of a day's universe, shape (sessions, members), NaN where missing, and the members' median
    turnover, rupees; members sorted by instrument_id.
    """

    date: dt.date
    sessions: list[dt.date]
    instruments: list[str]
    symbols: list[str]
    returns: NDArray[np.float64]
    turnover: NDArray[np.float64]


def return_windows(inputs: Inputs, dates: Sequence[dt.date]) -> Iterator[Window]:
    """The windows of returns that end on each of `dates`, as long as the table declares them.

    Without members the matrix has no column.
    """
    spans = {date: inputs.window(RETURNS, date, lag=0) for date in dates}
    sessions = sorted({day for span in spans.values() for day in span})
    universe = inputs.read(
        "features/universe", ["trade_date", "instrument_id", "symbol", "median_turnover"], days=dates
    )
    by_day = {
        key[0]: rows.sort("instrument_id") for key, rows in universe.partition_by("trade_date", as_dict=True).items()
    }
    if by_day:
        returns = inputs.read(RETURNS, ["trade_date", "instrument_id", "total_return"], days=sessions)
        everything = panel(
            returns.filter(pl.col("instrument_id").is_in(universe["instrument_id"].unique().implode())),
            "total_return",
            sessions,
        )
    for date in dates:
        span = spans[date]
        if date not in by_day:
            yield Window(date, span, [], [], np.empty((len(span), 0)), np.empty(0))
            continue
        instruments = by_day[date]["instrument_id"].to_list()
        last = everything.row(date)
        matrix = everything.values[last + 1 - len(span) : last + 1][:, everything.columns(instruments)]
        rows = by_day[date]
        yield Window(
            date,
            span,
            instruments,
            rows["symbol"].to_list(),
            np.ascontiguousarray(matrix),
            rows["median_turnover"].to_numpy(),
        )
