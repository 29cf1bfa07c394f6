"""Checks of a whole day against the days before: the chain of previous closes, rows, turnover, symbols, indices.

And of corporate actions.

What belongs here: X1-X4, X7, X10, X13. The chain finds a missing or mis-dated file without any calendar: it breaks
nearly every row.
"""

from __future__ import annotations

import polars as pl

from champion_assets.checks import thresholds as limits
from champion_assets.checks.rules import SHOWN, Context, Rule, in_paise, measured, number, offenders
from champion_assets.nse.instrument_class import SHARE_SERIES

ASSET, ACTIONS = "silver/equity_eod", "silver/corporate_actions"


def _consecutive(context: Context) -> pl.DataFrame:
    """Rows of instruments that traded in the session before, with `is_broken`."""
    rows = context.equity.join(context.days.drop("session_type"), on="trade_date").filter(
        pl.col("prior_date") == pl.col("previous")
    )
    return rows.with_columns(is_broken=(pl.col("prev_close") - pl.col("prior_close")).abs() >= limits.SAME_PRICE)


def _chain(context: Context) -> pl.DataFrame:
    return offenders(
        context,
        _consecutive(context).filter("is_broken"),
        pl.format("{} {} is not {}", "symbol", "prev_close", "prior_close"),
    )


def _day_missing(context: Context) -> pl.DataFrame:
    share = _consecutive(context).group_by("trade_date").agg(value=pl.col("is_broken").mean())
    return measured(
        context,
        share,
        pl.col("value") > limits.CHAIN_BROKEN,
        pl.format(
            "{} % of the previous closes are not those of {}: a session between is missing, or one of the two files is "
            "of another day",
            number(pl.col("value")),
            "previous",
        ),
    )


def _unseen(context: Context) -> pl.DataFrame:
    """Rows of names that traded in the session before by their previous close.

    Although the lake has no row of them there.
    """
    rows = context.equity.join(context.days, on="trade_date").filter(pl.col("prior_date") < pl.col("previous"))
    other = rows.filter((pl.col("prev_close") - pl.col("prior_close")).abs() >= limits.SAME_PRICE)
    return (
        other.sort("trade_date", "symbol")
        .group_by("trade_date")
        .agg(value=pl.len().cast(pl.Float64), names=pl.col("symbol").head(SHOWN).str.join(", "))
    )


def _unseen_beyond(limit: int):  # type: ignore[no-untyped-def]
    def evaluate(context: Context) -> pl.DataFrame:
        return measured(context, _unseen(context), pl.col("value") > limit,
                        pl.format("by their previous closes {} names traded on {}, whose file lacks them: {}",
                                  pl.col("value").cast(pl.Int64), "previous", "names"))  # fmt: skip

    return evaluate


def _with_neighbours(counts: pl.DataFrame) -> pl.DataFrame:
    """`rows` of each day and class with the least and the most of the six sessions before: `least`, `most`.

    Six sessions hold a whole week: names under surveillance trade only in its first session, or in that of a month.
    """
    ordered = counts.sort("instrument_class", "trade_date")
    window = limits.ROW_NEIGHBOURS
    return ordered.with_columns(
        least=pl.col("rows").rolling_min(window, min_samples=1).shift().over("instrument_class"),
        most=pl.col("rows").rolling_max(window, min_samples=1).shift().over("instrument_class"),
    )


def _growth(context: Context) -> pl.DataFrame:
    rows = context.past.filter(pl.col("series").is_in(SHARE_SERIES)).group_by("trade_date").len("rows")
    counts = _with_neighbours(rows.with_columns(instrument_class=pl.lit("all")))
    fewer, more = pl.col("rows") / pl.col("least") - 1, pl.col("rows") / pl.col("most") - 1
    value = pl.when(fewer < 0).then(fewer).when(more > 0).then(more).otherwise(more * 0)
    return counts.select("trade_date", "rows", "least", "most", value=value)


def _rows_beyond(low: float, high: float):  # type: ignore[no-untyped-def]
    def evaluate(context: Context) -> pl.DataFrame:
        return measured(
            context,
            _growth(context).rename({"rows": "count"}),
            (pl.col("value") < low) | (pl.col("value") > high),
            pl.format("{} rows; the six sessions before have {} to {}", "count", "least", "most"),
        )

    return evaluate


def _class_gone(context: Context) -> pl.DataFrame:
    """Classes of which a day has less than half of the least of the six sessions before.

    Rows without an ISIN have no class of their own: with the first file that has ISINs (2011-06-22) all of them are
    gone.
    """
    classed = context.past.filter(pl.col("instrument_class") != "unclassified")
    seen = classed.group_by("trade_date", "instrument_class").len("rows")
    every = context.past.select("trade_date").unique().join(classed.select("instrument_class").unique(), how="cross")
    counts = _with_neighbours(
        every.join(seen, on=["trade_date", "instrument_class"], how="left").with_columns(pl.col("rows").fill_null(0))
    )
    known = counts.filter((pl.col("least") >= limits.CLASS_ROWS) & pl.col("trade_date").is_in(context.dates))
    share = known.with_columns(value=pl.col("rows") / pl.col("least"))
    worst = share.sort("trade_date", "value", "instrument_class").group_by("trade_date", maintain_order=True).first()
    return measured(
        context,
        worst.rename({"rows": "count"}),
        pl.col("value") < limits.CLASS_KEPT,
        pl.format(
            "{} rows of class {}; the six sessions before have at least {}", "count", "instrument_class", "least"
        ),
    )


