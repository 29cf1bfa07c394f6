"""What a tear sheet tells, as frames.

Exposures, holdings, ESG profile, constraints at work, and where the return came from.

What belongs here: deriving them from the tables' rows. What does not: reading the lake (`tear_sheet.py`), drawing
(`tear_sheet_page.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from champion_assets.backtest.index import IndexHistory
from champion_assets.quant.metrics import Yardstick

TOP = 12
"""Holdings shown over time."""
CASH, OTHERS = "Cash", "Others"


@dataclass(frozen=True, eq=False)
class Measures:
    """What a history is measured with and against.

    Attributes:
        yardstick: years and overnight rates.
        index: the index in BENCHMARK, None before the first fill.
        assumed_rates: sessions whose overnight rate is a year's average.
    """

    yardstick: Yardstick
    index: IndexHistory | None
    assumed_rates: int


@dataclass(frozen=True)
class Story:
    """A portfolio's history.

    Attributes:
        days: rows of backtest/daily.
        measures: what they are measured with and against.
        sectors: trade_date, sector, weight at the close; cash is a sector.
        holdings: trade_date, symbol, weight of the largest names over all; the others together.
        esg: trade_date, portfolio, universe (mean blended scores, 0 to 100), covered (weight of scored names); empty
            without ratings.
        constraints: trade_date, constraint, value, low, high, binds of every decision.
        attribution: rows of backtest/attribution.
        written_down: trade_date, symbol, loss of each name that counts as delisted since that day.
        in_doubt: what holdings rest on that nobody knows, see `doubtful_holdings`.
        looks_ahead: a decision used a snapshot of ESG scores, or a list of sectors, of a later day.
    """

    days: pl.DataFrame
    measures: Measures
    sectors: pl.DataFrame
    holdings: pl.DataFrame
    esg: pl.DataFrame
    constraints: pl.DataFrame
    attribution: pl.DataFrame
    written_down: pl.DataFrame
    in_doubt: pl.DataFrame
    looks_ahead: bool = False


def tell(
    days: pl.DataFrame,
    measures: Measures,
    weights: pl.DataFrame,
    audit: pl.DataFrame,
    attribution: pl.DataFrame,
    esg: pl.DataFrame,
    doubts: pl.DataFrame,
) -> Story:
    """Put the history together.

    Args:
        days: rows of backtest/daily from the first fill on, in order.
        measures: of these days.
        weights: rows of portfolio/target_weights (instrument_id, sector).
        audit: rows of portfolio/audit.
        attribution: rows of backtest/attribution of these days.
        esg: trade_date, instrument_id, score of the blend.
        doubts: instrument_id, ex_session, doubt in words, as known on the last day.
    """
    sector_of = weights.select("instrument_id", "sector").unique("instrument_id", keep="last", maintain_order=True)
    held = (
        days.select("trade_date", "value", "holdings")
        .explode("holdings")
        .drop_nulls("holdings")
        .unnest("holdings", separator=".")
    )
    held = held.select(
        "trade_date",
        pl.col("holdings.instrument_id").alias("instrument_id"),
        pl.col("holdings.symbol").alias("symbol"),
        weight=pl.col("holdings.value") / pl.col("value"),
    )
    held = held.join(sector_of, on="instrument_id", how="left", maintain_order="left").with_columns(
        pl.col("sector").fill_null("Unclassified")
    )
    cash = days.select("trade_date", sector=pl.lit(CASH), weight=pl.col("cash") / pl.col("value"))
    sectors = pl.concat([held.group_by("trade_date", "sector").agg(pl.col("weight").sum()), cash]).sort(
        "trade_date", "sector"
    )
    return Story(
        days, measures, sectors, _largest(held), _profile(held, esg), audit.sort("trade_date", "constraint_name"),
        attribution, written_down(days),
        doubtful_holdings(held, days["trade_date"], doubts),
        bool(days["is_look_ahead"].any()),
    )  # fmt: skip


def written_down(days: pl.DataFrame) -> pl.DataFrame:
    """Names that lost value on a session without a trade, as trade_date, symbol, loss (rupees)."""
    held = (
        days.select("trade_date", "written_down", "holdings")
        .explode("holdings")
        .drop_nulls("holdings")
        .unnest("holdings")
    )
    before = held.sort("trade_date").with_columns(
        pl.col("price", "shares").shift().over("instrument_id").name.suffix("_before")
    )
    fallen = before.filter(
        (pl.col("written_down") > 0) & (pl.col("idle") > 0) & (pl.col("price") < pl.col("price_before"))
    )
    return fallen.select("trade_date", "symbol", loss=pl.col("shares") * (pl.col("price_before") - pl.col("price")))


def doubtful_holdings(held: pl.DataFrame, sessions: pl.Series, doubts: pl.DataFrame) -> pl.DataFrame:
    """Positions that were held across a session in doubt: what they were worth since rests on what nobody knows.

    Args:
        held: trade_date, instrument_id, symbol, weight of each position at each close.
        sessions: all sessions, in order.
        doubts: instrument_id, ex_session, doubt in words.

    Returns:
        One row per position and doubt, sorted by session: symbol, ex_session, doubt, weight at the close before,
        holding_days (closes from the session in doubt on until it was sold), new_days (those of them that no earlier
        doubt of the position counts).
    """
    numbers = pl.DataFrame({"trade_date": sessions, "number": range(sessions.len())})
    rows = held.join(numbers, on="trade_date").sort("instrument_id", "number")
    is_new = (pl.col("number").diff() != 1).fill_null(value=True).over("instrument_id")
    rows = rows.with_columns(position=is_new.cum_sum().over("instrument_id"))
    rows = rows.with_columns(last=pl.col("number").max().over("instrument_id", "position"))
    first = doubts.sort("ex_session").join_asof(
        numbers.rename({"number": "doubtful"}), left_on="ex_session", right_on="trade_date", strategy="forward"
    )
    evening = first.select("instrument_id", "ex_session", "doubt", number=pl.col("doubtful") - 1)
    found = evening.join(rows, on=["instrument_id", "number"])
    found = found.with_columns(holding_days=pl.col("last") - pl.col("number"))
    earlier = pl.col("number").sort().first().over("instrument_id", "position")
    found = found.with_columns(new_days=pl.when(pl.col("number") == earlier).then("holding_days").otherwise(0))
    columns = ["symbol", "ex_session", "doubt", "weight", "holding_days", "new_days"]
    return found.sort("ex_session", "symbol").select(columns)


def _largest(held: pl.DataFrame) -> pl.DataFrame:
    names = (
        held.group_by("instrument_id")
        .agg(pl.col("symbol").last(), total=pl.col("weight").sum())
        .sort("total", "instrument_id", descending=[True, False])
    )
    top = names.head(TOP)["instrument_id"]
    latest = names.select("instrument_id", name="symbol")
    marked = held.join(latest, on="instrument_id", how="left", maintain_order="left")
    shown = marked.with_columns(
        symbol=pl.when(pl.col("instrument_id").is_in(top.implode())).then("name").otherwise(pl.lit(OTHERS))
    )
    return shown.group_by("trade_date", "symbol").agg(pl.col("weight").sum()).sort("trade_date", "symbol")


def _profile(held: pl.DataFrame, esg: pl.DataFrame) -> pl.DataFrame:
    if esg.is_empty():
        return pl.DataFrame(
            schema={"trade_date": pl.Date, "portfolio": pl.Float64, "universe": pl.Float64, "covered": pl.Float64}
        )
    universe = esg.group_by("trade_date").agg(universe=pl.col("score").mean())
    own = held.join(esg.select("trade_date", "instrument_id", "score"), on=["trade_date", "instrument_id"], how="inner")
    own = own.group_by("trade_date").agg(
        portfolio=(pl.col("weight") * pl.col("score")).sum() / pl.col("weight").sum(), covered=pl.col("weight").sum()
    )  # fmt: skip
    return (
        own.join(universe, on="trade_date", how="left")
        .select("trade_date", "portfolio", "universe", "covered")
        .sort("trade_date")
    )
