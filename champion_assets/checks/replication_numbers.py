"""The numbers that `checks/index_replication` recomputes: equal weights, products of factors, adjusted extremes.

What belongs here: arithmetic on frames. What does not: reading tables, or the rows of the check.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

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


def factors_of_days(events: pl.DataFrame) -> pl.DataFrame:
    """Price factors of each ex-session as known on it: trade_date (the ex-session), instrument_id, f.

    Args:
        events: trade_date, instrument_id, ex_date, ex_session and f_capital of legs, whenever they were told.
    """
    told = events.filter((pl.col("trade_date") <= pl.col("ex_session")) & (pl.col("ex_date") <= pl.col("ex_session")))
    newest = pl.col("trade_date") == pl.col("trade_date").max().over("instrument_id", "ex_date")
    key = ["ex_session", "instrument_id"]
    products = told.filter(newest).sort(key).group_by(key, maintain_order=True).agg(f=pl.col("f_capital").product())
    return products.rename({"ex_session": "trade_date"})


class Extremes:
    """Highest and lowest prices of the year before any day, adjusted by the actions known on it.

    Args:
        prices: trade_date, instrument_id, high and low of silver/equity_eod.
    """

    def __init__(self, prices: pl.DataFrame) -> None:
        names = prices["instrument_id"].unique().sort()
        self._sessions = np.unique(prices["trade_date"].to_numpy().astype("datetime64[D]"))
        lines = np.searchsorted(self._sessions, prices["trade_date"].to_numpy().astype("datetime64[D]"))
        codes = prices["instrument_id"].cast(pl.Enum(names)).to_physical().to_numpy()
        self._values = {side: np.full((self._sessions.size, names.len()), np.nan) for side in ("high", "low")}
        for side, values in self._values.items():
            values[lines, codes] = prices[side].to_numpy()
        self._place = {name: place for place, name in enumerate(names)}

    def before(self, date: dt.date, first: dt.date, events: pl.DataFrame) -> pl.DataFrame:
        """Instrument_id, own_high and own_low, rupees, of sessions of the year before `date`, null without any.

        Args:
            date: the day.
            first: no session before it counts.
            events: legs in force on `date`: instrument_id, ex_session, kind, f_capital.
        """
        begin = max(first, date - dt.timedelta(days=365))
        start, end = np.searchsorted(self._sessions, np.asarray([begin, date], dtype="datetime64[D]"))
        acted = events.filter(pl.col("kind").is_in(ADJUSTED_KINDS) & (pl.col("ex_session") > begin))
        scales: dict[int, NDArray[np.float64]] = {}
        for name, ex_session, f in (
            acted.sort("instrument_id", "ex_session").select("instrument_id", "ex_session", "f_capital").iter_rows()
        ):
            if name in self._place:
                scale = scales.setdefault(self._place[name], np.ones(end - start))
                scale[self._sessions[start:end] < np.datetime64(ex_session)] *= f
        found = {}
        for side, reduce in (("high", np.fmax.reduce), ("low", np.fmin.reduce)):
            values = self._values[side][start:end]
            nothing = np.full(values.shape[1], np.nan)
            ends = np.asarray(reduce(values, axis=0)) if start < end else nothing
            for place, scale in scales.items() if start < end else ():
                ends[place] = reduce(values[:, place] * scale)
            found[f"own_{side}"] = pl.Series(ends).fill_nan(None)
        return pl.DataFrame({"instrument_id": list(self._place), **found})
