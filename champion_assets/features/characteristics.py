"""`features/characteristics`: what the exchange's other files say of each member, as known on the evening of the day.

One row per member of the universe and day; each figure with its z-score over the members that have it. A figure is null
where its file is not there or does not speak of the name, never 0 instead.

- size: shares issued times the day's close, rupees; the z-score is of its logarithm.
- earnings yield: the reciprocal of price to earnings, at the day's close. The file divides the close of the session
  before, so the day's price return stands between the two, and an ex-date does not matter.
- short interest: the value of shares sold short over the value traded, in 21 sessions. The file of a day is of the
  session before, so these are the sessions up to the one before. Where a day has a list, a name off it sold nothing.
- change of open interest: of a stock's futures in the session, over their open interest before it.
- delivery share: the value delivered over the value traded, in 21 sessions.

Sums over sessions are of rupees, each at its own average price, so that a split within the window does not matter. One
of fewer than `LEAST_SESSIONS` sessions is null.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.bronze.derivatives import BLOCK_ROWS
from champion_assets.features.panel import Panel, panel
from champion_assets.features.returns import NAME as RETURNS
from champion_assets.features.universe import NAME as UNIVERSE
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.quant.cross_section import z_score
from champion_assets.quant.risk import Array
from champion_assets.silver.derivatives import NAME as DERIVATIVES
from champion_assets.silver.earnings import NAME as EARNINGS
from champion_assets.silver.earnings import ROUNDING
from champion_assets.silver.shares_outstanding import NAME as SHARES
from champion_assets.silver.trading_activity import NAME as ACTIVITY

NAME, EQUITY = "features/characteristics", "silver/equity_eod"
SESSIONS, LEAST_SESSIONS = 21, 10
KEY = ["trade_date", "instrument_id"]
_SCORED = {
    "size_z": "log_market_cap",
    "earnings_yield_z": "earnings_yield",
    "short_interest_z": "short_interest",
    "open_interest_change_z": "open_interest_change",
    "delivery_z": "delivery_share",
}


class Characteristics(TableModel):
    """What is known of a member beside its prices."""

    trade_date: pl.Date = pa.Field(description="Day by whose evening this was known")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    market_cap: float = pa.Field(nullable=True, gt=0, description="Shares issued times the close, rupees")
    log_market_cap: float = pa.Field(nullable=True, description="Natural logarithm of `market_cap`")
    size_z: float = pa.Field(
        nullable=True, ge=-3, le=3, description="z-score of `log_market_cap` over the universe, clipped at 3"
    )
    earnings_yield: float = pa.Field(
        nullable=True, description="Earnings per share of four quarters without exceptional items, divided by the close"
    )
    reported_earnings_yield: float = pa.Field(
        nullable=True, description="Earnings per share of four quarters with exceptional items, divided by the close"
    )
    earnings_yield_z: float = pa.Field(
        nullable=True, ge=-3, le=3, description="z-score of `earnings_yield`, clipped at 3"
    )
    short_interest: float = pa.Field(
        nullable=True, ge=0, description=f"Value sold short over value traded, a share, {SESSIONS} sessions"
    )
    short_interest_z: float = pa.Field(
        nullable=True, ge=-3, le=3, description="z-score of `short_interest`, clipped at 3"
    )
    open_interest_change: float = pa.Field(
        nullable=True,
        ge=-1,
        description="Change of the open interest of its futures in the session, relative to the session before",
    )
    open_interest_change_z: float = pa.Field(
        nullable=True, ge=-3, le=3, description="z-score of `open_interest_change`, clipped at 3"
    )
    delivery_share: float = pa.Field(
        nullable=True, ge=0, description=f"Value delivered over value traded, a share, {SESSIONS} sessions"
    )
    delivery_z: float = pa.Field(nullable=True, ge=-3, le=3, description="z-score of `delivery_share`, clipped at 3")

    class Config(TableModel.Config):
        """One row per member and day."""

        unique = ["trade_date", "instrument_id"]


def transform(members: pl.DataFrame, said: Sequence[pl.DataFrame], sums: Mapping[str, Array]) -> pl.DataFrame:
    """The members of some days with their figures.

    Args:
        members: trade_date, instrument_id and symbol, sorted by day and instrument.
        said: frames with at most one row per day and instrument: these and columns of the table's files (`shares`,
            `close`, `simple_return`, `pe`, `adjusted_pe`, `open_interest`, `oi_change`).
        sums: by column of the table its values in the order of `members`, NaN where unknown.

    Returns:
        Rows of `Characteristics`.
    """
    rows = members.with_columns(
        pl.Series(name, values, dtype=pl.Float64).fill_nan(None) for name, values in sums.items()
    )
    for each in said:
        rows = rows.join(each, on=KEY, how="left", maintain_order="left")
    before = (pl.col("open_interest") - pl.col("oi_change")).cast(pl.Float64)
    rows = rows.with_columns(
        market_cap=pl.col("shares") * pl.col("close"),
        earnings_yield=_yield("adjusted_pe"),
        reported_earnings_yield=_yield("pe"),
        open_interest_change=pl.when(before > 0).then(pl.col("oi_change") / before),
    ).with_columns(log_market_cap=pl.col("market_cap").log())
    scores = [z_score(pl.col(of), ["trade_date"]).alias(name) for name, of in _SCORED.items()]
    columns = list(empty_frame(Characteristics).columns)
    days = rows.partition_by("trade_date", maintain_order=True)  # each alone, so that its block makes no difference
    return pl.concat([empty_frame(Characteristics), *(day.with_columns(scores).select(columns) for day in days)])


def _yield(ratio: str) -> pl.Expr:
    """The reciprocal of a ratio to the close before, at the day's close; null for a ratio rounded to nothing."""
    at_close = pl.col(ratio) * (1 + pl.col("simple_return"))
    return pl.when(pl.col(ratio).abs() > ROUNDING).then(1 / at_close)


