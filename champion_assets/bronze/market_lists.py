"""`bronze/market_lists`: deals, short selling and surveillance by security, every line of each list of the day.

One table, for each list says one or two figures of a security: bulk and block deals a quantity and a side, short
selling a quantity, surveillance stages. The declarations stand in `nse/market_lists.py`; what was refused is in the
quarantine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.bundle import LIST_INPUTS, DayText, day_texts, parse_texts
from champion_assets.bronze.daily_file import read_whole
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.market_lists import BLOCK, BULK, SHORT, SURVEILLANCE

NAME = "bronze/market_lists"
LISTS = {"bulk": BULK, "block": BLOCK, "short": SHORT, "surveillance": SURVEILLANCE}


class MarketLists(TableModel):
    """A line of one of the lists."""

    trade_date: pl.Date = pa.Field(description="Day of the file")
    list_name: str = pa.Field(isin=list(LISTS), description="bulk, block, short or surveillance")
    symbol: str = pa.Field(description="Ticker on that date")
    series: str = pa.Field(nullable=True, description="Series, for surveillance only")
    client: str = pa.Field(
        nullable=True,
        isin=["entity", "person"],
        description="Kind of client (legal person or not), for deals; names are not stored",
    )
    side: str = pa.Field(nullable=True, isin=["bought", "sold"], description="Side of the client, for deals")
    quantity: pl.Int64 = pa.Field(nullable=True, ge=0, description="Shares dealt or sold short")
    price: float = pa.Field(nullable=True, ge=0, description="Average price of a deal, rupees")
    gsm: pl.Int64 = pa.Field(nullable=True, ge=0, description="Stage of the graded surveillance measure; null if none")
    long_term_asm: pl.Int64 = pa.Field(
        nullable=True, ge=0, description="Stage of long-term additional surveillance; null if none"
    )
    short_term_asm: pl.Int64 = pa.Field(
        nullable=True, ge=0, description="Stage of short-term additional surveillance; null if none"
    )
    esm: pl.Int64 = pa.Field(
        nullable=True, ge=0, description="Stage of the enhanced surveillance measure; null if none"
    )
    insolvency: pl.Int64 = pa.Field(
        nullable=True, ge=0, description="Stage of an insolvency resolution process; null if none"
    )
    pledge: pl.Int64 = pa.Field(
        nullable=True, ge=0, description="Measure for pledged shares of promoters; null if none"
    )
    loss_making: pl.Int64 = pa.Field(nullable=True, ge=0, description="Measure for losses (can be 0); null if none")
    leaves_derivatives: pl.Int64 = pa.Field(
        nullable=True, ge=0, description="Flag that its derivatives will be withdrawn (can be 0); null if not"
    )
    source_row: pl.Int32 = pa.Field(gt=0, description="Line number in the file")
    source_sha256: str = pa.Field(description="SHA-256 of the file, see raw/market_lists")

    class Config(TableModel.Config):
        """One row per line of a list."""

        unique = ["trade_date", "list_name", "source_row"]


_EMPTY = empty_frame(MarketLists).drop("trade_date", "source_sha256")


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Parse the lists of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    made = {name: _read(inputs, dates, name) for name in LISTS}
    rejects = [each.rejects for each in made.values() if each.rejects is not None]
    facts = {
        date: {name: each.facts[date]["rows"] for name, each in made.items() if date in each.facts} for date in dates
    }
    frame = pl.concat([each.frame for each in made.values()]).sort("trade_date", maintain_order=True)
    return Computed(
        frame, pl.concat(rejects) if rejects else None, {date: told for date, told in facts.items() if told}
    )


def _read(inputs: Inputs, dates: Sequence[dt.date], name: str) -> Computed:
    file = LISTS[name]

    def read(text: str, of: DayText) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
        found = read_whole(inputs, file, text, of)
        rows = found.rows.select(each for each in found.rows.columns if each in _EMPTY.columns).with_columns(
            list_name=pl.lit(name)
        )
        return pl.concat([_EMPTY, rows], how="diagonal"), found.refused, {}

    return parse_texts(day_texts(inputs, dates, file), MarketLists, read)


TABLE = DailyTable(
    name=NAME,
    description="Every row of the lists of bulk deals, block deals, short selling and surveillance.",
    model=MarketLists,
    code_version="1",
    inputs=lambda _: LIST_INPUTS,
    constants={name: file.declared() for name, file in LISTS.items()},
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=250,
)
