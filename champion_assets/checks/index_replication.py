"""`checks/index_replication`.

What the exchange publishes of the whole market, recomputed from our own tables, with the difference.

A row for each witness that a day has:

- `equal_weight`: the day's return of the NIFTY50 Equal Weight, from the closes of the 50 members. Weights are equal at
  the closes of the third session before the last one of March, June, September and December, hold from the session
  after that last one, and drift with prices; the exchange does not publish its dates, so a day or two of difference
  costs up to 2.5 basis points. Where the history begins later, the simple mean stands for it (`basis` is null).
- `total_return`: the dividend of the Nifty 50 in the day's return by the first route of `silver/index_total_return`
  against the others.
- `market_cap`: shares times our closes against the exchange's own capitalisation of the securities that traded.
- `adjusted_highs`, `adjusted_lows`: highest and lowest price of the year up to the session before, adjusted by our
  splits, bonuses and rights, against those that the exchange adjusts: an outside witness of each such action. A name is
  compared if the exchange's extreme lies in our history, and named in `behind` if the two are not the same price. A
  demerger is no reason to adjust here.

- `volatility`: the exchange's volatility of each security, from that of the session before and our own return of the
  day, against the printed one. Its closes are those of both exchanges together, so a name of a small session differs.

The residual is published less recomputed, in basis points of the day's return or of the sum; extremes are counted
instead.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.checks.replication_numbers import (
    ADJUSTED_KINDS,
    BEFORE,
    DECAY,
    PRINTED,
    QUARTERS,
    Extremes,
    basis_of,
    equal_weight_return,
    factors_between,
    factors_of_days,
    volatility_misfits,
)
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.quant.adjust import known_events

NAME = "checks/index_replication"
EQUITY, ACTIONS, STATUS = "silver/equity_eod", "silver/corporate_actions", "silver/security_status"
WITNESSED_BY = (
    "bronze/bundle_prices",
    "bronze/shares_outstanding",
    "bronze/adjusted_extremes",
    "bronze/published_volatility",
)
WITNESSES = ("equal_weight", "total_return", "market_cap", "adjusted_highs", "adjusted_lows", "volatility")
EQUAL_WEIGHT = "NIFTY50 EQL Wgt"
"""Name of the index in the PR bundle."""
LEVERAGED = "nifty_50"
YEAR = 252
"""Sessions that are read; the exchange's 52 weeks are 365 days, of which some years have a session more."""
SAME_PRICE = 0.0006
"""How far two prices may be apart as a share, with a paisa of rounding beside."""
SHOWN = 20
Days = dict[dt.date, pl.DataFrame]
Row = dict[str, Any]
_NO_FACTORS = pl.DataFrame(schema={"instrument_id": pl.String, "f": pl.Float64})


class IndexReplication(TableModel):
    """A witness of a day."""

    trade_date: pl.Date = pa.Field(description="Trading day")
    witness: str = pa.Field(isin=WITNESSES, description="Published figure that was recomputed")
    published: float = pa.Field(nullable=True, description="As published: a return, or rupees; null for extremes")
    recomputed: float = pa.Field(
        nullable=True, description="Recomputed from the lake's tables, in the same unit; null for extremes"
    )
    residual_bp: float = pa.Field(
        nullable=True, description="Published less recomputed, basis points; null for extremes"
    )
    names: pl.Int32 = pa.Field(ge=0, description="Securities that were compared or summed")
    differing: pl.Int32 = pa.Field(ge=0, description="For extremes: number of securities whose prices differ; else 0")
    behind: str = pa.Field(
        description=f"Up to {SHOWN} names behind a residual: whose "
        f"extremes differ, or members with an action of the day"
    )
    basis: pl.Date = pa.Field(
        nullable=True, description="Session at whose closes the weights were equal; null for a simple mean"
    )

    class Config(TableModel.Config):
        """One row per day and witness."""

        unique = ["trade_date", "witness"]


