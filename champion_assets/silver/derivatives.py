"""`silver/derivatives`: one row per derivative contract and day, with what its price implies.

From `bronze/derivatives`, so days without a bhavcopy of the derivatives have no rows. A stock is found in the register
of the day's evening by its symbol; contracts on what it does not know (test symbols such as DUMMYREL) are left out and
counted among the facts of the day. An index has no `instrument_id` but the key of `silver/index_eod`.

The forward of an underlying and expiry is the settlement price of its future where that traded on the day, else that of
put-call parity of the options that traded (`quant/black76.py`), else null. Implied volatility is Black's of the close
of an option that traded on the day, with that forward, the overnight rate and calendar days over 365; others have
none, and `no_volatility` says why. Where close and settlement differ before the day of expiry the last trade is older
than the forward, and so is its volatility.

Legacy files do not say the size of a lot: it is the one number that fits the value of every contract of its underlying
and expiry that traded, else null.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.bronze.derivatives import BLOCK_ROWS, CONTRACT_KINDS
from champion_assets.bronze.derivatives import NAME as CONTRACTS
from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import derivatives, rates
from champion_assets.nse.daily_file import Column, DailyFile, Loose
from champion_assets.nse.derivatives import UNDERLYINGS, with_lots
from champion_assets.nse.rates import DAY_COUNT
from champion_assets.quant import black76
from champion_assets.quant.black76 import implied_volatility, parity_forward
from champion_assets.silver.daily_file import identified
from champion_assets.silver.instruments_register import read_registers, register_input
from champion_assets.silver.rates import NAME as RATES

NAME = "silver/derivatives"
CONTRACT = ["symbol", "kind", "expiry", "strike", "option_type", "is_american"]
REASONS = ("future", "not_traded", "american", "no_price", "no_forward", "expires", "below_intrinsic", "above_bound")
_COLUMNS = [
    "trade_date", *CONTRACT, "high", "low", "close", "settle", "underlying_price", "contracts", "value",
    "open_interest", "oi_change", "lot_size",
]  # fmt: skip
_REGISTER = ["trade_date", "instrument_id", "symbol", "series", "instrument_class", "last_seen"]
STOCKS = DailyFile(
    name="derivatives", description="Stocks that have derivatives.", place=Loose("fo", "fo%d%m%Y.csv"), key=("symbol",),
    joins=0.5,
    columns=(Column("SYMBOL", "symbol", "text", "Ticker on that date", is_needed=True),),
)  # fmt: skip
"""How the stocks of a day are found in the register: by symbol alone, half of them at least."""


class ContractDay(TableModel):
    """A contract's day."""

    trade_date: pl.Date = pa.Field(description="Trading date")
    instrument_id: str = pa.Field(nullable=True, description="Permanent identity of the stock; null for an index")
    index_id: str = pa.Field(nullable=True, description="Key of the index; null for a stock or if unknown")
    symbol: str = pa.Field(description="Ticker of the underlying on that date, or short name of an index")
    kind: str = pa.Field(isin=CONTRACT_KINDS, description="Future or option, on a stock or an index")
    expiry: pl.Date = pa.Field(description="Day of expiry")
    strike: float = pa.Field(gt=0, nullable=True, description="Strike, rupees or points; null for futures")
    option_type: str = pa.Field(isin=["call", "put"], nullable=True, description="Call or put; null for futures")
    is_american: bool = pa.Field(nullable=True, description="May be exercised before its expiry; null for futures")
    settle: float = pa.Field(ge=0, nullable=True, description="Settlement price; on the day of expiry the underlying's")
    close: float = pa.Field(ge=0, nullable=True, description="Closing price; theoretical or old where nothing traded")
    underlying_price: float = pa.Field(ge=0, nullable=True, description="The underlying's price; null in legacy files")
    lot_size: pl.Int64 = pa.Field(gt=0, nullable=True, description="Shares per contract; null if unknown")
    contracts: pl.Int64 = pa.Field(ge=0, description="Contracts traded")
    open_interest: pl.Int64 = pa.Field(ge=0, description="Open interest at the close, shares")
    oi_change: pl.Int64 = pa.Field(nullable=True, description="Change of open interest in the session, shares")
    forward: float = pa.Field(gt=0, nullable=True, description="The underlying's forward, rupees or points")
    forward_source: str = pa.Field(
        isin=["future", "parity"], nullable=True, description="Source of the forward: a future, or put-call parity"
    )
    implied_volatility: float = pa.Field(
        gt=0, nullable=True, description="Annual implied volatility, a fraction; only for options that traded"
    )
    no_volatility: str = pa.Field(isin=REASONS, nullable=True, description="Why there is no implied volatility")

    class Config(TableModel.Config):
        """One row per contract and day."""

        unique = ["trade_date", *CONTRACT]

    @pa.dataframe_check(description="a contract on a stock names it, and a volatility or why there is none is there")
    def is_whole(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Neither may be lost on the way."""
        is_stock = pl.col("kind").str.starts_with("stock")
        told = pl.col("implied_volatility").is_null() == pl.col("no_volatility").is_not_null()
        return data.lazyframe.select((is_stock == pl.col("instrument_id").is_not_null()) & told)


def transform(
    rows: pl.DataFrame, register: pl.DataFrame, overnight: Mapping[dt.date, float]
) -> tuple[pl.DataFrame, pl.DataFrame | None, dict[dt.date, dict[str, Any]]]:
    """The contracts of some days, days of which too few stocks are known, and facts.

    Args:
        rows: rows of bronze/derivatives, `_COLUMNS`.
        register: of each day: `_REGISTER`.
        overnight: rate of each day, a share a year.
    """
    rows = with_lots(rows.unique(["trade_date", *CONTRACT], keep="first", maintain_order=True))
    is_stock = pl.col("kind").str.starts_with("stock")
    stocks = rows.filter(is_stock).select("trade_date", "symbol").unique(maintain_order=True)
    known, facts, rejects = identified(stocks, register, STOCKS)
    rows = rows.join(
        known.select("trade_date", "symbol", "instrument_id"),
        on=["trade_date", "symbol"],
        how="left",
        maintain_order="left",
    )
    index = pl.col("symbol").replace_strict(UNDERLYINGS, default=None, return_dtype=pl.String)
    rows = rows.with_columns(
        instrument_id=pl.when(is_stock).then("instrument_id"),
        index_id=pl.when(~is_stock).then(index),
    ).filter(~is_stock | pl.col("instrument_id").is_not_null())
    days = [_implied(day, overnight[date]) for (date,), day in rows.group_by(["trade_date"], maintain_order=True)]
    columns = list(empty_frame(ContractDay).columns)
    frame = pl.concat([empty_frame(ContractDay), *(day.select(columns) for day in days)]).sort("trade_date", *CONTRACT)
    counted = frame.group_by("trade_date", maintain_order=True).agg(
        rows=pl.len(), traded=(pl.col("contracts") > 0).sum(), volatilities=pl.col("implied_volatility").count()
    )
    for told in counted.iter_rows(named=True):
        facts.setdefault(told.pop("trade_date"), {}).update(told)
    return frame, rejects, facts


def _implied(day: pl.DataFrame, rate: float) -> pl.DataFrame:
    """One day's rows with forward and implied volatility."""
    date: dt.date = day["trade_date"][0]
    day = day.join(_forwards(day, date, rate), on=["symbol", "expiry"], how="left", maintain_order="left")
    years = _years(day["expiry"], date)
    numbers = {name: day[name].fill_null(np.nan).to_numpy() for name in ("close", "forward", "strike")}
    found, why = implied_volatility(
        numbers["close"], numbers["forward"], numbers["strike"], years, np.exp(-rate * years),
        (day["option_type"] == "call").fill_null(value=False).to_numpy(),
    )  # fmt: skip
    excluded = pl.coalesce(
        pl.when(pl.col("option_type").is_null()).then(pl.lit("future")),
        pl.when(pl.col("contracts") == 0).then(pl.lit("not_traded")),
        pl.when(pl.col("is_american")).then(pl.lit("american")),
    )
    reason = pl.coalesce(excluded, pl.Series(why).replace("", None))
    day = day.with_columns(no_volatility=reason, implied_volatility=pl.Series(found))
    return day.with_columns(implied_volatility=pl.when(pl.col("no_volatility").is_null()).then("implied_volatility"))


def _years(expiry: pl.Series, date: dt.date) -> black76.Array:
    return np.asarray((expiry - date).dt.total_days().to_numpy() / DAY_COUNT, dtype=np.float64)


def _forwards(day: pl.DataFrame, date: dt.date, rate: float) -> pl.DataFrame:
    """One row for each underlying and expiry with a forward."""
    key = ["symbol", "expiry"]
    traded = day.filter((pl.col("contracts") > 0) & ~pl.col("is_american").fill_null(value=False))
    futures = traded.filter(pl.col("option_type").is_null() & (pl.col("settle") > 0))
    futures = futures.unique(key, keep="first", maintain_order=True)
    futures = futures.select(*key, forward="settle", forward_source=pl.lit("future"))
    sides = [
        traded.filter(pl.col("option_type") == each).select(*key, "strike", pl.col("close").alias(each))
        for each in ("call", "put")
    ]  # fmt: skip
    pairs = sides[0].join(sides[1], on=[*key, "strike"], how="inner").join(futures, on=key, how="anti")
    pairs = pairs.drop_nulls().sort(*key, "strike")
    implied = [
        (symbol, expiry, parity_forward(each["strike"].to_numpy(), each["call"].to_numpy(), each["put"].to_numpy(),
                                        float(np.exp(-rate * (expiry - date).days / DAY_COUNT))), "parity")
        for (symbol, expiry), each in pairs.group_by(key, maintain_order=True)
    ]  # fmt: skip
    found = pl.concat([futures, pl.DataFrame(implied, schema=futures.schema, orient="row")])
    return found.filter(pl.col("forward") > 0)


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The contracts of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    rows = inputs.read(CONTRACTS, _COLUMNS, days=dates)
    if rows.is_empty():
        return Computed(empty_frame(ContractDay))
    days = rows["trade_date"].unique().sort().to_list()
    overnight = dict(inputs.read(RATES, ["trade_date", "overnight_rate"], days=days).iter_rows())
    frame, rejects, facts = transform(rows, read_registers(inputs, days, _REGISTER), overnight)
    return Computed(frame, rejects, facts)


TABLE = DailyTable(
    name=NAME,
    description="Derivative contracts of the day: prices, open interest in shares, implied forward and volatility.",
    model=ContractDay,
    code_version="1",
    inputs=lambda _: (Input(CONTRACTS), Input(RATES), register_input()),
    constants={
        **values_of(derivatives, "UNDERLYINGS", "_ROUNDED"),
        **values_of(rates, "DAY_COUNT"),
        **values_of(black76),
        "stocks": STOCKS.declared(),
    },
    compute=compute,
    block_rows=BLOCK_ROWS,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    grain="instrument",
    peak_megabytes=1300,
    in_warehouse=True,
)
