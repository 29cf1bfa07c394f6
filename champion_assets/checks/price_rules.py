"""Checks of single rows of prices and quantities: S1-S8 of the check table, and what a price did within its day.

S1 to S3 and S6 hold in every stored row, because the model of silver/equity_eod refuses others; they are counted again
here, so that the results show them. What a price may do depends on the class of the instrument: rights entitlements
have a wider band, fund units one around their net asset value, names with derivatives none, and the first session after
a pause none. What is an unexplained gap is decided by `silver/suspects`, which lists them all; a warning here falls
where a person is needed.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from champion_assets.checks import thresholds as limits
from champion_assets.checks.rules import Context, Rule, number, offenders

ASSET = "silver/equity_eod"
FINE_TICK_FROM = dt.date(2024, 6, 10)


def _types(context: Context) -> pl.DataFrame:
    essential = ["instrument_id", "symbol", "series", "open", "high", "low", "close", "volume", "turnover"]
    return offenders(context, context.equity.filter(pl.any_horizontal(pl.col(essential).is_null())))


def _unique(context: Context) -> pl.DataFrame:
    return offenders(context, context.equity.filter(pl.struct("trade_date", "symbol", "series").is_duplicated()))


def _second_rows(context: Context) -> pl.DataFrame:
    return offenders(context, context.quarantined(ASSET).filter(pl.col("rule") == "S2"), pl.col("who"))


def _range(context: Context) -> pl.DataFrame:
    low, high = pl.col("low"), pl.col("high")
    wrong = (
        (low > pl.min_horizontal("open", "close"))
        | (high < pl.max_horizontal("open", "close"))
        | (low <= 0)
        | (pl.col("volume") <= 0)
    )
    return offenders(context, context.equity.filter(wrong))


def _vwap(context: Context) -> pl.DataFrame:
    outside = (pl.col("vwap") < pl.col("low") - limits.VWAP_SLACK) | (
        pl.col("vwap") > pl.col("high") + limits.VWAP_SLACK
    )
    return offenders(context, context.equity.filter(outside), pl.format("{} {}", "symbol", pl.col("vwap").round(2)))


def _turnover(context: Context) -> pl.DataFrame:
    low, high = pl.col("low") * (1 - limits.VWAP_WRONG), pl.col("high") * (1 + limits.VWAP_WRONG)
    wrong = (pl.col("turnover") > 1e5) & ((pl.col("vwap") < low) | (pl.col("vwap") > high))
    return offenders(context, context.equity.filter(wrong), pl.format("{} {} shares", "symbol", "volume"))


def _delivered(context: Context) -> pl.DataFrame:
    return offenders(context, context.equity.filter(pl.col("delivery_qty") > pl.col("volume")))


def _ticks(context: Context) -> pl.DataFrame:
    steps = pl.col("close") / pl.when(pl.col("trade_date") < FINE_TICK_FROM).then(limits.TICK_GRID).otherwise(0.01)
    return offenders(
        context, context.equity.filter((steps - steps.round()).abs() > 1e-4), pl.format("{} {}", "symbol", "close")
    )


def _isins(context: Context) -> pl.DataFrame:
    return offenders(
        context, context.quarantined(ASSET).filter(pl.col("rule") == "S8"), pl.format("{}: {}", "who", "reason")
    )


def _is_step() -> pl.Expr:
    """The close differs from the last one by more than a penny stock's step."""
    return (pl.col("close") - pl.col("prior_close")).abs() > limits.STEP + limits.SAME_PRICE


def _band(context: Context) -> pl.DataFrame:
    band = pl.col("instrument_class").replace_strict(limits.BAND_OF_CLASS, default=limits.BAND, return_dtype=pl.Float64)
    rows = context.without_action.join(context.usual_turnover, on=["trade_date", "instrument_id"], how="left")
    may_have_derivatives = (pl.col("series") == "EQ") & (pl.col("usual_turnover") >= limits.UNBANDED_TURNOVER)
    is_banded = ~may_have_derivatives.fill_null(value=False) & (pl.col("paused") <= limits.PAUSE_DAYS)
    beyond = is_banded & (pl.col("moved").abs() > band) & (pl.col("opened").abs() <= band) & _is_step()
    return offenders(context, rows.filter(beyond), pl.format("{} {} %", "symbol", number(pl.col("moved"))))


