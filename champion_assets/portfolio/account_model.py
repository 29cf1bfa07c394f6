"""The results of an account's session as columns, shared by `portfolio/account`, which computes them, and
`backtest/daily`, which sets yardsticks beside them.

What belongs here: these columns and the rules that they keep. What does not: what the account carries to the next
session (`account.py`).
"""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from champion_assets.lake.schema import TableModel
from champion_assets.simulation.account_columns import CLAIMS, HOLDINGS

STALE_SESSIONS = 20
"""Sessions without a trade after which the last price of a holding says little."""


class AccountResults(TableModel):
    """The account's day. Amounts in rupees."""

    trade_date: pl.Date = pa.Field(unique=True, description="Session")
    value: float = pa.Field(gt=0, description="Cash, holdings and claims at the close")
    cash: float = pa.Field(ge=-0.005, description="Cash at the close, what is not yet settled included")
    flows: float = pa.Field(description="Capital paid in: the initial capital on the first session, then 0")
    pnl: float = pa.Field(description="Gain of the day before costs")
    costs: float = pa.Field(ge=0, description="All charges of the day")
    stt: float = pa.Field(ge=0, description="Of them securities transaction tax")
    exchange_charges: float = pa.Field(ge=0, description="Of them exchange charges and SEBI fee")
    stamp_duty: float = pa.Field(ge=0, description="Of them stamp duty")
    service_tax: float = pa.Field(ge=0, description="Of them service tax, later GST")
    brokerage: float = pa.Field(ge=0, description="Of them brokerage")
    dp_charges: float = pa.Field(ge=0, description="Of them depository charges")
    bought: float = pa.Field(ge=0, description="Value of the buys")
    sold: float = pa.Field(ge=0, description="Value of the sells")
    buys: pl.Int32 = pa.Field(ge=0, description="Number of buys")
    sells: pl.Int32 = pa.Field(ge=0, description="Number of sells")
    unfilled: pl.Int32 = pa.Field(
        ge=0, description="Orders not filled, or not wholly: not traded, at the band, beyond the volume, not settled"
    )
    unexplained_gaps: pl.Int32 = pa.Field(ge=0, description="Holdings whose opening gap was treated as value-neutral")
    late_actions: pl.Int32 = pa.Field(
        ge=0, description="Holdings of which a past corporate action was told otherwise today"
    )
    dividends: float = pa.Field(ge=0, description="Dividends credited, part of the P&L's account")
    interest: float = pa.Field(ge=0, description="Interest on cash")
    written_down: float = pa.Field(ge=0, description="Loss on names that count as delisted since today")
    portfolio_return: float = pa.Field(gt=-1, description="Return of the day after costs")
    stale_value: float = pa.Field(
        ge=0,
        description=f"Part of the value that stands at prices older than "
        f"{STALE_SESSIONS} sessions: suspended or ended names",
    )
    is_look_ahead: bool = pa.Field(
        description="The decision in force used a list of sectors or a "
        "snapshot of ratings of a later day, as settings allow"
    )
    holdings: HOLDINGS = pa.Field(description="Positions at the close; idle: sessions without a trade")  # type: ignore[valid-type]
    claims: CLAIMS = pa.Field(description="Demerged parts not yet listed: of which name, shares, rupees a share")  # type: ignore[valid-type]

    @pa.dataframe_check(description="cash, holdings and claims add up to the value, to a paisa")
    def adds_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        held = pl.col("holdings").list.eval(pl.element().struct.field("value")).list.sum()
        claimed = (
            pl.col("claims")
            .list.eval(pl.element().struct.field("shares") * pl.element().struct.field("each"))
            .list.sum()
        )
        return data.lazyframe.select((pl.col("cash") + held + claimed - pl.col("value")).abs() <= 0.01)

    @pa.dataframe_check(description="the charges add up to the costs, to a paisa")
    def charges_add_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        parts = pl.sum_horizontal("stt", "exchange_charges", "stamp_duty", "service_tax", "brokerage", "dp_charges")
        return data.lazyframe.select((parts - pl.col("costs")).abs() <= 0.005)
