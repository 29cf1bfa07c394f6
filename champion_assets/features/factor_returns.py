"""`features/factor_returns`: what Indian style factors returned, session by session.

From the lake's own names and prices.

Every factor is a portfolio of the members of the universe of the evening before, chosen by what was known at that
close; `factor_return` is what it made in the session, dividends included, before costs.

| factor | bought | sold |
|---|---|---|
| `market` | all members, by traded value | an overnight deposit |
| `size` | the third with the least traded value | the third with the most |
| `momentum` | the third with the highest return of the window but for its last twelfth | the third with the lowest |
| `low_volatility` | the third with the lowest standard deviation of returns | the third with the highest |
| `liquidity` | the third that is least liquid | the third that is most liquid |

The window is `COV_WINDOW_DAYS`, a year by default, so momentum is "12-1". Traded value is the median of 63 sessions;
it stands for size until the lake has numbers of shares. Names of a third count alike. The last three are sorted within
the smaller and the larger half by traded value, and the halves count alike, so that they are no bets on size. Liquidity
is Amihud's measure (|return| / traded value, the mean of 63 sessions) in logs, as far as the logs of traded value and
volatility do not explain it: without that it would be size once more. A name without a return in the session is left
out of it. Momentum has no row before the window is full.

These are yardsticks, not strategies: they trade every day, sell short, and pay nothing. What published factors they
agree with, and how far, stands in docs/architecture.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.features.panel import Panel, panel
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.quant import factors
from champion_assets.quant.risk import Array
from champion_assets.silver.equity_eod import NAME as PRICES
from champion_assets.silver.rates import NAME as RATES

NAME = "features/factor_returns"
RETURNS, UNIVERSE = "features/returns", "features/universe"
FACTORS = ("market", "size", "momentum", "low_volatility", "liquidity")
TURNOVER_SESSIONS = 63
MONTHS = 12
"""Momentum leaves out the last of so many equal parts of the window."""


class FactorReturns(TableModel):
    """A factor's session."""

    trade_date: pl.Date = pa.Field(description="Session of the return")
    factor: str = pa.Field(
        isin=FACTORS, description="Name of the factor; its portfolios are defined in features/factor_returns.py"
    )
    factor_return: float = pa.Field(description="Return of the long side less that of the short side, before costs")
    long_return: float = pa.Field(
        gt=-1, description="Mean total return of the long side; for the market weighted by traded value"
    )
    short_return: float = pa.Field(
        gt=-1, description="Mean total return of the short side; for the market the overnight return"
    )
    longs: pl.Int32 = pa.Field(gt=0, description="Number of long names with a return in the session")
    shorts: pl.Int32 = pa.Field(
        ge=0, description="Number of short names with a return in the session; 0 for the market"
    )
    decided_on: pl.Date = pa.Field(description="Day at whose close the portfolios were formed")

    class Config(TableModel.Config):
        """One row per factor and session."""

        unique = ["trade_date", "factor"]

    @pa.dataframe_check(
        description="the return is that of the long side less that of the short side, and was decided before"
    )
    def adds_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        gap = (pl.col("factor_return") - (pl.col("long_return") - pl.col("short_return"))).abs()
        return data.lazyframe.select((gap <= 1e-12) & (pl.col("decided_on") < pl.col("trade_date")))


@dataclass(frozen=True, eq=False)
class Evening:
    """What was known at a close of the members of the universe, sorted by instrument_id.

    Attributes:
        size: median traded value, rupees, shape (members,).
        returns: total returns of the window, shape (sessions, members).
        turnover: rupees traded in the last sessions, shape (sessions, members).
        is_full: the window is as long as it is declared.
    """

    size: Array
    returns: Array
    turnover: Array
    is_full: bool


def portfolios(evening: Evening, skip: int) -> Iterator[tuple[str, Array]]:
    """The long-short factors of an evening as weights, shape (members,); those that cannot be formed are left out."""
    halves, everyone = factors.halves(evening.size), np.zeros(evening.size.size, dtype=np.intp)
    spread = factors.volatility(evening.returns)
    recent = evening.returns[-evening.turnover.shape[0] :]
    amihud = factors.illiquidity(recent, evening.turnover[-recent.shape[0] :])
    sorted_by = {
        "size": (-evening.size, everyone),
        "momentum": (
            factors.momentum(evening.returns, skip) if evening.is_full else np.full(evening.size.shape, np.nan),
            halves,
        ),
        "low_volatility": (-spread, halves),
        "liquidity": (factors.residual(np.log(amihud), np.log(evening.size), np.log(spread)), halves),
    }
    for name, (value, groups) in sorted_by.items():
        weights = factors.long_short(value, groups)
        if weights is not None:
            yield name, weights


