"""`silver/suspects`: what a person should look at: prices that moved without an action, and actions without a move.

Four kinds of row. `unexplained_gap`: the open lies more than 20.5 % from the previous close, adjusted for all known
actions, which no price band allows; with the nearest simple ratio as a hint. `doubtful_action`: an action whose factor
the market did not follow, with the instruments that did move by it that day (the action may be filed under the wrong
company), or that is held back. `value_handed_out`: holders got something that has no number in the text (preference
shares, debentures, a part of the company), no factor takes it out, and the price opened well below: the fall is no
loss, so the return is none, either. `chain_break`: the file's previous close is not the instrument's own last close,
which is so in one of 67,000 rows, so the identity may be wrong. Nothing here changes a price: a person decides, and
writes the decision into the file in CHAMPION_CORPORATE_ACTIONS or CHAMPION_IDENTITY.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.checks import thresholds
from champion_assets.checks.thresholds import BAND as GAP
from champion_assets.checks.thresholds import SAME_PRICE as SAME
from champion_assets.checks.thresholds import STEP as TICKS
from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.actions import factors, price_check
from champion_assets.nse.actions.factors import SCHEME_STEP
from champion_assets.nse.actions.legs import UNPRICED_KINDS
from champion_assets.nse.actions.price_check import nearest_ratio

NAME = "silver/suspects"
SUSPICIONS = ("unexplained_gap", "doubtful_action", "value_handed_out", "chain_break")


class Suspects(TableModel):
    """Something to look at."""

    trade_date: pl.Date = pa.Field(description="Session")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    series: str = pa.Field(description="Series on that date")
    suspicion: str = pa.Field(isin=SUSPICIONS, description="Kind of anomaly")
    witness: float = pa.Field(gt=0, description="Open divided by the instrument's last close, unadjusted")
    factor: float = pa.Field(
        gt=0,
        description="Price factor of the known actions (level capital_special); for a held action the proposed one",
    )
    verdict: str = pa.Field(nullable=True, description="For actions: whether the open moved by the factor")
    nearest: str = pa.Field(description="Simple ratio nearest to the unexplained part of the move")
    nearest_factor: float = pa.Field(gt=0, description="Price factor of that ratio")
    candidates: str = pa.Field(description="For actions: instruments that moved by the factor that day")
    days_since_traded: pl.Int32 = pa.Field(
        ge=0, nullable=True, description="Calendar days since the last trade; gaps after a suspension are normal"
    )
    reading: str = pa.Field(description="Likely cause, to be checked by a person")
    subject: str = pa.Field(description="Text of the corporate action")

    class Config(TableModel.Config):
        """One row per instrument, day and suspicion."""

        unique = ["trade_date", "instrument_id", "suspicion"]


def gap_of(open_: pl.Expr, previous: pl.Expr, factor: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """(opening gap against the adjusted previous close, whether no price band allows it)."""
    expected = previous * factor
    gap = open_ / expected - 1
    return gap, ((gap.abs() > GAP) & ((open_ - expected).abs() > TICKS)).fill_null(value=False)


def previous_close() -> pl.Expr:
    """The close that a day's move is measured from: the instrument's own last one.

    On the very first day of the lake nobody has one and the file's `prev_close` serves; later an instrument without one
    is a new listing, whose `prev_close` is its issue price: no market price, so there is no return and no gap.
    """
    nobody_has = pl.col("prior_close").is_null().all().over("trade_date")
    return pl.coalesce("prior_close", pl.when(nobody_has & (pl.col("prev_close") > 0)).then(pl.col("prev_close")))


def transform(equity: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Rows of silver/equity_eod and silver/corporate_actions of any days to suspects."""
    since = equity.select("trade_date", "instrument_id", "prior_date")
    effective = actions.join(since, on=["trade_date", "instrument_id"]).filter(
        (pl.col("ex_session") == pl.col("trade_date"))
        | (pl.col("ex_session") > pl.col("prior_date"))  # untraded since its ex-date
    )
    events = effective.group_by("trade_date", "instrument_id").agg(
        factor=pl.col("f_capital_special").product(),
        verdict=pl.col("verdict").first(),
        candidates=pl.col("candidates").first(),
        subject=pl.col("subject").unique(maintain_order=True).str.join(" | "),
        is_confirmed=(pl.col("method") == "override: confirm").any(),
        held=pl.col("held").drop_nulls().first(),
        proposed=pl.col("f_proposed").product(),
        unpriced=(pl.col("kind").is_in(list(UNPRICED_KINDS)) & (pl.col("f_capital_special") == 1)).any(),
    )
    previous = previous_close()
    rows = equity.join(events, on=["trade_date", "instrument_id"], how="left", maintain_order="left").with_columns(
        pl.col("factor").fill_null(1.0),
        pl.col("candidates", "subject").fill_null(""),
        pl.col("is_confirmed", "unpriced").fill_null(value=False),
        witness=pl.col("open") / previous,
        days_since_traded=(pl.col("trade_date") - pl.col("prior_date")).dt.total_days().cast(pl.Int32),
        is_gap=gap_of(pl.col("open"), previous, pl.col("factor").fill_null(1.0))[1],
    )
    rows = rows.filter(~pl.col("is_confirmed") & pl.col("witness").is_not_null())
    is_doubtful = (
        pl.col("verdict").is_in(["no_reprice", "ratio_mismatch"]).fill_null(value=False) | pl.col("held").is_not_null()
    )
    doubtful = rows.filter(is_doubtful).with_columns(
        suspicion=pl.lit("doubtful_action"),
        factor=pl.when(pl.col("held").is_null()).then("factor").otherwise("proposed"),
    )
    handed = rows.filter(pl.col("unpriced") & (pl.col("witness") < SCHEME_STEP * pl.col("factor"))).with_columns(
        suspicion=pl.lit("value_handed_out")
    )
    gaps = rows.filter(pl.col("is_gap")).with_columns(suspicion=pl.lit("unexplained_gap"))
    broken = rows.filter((pl.col("prev_close") - pl.col("prior_close")).abs() >= SAME).with_columns(
        suspicion=pl.lit("chain_break"), witness=pl.col("prev_close") / pl.col("prior_close"), factor=pl.lit(1.0),
    ).filter(pl.col("witness") > 0)  # fmt: skip
    found = pl.concat([doubtful, gaps, handed, broken])
    near = [nearest_ratio(w / f) for w, f in found.select("witness", "factor").iter_rows()]
    found = found.with_columns(
        nearest=pl.Series([text for text, _ in near], dtype=pl.String),
        nearest_factor=pl.Series([f for _, f in near], dtype=pl.Float64),
        reading=_reading(),
    )
    return found.select(list(Suspects.to_schema().columns)).sort(["trade_date", "instrument_id", "suspicion"])


