"""`backtest/executions`: every order of the portfolio and what became of it.

Wanted, filled, why not all, at what price, for what charges.

The orders of a session follow from the decision of the evening before (or are the rest of an older one, with
UNFILLED=carry). `reference` is the close of that evening, adjusted for the session's corporate actions; `shortfall` is
what the fill cost beside it, before charges.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.portfolio.account import NAME as ACCOUNT
from champion_assets.simulation.fills import REASONS

NAME = "backtest/executions"


class Execution(TableModel):
    """An order of a session."""

    trade_date: pl.Date = pa.Field(description="Session")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    wanted: float = pa.Field(description="Shares ordered, negative to sell")
    filled: float = pa.Field(description="Shares filled, negative if sold")
    reason: str = pa.Field(
        isin=[reason for reason in REASONS if reason],
        nullable=True,
        description="Why the order was not filled in full; null if it was",
    )
    reference: float = pa.Field(
        nullable=True,
        gt=0,
        description="Previous close, adjusted for the session's corporate actions, rupees; null if there is none",
    )
    price: float = pa.Field(
        nullable=True,
        gt=0,
        description="Fill price with slippage and impact, rounded to the tick, rupees; null without a fill",
    )
    value: float = pa.Field(ge=0, description="Value of the fill, rupees")
    charges: float = pa.Field(ge=0, description="Charges, rupees")
    shortfall: float = pa.Field(nullable=True, description="Loss against a fill at `reference`, before charges, rupees")

    class Config(TableModel.Config):
        """One row per order and session."""

        unique = ["trade_date", "instrument_id"]

    @pa.dataframe_check(description="no more is filled than was wanted, and on the same side")
    def is_part(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        filled, wanted = pl.col("filled"), pl.col("wanted")
        return data.lazyframe.select((filled * wanted >= 0) & (filled.abs() <= wanted.abs() + 1e-9))

    @pa.dataframe_check(description="what was not wholly filled has its reason")
    def is_explained(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        return data.lazyframe.select(
            ((pl.col("wanted") - pl.col("filled")).abs() <= 1e-9) | pl.col("reason").is_not_null()
        )


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The orders of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    account = inputs.read(ACCOUNT, ["trade_date", "executions"], days=dates)
    orders = account.explode("executions").drop_nulls("executions").unnest("executions")
    rows = orders.with_columns(
        pl.when(pl.col("reason") != "").then("reason"),
        value=(pl.col("filled").abs() * pl.col("price")).fill_null(0.0),
        shortfall=pl.when(pl.col("filled") != 0).then(pl.col("filled") * (pl.col("price") - pl.col("reference"))),
    ).select(list(Execution.to_schema().columns))
    counted = rows.group_by("trade_date").agg(
        orders=pl.len(),
        not_filled=pl.col("reason").is_not_null().sum(),
        value=pl.col("value").sum(),
        charges=pl.col("charges").sum(),
    )
    facts = {row.pop("trade_date"): row for row in counted.to_dicts()}
    return Computed(pl.concat([empty_frame(Execution), rows]), facts=facts)


TABLE = DailyTable(
    name=NAME,
    description="One row per order: shares ordered and filled, the reason if not all, price and charges.",
    model=Execution,
    code_version="1",
    inputs=lambda _: (Input(ACCOUNT),),
    compute=compute,
    block=250,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=322,
    in_warehouse=True,
    grain="instrument",
)
