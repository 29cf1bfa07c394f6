"""`features/returns`: each instrument's return of the day, exact across ex-dates, renames.

Series moves and suspensions.

`r = close / (prior_close * f) - 1`, where `prior_close` is the raw close of the instrument's own last session, whatever
it was called then, and f the product of the factors of all ex-dates since (silver/corporate_actions), as known on the
day. The price return uses the level `capital`, the total return all dividends.

An opening that no price band allows (more than 20.5 % from the adjusted previous close) and that no action explains is
almost always an action that the feeds lack: such a day has `is_unexplained_gap` and null returns instead of wrong ones.
`silver/suspects` lists them.

A return is stated only if its factor is known. Where an action of the day cannot be read, or its factor is held back
or contradicted by the market (silver/doubts), the return at the level that it concerns is null, whatever the open did:
with the factor 1 it would look like a return. `doubt` says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.checks import thresholds
from champion_assets.checks.results import NAME as CHECKS
from champion_assets.checks.results import blocked
from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.quant.adjust import known_events
from champion_assets.quant.doubts import doubtful_sessions, open_doubts
from champion_assets.silver.doubts import NAME as DOUBTS
from champion_assets.silver.suspects import gap_of, previous_close

NAME = "features/returns"
ACTION_SESSIONS = 250
"""A name suspended for longer than this has no return on the day it comes back."""


class Returns(TableModel):
    """An instrument's return of the day."""

    trade_date: pl.Date = pa.Field(description="Trading date")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    simple_return: float = pa.Field(
        gt=-1, nullable=True, description="Price return: close / (prior_close x f_capital) - 1"
    )
    log_return: float = pa.Field(nullable=True, description="ln(1 + simple_return)")
    total_return: float = pa.Field(
        gt=-1, nullable=True, description="Return with all dividends: close / (prior_close x f_total_return) - 1"
    )
    log_total_return: float = pa.Field(nullable=True, description="ln(1 + total_return)")
    f_capital: float = pa.Field(
        gt=0, description="Product of the price factors (level capital) of all ex-dates since the last session traded"
    )
    f_total_return: float = pa.Field(
        gt=0,
        description="Product of the price factors (level total_return) of all ex-dates since the last session traded",
    )
    open_gap: float = pa.Field(gt=-1, nullable=True, description="open / (prior_close x f_capital_special) - 1")
    is_unexplained_gap: bool = pa.Field(
        description="Opened beyond any price band and no corporate action explains it; the returns are null"
    )
    doubt: str = pa.Field(
        nullable=True, description="Why a factor is unknown; all returns, or only the total returns, are null"
    )

    class Config(TableModel.Config):
        """One row per instrument and day."""

        unique = ["trade_date", "instrument_id"]


def day_factors(equity: pl.DataFrame, actions: pl.DataFrame, date: dt.date) -> pl.DataFrame:
    """Price factors since the last session on which each instrument traded.

    Args:
        equity: rows of silver/equity_eod of the day.
        actions: legs of silver/corporate_actions.
        date: the day; only actions known by then are used.

    Returns:
        One row per instrument with its factors by level.
    """
    since = equity.select("instrument_id", "prior_date")
    legs = (
        known_events(actions, date)
        .join(since, on="instrument_id")
        .filter(pl.col("ex_session") > pl.col("prior_date").fill_null(date))
    )
    return legs.group_by("instrument_id").agg(
        f_capital=pl.col("f_capital").product(), f_capital_special=pl.col("f_capital_special").product(),
        f_total_return=pl.col("f_total_return").product(),
        is_confirmed=(pl.col("method") == "override: confirm").any(),
    )  # fmt: skip


def day_doubts(equity: pl.DataFrame, doubts: pl.DataFrame, date: dt.date) -> pl.DataFrame:
    """What is in doubt between an instrument's last session and `date`, as known on `date`; the rows tell of gaps.

    Args:
        equity: instrument_id and prior_date of the day's rows.
        doubts: rows of silver/doubts up to `date`.
        date: the day.

    Returns:
        One row per instrument in doubt: instrument_id, doubt in words, is_capital (the price return is in doubt, too).
    """
    open_ = open_doubts(doubts, date).filter(pl.col("doubt") != "unexplained")
    since = equity.select("instrument_id", "prior_date")
    mine = open_.join(since, on="instrument_id").filter(pl.col("ex_session") > pl.col("prior_date").fill_null(date))
    words = [doubtful_sessions(mine, level) for level in ("capital", "total_return")]
    told = words[1].group_by("instrument_id").agg(pl.col("doubt").str.join("; "))
    return told.with_columns(is_capital=pl.col("instrument_id").is_in(words[0]["instrument_id"].implode()))


