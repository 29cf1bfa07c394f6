"""`silver/equity_eod`: one row an equity instrument and trading day, across symbols and series; everything builds on it.

Rows of the series EQ, BE, BZ, SM, ST are kept (shares, ETFs, trade-to-trade, SME); debt and other segments are left in bronze.
A row with a blank or malformed ISIN in a file that has ISINs, and a second row of one instrument, go to quarantine with their
rule; rows that contradict themselves (low above high, no volume) block the day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable, Input, Workspace
from champion_assets.nse.identity import with_instrument_id
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.stage import daily_asset

NAME = "silver/equity_eod"


class EquityEod(TableModel):
    """An instrument's trading day. Prices raw, in rupees, as published; adjust them with the factors, never in place."""

    trade_date: pl.Date = pa.Field(description="Trading date")
    instrument_id: str = pa.Field(description="Permanent identity, see nse/identity.py")
    symbol: str = pa.Field(description="Ticker on that date")
    series: str = pa.Field(isin=EQUITY_SERIES, description="Series on that date: EQ, BE, BZ, SM or ST")
    isin: str = pa.Field(nullable=True, description="ISIN on that date; null before 2011-06-22")
    name: str = pa.Field(nullable=True, description="Name of the instrument (UDiFF only)")
    open: float = pa.Field(gt=0, description="Opening price, rupees")
    high: float = pa.Field(gt=0, description="Highest price, rupees")
    low: float = pa.Field(gt=0, description="Lowest price, rupees")
    close: float = pa.Field(gt=0, description="Closing price, rupees")
    last: float = pa.Field(gt=0, nullable=True, description="Last traded price, rupees")
    prev_close: float = pa.Field(ge=0, description="Raw close of the previous trading day, rupees; 0 on some listing days")
    vwap: float = pa.Field(gt=0, description="Turnover divided by volume, rupees")
    volume: pl.Int64 = pa.Field(gt=0, description="Shares traded")
    turnover: float = pa.Field(gt=0, description="Value traded, rupees")
    trades: pl.Int64 = pa.Field(ge=0, nullable=True, description="Number of trades")
    lot_size: pl.Int64 = pa.Field(ge=0, nullable=True, description="Board lot (UDiFF only)")
    session_type: str = pa.Field(isin=["regular", "muhurat", "budget", "special"], description="Type of the session")
    source_row: pl.Int32 = pa.Field(gt=0, description="Line of the file")
    source_sha256: str = pa.Field(description="SHA-256 of the file")

    class Config(TableModel.Config):
        """One row an instrument and day, and one a symbol, series and day."""

        unique = ["trade_date", "instrument_id"]

    @pa.dataframe_check(description="S3: low <= open, close <= high")
    def prices_within_range(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """S3 of the check table; 0 violations in 3.1 million real rows."""
        low, high = pl.col("low"), pl.col("high")
        return data.lazyframe.select(low.le(pl.min_horizontal("open", "close")) & high.ge(pl.max_horizontal("open", "close")))


_PRECEDENCE = {series: rank for rank, series in enumerate(EQUITY_SERIES)}


def transform(bronze: pl.DataFrame, session_types: dict[dt.date, str]) -> Computed:
    """Bronze rows of any days to silver rows and rejects (bronze columns plus `rule` and `reason`)."""
    rows = with_instrument_id(bronze.filter(pl.col("series").is_in(EQUITY_SERIES)))
    rank = pl.col("series").replace_strict(_PRECEDENCE, return_dtype=pl.Int8)
    rows = rows.sort(["trade_date", "instrument_id", rank, pl.col("turnover").neg(), "symbol"], nulls_last=True)
    nth = pl.int_range(pl.len()).over(["trade_date", "instrument_id"])
    rule = pl.when(pl.col("instrument_id").is_null()).then(pl.lit("S8")).when(nth > 0).then(pl.lit("S2"))
    reason = (
        pl.when(pl.col("instrument_id").is_null()).then(pl.format("{} is no valid ISIN", pl.col("isin")))
        .when(nth > 0).then(pl.format("second row of {}, which also trades as {}", "instrument_id",
                                      pl.col("symbol").first().over(["trade_date", "instrument_id"])))
    )  # fmt: skip
    rows = rows.with_columns(rule=rule, reason=reason)
    good = rows.filter(pl.col("rule").is_null()).with_columns(
        vwap=pl.col("turnover") / pl.col("volume"),
        session_type=pl.col("trade_date").replace_strict(session_types, return_dtype=pl.String),
    )
    rejects = rows.filter(pl.col("rule").is_not_null()).drop("instrument_id")
    facts = {
        day: {"bronze_rows": total, "normalized_rows": kept, "filtered_rows": total - kept}
        for day, total, kept in bronze.group_by("trade_date").len().join(
            good.group_by("trade_date").len("kept"), on="trade_date", how="left").fill_null(0).iter_rows()
    }  # fmt: skip
    return Computed(good.select(list(EquityEod.to_schema().columns)), rejects, dict(facts))


def compute(workspace: Workspace, dates: Sequence[dt.date]) -> Computed:
    """Silver rows of `dates`."""
    types = {date: workspace.calendar.day(date).status for date in dates}
    return transform(workspace.lake.read("bronze/bhavcopy", dates), dict(types))


TABLE = DailyTable(
    name=NAME,
    description="One row an equity instrument and trading day, identity resolved, validated; the table everything builds on.",
    model=EquityEod,
    code_version="2",
    inputs=lambda _: (Input("bronze/bhavcopy"),),
    day_facts=lambda workspace, date: workspace.calendar.day(date).status,
    compute=compute,
)

equity_eod = daily_asset(TABLE, kinds={"parquet", "polars"})
