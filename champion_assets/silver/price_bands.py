"""`silver/price_bands`: the price band of each instrument on the day, where something says it.

The exchange's list of the day (`bronze/price_bands`) says it of every security; where it is not there, a stock of which
a contract is listed (`silver/derivatives`) has no band, for such stocks are kept by other means. A row without `band`
is of a stock without any; an instrument without a row is one of which nothing is known. The account fills no order at a
band, and needs to know which one it is (`portfolio/price_bands.py`).

The list of a day says what holds in its session: it is used for fills of that session, not to decide on its evening.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.derivatives import BLOCK_ROWS
from champion_assets.bronze.price_bands import NAME as LIST
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.market_lists import BANDS_OF_DAY
from champion_assets.silver.daily_file import identified
from champion_assets.silver.derivatives import NAME as DERIVATIVES
from champion_assets.silver.instruments_register import read_registers, register_input

NAME = "silver/price_bands"
KEY = ["trade_date", "instrument_id"]
_REGISTER = ["trade_date", "instrument_id", "symbol", "series", "instrument_class", "last_seen"]


class PriceBands(TableModel):
    """The band of an instrument."""

    trade_date: pl.Date = pa.Field(description="Session in which the band applies")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    band: float = pa.Field(
        nullable=True,
        isin=[0.02, 0.05, 0.1, 0.2],
        description="Band as a fraction of the previous close; null for none",
    )
    basis: str = pa.Field(isin=["list", "derivatives"], description="Source: the list of bands, or a listed derivative")
    remarks: str = pa.Field(nullable=True, description="Remarks of the list, as published")

    class Config(TableModel.Config):
        """One row per instrument and day."""

        unique = ["trade_date", "instrument_id"]

    @pa.dataframe_check(description="only the list knows a band")
    def is_known(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """A contract says that there is none."""
        return data.lazyframe.select(pl.col("band").is_null() | (pl.col("basis") == "list"))


def transform(
    listed: pl.DataFrame, register: pl.DataFrame, contracts: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame | None, dict[dt.date, dict[str, Any]]]:
    """The bands of some days, days of a list of which too few lines name a known instrument, and facts.

    Args:
        listed: rows of bronze/price_bands.
        register: of each day of a list: `_REGISTER`.
        contracts: trade_date, instrument_id and symbol of contracts on stocks.
    """
    found, facts, rejects = identified(listed, register, BANDS_OF_DAY)
    percent = pl.when(pl.col("band") != "none").then(pl.col("band")).cast(pl.Float64)
    rows = found.select(*KEY, "symbol", "remarks", band=percent / 100, basis=pl.lit("list"))
    without = contracts.unique(KEY, keep="first", maintain_order=True).join(rows, on=KEY, how="anti")
    rows = pl.concat([rows, without.with_columns(basis=pl.lit("derivatives"))], how="diagonal")
    return rows.select(list(empty_frame(PriceBands).columns)).sort(KEY), rejects, facts


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The bands of `dates`."""
    listed = inputs.read(LIST, ["trade_date", "symbol", "series", "band", "remarks"], days=dates)
    register = read_registers(inputs, listed["trade_date"].unique().sort().to_list(), _REGISTER)
    contracts = inputs.read(DERIVATIVES, [*KEY, "symbol"], days=dates).drop_nulls("instrument_id")
    return Computed(*transform(listed, register, contracts))


TABLE = DailyTable(
    name=NAME,
    description="The price band of each instrument on the day: from NSE's list, or none for stocks with derivatives.",
    model=PriceBands,
    code_version="1",
    inputs=lambda _: (Input(DERIVATIVES), Input(LIST), register_input()),
    constants={"file": BANDS_OF_DAY.declared()},
    compute=compute,
    block_rows=BLOCK_ROWS,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    grain="instrument",
    peak_megabytes=400,
    in_warehouse=True,
)