def _turnover(context: Context) -> pl.DataFrame:
    totals = context.past.group_by("trade_date").agg(total=in_paise(pl.col("turnover")).sum()).sort("trade_date")
    before = (
        pl.col("total")
        .rolling_median(limits.TURNOVER_MEDIAN_SESSIONS, min_samples=limits.TURNOVER_KNOWN_SESSIONS)
        .shift()
    )
    ratio = totals.select("trade_date", value=pl.col("total") / before)
    return measured(
        context,
        ratio,
        (pl.col("value") < limits.TURNOVER_LOW) & (pl.col("session_type") == "regular"),
        pl.format("turnover is {} of the median of the 20 sessions before", pl.col("value").round(2)),
    )


def _churn(context: Context) -> pl.DataFrame:
    new = context.equity.filter(pl.col("prior_close").is_null()).select("trade_date", symbol=pl.format("+{}", "symbol"))
    seen = context.past.select("trade_date", "instrument_id", "symbol").join(
        context.days.select(today="trade_date", trade_date="previous"), on="trade_date"
    )  # fmt: skip
    gone = seen.join(context.equity.select("trade_date", "instrument_id"), left_on=["today", "instrument_id"],
                     right_on=["trade_date", "instrument_id"], how="anti")  # fmt: skip
    both = pl.concat([new, gone.select(trade_date="today", symbol=pl.format("-{}", "symbol"))])
    first = context.days.filter(pl.col("previous").is_null())["trade_date"]  # of the grid: nobody appears on it
    return offenders(context, both.filter(~pl.col("trade_date").is_in(first.implode())))


def _index(context: Context) -> pl.DataFrame:
    top = context.without_action.filter((pl.col("series") == "EQ") & pl.col("prior_close").is_not_null())
    top = top.filter(pl.col("turnover").rank("ordinal", descending=True).over("trade_date") <= 100)
    index = context.index.filter(pl.col("index_id") == "nifty_50").select("trade_date", "simple_return")
    away = top.group_by("trade_date").agg(median=pl.col("moved").median()).join(index, on="trade_date")
    return measured(
        context,
        away.select("trade_date", value=(pl.col("median") - pl.col("simple_return")).abs()),
        pl.col("value") > limits.INDEX_AWAY,
        pl.format("the median share is {} points away from the Nifty 50", number(pl.col("value"))),
    )


def _witness(context: Context) -> pl.DataFrame:
    doubtful = context.suspects.filter(pl.col("suspicion") == "doubtful_action")
    return offenders(context, doubtful, pl.format("{} {}: {}", "symbol", "verdict", pl.col("subject").str.head(80)))


def _factors(context: Context) -> pl.DataFrame:
    levels = [pl.col(f"f_{name}") for name in ("total_return", "capital_special", "capital")]
    outside = pl.any_horizontal(~each.is_between(limits.FACTOR_LOW, limits.FACTOR_HIGH) for each in levels)
    disordered = (levels[0] > levels[1] + 1e-12) | (levels[1] > levels[2] + 1e-12)
    return offenders(context, context.actions.filter(outside | disordered), pl.format("{} {}", "symbol", "subject"))


RULES = [
    Rule(
        "prev_close_chain",
        "X1",
        ASSET,
        "warn",
        "The published previous close equals the instrument's last close in the lake.",
        _chain,
    ),
    Rule(
        "day_missing",
        "X1",
        ASSET,
        "block",
        "At most 1 % of the previous closes differ. A missing or misdated day makes nearly all differ.",
        _day_missing,
    ),
    Rule(
        "previous_session_complete",
        "X1",
        ASSET,
        "block",
        "The previous session's file is complete, judged by today's previous closes (limit: 30 names).",
        _unseen_beyond(limits.UNSEEN_MOST),
    ),
    Rule(
        "previous_session_names",
        "X1",
        ASSET,
        "warn",
        "At most 4 names are missing from the previous session, judged by today's previous closes.",
        _unseen_beyond(limits.UNSEEN),
    ),
    Rule(
        "row_count",
        "X2",
        ASSET,
        "warn",
        "Rows of EQ, BE and BZ: at least the minimum of the last six sessions - 2.5 %, at most the maximum + 3 %.",
        _rows_beyond(limits.ROWS_FEWER, limits.ROWS_MORE),
    ),
    Rule(
        "row_count_extreme",
        "X2",
        ASSET,
        "block",
        "As `row_count`, with the limits -10 % and +15 %.",
        _rows_beyond(limits.ROWS_FEWEST, limits.ROWS_MOST),
    ),
    Rule(
        "class_row_count",
        "X2",
        ASSET,
        "block",
        "Each class with 20 rows or more in each of the last six sessions has at least half their minimum.",
        _class_gone,
    ),
    Rule(
        "market_turnover",
        "X3",
        ASSET,
        "block",
        "The turnover of a regular session is at least 0.4 times its 20-session median.",
        _turnover,
    ),
    Rule(
        "symbol_churn",
        "X4",
        ASSET,
        "info",
        "Symbols that newly appear (+) or no longer trade (-), for information.",
        _churn,
    ),
    Rule(
        "index_agrees",
        "X10",
        "silver/index_eod",
        "warn",
        "The median return of the 100 most traded shares is within 3 percentage points of the Nifty 50's.",
        _index,
    ),
    Rule(
        "action_witness",
        "X7",
        ACTIONS,
        "warn",
        "The open moved by every corporate action's price factor; see silver/suspects.",
        _witness,
    ),
    Rule(
        "factor_sanity",
        "X13",
        ACTIONS,
        "block",
        "Price factors lie between 0.005 and 200, and total_return <= capital_special <= capital.",
        _factors,
    ),
]