def _gap(context: Context) -> pl.DataFrame:
    gaps = context.suspects.filter(pl.col("suspicion") == "unexplained_gap").with_columns(
        gap=pl.col("witness") / pl.col("factor") - 1
    )
    facts = context.equity.select("trade_date", "instrument_id", "instrument_class", "prior_close", "close")
    rows = gaps.join(facts, on=["trade_date", "instrument_id"], how="left")
    opened, closed = (1 + pl.col("gap")).log(), (pl.col("close") / pl.col("prior_close") / pl.col("factor")).log()
    stays = (opened * closed > 0) & (pl.min_horizontal(opened.abs(), closed.abs()) > limits.FUND_SPLIT)
    of_class = (
        pl.when(pl.col("instrument_class") == "rights")
        .then(pl.col("gap").abs() > limits.BAND_OF_CLASS["rights"])
        .when(pl.col("instrument_class") == "fund")
        .then(stays)
        .otherwise(
            (pl.col("witness") - pl.col("factor")).abs() * pl.col("prior_close") > limits.STEP + limits.SAME_PRICE
        )
    )
    return offenders(context, rows.filter(of_class), pl.format("{} {} %", "symbol", number(pl.col("gap"))))


def _outliers(context: Context) -> pl.DataFrame:
    gaps = context.suspects.filter(pl.col("suspicion") == "unexplained_gap")  # told by X6
    rows = context.without_action.join(gaps, on=["trade_date", "instrument_id"], how="anti")
    rows = rows.filter(pl.col("prior_close").is_not_null()).with_columns(log=(pl.col("moved") + 1).log())
    rows = rows.with_columns(away=(pl.col("log") - pl.col("log").median().over("trade_date")).abs())
    rows = rows.with_columns(deviations=pl.col("away") / (1.4826 * pl.col("away").median().over("trade_date")))
    wild = (pl.col("deviations") > limits.OUTLIER_DEVIATIONS) & (pl.col("moved").abs() > limits.BAND) & _is_step()
    wild &= pl.col("instrument_class") != "rights"
    return offenders(context, rows.filter(wild), pl.format("{} {} %", "symbol", number(pl.col("moved"))))


def _stale(context: Context) -> pl.DataFrame:
    prices = ["open", "high", "low", "close"]
    rows = context.past.sort("instrument_id", "trade_date")
    same = pl.all_horizontal(
        (pl.col(each) == pl.col(each).shift().over("instrument_id")).fill_null(value=False) for each in prices
    )
    run = same.cast(pl.Int32).rolling_sum(limits.STALE_SESSIONS).over("instrument_id")
    spread = pl.col("high") - pl.col("low")
    is_wide = (spread > limits.STEP + limits.SAME_PRICE) & (spread > limits.STALE_SPREAD * pl.col("close"))
    stuck = rows.with_columns(run=run).filter((pl.col("run") == limits.STALE_SESSIONS) & is_wide)
    return offenders(context, stuck.filter(pl.col("trade_date").is_in(context.dates)))


RULES = [
    Rule("types", "S1", ASSET, "block", "No required field is empty.", _types),
    Rule("unique", "S2", ASSET, "block", "There is one row per symbol, series and day.", _unique),
    Rule(
        "second_rows",
        "S2",
        ASSET,
        "quarantine",
        "There is one row per instrument and day. Any further row is quarantined.",
        _second_rows,
    ),
    Rule("price_range", "S3", ASSET, "block", "0 < low <= open and close <= high, and the volume is above 0.", _range),
    Rule("vwap_range", "S4", ASSET, "warn", "Turnover divided by volume lies between the day's low and high.", _vwap),
    Rule(
        "turnover_fits",
        "S5",
        ASSET,
        "warn",
        "Turnover divided by volume is at most 1 % outside the day's low and high.",
        _turnover,
    ),
    Rule("delivery_range", "S6", ASSET, "block", "The delivered quantity is at most the volume.", _delivered),
    Rule("tick_grid", "S7", ASSET, "info", "Closing prices are multiples of the tick size.", _ticks),
    Rule(
        "isin_valid",
        "S8",
        ASSET,
        "quarantine",
        "Every ISIN is valid. A row with an invalid ISIN is quarantined.",
        _isins,
    ),
    Rule(
        "price_band",
        "X5",
        ASSET,
        "warn",
        "No close is outside its class's price band without a gap at the open. Shares that may have derivatives, "
        "which have no band, are excepted.",
        _band,
    ),
    Rule(
        "open_gap",
        "X6",
        ASSET,
        "warn",
        "No open is outside its class's price band without a corporate action; see silver/suspects.",
        _gap,
    ),
    Rule(
        "outliers",
        "X8",
        ASSET,
        "warn",
        "No return is both beyond 20 robust deviations and the widest band (gaps and entitlements excepted).",
        _outliers,
    ),
    Rule("stale_price", "X12", ASSET, "warn", "No traded price stays identical for five sessions.", _stale),
]