def transform(equity: pl.DataFrame, factors: pl.DataFrame, doubts: pl.DataFrame, first_known: dt.date) -> pl.DataFrame:
    """A day's rows of silver/equity_eod to returns, in the same order; no action before `first_known` is known.

    Args:
        equity: the day's rows.
        factors: see `day_factors`.
        doubts: see `day_doubts`.
        first_known: first day of the window of actions.
    """
    rows = equity.join(factors, on="instrument_id", how="left", maintain_order="left")
    rows = rows.join(doubts, on="instrument_id", how="left", maintain_order="left").with_columns(
        pl.col("f_capital", "f_capital_special", "f_total_return").fill_null(1.0),
        pl.col("is_confirmed", "is_capital").fill_null(value=False),
    )
    previous = previous_close()
    is_long_ago = (pl.col("prior_date") < first_known).fill_null(value=False)
    gap, is_gap = gap_of(pl.col("open"), previous, pl.col("f_capital_special"))
    is_gap = is_gap & ~pl.col("is_confirmed")
    usable = ~is_gap & ~is_long_ago
    simple = pl.when(usable & ~pl.col("is_capital")).then(pl.col("close") / (previous * pl.col("f_capital")) - 1)
    is_known = pl.col("doubt").is_null()
    total = pl.when(usable & is_known).then(pl.col("close") / (previous * pl.col("f_total_return")) - 1)
    opened = "unexplained across {}: opened at {} of its adjusted previous close"
    words = pl.format(opened, "trade_date", (gap + 1).round(4))
    told = pl.concat_str(pl.when(is_gap).then(words), "doubt", separator="; ", ignore_nulls=True)
    return rows.select(
        "trade_date", "instrument_id", "symbol", simple.alias("simple_return"), simple.log1p().alias("log_return"),
        total.alias("total_return"), total.log1p().alias("log_total_return"), "f_capital", "f_total_return",
        gap.alias("open_gap"), is_gap.alias("is_unexplained_gap"), pl.when(told != "").then(told).alias("doubt"),
    )  # fmt: skip


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Returns of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    columns = ["trade_date", "instrument_id", "symbol", "open", "close", "prev_close", "prior_close", "prior_date"]
    equity = inputs.read("silver/equity_eod", columns).partition_by("trade_date", as_dict=True)
    wanted = [
        "trade_date",
        "instrument_id",
        "ex_date",
        "ex_session",
        "f_capital",
        "f_capital_special",
        "f_total_return",
        "method",
    ]
    actions = inputs.read("silver/corporate_actions", wanted)
    doubts = inputs.read(DOUBTS, ["trade_date", "instrument_id", "ex_session", "doubt", "level", "reason"])
    frames = []
    for date in dates:
        known = inputs.window("silver/corporate_actions", date)
        recent = actions.filter(pl.col("trade_date").is_between(known[0], date))
        told = doubts.filter(pl.col("trade_date").is_between(known[0], date))
        today = equity[date,]
        frames.append(transform(today, day_factors(today, recent, date), day_doubts(today, told, date), known[0]))
    frame = pl.concat(frames)
    facts: dict[dt.date, dict[str, object]] = {}
    listed = {"unexplained_gaps": frame.filter("is_unexplained_gap"), "in_doubt": frame.drop_nulls("doubt")}
    for what, rows in listed.items():
        for day, names in rows.group_by("trade_date").agg("symbol").iter_rows():
            facts.setdefault(day, {}).update({what: len(names), f"{what}_symbols": ", ".join(sorted(names)[:20])})
    return Computed(frame, facts=facts)


TABLE = DailyTable(
    name=NAME,
    description="Price and total return per instrument and day, adjusted for known actions; null where in doubt.",
    model=Returns,
    code_version="3",
    inputs=lambda _: (
        Input("silver/equity_eod"),
        Input("silver/corporate_actions", ACTION_SESSIONS),
        Input(DOUBTS, ACTION_SESSIONS),
        Input(CHECKS, is_gate=True),
    ),
    constants={**values_of(thresholds, "BAND", "STEP")},
    compute=compute,
    gate=blocked,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=291,
    in_warehouse=True,
    grain="instrument",
)
