"""Checks of a whole day against the days before: the chain of previous closes, rows, turnover, symbols, indices; and of corporate actions.

What belongs here: X1-X4, X7, X10, X13. The chain finds a missing or mis-dated file without any calendar: it breaks nearly every row.
"""

from __future__ import annotations

import polars as pl

from champion_assets.checks import thresholds as limits
from champion_assets.checks.rules import SHOWN, Context, Rule, in_paise, measured, number, offenders

ASSET, ACTIONS = "silver/equity_eod", "silver/corporate_actions"


def _consecutive(context: Context) -> pl.DataFrame:
    """Rows of instruments that traded in the session before, with `is_broken`."""
    rows = context.equity.join(context.days.drop("session_type"), on="trade_date").filter(pl.col("prior_date") == pl.col("previous"))
    return rows.with_columns(is_broken=(pl.col("prev_close") - pl.col("prior_close")).abs() >= limits.SAME_PRICE)


def _chain(context: Context) -> pl.DataFrame:
    return offenders(
        context, _consecutive(context).filter("is_broken"), pl.format("{} {} is not {}", "symbol", "prev_close", "prior_close")
    )


def _day_missing(context: Context) -> pl.DataFrame:
    share = _consecutive(context).group_by("trade_date").agg(value=pl.col("is_broken").mean())
    return measured(context, share, pl.col("value") > limits.CHAIN_BROKEN,
                    pl.format("{} % of the previous closes are not those of {}: a session between is missing, or one of the two files is "
                              "of another day", number(pl.col("value")), "previous"))  # fmt: skip


def _unseen(context: Context) -> pl.DataFrame:
    """Rows of names that traded in the session before by their previous close, although the lake has no row of them there."""
    rows = context.equity.join(context.days, on="trade_date").filter(pl.col("prior_date") < pl.col("previous"))
    other = rows.filter((pl.col("prev_close") - pl.col("prior_close")).abs() >= limits.SAME_PRICE)
    found = (
        other.sort("trade_date", "symbol")
        .group_by("trade_date")
        .agg(value=pl.len().cast(pl.Float64), names=pl.col("symbol").head(SHOWN).str.join(", "))
    )
    return measured(context, found, pl.col("value") > limits.UNSEEN,
                    pl.format("by their previous closes {} names traded on {}, whose file lacks them: {}", pl.col("value").cast(pl.Int64),
                              "previous", "names"))  # fmt: skip


def _growth(context: Context) -> pl.DataFrame:
    rows = context.past.filter(pl.col("series").is_in(["EQ", "BE", "BZ"])).group_by("trade_date").len("rows")
    today = context.days.join(rows, on="trade_date", how="left").join(
        rows.rename({"trade_date": "previous", "rows": "before"}), on="previous", how="left"
    )
    return today.select("trade_date", value=pl.col("rows") / pl.col("before") - 1)


def _rows_beyond(low: float, high: float):  # type: ignore[no-untyped-def]
    def evaluate(context: Context) -> pl.DataFrame:
        return measured(context, _growth(context), (pl.col("value") < low) | (pl.col("value") > high),
                        pl.format("{} % more rows than on {}", number(pl.col("value")), "previous"))  # fmt: skip

    return evaluate


def _turnover(context: Context) -> pl.DataFrame:
    totals = context.past.group_by("trade_date").agg(total=in_paise(pl.col("turnover")).sum()).sort("trade_date")
    before = pl.col("total").rolling_median(limits.TURNOVER_MEDIAN_SESSIONS, min_samples=limits.TURNOVER_KNOWN_SESSIONS).shift()
    ratio = totals.select("trade_date", value=pl.col("total") / before)
    return measured(context, ratio, (pl.col("value") < limits.TURNOVER_LOW) & (pl.col("session_type") == "regular"),
                    pl.format("turnover is {} of the median of the 20 sessions before", pl.col("value").round(2)))  # fmt: skip


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
    Rule("prev_close_chain", "X1", ASSET, "warn", "Every previous close is the instrument's own last close.", _chain),
    Rule(
        "day_missing",
        "X1",
        ASSET,
        "block",
        "At most 1 % of the previous closes are broken; a missing or mis-dated day breaks nearly all.",
        _day_missing,
    ),
    Rule(
        "previous_session_complete",
        "X1",
        ASSET,
        "block",
        "The session before has every name that traded on it by today's previous closes; else its file was cut off.",
        _unseen,
    ),
    Rule(
        "row_count",
        "X2",
        ASSET,
        "warn",
        "EQ, BE and BZ rows change by -2.5 % to +3 % from session to session.",
        _rows_beyond(limits.ROWS_FEWER, limits.ROWS_MORE),
    ),
    Rule(
        "row_count_extreme",
        "X2",
        ASSET,
        "block",
        "They change by -10 % to +15 % at most.",
        _rows_beyond(limits.ROWS_FEWEST, limits.ROWS_MOST),
    ),
    Rule("market_turnover", "X3", ASSET, "block", "A regular session's turnover is at least 0.4 of the 20-session median.", _turnover),
    Rule("symbol_churn", "X4", ASSET, "info", "Who appeared (+) and who did not trade any more (-).", _churn),
    Rule("index_agrees", "X10", "silver/index_eod", "warn", "The median return of the most traded shares is near the Nifty 50's.", _index),
    Rule("action_witness", "X7", ACTIONS, "warn", "The market followed every action; see silver/suspects.", _witness),
    Rule(
        "factor_sanity",
        "X13",
        ACTIONS,
        "block",
        "Factors lie between 0.005 and 200, and total return <= capital with specials <= capital.",
        _factors,
    ),
]
