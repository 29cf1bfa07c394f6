"""What other programs ask of a lake, row by row: prices, index members, splits and dividends of symbols.

What belongs here: from the research API to plain rows. What does not: any program's classes (`openbb_provider.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from champion_assets import research
from champion_assets.common.errors import RequestError
from champion_assets.quant.adjust import Level, known_events
from champion_assets.research.opening import open_for_reading

Row = dict[str, Any]
NIFTY_50 = ("NIFTY50", "NIFTY 50", "^NSEI")
"""Names of the one index whose members are known by day."""
_ACTIONS = "silver/corporate_actions"
_COUNTED = ("split", "consolidation", "bonus")


def price_rows(
    symbols: Sequence[str], start: dt.date | None, end: dt.date | None, adjustment: Level = "capital"
) -> list[Row]:
    """Daily prices, adjusted as known on the last day; rows whose adjustment is in doubt are left out with a warning.

    Args:
        symbols: tickers that the instruments carried on some day.
        start: first day; the first session of the lake if None.
        end: last day; the last session of the lake if None.
        adjustment: see `research.prices`.

    Returns:
        By day and symbol: date, symbol, open, high, low, close and vwap in rupees, volume in shares.
    """
    first, last = _span(start, end)
    found = research.prices(first, last, adjust=adjustment, symbols=list(symbols), on_doubt="drop")
    columns = [pl.col(f"adj_{name}").alias(name) for name in ("open", "high", "low", "close", "volume", "vwap")]
    return list(found.select(pl.col("trade_date").alias("date"), "symbol", *columns).iter_rows(named=True))


def member_rows(index: str, date: dt.date | None) -> list[Row]:
    """The members of an index by the newest list up to a day: symbol, and the day of the list.

    Raises:
        RequestError: another index than the Nifty 50, or no list up to that day.
    """
    if index.upper() not in NIFTY_50:
        raise RequestError(f"members by day are known of the Nifty 50 ({NIFTY_50[0]}), not of {index}")
    first, last = _span(None, date)
    columns = ["trade_date", "symbol", "is_nifty_50"]
    lists = research.table("silver/security_status", first, last, columns=columns, allow_missing=True)
    listed = lists.filter("is_nifty_50")
    if listed.is_empty():
        raise RequestError(f"no list of the members of the Nifty 50 up to {last}: it comes with the PR bundles")
    newest = listed.filter(pl.col("trade_date") == pl.col("trade_date").max()).sort("symbol")
    return list(newest.select("symbol", list_of="trade_date").iter_rows(named=True))


def split_rows(symbol: str) -> list[Row]:
    """Splits, consolidations and bonuses of an instrument: date, numerator new shares for denominator old ones."""
    rows = _events(symbol, None, None).filter(pl.col("kind").is_in(_COUNTED) & (pl.col("q") != 1.0))
    return [
        {"date": date, "numerator": q, "denominator": 1.0, "split_ratio": f"{q:g}:1"}
        for date, q in rows.select("ex_date", "q").iter_rows()
    ]


def dividend_rows(symbol: str, start: dt.date | None, end: dt.date | None) -> list[Row]:
    """Dividends and distributions of an instrument: symbol, ex_dividend_date, amount in rupees a share."""
    rows = _events(symbol, start, end).filter(pl.col("kind").is_in(["dividend", "distribution"])).drop_nulls("cash")
    return list(rows.select("symbol", ex_dividend_date="ex_date", amount="cash").iter_rows(named=True))


def _events(symbol: str, start: dt.date | None, end: dt.date | None) -> pl.DataFrame:
    """Legs of an instrument in force on the last day, whatever it was called, confirmed ones only."""
    first, last = _span(None, end)
    known = research.instrument_history(last, symbols=[symbol], allow_missing=True)["instrument_id"].unique()
    columns = ["trade_date", "instrument_id", "symbol", "ex_date", "leg", "kind", "q", "cash", "held"]
    rows = research.table(_ACTIONS, first, last, columns=columns, allow_missing=True)
    mine = known_events(rows.filter(pl.col("instrument_id").is_in(known.implode())), last)
    mine = mine.filter(pl.col("held").is_null() & (pl.col("ex_date") >= (start or first)))
    return mine.sort("ex_date", "leg")


def _span(start: dt.date | None, end: dt.date | None) -> tuple[dt.date, dt.date]:
    """The days asked for, the lake's own where none are."""
    dates = open_for_reading().lake.dates("silver/equity_eod")
    if not dates:
        raise RequestError("the lake has no prices yet; build some: champion backfill START END")
    return start or dates[0], min(end or dates[-1], dates[-1])
