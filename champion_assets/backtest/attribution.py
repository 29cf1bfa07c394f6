"""`backtest/attribution`: where each session's gain came from, in lines that add up to it, to the paisa.

The price moves of the holdings are told apart after Brinson, Hood and Beebower against yesterday's universe, equally
weighted: `market` is what the value in shares would have made there; `sector` what it made to be in other sectors,
sector by sector; `selection` what the own names of a sector made beside the sector's members. The other lines are
amounts of the account: `dividends`, `actions` (a child's or an acquirer's own price, rights), `execution` (fills beside
the evening's close), `cash` (interest), `written_down`, `costs` by kind, and with TAX=resident `tax` (`backtest/tax`).
A holding's sector is that of the decision in force in the session. `contribution` is the amount over the value that the
session began with; the contributions of a session add up to its return, after tax if there is a line of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.backtest.tax import NAME as TAX
from champion_assets.features.universe import UNKNOWN_SECTOR
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.portfolio.account import NAME as ACCOUNT

NAME = "backtest/attribution"
LINES = ("market", "sector", "selection", "dividends", "actions", "execution", "cash", "written_down", "costs", "tax")
COSTS = ("stt", "exchange_charges", "stamp_duty", "service_tax", "brokerage", "dp_charges")
_OWN = ("dividends", "actions", "execution", "written_down")
_ACCOUNT = ["trade_date", "value", "pnl", "costs", "interest", *COSTS, "holdings", "results"]


class Attribution(TableModel):
    """A line of a session's gain."""

    trade_date: pl.Date = pa.Field(description="Session")
    line: str = pa.Field(isin=LINES, description="Source of the gain")
    part: str = pa.Field(description="Sector, or kind of cost; blank for lines without parts")
    amount: float = pa.Field(description="Gain in rupees; costs are negative")
    contribution: float = pa.Field(
        description="`amount` as a fraction of the account's value at the start of the session"
    )
    gain: float = pa.Field(
        description="Total gain of the session after costs (and tax with TAX=resident), rupees: the sum of `amount`"
    )

    class Config(TableModel.Config):
        """One row per line, part and session."""

        unique = ["trade_date", "line", "part"]

    @pa.dataframe_check(description="the lines of a session add up to its gain, to a paisa")
    def adds_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        return data.lazyframe.select((pl.col("amount").sum().over("trade_date") - pl.col("gain")).abs() <= 0.01)


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The lines of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    account = inputs.read(ACCOUNT, _ACCOUNT, days=dates)
    day = account.select(
        "trade_date", opened=pl.col("value") - pl.col("pnl") + pl.col("costs"), gain=pl.col("pnl") - pl.col("costs")
    )
    lines = pl.concat(
        [_moves(account, _decided(inputs, dates), _sectors(inputs, dates)), _own(account), _of_the_day(account)]
    )
    if inputs.parameters.tax != "none":
        taxed = inputs.read(TAX, ["trade_date", "tax"], days=dates)
        day = day.join(taxed, on="trade_date", how="left", maintain_order="left").with_columns(
            gain=pl.col("gain") - pl.col("tax")
        )
        lines = pl.concat(
            [
                lines,
                taxed.select(
                    "trade_date", pl.lit("tax").alias("line"), pl.lit("").alias("part"), amount=-pl.col("tax")
                ),
            ]
        )
        day = day.drop("tax")
    order = pl.col("line").cast(pl.Enum(LINES))
    rows = lines.filter(pl.col("amount") != 0).join(day, on="trade_date").sort("trade_date", order, "part")
    rows = rows.with_columns(contribution=_ratio(rows, "amount", "opened")).select(
        list(Attribution.to_schema().columns)
    )
    facts = {date: {"gain": gain} for date, gain in day.select("trade_date", "gain").iter_rows()}
    return Computed(pl.concat([empty_frame(Attribution), rows]), facts=facts)


