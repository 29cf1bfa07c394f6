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
    value: float = pa.Field(gt=0, description="Cash, holdings and claims at the close, rupees")
    cash: float = pa.Field(ge=-0.005, description="Cash at the close, unsettled proceeds included, rupees")
    flows: float = pa.Field(description="Capital paid in, rupees: the initial capital on the first session, then 0")
    pnl: float = pa.Field(description="Gain of the session before costs, rupees")
    costs: float = pa.Field(ge=0, description="All charges of the session, rupees")
    stt: float = pa.Field(ge=0, description="Securities transaction tax, part of `costs`")
    exchange_charges: float = pa.Field(ge=0, description="Exchange charges and SEBI fee, part of `costs`")
    stamp_duty: float = pa.Field(ge=0, description="Stamp duty, part of `costs`")
    service_tax: float = pa.Field(ge=0, description="Service tax, later GST, part of `costs`")
    brokerage: float = pa.Field(ge=0, description="Brokerage, part of `costs`")
    dp_charges: float = pa.Field(ge=0, description="Depository charges, part of `costs`")
    bought: float = pa.Field(ge=0, description="Value of the buys, rupees")
    sold: float = pa.Field(ge=0, description="Value of the sells, rupees")
    buys: pl.Int32 = pa.Field(ge=0, description="Number of buys")
    sells: pl.Int32 = pa.Field(ge=0, description="Number of sells")
    unfilled: pl.Int32 = pa.Field(
        ge=0,
        description="Orders not filled in full: not traded, at the price band, above the volume limit, or not settled",
    )
    unexplained_gaps: pl.Int32 = pa.Field(ge=0, description="Holdings whose opening gap was treated as value-neutral")
    late_actions: pl.Int32 = pa.Field(
        ge=0, description="Holdings for which a past corporate action was corrected today; the past is not recomputed"
    )
    dividends: float = pa.Field(ge=0, description="Dividends credited, part of `pnl`, rupees")
    interest: float = pa.Field(ge=0, description="Interest on cash, rupees")
    written_down: float = pa.Field(ge=0, description="Loss on securities written off as delisted today, rupees")
    portfolio_return: float = pa.Field(gt=-1, description="Return of the session after costs, a fraction")
    stale_value: float = pa.Field(
        ge=0,
        description=f"Part of `value` at closes older than {STALE_SESSIONS} sessions (suspended or ended), rupees",
    )
    is_look_ahead: bool = pa.Field(
        description="The decision in force used a sector list or ESG snapshot of a later day, as settings allow"
    )
    holdings: HOLDINGS = pa.Field(description="Positions at the close; idle counts sessions without a trade")  # type: ignore[valid-type]
    claims: CLAIMS = pa.Field(description="Demerged parts that are not listed yet: parent, shares, rupees per share")  # type: ignore[valid-type]

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
