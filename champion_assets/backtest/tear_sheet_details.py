"""What the page tells beside the history itself.

Orders and their market, shadow prices, risk at the end, the ESG frontier.

What belongs here: reading them. What does not: the history's own story (`tear_sheet_data.py`), how it is shown
(`sheet/`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from champion_assets.backtest.executions import NAME as EXECUTIONS
from champion_assets.common.errors import RequestError
from champion_assets.features.factor_returns import NAME as FACTORS
from champion_assets.lake.errors import MissingInput
from champion_assets.lake.place import Place
from champion_assets.portfolio.account import NAME as ACCOUNT
from champion_assets.portfolio.esg_frontier import Frontier, frontier_of
from champion_assets.portfolio.evenings import known_at
from champion_assets.portfolio.known import Known
from champion_assets.quant.problem import Infeasible, NotSolved
from champion_assets.settings import Settings
from champion_assets.silver.equity_eod import NAME as PRICES
from champion_assets.silver.index_eod import NAME as LEVELS
from champion_assets.silver.rates import NAME as RATES
from champion_assets.silver.shares_outstanding import NAME as SHARES

DETAIL_TABLES = (
    EXECUTIONS,
    ACCOUNT,
    PRICES,
    "features/universe",
    "features/covariance",
    "features/expected_returns",
    "features/returns",
    FACTORS,
    LEVELS,
    SHARES,
)
"""What is read here beside the tables of the story."""
VIX = "india_vix"
"""Key of the index that says what volatility the options of the Nifty 50 expect, percent a year."""


@dataclass(frozen=True, eq=False)
class Risk:
    """The risk of the last session's holdings, by the day's risk model.

    Attributes:
        rows: symbol, sector, weight, share (part of the variance; all together 1).
        volatility: of the holdings in the model, a session.
        left_out: weight of holdings that are not in the day's universe.
    """

    rows: pl.DataFrame
    volatility: float
    left_out: float


@dataclass(frozen=True, eq=False)
class Details:
    """What the page tells beside the history.

    Attributes:
        settings: what the portfolio was made with.
        executions: rows of backtest/executions from the first fill on.
        market: trade_date, instrument_id, high, low, turnover of what was filled.
        prices: trade_date, constraint_name, price: shadow prices of the decisions.
        factors: trade_date, factor, factor_return of features/factor_returns from the first fill on.
        risk: at the last session; None where it has no universe.
        frontier: at the last session; None without scores.
        taxes: rows of backtest/tax from the first fill on; None without TAX.
        why_no_frontier: in words.
        vix: trade_date and vix (India VIX at the close, percent a year) from the first fill on, as far as it is known.
        owned: symbol and share (of the company's market capitalisation; null where that is not known) of each holding
            at the last session.
    """

    settings: Settings
    executions: pl.DataFrame
    market: pl.DataFrame
    prices: pl.DataFrame
    risk: Risk | None
    factors: pl.DataFrame
    frontier: Frontier | None
    taxes: pl.DataFrame | None = None
    why_no_frontier: str = ""
    vix: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"trade_date": pl.Date, "vix": pl.Float64}))
    owned: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"symbol": pl.String, "share": pl.Float64}))


def details_of(
    place: Place, days: pl.DataFrame, decisions: Sequence[dt.date], taxes: pl.DataFrame | None = None
) -> Details:
    """The details of a history.

    Args:
        place: has its lake.
        days: rows of backtest/daily from the first fill on.
        decisions: days on which the portfolio was decided.
        taxes: rows of backtest/tax of these days; None without TAX.

    Raises:
        MissingInput: a session has no factor returns yet.
    """
    lake, dates = place.lake, days["trade_date"].to_list()
    executions = lake.read(EXECUTIONS, dates)
    known = known_at(place, dates[-1])
    value = float(days["value"][-1])
    frontier, why = (None, "The last session has no universe.") if known is None else _frontier(place, known, value)
    return Details(
        place.settings,
        executions,
        _market(place, executions),
        _prices(place, decisions),
        None if known is None else risk_of_holdings(known, days.tail(1)),
        _factors(place, dates),
        frontier,
        taxes,
        why,
        _vix(place, dates),
        _owned(place, days.tail(1)),
    )


def _factors(place: Place, dates: Sequence[dt.date]) -> pl.DataFrame:
    if missing := sorted(set(dates) - set(place.lake.dates(FACTORS))):
        raise MissingInput(
            f"{FACTORS} lacks {len(missing)} sessions from {missing[0]} to {missing[-1]}; backfill them first"
        )
    return place.lake.read(FACTORS, dates, ["trade_date", "factor", "factor_return"])


def _vix(place: Place, dates: Sequence[dt.date]) -> pl.DataFrame:
    there = sorted(set(dates) & set(place.lake.dates(LEVELS)))
    if not there:
        return pl.DataFrame(schema={"trade_date": pl.Date, "vix": pl.Float64})
    rows = place.lake.read(LEVELS, there, ["trade_date", "index_id", "close"])
    return rows.filter(pl.col("index_id") == VIX).select("trade_date", vix="close")


def _owned(place: Place, last: pl.DataFrame) -> pl.DataFrame:
    held = last.select("trade_date", pl.col("holdings")).explode("holdings").drop_nulls("holdings").unnest("holdings")
    date = last["trade_date"].item()
    if not place.lake.has(SHARES, date):
        return held.select("symbol", share=pl.lit(None, pl.Float64))
    sizes = place.lake.read(SHARES, [date], ["instrument_id", "market_cap"]).filter(pl.col("market_cap") > 0)
    return held.join(sizes, on="instrument_id", how="left", maintain_order="left").select(
        "symbol", share=pl.col("value") / pl.col("market_cap")
    )


def _market(place: Place, executions: pl.DataFrame) -> pl.DataFrame:
    filled = executions.filter(pl.col("filled") != 0).select("trade_date", "instrument_id")
    dates = filled["trade_date"].unique().sort().to_list()
    columns = ["trade_date", "instrument_id", "high", "low", "turnover"]
    rows = place.lake.read(PRICES, dates, columns)
    return rows.join(filled, on=["trade_date", "instrument_id"], how="semi", maintain_order="left")


def _prices(place: Place, decisions: Sequence[dt.date]) -> pl.DataFrame:
    rows = place.lake.read(ACCOUNT, decisions, ["trade_date", "decided_on", "shadow_prices"])
    made = rows.filter(pl.col("trade_date") == pl.col("decided_on")).select("trade_date", "shadow_prices")
    return made.explode("shadow_prices").drop_nulls("shadow_prices").unnest("shadow_prices")


def risk_of_holdings(known: Known, last: pl.DataFrame) -> Risk:
    """Each holding's part of the variance: w (Σw) / w'Σw.

    Args:
        known: of the evening.
        last: the row of backtest/daily of the same day.
    """
    place = {name: number for number, name in enumerate(known.instruments)}
    weights, value = np.zeros(len(place)), float(last["value"].item())
    left_out = 0.0
    for each in last["holdings"].item():
        if each["instrument_id"] in place:
            weights[place[each["instrument_id"]]] = each["value"] / value
        else:
            left_out += each["value"] / value
    variance = known.risk.variance(weights)
    share = weights * known.risk.times(weights) / variance if variance > 0 else weights
    held = [int(number) for number in np.flatnonzero(weights)]
    rows = pl.DataFrame(
        {
            "symbol": [known.symbols[i] for i in held],
            "sector": [known.sectors[i] for i in held],
            "weight": weights[held],
            "share": share[held],
        },
        schema={"symbol": pl.String, "sector": pl.String, "weight": pl.Float64, "share": pl.Float64},
    )
    return Risk(rows.sort("share", "symbol", descending=[True, False]), float(np.sqrt(variance)), left_out)


def _frontier(place: Place, known: Known, value: float) -> tuple[Frontier | None, str]:
    """The frontier, or why there is none; an answer of the optimiser, not a failure of the page."""
    rate = float(place.lake.read(RATES, [known.date], ["overnight_rate"])["overnight_rate"].item())
    try:
        return frontier_of(known, place.settings.strategy, value, rate), ""
    except (RequestError, Infeasible, NotSolved) as error:
        return None, str(error)