def share_of_value(part: Array, value: Array) -> Array:
    """Sums over sessions of a part over the sums of the whole, where both are known.

    Args:
        part: rupees, shape (sessions, names), NaN where unknown.
        value: rupees, the same shape.

    Returns:
        A share for each name, shape (names,), NaN with fewer than `LEAST_SESSIONS` sessions.
    """
    known = np.isfinite(part) & np.isfinite(value)
    above, below = (np.where(known, each, 0.0).sum(axis=0) for each in (part, value))
    enough = (known.sum(axis=0) >= LEAST_SESSIONS) & (below > 0)
    return np.asarray(np.divide(above, below, out=np.full(below.shape, np.nan), where=enough))


class _Flows:
    """Values traded, delivered and sold short by session and member of any day of a block."""

    def __init__(self, inputs: Inputs, names: pl.Series) -> None:
        columns = [*KEY, "vwap", "turnover", "delivery_qty"]
        rows = inputs.read(EQUITY, columns).filter(pl.col("instrument_id").is_in(names.implode()))
        sessions = inputs.days(EQUITY)
        self._traded, price = (panel(rows, name, sessions) for name in ("turnover", "vwap"))
        self._delivered = panel(rows, "delivery_qty", sessions).values * price.values
        self._short = self._sold_short(inputs, price)

    def _sold_short(self, inputs: Inputs, price: Panel) -> Array:
        """Rupees by session of the sales: NaN where the list of the session after is not there."""
        rows = inputs.read(ACTIVITY, [*KEY, "short_sold"]).drop_nulls("short_sold")
        listed = set(rows["trade_date"])
        after_the_first = pl.col("trade_date") > price.sessions[0]  # whose list is of a session that is not read
        known = rows.filter(after_the_first & pl.col("instrument_id").is_in(price.instruments))
        quantity = np.full(price.values.shape, np.nan)
        for place, session in enumerate(price.sessions[1:]):
            if session in listed:
                quantity[place] = 0.0
        lines = np.searchsorted(np.array(price.sessions, dtype="datetime64[D]"), known["trade_date"].to_numpy())
        quantity[lines - 1, price.columns(known["instrument_id"].to_list())] = known["short_sold"].to_numpy()
        return quantity * price.values

    def sums(self, date: dt.date, names: Sequence[str]) -> dict[str, Array]:
        """`share_of_value` of the windows that end with `date`, and for short sales with the session before."""
        columns, end = self._traded.columns(names), self._traded.row(date) + 1
        found = {}
        for name, part, last in (("delivery_share", self._delivered, end), ("short_interest", self._short, end - 1)):
            lines = slice(max(0, last - SESSIONS), last)
            found[name] = share_of_value(part[lines][:, columns], self._traded.values[lines][:, columns])
        return found


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Characteristics of the members of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    universe = inputs.read(UNIVERSE, [*KEY, "symbol"], days=dates).sort(KEY)
    if universe.is_empty():
        return Computed(empty_frame(Characteristics))
    names = universe["instrument_id"].unique().sort()
    flows = _Flows(inputs, names)
    found = [
        flows.sums(members["trade_date"][0], members["instrument_id"].to_list())
        for members in universe.partition_by("trade_date", maintain_order=True)
    ]
    sums = {name: np.concatenate([each[name] for each in found]) for name in found[0]}
    frame = transform(universe, _said(inputs, dates, names), sums)
    counted = frame.group_by("trade_date").agg(pl.len().alias("members"), pl.col(*_SCORED.values()).count())
    return Computed(frame, facts={row.pop("trade_date"): row for row in counted.iter_rows(named=True)})


def _said(inputs: Inputs, dates: Sequence[dt.date], names: pl.Series) -> list[pl.DataFrame]:
    """What the files of `dates` say of `names`: one row per instrument and day each."""
    mine = pl.col("instrument_id").is_in(names.implode())
    futures = inputs.read(DERIVATIVES, [*KEY, "kind", "open_interest", "oi_change"], days=dates)
    return [
        inputs.read(EQUITY, [*KEY, "close"], days=dates).filter(mine),
        inputs.read(RETURNS, [*KEY, "simple_return"], days=dates).filter(mine),
        inputs.read(SHARES, [*KEY, "shares"], days=dates).filter(mine),
        inputs.read(EARNINGS, [*KEY, "pe", "adjusted_pe"], days=dates).filter(mine),
        futures.filter(mine & (pl.col("kind") == "stock_future") & pl.col("oi_change").is_not_null())
        .group_by(KEY)
        .agg(pl.col("open_interest", "oi_change").sum()),
    ]


TABLE = DailyTable(
    name=NAME,
    description="One row per member and day, as known by the evening: size, earnings yield, short interest, open "
    "interest, delivery; with z-scores.",
    model=Characteristics,
    code_version="1",
    inputs=lambda _: (
        Input(DERIVATIVES),
        Input(UNIVERSE),
        Input(RETURNS),
        Input(SHARES),
        Input(EARNINGS),
        Input(ACTIVITY, SESSIONS),
        Input(EQUITY, SESSIONS + 1),
    ),
    constants={"least_sessions": LEAST_SESSIONS, "rounding": ROUNDING},
    compute=compute,
    block=125,
    block_rows=BLOCK_ROWS,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=600,
    in_warehouse=True,
    grain="instrument",
)
