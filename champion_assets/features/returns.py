"""`features/returns`: each instrument's return of the day, from the two closes of its own row.

`prev_close` in NSE's files is the raw close of the instrument's previous trading day, so `close / prev_close` is exact across
renames, series moves and suspensions and needs no look-back.

Corporate actions are not known to this version. A price that opens more than 20.5 % away from its previous close (no price band
allows that) without a recorded event is almost always one: such a day has `is_unexplained_gap` and a null return instead of a wrong
one. Splits, bonuses and large demergers are caught so; small rights issues and dividends are not, and returns are price returns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable, Input, Workspace
from champion_assets.stage import daily_asset

NAME = "features/returns"
GAP = 0.205
"""Largest opening gap that a price band of 20 % allows, with rounding (check X6 of the data-quality table)."""
TICKS = 0.10
"""Two ticks of 0.05 rupees: a gap this small in rupees is a penny stock's step, not an event."""


class Returns(TableModel):
    """An instrument's return of the day."""

    trade_date: pl.Date = pa.Field(description="Trading date")
    instrument_id: str = pa.Field(description="Permanent identity")
    symbol: str = pa.Field(description="Ticker on that date")
    simple_return: float = pa.Field(gt=-1, nullable=True, description="close / prev_close - 1; null where it would not be a return")
    log_return: float = pa.Field(nullable=True, description="ln(close / prev_close)")
    open_gap: float = pa.Field(gt=-1, nullable=True, description="open / prev_close - 1")
    is_unexplained_gap: bool = pa.Field(description="Opened beyond any price band without a recorded event: return withheld")

    class Config(TableModel.Config):
        """One row an instrument and day."""

        unique = ["trade_date", "instrument_id"]


def transform(equity: pl.DataFrame) -> pl.DataFrame:
    """Silver rows (trade_date, instrument_id, symbol, open, close, prev_close) to returns, same order."""
    previous = pl.when(pl.col("prev_close") > 0).then(pl.col("prev_close"))
    gap = pl.col("open") / previous - 1
    is_gap = ((gap.abs() > GAP) & ((pl.col("open") - previous).abs() > TICKS)).fill_null(value=False)
    simple = pl.when(~is_gap).then(pl.col("close") / previous - 1)
    return equity.select(
        "trade_date", "instrument_id", "symbol", simple.alias("simple_return"), simple.log1p().alias("log_return"),
        gap.alias("open_gap"), is_gap.alias("is_unexplained_gap"),
    )  # fmt: skip


def compute(workspace: Workspace, dates: Sequence[dt.date]) -> Computed:
    """Returns of `dates`."""
    columns = ["trade_date", "instrument_id", "symbol", "open", "close", "prev_close"]
    frame = transform(workspace.lake.read("silver/equity_eod", dates, columns))
    gaps = frame.filter("is_unexplained_gap").group_by("trade_date").agg("symbol")
    facts = {day: {"unexplained_gaps": len(names), "gap_symbols": ", ".join(sorted(names)[:20])} for day, names in gaps.iter_rows()}
    return Computed(frame, facts=facts)


TABLE = DailyTable(
    name=NAME,
    description="Simple and log price return of the day; opening gaps that no price band allows are flagged and withheld.",
    model=Returns,
    code_version="1",
    inputs=lambda _: (Input("silver/equity_eod"),),
    parameters=lambda _: {"gap": GAP, "ticks": TICKS},
    compute=compute,
)

returns = daily_asset(TABLE, kinds={"parquet", "polars"})
