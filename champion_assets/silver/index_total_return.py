"""`silver/index_total_return`: what an index returned with its dividends, one row per index and session.

The index files hold price indices. The dividends of the Nifty 50 are in them nevertheless, by three routes (`r` returns
of the day, `y` the overnight rate a year, `d` calendar days since the session before):

- `leverage`: (r of `Nifty50 TR 2x Leverage` - r of `Nifty50 PR 2x Leverage`) / 2; the borrowing cost of both is the
  same;
- `dividend_points`: the step of `Nifty50 Dividend Points`, in points of the price index at the session before, or the
  whole total where it began anew after the March expiry; the dividend is reinvested at that close, as NSE's formula
  does;
- `leverage_and_rate`: (r of `Nifty50 TR 2x Leverage` + y d / 360) / 2 less the price return, where y is not assumed
  itself.

The first that the day has counts, and the others are its witnesses: `disagreement` is the largest difference. Where the
routes disagree by more than `AGREEMENT`, and for every other index, the file's dividend yield of the last twelve months
stands for the dividend (`yield * d / 365`) and the row is marked as assumed. An index without a yield has a price
return alone. What is no index of shares without dividends (bonds, futures, leverage, volatility) stands as published,
with nothing added.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import indices, rates
from champion_assets.nse.indices import DIVIDEND_POINTS, LEVERAGED, PRICE_LEVERAGE, TOTAL_LEVERAGE, is_price_index
from champion_assets.nse.rates import DAY_COUNT
from champion_assets.silver.rates import NAME as RATES

NAME = "silver/index_total_return"
ROUTES = ("leverage", "dividend_points", "leverage_and_rate")
AGREEMENT = 1e-4
"""Largest difference between routes that is put down to rounding, of a day's return; six genuine days have 2e-5 at
most."""
_LEVERAGE_DAYS = 360


class IndexTotalReturn(TableModel):
    """An index's day, dividends included."""

    trade_date: pl.Date = pa.Field(description="Trading date")
    index_id: str = pa.Field(description="Permanent key, see silver/index_eod")
    index_name: str = pa.Field(description="Current name")
    close: float = pa.Field(gt=0, description="Closing level of the price index, points")
    price_return: float = pa.Field(gt=-1, description="Return of the day without dividends")
    dividend_return: float = pa.Field(gt=-0.01, nullable=True, description="Return from dividends; null if unknown")
    total_return: float = pa.Field(gt=-1, nullable=True, description="price_return + dividend_return")
    route: str = pa.Field(
        isin=[*ROUTES, "dividend_yield", "as_published", "none"],
        description="How the dividend was found, see silver/index_total_return.py",
    )
    is_assumed: bool = pa.Field(
        description="The dividend is the twelve-month yield spread over the days, or is unknown"
    )
    witnesses: pl.Int32 = pa.Field(ge=0, le=len(ROUTES) - 1, description="Number of other routes available on the day")
    disagreement: float = pa.Field(
        ge=0, nullable=True, description="Largest difference of the day's return between the routes"
    )

    class Config(TableModel.Config):
        """One row per index and day."""

        unique = ["trade_date", "index_id"]


def by_leverage(total: pl.Expr, price: pl.Expr) -> pl.Expr:
    """The dividend return, by the returns of both indices of twice the daily return."""
    return (total - price) / 2


def by_points(points: pl.Expr, before: pl.Expr, level: pl.Expr, price_return: pl.Expr) -> pl.Expr:
    """The same, by the running totals of dividends today and at the session before, and the price index then."""
    step = pl.when(points < before).then(points).otherwise(points - before)
    return (1 + price_return) * step / level


def by_leverage_and_rate(total: pl.Expr, rate: pl.Expr, days: pl.Expr, price_return: pl.Expr) -> pl.Expr:
    """The same, by the index of twice the daily total return alone and what its borrowing costs."""
    return (total + rate * days / _LEVERAGE_DAYS) / 2 - price_return


