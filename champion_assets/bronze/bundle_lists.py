"""`bronze/bundle_lists`: the lists of the PR bundle that say one thing more of a security than its prices.

Every line of each.

`HL` says who reached a new high or low of 52 weeks, `etf` what each fund follows, `sme` who trades on the market of
small companies. The declarations stand in `nse/market_files.py`. A member that is absent or not readable has no rows;
what was refused is in the quarantine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.bundle import MEMBER_INPUTS, DayText, bundle_texts, parse_texts
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.daily_file import DailyFile, Member
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.market_files import FUNDS, HIGHS, SMALL

NAME = "bronze/bundle_lists"
LISTS = {"highs": HIGHS, "funds": FUNDS, "sme": SMALL}


class BundleLists(TableModel):
    """A line of one of the lists."""

    trade_date: pl.Date = pa.Field(description="Day of the bundle")
    list_name: str = pa.Field(isin=list(LISTS), description="highs (HL), funds (etf) or sme")
    series: str = pa.Field(nullable=True, description="Series; HL has none")
    symbol: str = pa.Field(nullable=True, description="Ticker on that date; HL has none")
    security: str = pa.Field(nullable=True, description="Name of the security")
    status: str = pa.Field(nullable=True, isin=["high", "low"], description="Whether HL lists a new high or a new low")
    new: float = pa.Field(nullable=True, ge=0, description="New 52-week high or low, rupees")
    previous: float = pa.Field(nullable=True, ge=0, description="Previous 52-week high or low, rupees")
    underlying: str = pa.Field(nullable=True, description="Underlying of a fund, as published")
    close: float = pa.Field(nullable=True, ge=0, description="Closing price, rupees")
    volume: pl.Int64 = pa.Field(nullable=True, ge=0, description="Shares or units traded")
    source_row: pl.Int32 = pa.Field(gt=0, description="Line number in the member")
    source_sha256: str = pa.Field(description="SHA-256 of the file, or of the bundle that holds it")

    class Config(TableModel.Config):
        """One row per line of a member."""

        unique = ["trade_date", "list_name", "source_row"]


_EMPTY = empty_frame(BundleLists).drop("trade_date", "source_sha256")


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Parse the lists of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    made = [
        _read(inputs, dates, name, file, place)
        for name, file in LISTS.items()
        if isinstance(place := file.place, Member)
    ]
    rejects = [each.rejects for each in made if each.rejects is not None]
    facts = {
        date: {name: each.facts[date]["rows"] for name, each in zip(LISTS, made, strict=True) if date in each.facts}
        for date in dates
    }
    frame = pl.concat([each.frame for each in made]).sort("trade_date", maintain_order=True)
    return Computed(
        frame, pl.concat(rejects) if rejects else None, {date: told for date, told in facts.items() if told}
    )


def _read(inputs: Inputs, dates: Sequence[dt.date], name: str, file: DailyFile, place: Member) -> Computed:
    def read(text: str, of: DayText) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
        found = read_outside(lambda body, called: read_daily_file(file, body.decode(), called), text.encode(), of.name)
        rows = pl.concat([_EMPTY, found.rows.with_columns(list_name=pl.lit(name))], how="diagonal")
        return rows, found.refused, {}

    return parse_texts(bundle_texts(inputs, dates, place), BundleLists, read)


TABLE = DailyTable(
    name=NAME,
    description="New 52-week highs and lows, exchange-traded funds and shares of small companies, from the PR "
    "bundle of the day.",
    model=BundleLists,
    code_version="1",
    inputs=lambda _: MEMBER_INPUTS,
    constants={name: file.declared() for name, file in LISTS.items()},
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=250,
)
