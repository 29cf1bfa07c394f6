"""The whole register of instruments at the end of any day, out of the rows of `silver/instruments`.

Which say what changed.

What belongs here: putting a day's register together, for tables and for people. What does not: who is who
(`nse/identity.py`), or which rows a day stores (`instruments.py`).

Of an instrument the newest row up to the day counts. If it says that the instrument traded on the row's own day, the
instrument has traded on every session since, and its last close is that of the day's file under the symbol, series and
ISIN of the row; else it has not traded since. The first session of a month has a row of every instrument, so no day
needs rows of an earlier month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence

import numpy as np
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.nse.schema import EQUITY_SERIES

NAME, PRICES = "silver/instruments", "bronze/bhavcopy"
PRICE_COLUMNS = ["trade_date", "symbol", "series", "isin", "turnover", "close"]
"""What `closes` wants of bronze/bhavcopy."""
_KEY = ["symbol", "series", "isin"]


def register_input(lag: int = 0) -> Input:
    """The window that the register of the day needs, or of the session `lag` before.

    For `last_close` its file, too: `PRICES`.
    """
    return Input(NAME, lag=lag, since_month=True)


def closes(bronze: pl.DataFrame) -> pl.DataFrame:
    """Closes by day, symbol, series and ISIN, of which a day's file should have one row.

    Else that of the largest turnover counts.

    Args:
        bronze: rows of bronze/bhavcopy with `PRICE_COLUMNS`. A row without an ISIN counts only if the whole file has
            none.
    """
    has_isins = pl.col("isin").is_not_null().any().over("trade_date")
    rows = bronze.filter(pl.col("series").is_in(EQUITY_SERIES)).filter(pl.col("isin").is_not_null() | ~has_isins)
    ordered = rows.sort(pl.col("turnover").neg(), maintain_order=True)
    return ordered.unique(["trade_date", *_KEY], keep="first", maintain_order=True).select("trade_date", *_KEY, "close")


def registers(rows: pl.DataFrame, dates: Collection[dt.date], prices: pl.DataFrame | None = None) -> pl.DataFrame:
    """The register at the end of each of `dates`, sorted by day and instrument.

    Args:
        rows: rows of silver/instruments, of every session from the first of the month of the earliest date to the
            latest date.
        dates: sessions.
        prices: `closes` of those dates; without them `last_close` is left out.

    Returns:
        The columns of `rows`; `trade_date` is the date at whose end this was known.
    """
    ordered = rows.sort("instrument_id", "trade_date")
    days = np.array(sorted(dates), dtype="datetime64[D]")
    stored, is_next_other = (
        ordered["trade_date"].to_numpy().astype("datetime64[D]"),
        np.ones(ordered.height, dtype=bool),
    )
    if ordered.height:
        is_next_other[:-1] = (ordered["instrument_id"] != ordered["instrument_id"].shift(-1))[:-1].to_numpy()
    first = np.searchsorted(days, stored)
    last = np.where(is_next_other, days.size, np.roll(first, -1))
    count = np.maximum(last - first, 0)
    row = np.repeat(np.arange(ordered.height), count)
    nth = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    day = first[row] + nth
    order = np.argsort(day, kind="stable")
    found = ordered[row[order]].with_columns(trade_date=pl.Series(days[day[order]]), _stored="trade_date")
    trades = pl.col("last_seen") == pl.col("_stored")
    found = found.with_columns(last_seen=pl.when(trades).then("trade_date").otherwise("last_seen"), _trades=trades)
    if "last_close" in rows.columns:
        found = found.drop("last_close") if prices is None else _with_closes(found, prices)
    return found.select([name for name in rows.columns if name in found.columns])


def _with_closes(found: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """`last_close` of instruments that went on trading after the day of their row.

    Of the file's row with their ISIN, else without any.
    """
    key = ["trade_date", "symbol", "series"]
    by_isin = prices.filter(pl.col("isin").is_not_null()).rename({"close": "_by_isin"})
    nameless = prices.filter(pl.col("isin").is_null()).select(*key, _nameless="close")
    joined = found.join(by_isin, on=[*key, "isin"], how="left", maintain_order="left").join(
        nameless, on=key, how="left", maintain_order="left"
    )
    goes_on = pl.col("_trades") & (pl.col("_stored") < pl.col("trade_date"))
    return joined.with_columns(
        last_close=pl.when(goes_on).then(pl.coalesce("_by_isin", "_nameless")).otherwise("last_close")
    )


def read_registers(
    inputs: Inputs, dates: Sequence[dt.date], columns: Sequence[str], *, for_date: dt.date | None = None
) -> pl.DataFrame:
    """The registers of `dates` out of declared windows (`register_input`), see `registers`.

    With `for_date` out of that day's window.
    """
    rows = inputs.read(NAME, _needed(columns), for_date=for_date)
    prices = closes(inputs.read(PRICES, PRICE_COLUMNS, days=dates)) if "last_close" in columns else None
    return registers(rows, dates, prices).select(columns)


Read = Callable[[str, Sequence[dt.date], Sequence[str]], pl.DataFrame]
"""Rows of a table on days, with some of its columns."""


def stored_register(read: Read, built: Sequence[dt.date], date: dt.date, columns: Sequence[str]) -> pl.DataFrame:
    """The register at the end of `date`, read by `read`.

    `built` are the days of the table that there are, with those of its month.
    """
    days = [day for day in built if date.replace(day=1) <= day <= date]
    rows = read(NAME, days, _needed(columns))
    prices = closes(read(PRICES, [date], PRICE_COLUMNS)) if "last_close" in columns else None
    return registers(rows, [date], prices).select(columns)


def _needed(columns: Sequence[str]) -> list[str]:
    return list(
        dict.fromkeys(
            ["trade_date", "instrument_id", "last_seen", *(_KEY if "last_close" in columns else ()), *columns]
        )
    )
