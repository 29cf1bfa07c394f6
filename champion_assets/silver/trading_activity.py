"""`silver/trading_activity`: deals, short selling and surveillance of each security.

As known on the evening of the day.

From the lists of the day (`bronze/market_lists`), so days without any have no rows. A column is null where its list is
not there or empty, and 0 or false where the list does not name the security; stages of surveillance are null where a
measure does not apply.

Short sales are those of the session before, which the file of the day publishes. Of deals there are the shares bought
and sold, and whether one of the clients is no legal person; names are not kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.market_lists import NAME as LISTS
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.daily_file import DailyFile
from champion_assets.nse.market_lists import BLOCK, BULK, SHORT, SURVEILLANCE
from champion_assets.silver.daily_file import identified
from champion_assets.silver.instruments_register import read_registers, register_input

NAME = "silver/trading_activity"
KEY = ["trade_date", "instrument_id"]
STAGES = ("gsm", "long_term_asm", "short_term_asm", "esm", "insolvency", "pledge", "loss_making", "leaves_derivatives")
_DEALS: Mapping[str, DailyFile] = {"bulk": BULK, "block": BLOCK}
_REGISTER = ["trade_date", "instrument_id", "symbol", "series", "instrument_class", "last_seen"]


class TradingActivity(TableModel):
    """A security that one of the day's lists names."""

    trade_date: pl.Date = pa.Field(description="Trading day by whose end this was known")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    bulk_bought: pl.Int64 = pa.Field(
        nullable=True, ge=0, description="Shares bought in bulk deals; null without a list"
    )
    bulk_sold: pl.Int64 = pa.Field(nullable=True, ge=0, description="Shares sold in bulk deals; null without a list")
    block_bought: pl.Int64 = pa.Field(
        nullable=True, ge=0, description="Shares bought in block deals; null without a list"
    )
    block_sold: pl.Int64 = pa.Field(nullable=True, ge=0, description="Shares sold in block deals; null without a list")
    has_persons: bool = pa.Field(
        nullable=True, description="At least one client of a deal is a natural person; null without a list of deals"
    )
    short_sold: pl.Int64 = pa.Field(
        nullable=True, ge=0, description="Shares sold short in the session before; null without a list"
    )
    is_watched: bool = pa.Field(
        nullable=True,
        description="Under GSM, ASM, ESM or in insolvency; null if the list is missing or does not contain it",
    )
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

    class Config(TableModel.Config):
        """One row per instrument and day."""

        unique = ["trade_date", "instrument_id"]


def transform(
    lists: pl.DataFrame, register: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame | None, dict[dt.date, dict[str, Any]]]:
    """The activity of some days, days of lists of which too few lines name a known instrument, and facts.

    Args:
        lists: rows of bronze/market_lists.
        register: of each day: `_REGISTER`.
    """
    of, rejects, facts = _by_list(lists, register)
    names = pl.concat([each.select(*KEY, "symbol") for each in of.values()]).unique(
        KEY, keep="first", maintain_order=True
    )
    rows = names
    for each in of.values():
        rows = rows.join(each.drop("symbol"), on=KEY, how="left", maintain_order="left")
    there = {name: lists.filter(pl.col("list_name") == name)["trade_date"].unique().to_list() for name in of}
    zeros = [_or_nothing(f"{name}_{side}", there[name]) for name in _DEALS for side in ("bought", "sold")]
    persons = pl.any_horizontal(pl.col(f"{name}_persons").fill_null(value=False) for name in _DEALS)
    measures = pl.any_horizontal(
        pl.col(name).is_not_null() for name in ("gsm", "long_term_asm", "short_term_asm", "esm", "insolvency")
    )
    rows = rows.with_columns(
        *zeros, _or_nothing("short_sold", there["short"]),
        has_persons=pl.when(pl.col("trade_date").is_in([*there["bulk"], *there["block"]])).then(persons),
        is_watched=pl.when(pl.col("is_listed")).then(measures),
    )  # fmt: skip
    return rows.select(list(empty_frame(TradingActivity).columns)).sort(KEY), rejects, facts


def _or_nothing(name: str, days: Sequence[dt.date]) -> pl.Expr:
    return pl.when(pl.col("trade_date").is_in(list(days))).then(pl.col(name).fill_null(0)).alias(name)


def _by_list(
    lists: pl.DataFrame, register: pl.DataFrame
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame | None, dict[dt.date, dict[str, Any]]]:
    """Of each list one row per instrument and day."""
    of, poor = {}, []
    facts: dict[dt.date, dict[str, Any]] = {}
    symbol = ["trade_date", "symbol"]
    for name, file in {**_DEALS, "short": SHORT, "surveillance": SURVEILLANCE}.items():
        mine = lists.filter(pl.col("list_name") == name)
        if name in _DEALS:
            sides = [
                pl.col("quantity").filter(pl.col("side") == side).sum().alias(f"{name}_{side}")
                for side in ("bought", "sold")
            ]
            mine = mine.group_by(symbol, maintain_order=True).agg(
                *sides, (pl.col("client") == "person").any().alias(f"{name}_persons")
            )
        elif name == "short":
            mine = mine.group_by(symbol, maintain_order=True).agg(short_sold=pl.col("quantity").sum())
        else:
            mine = mine.select(*symbol, "series", *STAGES, is_listed=pl.lit(value=True))
        found, told, rejects = identified(mine, register, file)
        of[name] = found.drop("series", strict=False)
        for date, each in told.items():
            facts.setdefault(date, {})[f"{name}_joined"] = f"{each['joined']} of {each['listed']}"
        poor += [] if rejects is None else [rejects]
    return of, pl.concat(poor) if poor else None, facts


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The activity of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    lists = inputs.read(LISTS, days=dates)
    register = read_registers(inputs, lists["trade_date"].unique().sort().to_list(), _REGISTER)
    frame, rejects, facts = transform(lists, register)
    return Computed(frame, rejects, facts)


TABLE = DailyTable(
    name=NAME,
    description="One row per security and day: deals, short selling and surveillance known by the evening.",
    model=TradingActivity,
    code_version="1",
    inputs=lambda _: (Input(LISTS), register_input()),
    constants={"files": [file.declared() for file in (BULK, BLOCK, SHORT, SURVEILLANCE)]},
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    grain="instrument",
    peak_megabytes=300,
    in_warehouse=True,
)
