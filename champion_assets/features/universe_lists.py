"""Which names the exchange's lists let into the universe: stocks with derivatives, and stages of surveillance.

What belongs here: what `UNIVERSE_DERIVATIVES` and `UNIVERSE_SURVEILLANCE` mean, on rows of silver tables. What does
not: the rules of `features/universe` itself.

The lists of a day are published on its evening, and what is decided then is traded in the next session, so the list of
the day counts. Where it is not there the newest of the sessions before it counts, and every member says so; without any
list nobody is a member: a filter that was asked for is never left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

SHOWN = 20


@dataclass(frozen=True)
class Permitted:
    """Who may be a member by one list.

    Attributes:
        list_of: the day of the list; None if there is none.
        instruments: who may be one.
        facts: what the metadata of the day say.
    """

    list_of: dt.date | None
    instruments: frozenset[str]
    facts: Mapping[str, Any]


def by_derivatives(status: pl.DataFrame, window: Sequence[dt.date], wanted: Literal["only", "without"]) -> Permitted:
    """Stocks with, or without, derivatives.

    Args:
        status: trade_date, instrument_id and has_derivatives of silver/security_status.
        window: sessions up to the day, in order.
        wanted: which of them.

    Returns:
        Those of which the newest list of the window says so; a stock of which it says nothing is not among them.
    """
    known = status.filter(pl.col("has_derivatives").is_not_null())
    list_of, rows = _newest(known, window)
    chosen = rows.filter(pl.col("has_derivatives") == (wanted == "only"))["instrument_id"]
    return Permitted(list_of, frozenset(chosen), {"derivatives_list_of": _told(list_of)})


def by_surveillance(activity: pl.DataFrame, window: Sequence[dt.date], least: Mapping[str, int]) -> Permitted:
    """Names that no measure touches at or above its stage.

    Args:
        activity: trade_date, instrument_id, symbol, is_watched and the measures of silver/trading_activity.
        window: sessions up to the day, in order.
        least: by measure the least stage that keeps a name out; 0 is every stage.

    Returns:
        Those that the newest list of the window names and no such measure touches; a name off the list is not known to
        be free of them, so it is not among them.
    """
    list_of, rows = _newest(activity.filter(pl.col("is_watched").is_not_null()), window)
    touched = pl.any_horizontal(
        pl.lit(value=False), *(pl.col(name).fill_null(-1) >= stage for name, stage in least.items())
    )
    kept_out = rows.filter(touched)["symbol"].sort().to_list()
    facts = {"surveillance_list_of": _told(list_of), "kept_out_by_surveillance": len(kept_out)}
    named = {"kept_out_by_surveillance_symbols": ", ".join(kept_out[:SHOWN])} if kept_out else {}
    return Permitted(list_of, frozenset(rows.filter(~touched)["instrument_id"]), facts | named)


def stale_words(date: dt.date, lists: Mapping[str, Permitted]) -> str | None:
    """What each member of `date` says if one of the lists, by what it lists, is of an earlier day; else nothing."""
    old = [f"{what} as of {each.list_of}" for what, each in lists.items() if each.list_of not in (None, date)]
    return "; ".join(old) or None


def _newest(rows: pl.DataFrame, window: Sequence[dt.date]) -> tuple[dt.date | None, pl.DataFrame]:
    """The newest day of a window that has rows, and these."""
    within = rows.filter(pl.col("trade_date").is_in(list(window)))
    newest: dt.date | None = within["trade_date"].max()  # type: ignore[assignment]
    return newest, within.filter(pl.col("trade_date") == newest) if newest else within


def _told(list_of: dt.date | None) -> str:
    return str(list_of or "no day: the universe is empty")