def transform(index: pl.DataFrame, rates: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Rows of any days.

    Args:
        index: rows of silver/index_eod of these days.
        rates: rows of silver/rates of these days.
        before: trade_date, points_before: the dividend points of the session before each day.
    """
    days = rates.select("trade_date", "days", rate=pl.when(~pl.col("is_assumed")).then("overnight_rate"))
    days = days.join(before, on="trade_date", how="left")
    for column, key, what in (
        ("total_2x", TOTAL_LEVERAGE, "simple_return"),
        ("price_2x", PRICE_LEVERAGE, "simple_return"),
        ("points", DIVIDEND_POINTS, "close"),
    ):
        days = days.join(
            index.filter(pl.col("index_id") == key).select("trade_date", pl.col(what).alias(column)),
            on="trade_date",
            how="left",
        )
    others = pl.col("index_id").is_in([key for key in index["index_id"].unique() if not is_price_index(key)])
    rows = index.filter(pl.col("simple_return").is_not_null()).join(days, on="trade_date")
    price = pl.col("simple_return")
    routes = {
        "leverage": by_leverage(pl.col("total_2x"), pl.col("price_2x")),
        "dividend_points": by_points(pl.col("points"), pl.col("points_before"), pl.col("prev_close"), price),
        "leverage_and_rate": by_leverage_and_rate(pl.col("total_2x"), pl.col("rate"), pl.col("days"), price),
    }
    rows = rows.with_columns(
        pl.when(pl.col("index_id") == LEVERAGED).then(route).alias(name) for name, route in routes.items()
    )
    count = pl.sum_horizontal(pl.col(name).is_not_null().cast(pl.Int32) for name in ROUTES)
    apart = pl.when(count > 1).then(pl.max_horizontal(ROUTES) - pl.min_horizontal(ROUTES))
    rows = rows.with_columns(witnesses=pl.max_horizontal(count - 1, 0), disagreement=apart)
    published = pl.coalesce(ROUTES)
    agreed = pl.when(pl.col("disagreement").is_null() | (pl.col("disagreement") <= AGREEMENT)).then(published)
    spread = pl.when(pl.col("dividend_yield") >= 0).then(pl.col("dividend_yield") / 100 * pl.col("days") / DAY_COUNT)
    first = pl.coalesce(pl.when(pl.col(name).is_not_null()).then(pl.lit(name)) for name in ROUTES)
    route = (
        pl.when(agreed.is_not_null())
        .then(first)
        .when(spread.is_not_null())
        .then(pl.lit("dividend_yield"))
        .otherwise(pl.lit("none"))
    )
    rows = rows.with_columns(
        route=pl.when(others).then(pl.lit("as_published")).otherwise(route), price_return=price,
        dividend_return=pl.when(others).then(0.0).otherwise(pl.coalesce(agreed, spread)),
    ).with_columns(
        total_return=price + pl.col("dividend_return"), is_assumed=pl.col("route").is_in(["dividend_yield", "none"])
    )  # fmt: skip
    return rows.select(list(IndexTotalReturn.to_schema().columns)).sort("trade_date", "index_id")


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Rows of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    rows = inputs.read("silver/index_eod")
    points = dict(rows.filter(pl.col("index_id") == DIVIDEND_POINTS).select("trade_date", "close").iter_rows())
    evenings = [inputs.calendar.previous_session(date) for date in dates]
    before = pl.DataFrame(
        {"trade_date": dates, "points_before": [points.get(evening) if evening else None for evening in evenings]},
        schema={"trade_date": pl.Date, "points_before": pl.Float64},
    )
    return Computed(transform(rows.filter(pl.col("trade_date").is_in(list(dates))), inputs.read(RATES), before))


TABLE = DailyTable(
    name=NAME,
    description="One row per index and day: return with dividends, from exact sources, or estimated from the "
    "dividend yield and marked.",
    model=IndexTotalReturn,
    code_version="1",
    inputs=lambda _: (Input("silver/index_eod", sessions=2), Input(RATES)),
    constants={"agreement": AGREEMENT, **values_of(indices), **values_of(rates)},
    compute=compute,
    may_be_empty=True,
    rows_stand_alone=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=277,
    in_warehouse=True,
)
