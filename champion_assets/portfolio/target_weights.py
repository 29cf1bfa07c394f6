"""`portfolio/target_weights`: what the portfolio should hold, decided at the close of a day with what was known then.

Objective, constraints and rebalancing are settings (`Strategy` in settings/strategy.py); the default is long-only
mean-variance, fully invested, no name above `WEIGHT_CAP`, on the last session of each month. On other days the last
decision is carried, and `held` says what the account holds of each name at that close. Before the first universe exists
there is no row: everything is cash. The decisions are made in `portfolio/account`, with the account of the evening;
here they stand in rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.portfolio.account import NAME as ACCOUNT

NAME = "portfolio/target_weights"


class TargetWeights(TableModel):
    """A name that the portfolio should hold after the next session."""

    trade_date: pl.Date = pa.Field(description="Day at whose close the weights are in force")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on the day of the decision")
    sector: str = pa.Field(description="Industry on the day of the decision")
    weight: float = pa.Field(
        ge=0,
        le=1,
        description="Target weight, a fraction of the account's value; 0 for worthless holdings that cannot be sold",
    )
    held: float = pa.Field(ge=0, le=1, description="Weight held at this close, a fraction of the account's value")
    decided_on: pl.Date = pa.Field(description="Day of the decision; equal to trade_date on a rebalance day")
    is_stuck: bool = pa.Field(
        description="Did not trade on the day of the decision, so its weight was fixed at the held weight"
    )
    esg_score: float = pa.Field(
        nullable=True, description="Blended ESG score on the day of the decision, 0 to 100; null where unknown"
    )
    cash_weight: float = pa.Field(ge=0, lt=1, description="Cash weight, a fraction of the account's value")
    claims_weight: float = pa.Field(
        ge=0, lt=1, description="Weight of unlisted demerged parts, a fraction of the account's value"
    )
    relative_gap: float = pa.Field(
        ge=0, le=1e-8, description="Verified upper bound of the objective's relative distance from the optimum"
    )

    class Config(TableModel.Config):
        """One row per name and day."""

        unique = ["trade_date", "instrument_id"]

    @pa.dataframe_check(description="a weight of 0 is that of a name that cannot be sold")
    def nothing_is_stuck(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Nobody decides to hold nothing of a name; what was written down to nothing is held all the same."""
        return data.lazyframe.select((pl.col("weight") > 0) | pl.col("is_stuck"))

    @pa.dataframe_check(description="the weights of a day, its cash and its claims add up to 1")
    def adds_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """The budget, recomputed from the stored rows."""
        rest = pl.col("cash_weight") + pl.col("claims_weight")
        return data.lazyframe.select((pl.col("weight").sum().over("trade_date") + rest - 1.0).abs() <= 1e-9)


_COLUMNS = ["trade_date", "value", "holdings", "decided_on", "targets", "cash_weight", "claims_weight", "relative_gap"]


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The decisions in force on `dates`, by name.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    account = inputs.read(ACCOUNT, _COLUMNS, days=dates)
    targets = account.drop("holdings", "value").explode("targets").drop_nulls("targets").unnest("targets")
    rows = targets.join(held_weights(account), on=["trade_date", "instrument_id"], how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("held").fill_null(0.0)).select(list(TargetWeights.to_schema().columns))
    return Computed(pl.concat([empty_frame(TargetWeights), rows]), facts=_facts(account, rows))


def held_weights(account: pl.DataFrame) -> pl.DataFrame:
    """Weights held at the close.

    Args:
        account: rows of portfolio/account.

    Returns:
        trade_date, instrument_id and `held` (a fraction of the account's value).
    """
    held = (
        account.select("trade_date", pl.col("value").alias("whole"), "holdings")
        .explode("holdings")
        .drop_nulls("holdings")
    )
    rows = held.unnest("holdings")
    share = (
        rows["value"].to_numpy() / rows["whole"].to_numpy()
    )  # Polars divides by a single value through its reciprocal
    return rows.select("trade_date", "instrument_id", held=pl.Series(share, dtype=pl.Float64))


def _facts(account: pl.DataFrame, rows: pl.DataFrame) -> dict[dt.date, dict[str, Any]]:
    """By day how many names, and on a rebalance day half the sum of all changes of weights from what is held."""
    names = dict(rows.group_by("trade_date").len().iter_rows())
    both = rows.select("trade_date", "instrument_id", "weight").join(
        held_weights(account), on=["trade_date", "instrument_id"], how="full", coalesce=True
    )
    change = (pl.col("weight").fill_null(0.0) - pl.col("held").fill_null(0.0)).abs().sum() / 2
    turnover = dict(both.group_by("trade_date").agg(change).iter_rows())
    found: dict[dt.date, dict[str, Any]] = {}
    for date, decided_on in account.select("trade_date", "decided_on").iter_rows():
        is_new = date == decided_on
        found[date] = {"names": names.get(date, 0), "is_rebalance": is_new} | (
            {"turnover": turnover[date]} if is_new else {}
        )
    return found


def preview(place: Place, date: dt.date) -> dict[str, str]:
    """The largest holdings as a table."""
    top = place.lake.read(NAME, [date]).sort("weight", descending=True).head(20)
    lines = [
        f"| {row['symbol']} | {row['sector']} | {row['weight']:.2%} | {row['decided_on']} |"
        for row in top.iter_rows(named=True)
    ]
    return {"largest weights": "\n".join(["| name | sector | weight | decided on |", "|---|---|---|---|", *lines])}


TABLE = DailyTable(
    name=NAME,
    description="Target weights: decided at the close of each rebalance day, carried forward on the other days.",
    model=TargetWeights,
    code_version="4",
    inputs=lambda _: (Input(ACCOUNT),),
    compute=compute,
    block=250,
    may_be_empty=True,
    preview=preview,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=322,
    in_warehouse=True,
    grain="instrument",
)
