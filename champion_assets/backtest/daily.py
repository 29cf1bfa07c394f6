"""`backtest/daily`: what the portfolio really did, session by session, beside its yardsticks.

The results are those of `portfolio/account`, which describes how orders are filled. The yardsticks: the index named by
BENCHMARK (a price return, null on days whose index file is absent; a name that no index has is refused), yesterday's
universe, equally weighted (`equal_weight.py`), before costs, with its costs beside it, and what an overnight deposit
earned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.backtest.equal_weight import equal_weight, yardstick_inputs
from champion_assets.backtest.index import refuse_unknown
from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import costs, indices
from champion_assets.nse.indices import index_id
from champion_assets.portfolio.account import NAME as ACCOUNT
from champion_assets.portfolio.account_model import AccountResults
from champion_assets.silver.rates import NAME as RATES

NAME = "backtest/daily"


class Daily(AccountResults):
    """The portfolio's day. Amounts in rupees."""

    benchmark_return: float = pa.Field(
        gt=-1,
        description="Total return of the previous session's universe, equally weighted; 0 before it exists",
    )
    benchmark_cost: float = pa.Field(
        ge=0, description="Cost of trading that benchmark, as a fraction of its value; 0 before it exists"
    )
    index_return: float = pa.Field(
        gt=-1, nullable=True, description="Price return of the index in BENCHMARK; null on a day without an index file"
    )
    overnight_return: float = pa.Field(
        ge=0, description="Return of an overnight deposit since the previous close, see silver/rates"
    )


_RESULTS = list(AccountResults.to_schema().columns)


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The days of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    account = inputs.read(ACCOUNT, _RESULTS, days=dates)
    rows = (
        account.join(equal_weight(inputs, dates), on="trade_date", how="left", maintain_order="left")
        .join(_index(inputs, dates), on="trade_date", how="left", maintain_order="left")
        .join(
            inputs.read(RATES, ["trade_date", "overnight_return"], days=dates),
            on="trade_date",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("benchmark_return", "benchmark_cost", "overnight_return").fill_null(0.0))
        .select(list(Daily.to_schema().columns))
    )
    told = rows.select("trade_date", "value", "costs", "unfilled", "unexplained_gaps").to_dicts()
    return Computed(pl.concat([empty_frame(Daily), rows]), facts={each.pop("trade_date"): each for each in told})


def _index(inputs: Inputs, dates: Sequence[dt.date]) -> pl.DataFrame:
    rows = inputs.read("silver/index_eod", ["trade_date", "index_id", "simple_return"], days=dates)
    mine = rows.filter(pl.col("index_id") == index_id(inputs.parameters.benchmark))
    return mine.select("trade_date", index_return="simple_return")


def preview(place: Place, date: dt.date) -> dict[str, str]:
    """The value of the last year as a picture."""
    from champion_assets.backtest.charts import line_chart

    sessions = [day for day in place.calendar.trailing_sessions(date, 250)
                if day >= place.settings.start_date and place.lake.has(NAME, day)]  # fmt: skip
    rows = place.lake.read(NAME, sessions, ["trade_date", "value"])
    return {"value": line_chart(rows["trade_date"].to_list(), {"portfolio value, rupees": rows["value"].to_numpy()})}


TABLE = DailyTable(
    name=NAME,
    description="One row per session: value, return, costs and holdings of the portfolio, beside the index and the "
    "equally weighted universe.",
    model=Daily,
    code_version="5",
    inputs=lambda settings: (Input(ACCOUNT), Input("silver/index_eod"), Input(RATES), *yardstick_inputs(settings)),
    parameters=lambda settings: {
        name: getattr(settings, name) for name in ("benchmark", "slippage_bps", "brokerage_bps", "impact")
    },
    constants={**values_of(costs), **values_of(indices)},
    compute=compute,
    block=250,
    preview=preview,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=400,
    in_warehouse=True,
    completes_day=True,
    gate=refuse_unknown,
)
