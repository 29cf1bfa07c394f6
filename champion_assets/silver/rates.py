"""`silver/rates`: what an overnight deposit pays, one row per session.

The rate is what `Nifty 1D Rate Index` accrued since the session before (overnight CBLO, later TREPS; it exists since
2016, and NSE carries its level back to 2011): `close / prev_close - 1` over the calendar days in between, weekends and
holidays included. Where the day has no such row, or one that cannot be a rate, the packaged average of the financial
year (`nse/rates.py`) is assumed and marked. A line of the user's file CHAMPION_RATES wins over both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandera.polars as pa
import polars as pl

from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import indices, rates
from champion_assets.nse.indices import RATE_INDEX
from champion_assets.nse.rates import DAY_COUNT, rate_of, read_rates, yearly_rate

NAME = "silver/rates"
SOURCES = ("index", "yearly_table", "user")
HIGHEST = 1.0
"""A rate a year at which the index's row is an error of the file, and no rate."""


class Rates(TableModel):
    """The overnight rate of a session."""

    trade_date: pl.Date = pa.Field(unique=True, description="Session")
    days: pl.Int32 = pa.Field(
        ge=1, nullable=True, description="Calendar days since the previous session; null for the first session"
    )
    overnight_rate: float = pa.Field(ge=0, lt=HIGHEST, description="Simple annual rate as a fraction, actual/365")
    overnight_return: float = pa.Field(
        ge=0,
        lt=HIGHEST,
        nullable=True,
        description="Return of a deposit from the previous close to this close",
    )
    source: str = pa.Field(
        isin=SOURCES,
        description="Source: Nifty 1D Rate Index of the day, the packaged yearly table, or the user's file",
    )
    is_assumed: bool = pa.Field(description="True for a yearly average, false for the rate of the day")

    @pa.dataframe_check(description="the return is the rate times the days")
    def accrues(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        accrued = pl.col("overnight_rate") * pl.col("days") / DAY_COUNT
        return data.lazyframe.select(
            ((accrued - pl.col("overnight_return")).abs() <= 1e-12).fill_null(pl.col("days").is_null())
        )


class Overnight(NamedTuple):
    """The overnight rate of a session.

    A share a year, what it came to since the session before, and whether it is assumed.
    """

    rate: float
    earned: float
    is_assumed: bool


def by_date(rows: pl.DataFrame) -> dict[dt.date, Overnight]:
    """The rates by session, of rows of this table; what the first session of all earned is 0."""
    columns = ("trade_date", "overnight_rate", "overnight_return", "is_assumed")
    return {
        date: Overnight(rate, earned or 0.0, assumed)
        for date, rate, earned, assumed in rows.select(columns).iter_rows()
    }


def row_of(
    date: dt.date, before: dt.date | None, accrued: float | None, user: float | None, table: float
) -> dict[str, Any]:
    """The row of a session.

    Args:
        date: the session.
        before: the session before.
        accrued: the return of the rate index on the day, None without any.
        user: the rate a year by the user's file, if he gives one.
        table: that of the packaged table.
    """
    days = None if before is None else (date - before).days
    by_index = None if accrued is None or days is None else accrued * DAY_COUNT / days
    if user is not None:
        rate, source = user, "user"
    elif by_index is not None and 0 <= by_index < HIGHEST:
        rate, source = by_index, "index"
    else:
        rate, source = table, "yearly_table"
    earned = None if days is None else rate * days / DAY_COUNT
    return {"trade_date": date, "days": days, "overnight_rate": rate, "overnight_return": earned, "source": source,
            "is_assumed": source == "yearly_table"}  # fmt: skip


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The rates of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    rows = inputs.read("silver/index_eod", ["trade_date", "index_id", "simple_return"]).filter(
        pl.col("index_id") == RATE_INDEX
    )
    accrued = dict(rows.select("trade_date", "simple_return").iter_rows())
    found = [
        row_of(date, inputs.calendar.previous_session(date), accrued.get(date), **inputs.facts[date]) for date in dates
    ]
    return Computed(pl.DataFrame(found, schema=empty_frame(Rates).schema))


def _day_facts(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, dict[str, Any]]:
    """By day what the user's file and the packaged table say."""
    lines = read_rates(place.settings.rates)
    return {date: {"user": rate_of(lines, date), "table": yearly_rate(date)} for date in dates}


TABLE = DailyTable(
    name=NAME,
    description="The overnight rate of each session, from Nifty 1D "
    "Rate Index, or assumed from a yearly table and marked.",
    model=Rates,
    code_version="1",
    inputs=lambda _: (Input("silver/index_eod"),),
    day_facts=_day_facts,
    constants={**values_of(indices, "RATE_INDEX"), **values_of(rates)},
    compute=compute,
    block=250,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=242,
    in_warehouse=True,
)
