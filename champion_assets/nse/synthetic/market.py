"""Prices of the fictional market: a factor model with events, bands, ticks and special sessions.

What belongs here: the simulation, as arrays and canonical rows. What does not: the wording of files (`files.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from champion_assets.nse.calendar import SessionCalendar
from champion_assets.nse.schema import BHAVCOPY
from champion_assets.nse.synthetic.story import Company, cast

Array = NDArray[np.float64]
_CROWD = {"regular": 1.0, "budget": 1.0, "special": 0.15, "muhurat": 0.15}
_FINE_TICK_FROM = dt.date(2024, 6, 10)


@dataclass(frozen=True)
class Market:
    """A simulated history; arrays have shape (sessions, companies), NaN or 0 where a company did not trade."""

    sessions: list[dt.date]
    companies: list[Company]
    open: Array
    high: Array
    low: Array
    close: Array
    previous: Array
    volume: NDArray[np.int64]
    delivered: NDArray[np.int64]
    index: Array

    def rows(self, day: int) -> pl.DataFrame:
        """The canonical bhavcopy rows of session number `day`, sorted as NSE sorts them, bonds included."""
        traded = np.flatnonzero(self.volume[day] > 0)
        identity = [borne(self.companies[each], day) for each in traded]
        average = np.round((self.open + self.high + self.low + self.close)[day, traded] / 4, 2)
        volume = self.volume[day, traded]
        frame = pl.DataFrame(
            {
                "trade_date": [self.sessions[day]] * traded.size,
                "symbol": [each[0] for each in identity],
                "series": [each[1] for each in identity],
                "isin": [each[2] for each in identity],
                "name": [self.companies[each].name.upper() for each in traded],
                "open": self.open[day, traded],
                "high": self.high[day, traded],
                "low": self.low[day, traded],
                "close": self.close[day, traded],
                "last": self.close[day, traded],
                "prev_close": self.previous[day, traded],
                "vwap": average,
                "volume": volume,
                "turnover": np.round(average * volume, 2),
                "trades": np.maximum(1, volume // 40),
                "delivery_qty": self.delivered[day, traded],
                "delivery_pct": np.round(100 * self.delivered[day, traded] / volume, 2),
                "lot_size": [1] * traded.size,
            }
        )
        trade_to_trade = pl.col("series").is_in(["BE", "BZ"])
        frame = frame.with_columns(
            pl.when(~trade_to_trade).then(pl.col(column)).alias(column) for column in ("delivery_qty", "delivery_pct")
        )
        everything = pl.concat([frame, _bonds(self.sessions[day])], how="diagonal_relaxed").sort("symbol", "series")
        numbered = everything.with_columns(source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int32))
        return numbered.select(pl.col(name).cast(kind) for name, kind in BHAVCOPY.items())


def simulate(calendar: SessionCalendar, start: dt.date, end: dt.date, seed: int) -> Market:
    """A market over the sessions from `start` to `end`; equal arguments give equal arrays."""
    sessions = calendar.sessions_between(start, end)
    if len(sessions) < 20:
        raise ValueError(f"{start} to {end} has {len(sessions)} sessions; the story needs 20 at least")
    companies = cast(len(sessions))
    random = np.random.default_rng(seed)
    days, names = len(sessions), len(companies)
    returns, market = _returns(random, companies, days)
    shape = (days, names)
    opened, high, low, close, previous = (np.full(shape, np.nan) for _ in range(5))
    last = np.array([company.first_price for company in companies])
    factors, trading = _factors(companies, days), _trading(companies, days)
    wick = np.abs(random.normal(0, 0.006, (2, *shape)))
    overnight = random.normal(0, 0.4, shape)
    for day, date in enumerate(sessions):
        tick = np.where((last < 250) & (date >= _FINE_TICK_FROM), 0.01, 0.05)
        base = last * factors[day]
        now = np.clip(base * np.exp(returns[day]), base * 0.81, base * 1.19)
        start_price = np.clip(base * np.exp(returns[day] * overnight[day]), base * 0.81, base * 1.19)
        rounded = [np.maximum(np.round(np.round(price / tick) * tick, 2), tick) for price in (start_price, now)]
        top = np.round(np.ceil(np.maximum(*rounded) * (1 + wick[0, day]) / tick - 1e-9) * tick, 2)
        bottom = np.maximum(np.round(np.floor(np.minimum(*rounded) * (1 - wick[1, day]) / tick + 1e-9) * tick, 2), tick)
        active = trading[day]
        opened[day, active], close[day, active] = rounded[0][active], rounded[1][active]
        high[day, active], low[day, active] = (
            np.maximum(top, np.maximum(*rounded))[active],
            np.minimum(bottom, np.minimum(*rounded))[active],
        )
        previous[day, active] = last[active]
        last = np.where(active, rounded[1], last * np.where(active, 1.0, factors[day]))
    volume = _volumes(random, sessions, calendar, companies, trading)
    delivered = np.floor(volume * random.uniform(0.2, 0.8, shape)).astype(np.int64)
    return Market(
        sessions,
        companies,
        opened,
        high,
        low,
        close,
        previous,
        volume,
        delivered,
        np.asarray(10_000 * np.cumprod(1 + market), dtype=np.float64),
    )


def _returns(random: np.random.Generator, companies: Sequence[Company], days: int) -> tuple[Array, Array]:
    sectors = sorted({company.sector for company in companies})
    member = np.array([sectors.index(company.sector) for company in companies])
    market = random.standard_t(5, days) * 0.007 + 0.0006
    sector = random.normal(0, 0.006, (days, len(sectors)))[:, member]
    own = random.standard_t(5, (days, len(companies))) * random.uniform(0.007, 0.016, len(companies))
    beta = random.uniform(0.6, 1.4, len(companies))
    drift = random.normal(0.0002, 0.0004, len(companies))
    return market[:, None] * beta + sector + own + drift, market


def _factors(companies: Sequence[Company], days: int) -> Array:
    factors = np.ones((days, len(companies)))
    for number, company in enumerate(companies):
        for event in company.events:
            if event.ex_session < days:
                factors[event.ex_session, number] *= event.factor
    return factors


def _trading(companies: Sequence[Company], days: int) -> NDArray[np.bool_]:
    trading = np.ones((days, len(companies)), dtype=bool)
    for number, company in enumerate(companies):
        trading[: company.listed_from, number] = False
        if company.listed_to is not None:
            trading[company.listed_to :, number] = False
        if company.suspended is not None:
            trading[slice(*company.suspended), number] = False
    return trading


def _volumes(
    random: np.random.Generator, sessions: Sequence[dt.date], calendar: SessionCalendar, companies: Sequence[Company],
    trading: NDArray[np.bool_],
) -> NDArray[np.int64]:  # fmt: skip
    rupees = np.exp(random.normal(19.0, 0.8, len(companies)))
    prices = np.array([company.first_price for company in companies])
    crowd = np.array([_CROWD[calendar.day(date).status] for date in sessions])
    noise = np.exp(random.normal(0, 0.35, (len(sessions), len(companies))))
    shares = np.floor(rupees / prices * noise * crowd[:, None]).astype(np.int64) + 1
    return np.where(trading, shares, 0)


def borne(company: Company, day: int) -> tuple[str, str, str]:
    """Symbol, series and ISIN of a company in session number `day`."""
    symbol = company.renamed[1] if company.renamed and day >= company.renamed[0] else company.symbol
    isin = company.isin_change[1] if company.isin_change and day >= company.isin_change[0] else company.isin
    series = company.series
    if company.trade_to_trade and company.trade_to_trade[0] <= day < company.trade_to_trade[1]:
        series = "BE"
    if company.migrates_to_eq is not None and day >= company.migrates_to_eq:
        series = "EQ"
    return symbol, series, isin


def _bonds(date: dt.date) -> pl.DataFrame:
    """Two rows of debt, one with a last price of 0 as institutional series have it."""
    return pl.DataFrame(
        {
            "trade_date": [date, date],
            "symbol": ["FICTGOVT29", "FICTINFRA"],
            "series": ["GS", "N1"],
            "isin": ["IN0020230011", "INE999Z07012"],
            "name": ["FICTIONAL GOVT BOND", "FICTIONAL INFRA BOND"],
            "open": [101.2, 1040.0],
            "high": [101.5, 1042.5],
            "low": [101.0, 1039.0],
            "close": [101.4, 1041.0],
            "last": [101.4, None],
            "prev_close": [101.1, 1040.0],
            "vwap": [101.3, 1040.75],
            "volume": [1200, 35],
            "turnover": [121560.0, 36426.25],
            "trades": [6, 2],
            "delivery_qty": [1200, 35],
            "delivery_pct": [100.0, 100.0],
            "lot_size": [100, 1],
        }
    )
