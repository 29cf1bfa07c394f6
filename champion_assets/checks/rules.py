"""What a check is, and the frames that all of them look at.

What belongs here: the form of a rule and its outcome. What does not: any rule (`source_rules.py`, `price_rules.py`,
`market_rules.py`, `action_rules.py`) or limit (`thresholds.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import polars as pl

from champion_assets.lake.inputs import Inputs

Severity = Literal["block", "quarantine", "warn", "info"]
OUTCOME = {"trade_date": pl.Date, "failed": pl.Boolean, "value": pl.Float64, "rows": pl.Int64, "sample": pl.String}
KEY = ["trade_date", "symbol", "series"]
"""What the files of a day have in common."""
PRICES = ["open", "high", "low", "close"]
SHOWN = 5
"""Offenders named in a sample."""
PAST = 21
"""Sessions of prices that a day's checks look at, itself included."""


@dataclass(frozen=True)
class Rule:
    """A check.

    Attributes:
        name: of the asset check.
        rule: its number in the check table.
        asset: whose rows it judges.
        severity: block stops the day before the features; quarantine takes rows out; warn and info report.
        says: what it demands.
        evaluate: from a context to one row per day, columns OUTCOME.
    """

    name: str
    rule: str
    asset: str
    severity: Severity
    says: str
    evaluate: Callable[[Context], pl.DataFrame]


class Context:
    """Rows of the days to be judged, read once for all rules."""

    def __init__(self, inputs: Inputs, dates: Sequence[dt.date]) -> None:
        self.inputs, self.dates = inputs, list(dates)

    @cached_property
    def days(self) -> pl.DataFrame:
        """trade_date, previous (session of the grid or null), session_type."""
        return pl.DataFrame(
            {"trade_date": self.dates, "previous": [self.inputs.before(date) for date in self.dates],
             "session_type": [self.inputs.facts[date]["session"] for date in self.dates]},
            schema={"trade_date": pl.Date, "previous": pl.Date, "session_type": pl.String},
        )  # fmt: skip

    @cached_property
    def past(self) -> pl.DataFrame:
        """silver/equity_eod of the days and of the twenty sessions before."""
        columns = [
            "trade_date",
            "instrument_id",
            "symbol",
            "series",
            "instrument_class",
            "open",
            "high",
            "low",
            "close",
            "prev_close",
            "prior_close",
            "prior_date",
            "vwap",
            "volume",
            "turnover",
            "delivery_qty",
        ]
        return self.inputs.read("silver/equity_eod", columns)

    @cached_property
    def equity(self) -> pl.DataFrame:
        """silver/equity_eod of the days with `moved` = close / own last close - 1, `opened` likewise.

        `paused` = days since it traded.
        """
        return self.past.filter(pl.col("trade_date").is_in(self.dates)).with_columns(
            moved=pl.col("close") / pl.col("prior_close") - 1,
            opened=pl.col("open") / pl.col("prior_close") - 1,
            paused=(pl.col("trade_date") - pl.col("prior_date")).dt.total_days(),
        )

    @cached_property
    def usual_turnover(self) -> pl.DataFrame:
        """trade_date, instrument_id, usual_turnover: the median of its sessions before, rupees.

        Null if fewer than three are known.
        """
        rows = self.past.sort("instrument_id", "trade_date").select("trade_date", "instrument_id", "turnover")
        before = pl.col("turnover").rolling_median(PAST - 1, min_samples=3).shift().over("instrument_id")
        return rows.with_columns(usual_turnover=before).filter(pl.col("trade_date").is_in(self.dates)).drop("turnover")

    @cached_property
    def actions(self) -> pl.DataFrame:
        """silver/corporate_actions of the days."""
        return self.inputs.read("silver/corporate_actions")

    @cached_property
    def without_action(self) -> pl.DataFrame:
        """Rows of `equity` on which no corporate action took effect."""
        acted = self.actions.filter(pl.col("f_total_return") != 1.0).select("trade_date", "instrument_id")
        return self.equity.join(acted, on=["trade_date", "instrument_id"], how="anti")

    @cached_property
    def suspects(self) -> pl.DataFrame:
        """silver/suspects of the days."""
        return self.inputs.read("silver/suspects")

    @cached_property
    def index(self) -> pl.DataFrame:
        """silver/index_eod of the days."""
        return self.inputs.read("silver/index_eod", ["trade_date", "index_id", "simple_return", "turnover"])

    @cached_property
    def delivery(self) -> pl.DataFrame:
        """bronze/delivery of the days."""
        return self.inputs.read("bronze/delivery", [*KEY, *PRICES, "volume", "delivery_qty"])

    @cached_property
    def bhavcopy(self) -> pl.DataFrame:
        """bronze/bhavcopy of the days: trade_date, symbol, series, close, volume."""
        return self.inputs.read("bronze/bhavcopy", [*KEY, "close", "volume"])

    @cached_property
    def bundle(self) -> pl.DataFrame:
        """The securities of bronze/bundle_prices of the days.

        Trade_date, symbol, series, close, volume, file (the bundle's name).
        """
        files = self.inputs.read("raw/corporate_actions", ["trade_date", "name", "sha256", "is_current"]).filter(
            "is_current"
        )
        names = files.select("trade_date", source_sha256="sha256", file="name")
        rows = self.inputs.read(
            "bronze/bundle_prices", ["trade_date", "symbol", "series", "close", "volume", "source_sha256"]
        )
        return (
            rows.drop_nulls(["symbol", "series"]).join(names, on=["trade_date", "source_sha256"]).drop("source_sha256")
        )

    @cached_property
    def delivery_files(self) -> pl.DataFrame:
        """trade_date, file: the name of the day's delivery file."""
        files = self.inputs.read("raw/delivery", ["trade_date", "name", "is_current"])
        return files.filter("is_current").select("trade_date", file="name")

    def quarantined(self, table: str) -> pl.DataFrame:
        """Rows of a table's quarantine on the days: trade_date, rule, symbol (or name), reason."""
        frames = [
            pl.DataFrame(schema={"trade_date": pl.Date, "rule": pl.String, "who": pl.String, "reason": pl.String})
        ]
        for rows in self.inputs.refused(table).values():
            who = pl.col("symbol") if "symbol" in rows.columns else pl.col("name")
            frames.append(rows.select("trade_date", "rule", who.alias("who"), "reason"))
        return pl.concat(frames)