def _reading() -> pl.Expr:
    is_action, is_break = pl.col("suspicion") == "doubtful_action", pl.col("suspicion") == "chain_break"
    drop = pl.col("prior_close") - pl.col("prev_close")
    is_whole = (drop > 0) & ((drop - drop.round()).abs() < SAME)
    return (
        pl.when(is_break & (pl.col("days_since_traded") > 10))
        .then(pl.lit("the exchange set another base price after a suspension"))
        .when(is_break & ~pl.col("witness").is_between(0.67, 1.5))
        .then(pl.lit("the file's previous close is adjusted for a split"))
        .when(is_break & (pl.col("series") == "BE") & is_whole)
        .then(pl.lit("the file's previous close looks adjusted for a dividend"))
        .when(is_break & pl.col("instrument_id").str.starts_with("INF"))
        .then(pl.lit("fund unit: another base price with its new name"))
        .when(is_break)
        .then(pl.lit("previous close corrected after publication, or after a change of segment"))
        .when(is_action & pl.col("held").is_not_null())
        .then(pl.format("not applied until confirmed: {}", pl.col("held").fill_null("")))
        .when(pl.col("suspicion") == "value_handed_out")
        .then(pl.lit("something of value was handed out whose price nobody stated"))
        .when(is_action & (pl.col("candidates") != ""))
        .then(pl.lit("the price did not follow; perhaps filed under the wrong company"))
        .when(is_action & (pl.col("verdict") == "no_reprice"))
        .then(pl.lit("the price did not follow; perhaps postponed or never happened"))
        .when(is_action)
        .then(pl.lit("the price moved otherwise: a rally or fall on the ex-date, or a wrong ratio"))
        .when(pl.col("symbol").str.contains(r"-RE\d*$"))
        .then(pl.lit("rights entitlement: moves as it likes"))
        .when(pl.col("days_since_traded") > 10)
        .then(pl.lit("first session after a suspension"))
        .when(pl.col("instrument_id").str.starts_with("INF"))
        .then(pl.lit("fund unit: a split (not in the equity feed) or a thin book"))
        .when(pl.col("subject") != "")
        .then(pl.lit("an action of that day whose text gives no ratio"))
        .when(pl.col("open") < 5)
        .then(pl.lit("penny stock"))
        .when(pl.col("series").is_in(["SM", "ST"]))
        .then(pl.lit("SME"))
        .otherwise(pl.lit("a scheme without a row in the feed, or a stock without a price band"))
    )


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Suspects of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    columns = ["trade_date", "instrument_id", "symbol", "series", "open", "prev_close", "prior_close", "prior_date"]
    equity = inputs.read("silver/equity_eod", columns, days=dates)
    wanted = [
        "trade_date",
        "instrument_id",
        "ex_session",
        "kind",
        "f_capital_special",
        "held",
        "f_proposed",
        "verdict",
        "candidates",
        "subject",
        "method",
    ]
    frame = transform(equity, inputs.read("silver/corporate_actions", wanted, days=dates))
    facts = {day: {"suspects": len(names), "symbols": ", ".join(sorted(set(names))[:20])}
             for day, names in frame.group_by("trade_date").agg("symbol").iter_rows()}  # fmt: skip
    return Computed(pl.concat([empty_frame(Suspects), frame]), facts=facts)


TABLE = DailyTable(
    name=NAME,
    description="For review by a person: opening gaps without a corporate action, and actions that the open did not "
    "follow or that are held.",
    model=Suspects,
    code_version="3",
    inputs=lambda _: (Input("silver/equity_eod"), Input("silver/corporate_actions")),
    constants={
        **values_of(thresholds, "BAND", "SAME_PRICE", "STEP"),
        **values_of(factors, "SCHEME_STEP"),
        **values_of(price_check),
    },
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=298,
    in_warehouse=True,
)