def _row(
    date: dt.date, witness: str, published: float | None, recomputed: float | None, names: int, **more: Any
) -> Row:
    residual = None if published is None or recomputed is None else 1e4 * (published - recomputed)
    if witness == "market_cap" and published and recomputed is not None:
        residual = 1e4 * (published - recomputed) / published
    said = {"trade_date": date, "witness": witness, "published": published, "recomputed": recomputed}
    return said | {"residual_bp": residual, "names": names, "differing": 0, "behind": "", "basis": None} | more


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The witnesses of `dates`."""
    rows = list(_total_returns(inputs, dates))
    # a year of prices is read only if it is needed
    if any(inputs.read(table, ["trade_date"], days=dates).height for table in WITNESSED_BY):
        columns = ["trade_date", "instrument_id", "symbol", "series", "high", "low", "close", "prev_close"]
        prices = inputs.read(EQUITY, columns)
        events = inputs.read(ACTIONS, ["trade_date", "instrument_id", "ex_date", "ex_session", "kind", "f_capital"])
        days = _by_day(prices)
        factors = _by_day(factors_of_days(events))
        rows += _equal_weights(inputs, dates, days, events, factors)
        rows += _market_caps(inputs, dates, days)
        rows += _extremes(inputs, dates, prices, events)
        rows += _volatilities(inputs, dates, days, factors)
    frame = pl.DataFrame(rows, schema=empty_frame(IndexReplication).schema).sort("trade_date", "witness")
    facts: dict[dt.date, dict[str, Any]] = {}
    for row in frame.iter_rows(named=True):
        residual, counted = row["residual_bp"], f"{row['differing']} of {row['names']} differ"
        told = counted if residual is None else f"{residual:.2f} bp"
        facts.setdefault(row["trade_date"], {})[row["witness"]] = told
    return Computed(frame, facts=facts)


def _by_day(rows: pl.DataFrame) -> Days:
    """Rows by day, in order."""
    return dict(sorted((key[0], part) for key, part in rows.partition_by("trade_date", as_dict=True).items()))


def _equal_weights(
    inputs: Inputs, dates: Sequence[dt.date], prices: Days, events: pl.DataFrame, factors: Days
) -> Iterable[Row]:
    bundle = inputs.read(
        "bronze/bundle_prices", ["trade_date", "market", "security", "prev_close", "close"], days=dates
    )
    levels = bundle.filter(
        (pl.col("market") == "Y") & (pl.col("security") == EQUAL_WEIGHT) & (pl.col("prev_close") > 0)
    )
    listed = inputs.read(STATUS, ["trade_date", "instrument_id", "is_nifty_50"], days=dates).filter("is_nifty_50")
    for date, before, level in levels.select("trade_date", "prev_close", "close").sort("trade_date").iter_rows():
        ids = listed.filter(pl.col("trade_date") == date)["instrument_id"]
        sessions = inputs.window(EQUITY, date)
        basis, legs = basis_of(sessions, date), known_events(events, date)
        today = prices[date].filter(pl.col("instrument_id").is_in(ids.implode())).sort("instrument_id")
        if today.is_empty() or len(sessions) < 2:
            continue
        begin = prices[basis or date].select("instrument_id", base=pl.col("close") if basis else pl.col("prev_close"))
        past = factors_between(legs, basis or sessions[-2], sessions[-2]).rename({"f": "f_past"})
        members = today.join(begin, on="instrument_id", how="left", maintain_order="left")
        members = members.join(past, on="instrument_id", how="left", maintain_order="left")
        now = factors.get(date, _NO_FACTORS).select("instrument_id", "f")
        members = members.join(now, on="instrument_id", how="left", maintain_order="left")
        members = members.with_columns(
            base=pl.col("base") * pl.col("f_past").fill_null(1.0), f=pl.col("f").fill_null(1.0)
        )
        acted = legs.filter((pl.col("ex_session") == date) & pl.col("instrument_id").is_in(ids.to_list())).sort(
            "instrument_id", "kind"
        )
        named = acted.join(today.select("instrument_id", "symbol"), on="instrument_id", maintain_order="left")
        behind = ", ".join(f"{symbol} {kind}" for symbol, kind in named.select("symbol", "kind").iter_rows())
        own = equal_weight_return(members)
        yield _row(date, "equal_weight", level / before - 1, own, members.height, basis=basis, behind=behind)


def _total_returns(inputs: Inputs, dates: Sequence[dt.date]) -> Iterable[Row]:
    rows = inputs.read(
        "silver/index_total_return",
        ["trade_date", "index_id", "dividend_return", "witnesses", "disagreement"],
        days=dates,
    )
    for row in (
        rows.filter((pl.col("index_id") == LEVERAGED) & (pl.col("witnesses") > 0))
        .sort("trade_date")
        .iter_rows(named=True)
    ):
        if row["dividend_return"] is not None and row["disagreement"] is not None:
            yield _row(
                row["trade_date"],
                "total_return",
                row["dividend_return"],
                row["dividend_return"] - row["disagreement"],
                row["witnesses"],
            )


def _market_caps(inputs: Inputs, dates: Sequence[dt.date], prices: Days) -> Iterable[Row]:
    key = ["trade_date", "symbol", "series"]
    said = inputs.read("bronze/shares_outstanding", [*key, "shares", "market_cap", "last_trade_date"], days=dates)
    said = said.filter(pl.col("last_trade_date") == pl.col("trade_date")).unique(key, keep="first", maintain_order=True)
    for date, listed in _by_day(said).items():
        mine = listed.join(prices[date].select(*key, "close"), on=key).sort(key)
        if mine.is_empty():
            continue
        own = math.fsum(shares * close for shares, close in mine.select("shares", "close").iter_rows())
        yield _row(date, "market_cap", math.fsum(mine["market_cap"]), own, mine.height)


def _extremes(inputs: Inputs, dates: Sequence[dt.date], prices: pl.DataFrame, events: pl.DataFrame) -> Iterable[Row]:
    said = inputs.read(
        "bronze/adjusted_extremes",
        ["trade_date", "symbol", "series", "high", "high_date", "low", "low_date"],
        days=dates,
    )
    said = said.unique(["trade_date", "symbol", "series"], keep="first", maintain_order=True)
    own, days = Extremes(prices), _by_day(prices)
    for date, mine in _by_day(said).items():
        sessions = inputs.window(EQUITY, date)
        today = days[date].select("instrument_id", "symbol", "series")
        both = today.join(mine, on=["symbol", "series"]).join(
            own.before(date, sessions[0], known_events(events, date)).drop_nulls(), on="instrument_id"
        )
        for witness, side in (("adjusted_highs", "high"), ("adjusted_lows", "low")):
            in_reach = both.filter(pl.col(f"{side}_date") >= sessions[0]).sort("symbol")
            apart = (pl.col(side) - pl.col(f"own_{side}")).abs() > SAME_PRICE * pl.col(side) + 0.011
            differing = in_reach.filter(apart)["symbol"].to_list()
            if in_reach.height:
                yield _row(
                    date,
                    witness,
                    None,
                    None,
                    in_reach.height,
                    differing=len(differing),
                    behind=", ".join(differing[:SHOWN]),
                )


def _volatilities(inputs: Inputs, dates: Sequence[dt.date], prices: Days, factors: Days) -> Iterable[Row]:
    columns = ["trade_date", "symbol", "previous_volatility", "volatility"]
    said = inputs.read("bronze/published_volatility", columns, days=dates).drop_nulls()
    for date, mine in _by_day(said.unique(["trade_date", "symbol"], keep="first", maintain_order=True)).items():
        now = factors.get(date, _NO_FACTORS).select("instrument_id", "f")
        names, differing = volatility_misfits(prices[date], mine, now)
        if names:
            behind = ", ".join(differing[:SHOWN])
            yield _row(date, "volatility", None, None, names, differing=len(differing), behind=behind)


TABLE = DailyTable(
    name=NAME,
    description="Published figures of the whole market recomputed from the lake's tables: one row per figure and "
    "day, with the residual.",
    model=IndexReplication,
    code_version="2",
    inputs=lambda _: (
        *(Input(table) for table in WITNESSED_BY),
        Input(STATUS),
        Input("silver/index_total_return"),
        Input(EQUITY, YEAR),
        Input(ACTIONS, YEAR),
    ),
    constants={
        "equal_weight": EQUAL_WEIGHT,
        "quarters": list(QUARTERS),
        "before": BEFORE,
        "kinds": list(ADJUSTED_KINDS),
        "same": SAME_PRICE,
        "volatility": [DECAY, PRINTED],
    },
    compute=compute,
    may_be_empty=True,
    block=250,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=600,
    in_warehouse=True,
)