def offenders(context: Context, rows: pl.DataFrame, label: pl.Expr | None = None) -> pl.DataFrame:
    """An outcome that fails on every day with a row in `rows`; the first are named."""
    label = pl.col("symbol") if label is None else label
    found = (
        rows.sort("trade_date", "symbol" if "symbol" in rows.columns else "trade_date")
        .group_by("trade_date")
        .agg(rows=pl.len().cast(pl.Int64), sample=label.head(SHOWN).str.join(", "))
    )
    every = context.days.select("trade_date").join(found, on="trade_date", how="left", maintain_order="left")
    return every.select(
        "trade_date",
        failed=pl.col("rows").is_not_null(),
        value=pl.col("rows").fill_null(0).cast(pl.Float64),
        rows=pl.col("rows").fill_null(0),
        sample=pl.col("sample").fill_null(""),
    )


def measured(context: Context, values: pl.DataFrame, fails: pl.Expr, sample: pl.Expr | None = None) -> pl.DataFrame:
    """An outcome by a number a day: `values` has trade_date and value; a day without a number passes."""
    every = context.days.join(values, on="trade_date", how="left", maintain_order="left")
    told = pl.when(fails.fill_null(value=False)).then(pl.lit("") if sample is None else sample).otherwise(pl.lit(""))
    return every.select(
        "trade_date", failed=fails.fill_null(value=False), value=pl.col("value"), rows=pl.lit(0, pl.Int64), sample=told
    )


def number(expression: pl.Expr) -> pl.Expr:
    """A percentage as text, for labels."""
    return (expression * 100).round(1).cast(pl.String)


def in_paise(rupees: pl.Expr) -> pl.Expr:
    """Rupees as whole paise: sums of them do not depend on the order.

    More than 1e14 rupees, a hundred times the largest
    day of the exchange, counts as 1e14, for a misprint fits no integer.
    """
    return (rupees.clip(0.0, 1e14) * 100).round().cast(pl.Int64)
