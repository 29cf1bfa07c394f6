"""`silver/shares_outstanding`.

How many shares each security has, as published that day, and what all of them are worth.

From the `MCAP` member of the PR bundle, so days without one have no rows. Market capitalisation is the shares times the
bhavcopy's close: the price printed in the file is another one in a quarter of its rows. A name that did not trade on
the day keeps its shares and has no market capitalisation. Numbers of shares change in batches: what is published on a
day may be some weeks old, but for splits and bonuses.
"""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.nse.market_files import SHARES
from champion_assets.silver.daily_file import Derived, silver_table

EQUITY = "silver/equity_eod"
KEY = ["trade_date", "instrument_id"]


def with_market_cap(rows: pl.DataFrame, equity: pl.DataFrame) -> pl.DataFrame:
    """Rows with `market_cap`, rupees: shares times close; null for names that did not trade that day.

    Args:
        rows: identified rows of the file, with `shares`.
        equity: trade_date, instrument_id and close of silver/equity_eod.
    """
    joined = rows.drop("market_cap", strict=False).join(
        equity.select(*KEY, "close"), on=KEY, how="left", maintain_order="left"
    )
    return joined.with_columns(market_cap=pl.col("shares") * pl.col("close"))


def _compute(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    return with_market_cap(rows, inputs.read(EQUITY, [*KEY, "close"], days=rows["trade_date"].unique().to_list()))


DERIVED = Derived(
    fields={
        "market_cap": (
            pl.Float64,
            pa.Field(
                nullable=True, ge=0, description="Shares issued times the close, rupees; null if it did not trade"
            ),
        )
    },
    compute=_compute,
    inputs=(Input(EQUITY),),
)
TABLE = silver_table(
    SHARES, without=["security", "printed_close", "market_cap"], derived=DERIVED,
    description="One row per security and day: shares issued as published, and their value at the close.",
)  # fmt: skip
NAME = TABLE.name
