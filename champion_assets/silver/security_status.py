"""`silver/security_status`: what the exchange says of each security on the day beside its prices.

Price bands hit, Nifty 50, ex-dates.

From the PR bundle of the day (`bronze/bundle_prices`, `bronze/bundle_bands`, `bronze/bundle_lists`), so days without
one have no rows. A bundle holds no date: one whose volumes are mostly not the bhavcopy's is of another day and gives
none. A row that the bhavcopy calls otherwise, as in the days after a rename, is left out.

The list of price bands does not speak of everybody. Securities of BE and ST that may move 2 % only are mostly absent
from it, whatever they did: on 2025-01-16, 2025-12-16 and -17 of 143 touches of such an edge by names that stayed within
2 % it has 8. So an unlisted security of these series that stayed within 2 % has null, not false.

New highs and lows are listed by the name of a security alone; with the price each is one row of the bundle's prices.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.bronze.bundle_bands import NAME as HITS
from champion_assets.bronze.bundle_lists import NAME as LISTS
from champion_assets.bronze.bundle_prices import NAME as PRICES
from champion_assets.checks import thresholds
from champion_assets.checks.thresholds import BUNDLE_AGREES
from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import trading_rules
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.nse.trading_rules import band_edge, fixed_ticks

NAME, EQUITY, DERIVATIVES = "silver/security_status", "silver/equity_eod", "silver/derivatives"
KEY = ["trade_date", "symbol", "series"]
UNLISTED_SERIES, UNLISTED_BAND = ("BE", "ST"), 0.02
"""Of whom the list of price bands does not speak."""


class SecurityStatus(TableModel):
    """A security of the bundle on a day."""

    trade_date: pl.Date = pa.Field(description="Trading day")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    series: str = pa.Field(isin=EQUITY_SERIES, description="Series on that date")
    hit_upper: bool = pa.Field(
        nullable=True,
        description="Touched its upper price band during the day; null if no complete list covers it",
    )
    hit_lower: bool = pa.Field(
        nullable=True, description="Touched its lower price band during the day; null as for `hit_upper`"
    )
    is_nifty_50: bool = pa.Field(description="A member of the Nifty 50 on that day")
    corporate_flag: str = pa.Field(nullable=True, description="CORP_IND as published, for instance XD for ex dividend")
    high_52_weeks: float = pa.Field(nullable=True, ge=0, description="52-week high, rupees, not adjusted for splits")
    low_52_weeks: float = pa.Field(nullable=True, ge=0, description="52-week low, rupees, not adjusted for splits")
    is_new_high: bool = pa.Field(
        nullable=True, description="On the day's list of new 52-week highs; null without a list"
    )
    is_new_low: bool = pa.Field(nullable=True, description="On the day's list of new 52-week lows; null without a list")
    underlying: str = pa.Field(nullable=True, description="For a fund: its underlying as published; null for others")
    has_derivatives: bool = pa.Field(
        nullable=True,
        description="A derivative contract on it is listed that day; null on days without a derivatives file",
    )

    class Config(TableModel.Config):
        """One row per instrument and day."""

        unique = ["trade_date", "instrument_id"]

    @pa.dataframe_check(
        description="a security has both flags or neither, unless it is listed at one side of a list that is not whole"
    )
    def is_known_or_not(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """A false beside a null would be a list that speaks of one side only."""
        upper, lower = pl.col("hit_upper"), pl.col("hit_lower")
        return data.lazyframe.select((upper.is_null() == lower.is_null()) | upper.fill_null(lower))


def transform(
    prices: pl.DataFrame,
    equity: pl.DataFrame,
    hits: pl.DataFrame,
    lists: pl.DataFrame,
    incomplete: Collection[dt.date] = (),
    derivatives: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The securities of the bundles of some days.

    Args:
        prices: rows of bronze/bundle_prices.
        equity: rows of silver/equity_eod.
        hits: rows of bronze/bundle_bands.
        lists: rows of bronze/bundle_lists.
        incomplete: days whose list has lines that cannot be read: who is not on it may have been.
        derivatives: trade_date and instrument_id of contracts on stocks; None is no contracts of any day.

    Returns:
        Rows of `SecurityStatus`, sorted by day and instrument.
    """
    rows = prices.unique(KEY, keep="first", maintain_order=True).join(
        equity.select(*KEY, "instrument_id", traded="volume"), on=KEY, how="inner"
    )
    agrees = (pl.col("volume") == pl.col("traded")).mean().over("trade_date") >= BUNDLE_AGREES
    sides = [pl.lit(side).is_in(pl.col("side")).alias(f"hit_{side}") for side in ("upper", "lower")]
    listed = hits.group_by(KEY).agg(pl.col("side")).select(*KEY, *sides)
    rows = rows.filter(agrees).join(listed, on=KEY, how="left")
    whole = set(hits["trade_date"]).difference(incomplete)
    is_listed = pl.col("hit_upper").is_not_null()
    speaks = pl.col("trade_date").is_in(list(whole)) & (is_listed | ~_is_narrow(rows))
    flags = [
        pl.when(pl.col(name).fill_null(value=False))
        .then(pl.lit(value=True))
        .when(speaks)
        .then(pl.lit(value=False))
        .alias(name)
        for name in ("hit_upper", "hit_lower")
    ]
    rows = _with_lists(rows.with_columns(flags), lists)
    rows = _with_derivatives(
        rows, rows.select("trade_date", "instrument_id").clear() if derivatives is None else derivatives
    )
    return rows.select(list(empty_frame(SecurityStatus).columns)).sort("trade_date", "instrument_id")