def _added(rows: pl.DataFrame, by: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
    """Sums of `columns` by consecutive equal `by`, one after the other.

    So that a day's sums do not depend on the other days of a block,
    as those of Polars may in their last bit.
    """
    codes = rows.select(pl.struct(by).rle_id())[by[0]].to_numpy() if rows.height else np.zeros(0, dtype=np.int64)
    sums = {name: pl.Series(np.bincount(codes, rows[name].to_numpy()), dtype=pl.Float64) for name in columns}
    return rows.select(by).unique(maintain_order=True).with_columns(**sums)


def _ratio(rows: pl.DataFrame, top: str, bottom: str) -> pl.Series:
    return pl.Series(rows[top].to_numpy() / rows[bottom].to_numpy(), dtype=pl.Float64)


def _sectors(inputs: Inputs, dates: Sequence[dt.date]) -> pl.DataFrame:
    """Of the universe of the evening before.

    Trade_date, sector, its share `weight` of the members that traded, their mean price return
    `made`, and that of all members, `whole`.
    """
    evenings = {evening: date for date in dates if (evening := inputs.before(date)) is not None}
    frame = pl.DataFrame({"evening": list(evenings), "trade_date": list(evenings.values())},
                         schema={"evening": pl.Date, "trade_date": pl.Date})  # fmt: skip
    if not evenings:
        return pl.DataFrame(
            schema={
                "trade_date": pl.Date,
                "sector": pl.String,
                "weight": pl.Float64,
                "made": pl.Float64,
                "whole": pl.Float64,
            }
        )
    members = inputs.read("features/universe", ["trade_date", "instrument_id", "sector"]).rename(
        {"trade_date": "evening"}
    )
    returns = inputs.read("features/returns", ["trade_date", "instrument_id", "simple_return"])
    moved = (
        members.join(frame, on="evening").join(returns, on=["trade_date", "instrument_id"]).drop_nulls("simple_return")
    )
    moved = moved.sort("trade_date", "sector", "instrument_id").with_columns(one=pl.lit(1.0))
    sectors = _added(moved, ["trade_date", "sector"], ["one", "simple_return"])
    whole = _added(moved, ["trade_date"], ["one", "simple_return"]).rename({"one": "all", "simple_return": "sum"})
    both = sectors.join(whole, on="trade_date", how="left", maintain_order="left")
    both = both.with_columns(
        weight=_ratio(both, "one", "all"), made=_ratio(both, "simple_return", "one"), whole=_ratio(both, "sum", "all")
    )
    return both.select("trade_date", "sector", "weight", "made", "whole")


def _decided(inputs: Inputs, dates: Sequence[dt.date]) -> pl.DataFrame:
    """By session and name the sector in the decision that was in force in it, that of the evening before."""
    evenings = {day: date for date in dates for day in inputs.window(ACCOUNT, date, lag=1)}
    before = inputs.read(ACCOUNT, ["trade_date", "targets"], days=evenings)
    rows = before.explode("targets").drop_nulls().unnest("targets")
    when = pl.col("trade_date").replace_strict(evenings, return_dtype=pl.Date) if evenings else pl.col("trade_date")
    return rows.select(when, "instrument_id", "sector")


def _moves(account: pl.DataFrame, known: pl.DataFrame, sectors: pl.DataFrame) -> pl.DataFrame:
    """The price moves of the holdings as market, sector and selection.

    All of it is selection on a day without a universe before.
    """
    name = ["trade_date", "instrument_id"]
    results = account.select("trade_date", "results").explode("results").drop_nulls().unnest("results")
    held = (
        account.select("trade_date", "holdings")
        .explode("holdings")
        .drop_nulls()
        .unnest("holdings")
        .select(*name, "value")
    )
    moved = results.select(*name, move=pl.col("market"), total=pl.col("market") + pl.col("dividends"))
    both = held.join(moved, on=name, how="full", coalesce=True).with_columns(
        pl.col("value", "move", "total").fill_null(0.0)
    )
    both = both.join(known, on=name, how="left").with_columns(
        pl.col("sector").fill_null(UNKNOWN_SECTOR), base=pl.col("value") - pl.col("total")
    )
    own = _added(both.sort("trade_date", "sector", "instrument_id"), ["trade_date", "sector"], ["base", "move"])
    every = own.join(sectors, on=["trade_date", "sector"], how="full", coalesce=True).sort("trade_date", "sector")
    whole = (
        pl.col("whole").max().over("trade_date").fill_null(0.0)
    )  # one value a day; a sector without members lacks it
    every = every.with_columns(pl.col("base", "move", "weight").fill_null(0.0), whole=whole)
    every = every.with_columns(made=pl.col("made").fill_null(pl.col("whole")))
    invested = _added(every, ["trade_date"], ["base"]).rename({"base": "invested"})
    every = every.join(invested, on="trade_date", how="left", maintain_order="left")
    market = every.unique("trade_date", keep="first", maintain_order=True).with_columns(
        amount=pl.col("invested") * pl.col("whole")
    )
    tilt = (pl.col("base") - pl.col("invested") * pl.col("weight")) * (pl.col("made") - pl.col("whole"))
    return pl.concat(
        [
            market.select("trade_date", pl.lit("market").alias("line"), pl.lit("").alias("part"), "amount"),
            every.select(
                "trade_date", pl.lit("sector").alias("line"), pl.col("sector").alias("part"), tilt.alias("amount")
            ),
            every.select(
                "trade_date",
                pl.lit("selection").alias("line"),
                pl.col("sector").alias("part"),
                (pl.col("move") - pl.col("base") * pl.col("made")).alias("amount"),
            ),
        ]
    )


def _own(account: pl.DataFrame) -> pl.DataFrame:
    """What the names brought beside their price moves."""
    results = account.select("trade_date", "results").explode("results").drop_nulls().unnest("results")
    sums = _added(results, ["trade_date"], _OWN)
    rows = sums.unpivot(list(_OWN), index="trade_date", variable_name="line", value_name="amount")
    return rows.select("trade_date", "line", pl.lit("").alias("part"), "amount")


def _of_the_day(account: pl.DataFrame) -> pl.DataFrame:
    """Interest, and the costs by kind."""
    interest = account.select(
        "trade_date", pl.lit("cash").alias("line"), pl.lit("").alias("part"), amount=pl.col("interest")
    )
    paid = account.select("trade_date", *COSTS).unpivot(
        list(COSTS), index="trade_date", variable_name="part", value_name="amount"
    )
    return pl.concat([interest, paid.select("trade_date", pl.lit("costs").alias("line"), "part", -pl.col("amount"))])


TABLE = DailyTable(
    name=NAME,
    description="Gain of each session by source: market, sectors, selection, dividends, corporate actions, "
    "execution, cash, kinds of cost.",
    model=Attribution,
    code_version="1",
    inputs=lambda settings: (
        Input(ACCOUNT),
        Input(ACCOUNT, lag=1),
        Input("features/universe", lag=1),
        Input("features/returns"),
        *((Input(TAX),) if settings.tax != "none" else ()),
    ),
    parameters=lambda settings: {"tax": settings.tax},
    compute=compute,
    block=250,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=400,
    in_warehouse=True,
)
