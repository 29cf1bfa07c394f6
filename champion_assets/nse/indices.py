"""NSE's index levels: `ind_close_all` read into a table, and the names that an index had over the years.

What belongs here: the format and the renames. Facts: thirteen columns, unchanged from 2012 to 2026; dates day first
with `-` or `/`, month first in the files of 6, 10 and 11 April 2023; `-` for unknown; 48 of 53 names changed on
2015-11-09.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from functools import lru_cache
from importlib import resources

import polars as pl

from champion_assets.nse.container import csv_text
from champion_assets.nse.errors import BadPayload, BadValue, EmptyPayload, UnknownHeader, WrongDate

INDEX_CLOSE: dict[str, pl.DataType] = {
    "trade_date": pl.Date(),
    "published_name": pl.String(),
    "open": pl.Float64(),
    "high": pl.Float64(),
    "low": pl.Float64(),
    "close": pl.Float64(),
    "points_change": pl.Float64(),
    "change_pct": pl.Float64(),
    "volume": pl.Int64(),
    "turnover": pl.Float64(),
    "pe": pl.Float64(),
    "pb": pl.Float64(),
    "dividend_yield": pl.Float64(),
    "source_row": pl.Int32(),
}
"""Levels in points, `turnover` in rupees, `dividend_yield` and `change_pct` in percent; null is unknown."""

_COLUMNS = {
    "Index Name": "published_name",
    "Index Date": "trade_date",
    "Open Index Value": "open",
    "High Index Value": "high",
    "Low Index Value": "low",
    "Closing Index Value": "close",
    "Points Change": "points_change",
    "Change(%)": "change_pct",
    "Volume": "volume",
    "Turnover (Rs. Cr.)": "turnover",
    "P/E": "pe",
    "P/B": "pb",
    "Div Yield": "dividend_yield",
}
_CRORE = 10_000_000.0
_NAME_DATE = re.compile(r"(\d{2})(\d{2})(\d{4})")

_RENAMED = {
    "s&p cnx nifty": "Nifty 50",
    "cnx nifty": "Nifty 50",
    "cnx nifty junior": "Nifty Next 50",
    "s&p cnx 500": "Nifty 500",
    "cnx 500": "Nifty 500",
    "cnx 100": "Nifty 100",
    "cnx 200": "Nifty 200",
    "cnx midcap": "Nifty Midcap 100",
    "nifty midcap 50": "Nifty Midcap 50",
    "cnx smallcap": "Nifty Smallcap 100",
    "nifty free float midcap 100": "Nifty Midcap 100",
    "nifty free float smallcap 100": "Nifty Smallcap 100",
    "cnx bank": "Nifty Bank",
    "bank nifty": "Nifty Bank",
    "cnx it": "Nifty IT",
    "cnx auto": "Nifty Auto",
    "cnx energy": "Nifty Energy",
    "cnx finance": "Nifty Financial Services",
    "nifty financial services": "Nifty Financial Services",
    "cnx fmcg": "Nifty FMCG",
    "cnx media": "Nifty Media",
    "cnx metal": "Nifty Metal",
    "cnx pharma": "Nifty Pharma",
    "cnx psu bank": "Nifty PSU Bank",
    "cnx realty": "Nifty Realty",
    "cnx commodities": "Nifty Commodities",
    "cnx consumption": "Nifty India Consumption",
    "cnx cpse": "Nifty CPSE",
    "cpse index": "Nifty CPSE",
    "cnx infra": "Nifty Infrastructure",
    "cnx infrastructure": "Nifty Infrastructure",
    "cnx mnc": "Nifty MNC",
    "cnx pse": "Nifty PSE",
    "cnx service": "Nifty Services Sector",
    "cnx service sector": "Nifty Services Sector",
    "cnx services sector": "Nifty Services Sector",
    "s&p cnx nifty shariah": "Nifty50 Shariah",
    "s&p cnx 500 shariah": "Nifty500 Shariah",
    "cnx nifty shariah": "Nifty50 Shariah",
    "cnx 500 shariah": "Nifty500 Shariah",
    "s&p esg india index": "S&P ESG India Index",
    "cnx high beta": "Nifty High Beta 50",
    "cnx low volatility": "Nifty Low Volatility 50",
    "cnx alpha index": "Nifty Alpha 50",
    "cnx dividend opportunities": "Nifty Dividend Opportunities 50",
    "cnx dividend oppt": "Nifty Dividend Opportunities 50",
    "nifty dividend": "Nifty50 Dividend Points",
    "nifty pr 1x inverse": "Nifty50 PR 1x Inverse",
    "nifty pr 2x leverage": "Nifty50 PR 2x Leverage",
    "nifty tr 1x inverse": "Nifty50 TR 1x Inverse",
    "nifty tr 2x leverage": "Nifty50 TR 2x Leverage",
    "vix": "India VIX",
    "lix 15": "Nifty100 Liquid 15",
    "lix15 midcap": "Nifty Midcap Liquid 15",
    "nv 20": "Nifty50 Value 20",
    "ni15": "Nifty Growth Sectors 15",
    "cnx shariah25": "Nifty Shariah 25",
    "nse quality 30": "Nifty Quality 30",
    "cnx 100 equal weight": "Nifty100 Equal Weight",
    "cnx nifty dividend": "Nifty50 Dividend Points",
    "s&p cnx nifty dividend": "Nifty50 Dividend Points",
    "cpse": "Nifty CPSE",
    "free float midcap 100": "Nifty Midcap 100",
    "free float smallcap 100": "Nifty Smallcap 100",
}
"""Names of before November 2015 and later corrections, in lower case, and today's. `CNX X` that is not here became
`Nifty X`."""
_CNX = "cnx "
DIVIDEND_POINTS, RATE_INDEX = "nifty50_dividend_points", "nifty_1d_rate_index"
TOTAL_LEVERAGE, PRICE_LEVERAGE = "nifty50_tr_2x_leverage", "nifty50_pr_2x_leverage"
LEVERAGED = "nifty_50"
"""The index of which the three others above say the dividends."""
_NO_PRICE_INDEX = re.compile(
    r"vix|_1d_rate|dividend_points|leverage|inverse|futures|_g_sec(?:_|$)|sdl|bharat_?bond|arbitrage|_tr_|_tri?$"
)


def current_name(published: str) -> str:
    """The current name of an index.

    Args:
        published: a name as published on any day.

    Returns:
        The current name; a name that never changed, with single spaces.
    """
    tidy = " ".join(published.split())
    known = _RENAMED.get(tidy.lower())
    return known or (f"Nifty {tidy[len(_CNX) :]}" if tidy.lower().startswith(_CNX) else tidy)


def index_id(published: str) -> str:
    """The permanent key of an index: its current name in lower case, words joined by `_`.

    Args:
        published: a name as published on any day.

    >>> index_id("Nifty 50")
    'nifty_50'
    """
    return re.sub(r"[^a-z0-9]+", "_", current_name(published).lower()).strip("_")


def is_price_index(key: str) -> bool:
    """Whether an index is of shares without their dividends (not of rates, bonds, volatility, futures or leverage).

    Args:
        key: `index_id`.
    """
    return _NO_PRICE_INDEX.search(key) is None


@lru_cache(maxsize=1)
def known_names() -> dict[str, str]:
    """Price indices that NSE is known to publish, by key: those of January 2023 and of the renames.

    Later ones are not in it.
    """
    text = resources.files("champion_assets.nse").joinpath("data/index_names.csv").read_text("utf-8")
    names = [*text.splitlines()[1:], *_RENAMED.values()]
    return {key: name for name in names if is_price_index(key := index_id(name))}


def read_index_close(body: bytes, name: str) -> pl.DataFrame:
    """Rows of an `ind_close_all` in the columns of `INDEX_CLOSE`, in file order.

    Raises:
        BadPayload: one of its subclasses; each says what is wrong and where.
    """
    text = csv_text(body, name)
    header = [
        column.strip() for column in text.partition(b"\n")[0].decode("utf-8-sig", errors="replace").strip().split(",")
    ]
    if header != list(_COLUMNS):
        raise UnknownHeader(f"{name}: the header is {','.join(header)[:200]!r}, expected {','.join(_COLUMNS)}")
    try:
        raw = pl.read_csv(io.BytesIO(text), infer_schema=False, new_columns=list(_COLUMNS.values()))
    except pl.exceptions.PolarsError as error:
        raise BadValue(f"{name}: not readable as text ({str(error).splitlines()[0]})") from error
    if raw.is_empty():
        raise EmptyPayload(f"{name}: a header without a single row")
    stripped = pl.all().str.strip_chars()
    frame = raw.select(pl.when(stripped.is_in(["", "-"])).then(None).otherwise(stripped).name.keep())
    frame = frame.with_columns(
        pl.lit(_date(frame["trade_date"], name)).alias("trade_date"),
        *(
            _numbers(frame[column], kind, name)
            for column, kind in INDEX_CLOSE.items()
            if kind.is_numeric() and column != "source_row"
        ),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("source_row"),
    )
    if frame["published_name"].null_count():
        raise BadValue(f"{name}: a row without the name of its index")
    return frame.with_columns(pl.col("turnover") * _CRORE).select(list(INDEX_CLOSE))


def _numbers(column: pl.Series, kind: pl.DataType, name: str) -> pl.Series:
    number = column.cast(pl.Float64, strict=False)  # volumes come as 5718 and as 5718.0
    exact = number.cast(kind, strict=False)
    bad = (exact.is_null() | ~number.is_finite()) & column.is_not_null()
    if bad.any():
        row = int(bad.arg_max() or 0)
        raise BadValue(f"{name}, row {row + 1}: column {column.name} holds {column[row]!r}, which is no number")
    return exact


def _date(column: pl.Series, name: str) -> dt.date:
    texts = {text.replace("/", "-") for text in column.drop_nulls().unique()}
    if len(texts) != 1 or column.null_count():
        raise WrongDate(f"{name}: {len(texts)} different dates in the rows")
    text = texts.pop()
    day_first, month_first = _try_date(text, "%d-%m-%Y"), _try_date(text, "%m-%d-%Y")
    match = _NAME_DATE.search(name)
    named = _try_date("-".join(match.groups()), "%d-%m-%Y") if match else None
    if named is not None and month_first == named:
        return named
    if day_first is None:
        raise BadPayload(f"{name}: {text!r} is not a date DD-MM-YYYY")
    return day_first


def _try_date(text: str, form: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC).date()
    except ValueError:
        return None