def _with_lists(rows: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """Rows with what the lists say: new highs and lows by name and price, what a fund follows by symbol and series."""
    extremes = lists.filter(pl.col("list_name") == "highs")
    known = pl.col("trade_date").is_in(extremes["trade_date"].unique().to_list())
    of = ["trade_date", "security", "paise"]
    for status in ("high", "low"):
        listed = extremes.filter(pl.col("status") == status).with_columns(paise=_paise("new")).select(of).unique()
        rows = rows.with_columns(paise=_paise(status)).join(
            listed.with_columns(is_on=pl.lit(value=True)), on=of, how="left", maintain_order="left"
        )
        rows = rows.with_columns(
            pl.when(known).then(pl.col("is_on").fill_null(value=False)).alias(f"is_new_{status}")
        ).drop("is_on")
    funds = (
        lists.filter(pl.col("list_name") == "funds")
        .unique(KEY, keep="first", maintain_order=True)
        .select(*KEY, "underlying")
    )
    return rows.join(funds, on=KEY, how="left", maintain_order="left")


def _with_derivatives(rows: pl.DataFrame, derivatives: pl.DataFrame) -> pl.DataFrame:
    """Rows with whether a contract on the stock is listed, of days that have contracts."""
    key = ["trade_date", "instrument_id"]
    rows = rows.join(
        derivatives.unique(key).with_columns(_has=pl.lit(value=True)), on=key, how="left", maintain_order="left"
    )
    known = pl.col("trade_date").is_in(derivatives["trade_date"].unique().to_list())
    return rows.with_columns(has_derivatives=pl.when(known).then(pl.col("_has").fill_null(value=False)))


def _paise(price: str) -> pl.Expr:
    """Whole paise as a float: a misprint of 1e22 rupees fits no integer."""
    return (pl.col(price) * 100).round()


def _is_narrow(rows: pl.DataFrame) -> pl.Series:
    """True for a security that may have a band of which the list does not speak.

    Of its series, and it stayed within that band.
    """
    found = np.zeros(rows.height, dtype=bool)
    for date in rows["trade_date"].unique():
        mine = (rows["trade_date"] == date).to_numpy()
        fixed = fixed_ticks(rows["series"].to_list())[mine]
        high, low, previous = (rows[name].cast(pl.Float64).to_numpy()[mine] for name in ("high", "low", "prev_close"))
        top, bottom = (band_edge(previous, UNLISTED_BAND, date, fixed, upper=upper) for upper in (True, False))
        with np.errstate(invalid="ignore"):
            found[mine] = (high < top + _SAME) & (low > bottom - _SAME)
    return pl.Series(found) & rows["series"].is_in(list(UNLISTED_SERIES))


_SAME = 0.001
"""Rupees, less than any tick."""
_PRICE_COLUMNS = [
    *KEY,
    "security",
    "prev_close",
    "high",
    "low",
    "volume",
    "is_nifty_50",
    "corporate_flag",
    "high_52_weeks",
    "low_52_weeks",
]


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The status of securities on `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    prices = inputs.read(PRICES, _PRICE_COLUMNS, days=dates).drop_nulls("symbol")
    days = prices["trade_date"].unique().sort().to_list()
    equity = inputs.read(EQUITY, [*KEY, "instrument_id", "volume"], days=days)
    contracts = inputs.read(DERIVATIVES, ["trade_date", "instrument_id"], days=days).drop_nulls("instrument_id")
    frame = transform(prices, equity, inputs.read(HITS, [*KEY, "side"], days=days), inputs.read(LISTS, days=days),
                      inputs.refused(HITS), contracts)  # fmt: skip
    counted = frame.group_by("trade_date").agg(
        rows=pl.len(),
        upper=pl.col("hit_upper").sum(),
        lower=pl.col("hit_lower").sum(),
        bands_unknown=pl.col("hit_upper").null_count(),
    )
    facts = {row.pop("trade_date"): row for row in counted.iter_rows(named=True)}
    facts |= {day: {"bundle": "of another day: its volumes are not the bhavcopy's"} for day in days if day not in facts}
    return Computed(frame, facts=facts)


TABLE = DailyTable(
    name=NAME,
    description="One row per security and day: price bands touched, Nifty 50 membership, ex-date flags, 52-week "
    "highs and lows.",
    model=SecurityStatus,
    code_version="3",
    inputs=lambda _: (Input(PRICES), Input(HITS), Input(LISTS), Input(EQUITY), Input(DERIVATIVES)),
    constants={**values_of(thresholds, "BUNDLE_AGREES"), **values_of(trading_rules)},
    compute=compute,
    may_be_empty=True,
    rows_stand_alone=True,
    kinds=frozenset({"parquet", "polars"}),
    grain="instrument",
    peak_megabytes=500,
    in_warehouse=True,
)