def session(evening: Evening, made: Array, overnight: float, skip: int) -> list[tuple[str, float, float, int, int]]:
    """What the factors made: factor, long_return, short_return, longs, shorts.

    Args:
        evening: before the session.
        made: total returns of the session, shape (members,), NaN where unknown.
        overnight: what a deposit earned.
        skip: sessions that momentum leaves out.
    """
    whole, names = factors.leg(evening.size, made)
    rows = [("market", whole, overnight, names, 0)] if names else []
    for name, weights in portfolios(evening, skip):
        (bought, longs), (sold, shorts) = factors.leg(weights, made), factors.leg(-weights, made)
        if longs and shorts:
            rows.append((name, bought, sold, longs, shorts))
    return rows


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The factors of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    window = int(inputs.parameters.window)
    skip = window // MONTHS
    overnight = dict(inputs.read(RATES, ["trade_date", "overnight_return"], days=dates).iter_rows())
    universe = inputs.read(UNIVERSE, ["trade_date", "instrument_id", "median_turnover"])
    members = {
        key[0]: rows.sort("instrument_id") for key, rows in universe.partition_by("trade_date", as_dict=True).items()
    }
    if not members:
        return Computed(empty_frame(FactorReturns))
    names = universe["instrument_id"].unique()
    returns = _panel(inputs, RETURNS, "total_return", names)
    turnover = _panel(inputs, PRICES, "turnover", names)
    rows: list[tuple[object, ...]] = []
    for date in dates:
        before = inputs.before(date)
        if before is None or before not in members:
            continue
        known = _evening(inputs, date, members[before], returns, turnover)
        made = returns.values[returns.row(date), returns.columns(members[before]["instrument_id"].to_list())]
        found = session(known, made, overnight[date] or 0.0, skip)
        rows += [
            (date, name, long - short, long, short, longs, shorts, before) for name, long, short, longs, shorts in found
        ]
    frame = pl.DataFrame(rows, schema=empty_frame(FactorReturns).schema, orient="row")
    return Computed(
        frame, facts={date: {"factors": count} for date, count in frame.group_by("trade_date").len().iter_rows()}
    )


def _panel(inputs: Inputs, table: str, value: str, names: pl.Series) -> Panel:
    """The values of those who are ever members in the block; a name that never had one is a column of NaN."""
    rows = inputs.read(table, ["trade_date", "instrument_id", value]).filter(
        pl.col("instrument_id").is_in(names.implode())
    )
    found = panel(rows, value, inputs.days(table))
    absent = sorted(set(names).difference(found.instruments))
    if not absent:
        return found
    instruments = sorted([*found.instruments, *absent])
    values = np.full((len(found.sessions), len(instruments)), np.nan)
    values[:, np.searchsorted(instruments, found.instruments)] = found.values
    return Panel(found.sessions, instruments, values)


def _evening(inputs: Inputs, date: dt.date, members: pl.DataFrame, returns: Panel, turnover: Panel) -> Evening:
    """What was known before `date`: the windows without the day itself."""
    instruments = members["instrument_id"].to_list()
    days, sessions = inputs.window(PRICES, date), inputs.window(RETURNS, date)
    row, end = returns.row(date), turnover.row(days[-1]) + 1
    window = returns.values[row + 1 - len(sessions) : row][:, returns.columns(instruments)]
    traded = turnover.values[end - len(days) : end][:, turnover.columns(instruments)]
    is_full = len(sessions) > int(inputs.parameters.window)
    return Evening(
        members["median_turnover"].to_numpy(), np.ascontiguousarray(window), np.ascontiguousarray(traded), is_full
    )


TABLE = DailyTable(
    name=NAME,
    description="Daily returns of Indian style factors: market, size "
    "by traded value, momentum, low volatility, liquidity.",
    model=FactorReturns,
    code_version="1",
    inputs=lambda settings: (
        Input(UNIVERSE, lag=1),
        Input(RETURNS, settings.cov_window_days + 1),
        Input(PRICES, TURNOVER_SESSIONS, lag=1),
        Input(RATES),
    ),
    parameters=lambda settings: {"window": settings.cov_window_days},
    constants={"turnover_sessions": TURNOVER_SESSIONS, "months": MONTHS, "parts": factors.PARTS},
    compute=compute,
    block=125,
    may_be_empty=True,
    kinds=frozenset({"parquet", "numpy"}),
    peak_megabytes=400,
    in_warehouse=True,
)
