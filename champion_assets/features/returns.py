"""`features/returns`: each instrument's return of the day, exact across ex-dates, renames, series moves and suspensions.

`r = close / (prior_close * f) - 1`, where `prior_close` is the raw close of the instrument's own last session, whatever it was called
then, and f the product of the factors of all ex-dates since (silver/corporate_actions), as known on the day. The price return uses the
level `capital`, the total return all dividends.

An opening that no price band allows (more than 20.5 % from the adjusted previous close) and that no action explains is almost always
an action that the feeds lack: such a day has `is_unexplained_gap` and null returns instead of wrong ones. `silver/suspects` lists them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.checks.results import NAME as CHECKS
from champion_assets.checks.results import blocked
from champion_assets.checks.thresholds import BAND as GAP
from champion_assets.checks.thresholds import STEP as TICKS
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.quant.adjust import known_events
from champion_assets.silver.suspects import gap_of, previous_close

NAME = "features/returns"
ACTION_SESSIONS = 250
"""A name suspended for longer than this has no return on the day it comes back."""


class Returns(TableModel):
    """An instrument's return of the day."""

    trade_date: pl.Date = pa.Field(description="Trading date")
    instrument_id: str = pa.Field(description="Permanent identity")
    symbol: str = pa.Field(description="Ticker on that date")
    simple_return: float = pa.Field(gt=-1, nullable=True, description="Price return: close / (prior_close x f_capital) - 1")
    log_return: float = pa.Field(nullable=True, description="ln(1 + simple_return)")
    total_return: float = pa.Field(
        gt=-1, nullable=True, description="The same with all dividends: close / (prior_close x f_total_return) - 1"
    )
    log_total_return: float = pa.Field(nullable=True, description="ln(1 + total_return)")
    f_capital: float = pa.Field(gt=0, description="Product of the factors of the ex-dates since the last session traded, level capital")
    f_total_return: float = pa.Field(gt=0, description="The same, level total_return")
    open_gap: float = pa.Field(gt=-1, nullable=True, description="open / (prior_close x f_capital_special) - 1")
    is_unexplained_gap: bool = pa.Field(description="Opened beyond any price band without an action that explains it: returns withheld")

    class Config(TableModel.Config):
        """One row per instrument and day."""

        unique = ["trade_date", "instrument_id"]


def day_factors(equity: pl.DataFrame, actions: pl.DataFrame, date: dt.date) -> pl.DataFrame:
    """Factors by instrument of the ex-dates after its last session up to `date`, as known on `date`."""
    since = equity.select("instrument_id", "prior_date")
    legs = known_events(actions, date).join(since, on="instrument_id").filter(pl.col("ex_session") > pl.col("prior_date").fill_null(date))
    return legs.group_by("instrument_id").agg(
        f_capital=pl.col("f_capital").product(), f_capital_special=pl.col("f_capital_special").product(),
        f_total_return=pl.col("f_total_return").product(),
        is_confirmed=(pl.col("method") == "override: confirm").any(),
    )  # fmt: skip


def transform(equity: pl.DataFrame, factors: pl.DataFrame, first_known: dt.date) -> pl.DataFrame:
    """A day's rows of silver/equity_eod to returns, in the same order; no action before `first_known` is known."""
    rows = equity.join(factors, on="instrument_id", how="left", maintain_order="left").with_columns(
        pl.col("f_capital", "f_capital_special", "f_total_return").fill_null(1.0), pl.col("is_confirmed").fill_null(value=False),
    )  # fmt: skip
    previous = previous_close()
    is_long_ago = (pl.col("prior_date") < first_known).fill_null(value=False)
    gap, is_gap = gap_of(pl.col("open"), previous, pl.col("f_capital_special"))
    is_gap = is_gap & ~pl.col("is_confirmed")
    usable = ~is_gap & ~is_long_ago
    simple = pl.when(usable).then(pl.col("close") / (previous * pl.col("f_capital")) - 1)
    total = pl.when(usable).then(pl.col("close") / (previous * pl.col("f_total_return")) - 1)
    return rows.select(
        "trade_date", "instrument_id", "symbol", simple.alias("simple_return"), simple.log1p().alias("log_return"),
        total.alias("total_return"), total.log1p().alias("log_total_return"), "f_capital", "f_total_return",
        gap.alias("open_gap"), is_gap.alias("is_unexplained_gap"),
    )  # fmt: skip


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Returns of `dates`."""
    columns = ["trade_date", "instrument_id", "symbol", "open", "close", "prev_close", "prior_close", "prior_date"]
    equity = inputs.read("silver/equity_eod", columns).partition_by("trade_date", as_dict=True)
    wanted = ["trade_date", "instrument_id", "ex_date", "ex_session", "f_capital", "f_capital_special", "f_total_return", "method"]
    actions = inputs.read("silver/corporate_actions", wanted)
    frames = []
    for date in dates:
        known = inputs.window("silver/corporate_actions", date)
        recent = actions.filter(pl.col("trade_date").is_between(known[0], date))
        frames.append(transform(equity[date,], day_factors(equity[date,], recent, date), known[0]))
    frame = pl.concat(frames)
    gaps = frame.filter("is_unexplained_gap").group_by("trade_date").agg("symbol")
    facts = {day: {"unexplained_gaps": len(names), "gap_symbols": ", ".join(sorted(names)[:20])} for day, names in gaps.iter_rows()}
    return Computed(frame, facts=facts)


TABLE = DailyTable(
    name=NAME,
    description="Price and total return of the day, adjusted for every known action; gaps that nothing explains are flagged and withheld.",
    model=Returns,
    code_version="2",
    inputs=lambda _: (
        Input("silver/equity_eod"),
        Input("silver/corporate_actions", ACTION_SESSIONS),
        Input(CHECKS, is_gate=True),
    ),
    constants={"gap": GAP, "ticks": TICKS},
    compute=compute,
    gate=blocked,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=291,
    in_warehouse=True,
    grain="instrument",
)
