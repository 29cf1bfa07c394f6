"""Members of the fictional PR bundle that list securities and meetings: `Pd`, `HL`, `etf`, `sme` and `Bm`.

What belongs here: their lines, with planted faults. What does not: members with figures of companies (`bundle.py`),
prices (`market.py`).

Faults, by the number of the session: a new high without a price (every 40th, from the 13th), a meeting on a day that no
calendar has (every 40th, from the 17th), a text of a meeting that goes on over two lines (always).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl

from champion_assets.nse.dates import MONTHS
from champion_assets.nse.synthetic.market import Market, borne

EVERY, NO_PRICE, WRONG_DAY = 40, 13, 17
NOTICE = 4
"""Sessions between the notice of a meeting and the meeting."""
MEMBERS = 50
"""Members of the fictional Nifty 50: the first companies that trade."""
YEAR = 248
EQUAL_BASE = 100_000.0
"""The level before each day of the fictional index of equal weights."""
_CAPITAL = ("split", "bonus", "rights", "demerger")
_PD = (
    "MKT,SERIES,SYMBOL,SECURITY,PREV_CL_PR,OPEN_PRICE,HIGH_PRICE,LOW_PRICE,CLOSE_PRICE,"
    "NET_TRDVAL,NET_TRDQTY,IND_SEC,CORP_IND,TRADES,"
)
_ETF = (
    "MARKET,SERIES,SYMBOL,SECURITY,PREVIOUS CLOSE PRICE,OPEN PRICE,HIGH PRICE,LOW PRICE,"
    "CLOSE PRICE,NET TRADED VALUE,NET TRADED QTY,TRADES,"
)
_SME = (
    "MARKET,SERIES,SYMBOL,SECURITY,PREV_CL_PR,OPEN_PRICE,HIGH_PRICE,LOW_PRICE,CLOSE_PRICE,"
    "NET_TRDVAL,NET_TRDQTY,CORP_IND,"
)


def lists(
    market: Market, day: int, rows: pl.DataFrame, results: frozenset[int], planned: frozenset[int]
) -> Iterator[tuple[str, str]]:
    """Names and texts of the members of session number `day`.

    Args:
        market: the history.
        day: number of the session.
        rows: the rows of its bhavcopy.
        results: companies that publish results on the day.
        planned: companies that will do so `NOTICE` sessions later.
    """
    date = market.sessions[day]
    extremes = _extremes(market, day)
    made = {
        f"Pd{date:%d%m%y}.csv": _prices(market, day, rows, extremes),
        f"HL{date:%d%m%y}.csv": _highs(market, day, extremes),
        f"etf{date:%d%m%y}.csv": _funds(rows, extremes),
        f"sme{date:%d%m%y}.csv": _small(rows, extremes),
        f"Bm{date:%d%m%y}.txt": _meetings(market, day, results, planned),
    }
    for name, lines in made.items():
        yield name, "\n".join(lines) + "\n"


def _extremes(market: Market, day: int) -> dict[str, tuple[float, float, float, float]]:
    """By symbol the highest and lowest price of a year, and those before the day (NaN on the first day)."""
    first = max(0, day + 1 - YEAR)
    traded = np.flatnonzero(market.volume[day] > 0)
    high, low = market.high[first : day + 1, traded], market.low[first : day + 1, traded]
    past = np.where(np.isfinite(high[:-1]), high[:-1], -np.inf), np.where(np.isfinite(low[:-1]), low[:-1], np.inf)
    before = past[0].max(axis=0, initial=-np.inf), past[1].min(axis=0, initial=np.inf)
    found = {}
    for place, number in enumerate(traded):
        symbol = borne(market.companies[number], day)[0]
        found[symbol] = (
            float(np.nanmax(high[:, place])),
            float(np.nanmin(low[:, place])),
            float(before[0][place]),
            float(before[1][place]),
        )
    return found


def _prices(
    market: Market, day: int, rows: pl.DataFrame, extremes: dict[str, tuple[float, float, float, float]]
) -> Iterator[str]:
    shares = [borne(each, day)[0] for number, each in enumerate(market.companies)
              if each.sector not in ("Fund", "SME") and market.volume[day, number] > 0]  # fmt: skip
    members = frozenset(shares[:MEMBERS])
    acted = {borne(each, day)[0] for each in market.companies if any(event.ex_session == day for event in each.events)}
    level = f"{market.index[day]:>12.2f}"
    yield _PD + "HI_52_WK,LO_52_WK"
    yield f"Y, , ,Nifty 50,{','.join([level] * 5)},{0:>20.2f},0, , ,0,{level},{level}"
    equal = f"{EQUAL_BASE * (1 + _equal_weight(market, day)):>12.2f}"
    yield f"Y, , ,NIFTY50 EQL Wgt,{EQUAL_BASE:>12.2f},{','.join([equal] * 4)},{0:>20.2f},0, , ,0,{equal},{equal}"
    for row in rows.iter_rows(named=True):
        symbol = row["symbol"]
        market_code = "G" if row["series"] == "GS" else "N"
        ends = extremes.get(symbol, (row["high"], row["low"]))
        flags = f"{'Y' if symbol in members else ' '},{'XD' if symbol in acted else ' '}"
        tail = f"{flags},{row['trades']},{ends[0]:>12.2f},{ends[1]:>12.2f}"
        yield f"{market_code},{row['series']},{symbol},{_figures(row)},{tail}"


def _equal_weight(market: Market, day: int) -> float:
    """The return of the members with weights that were equal three sessions before the end of the last quarter, and
    drifted since.
    """
    ends = [
        place
        for place in range(3, day)
        if market.sessions[place].month % 3 == 0 and market.sessions[place + 1].month != market.sessions[place].month
    ]
    shares = [
        number
        for number, each in enumerate(market.companies)
        if each.sector not in ("Fund", "SME") and market.volume[day, number] > 0
    ]
    today, basis = np.ones(len(shares)), np.ones(len(shares))
    first = ends[-1] - 3 if ends else None
    for place, number in enumerate(shares[:MEMBERS]):
        for event in market.companies[number].events:
            if event.kind in _CAPITAL and event.ex_session == day:
                today[place] *= event.factor
            elif event.kind in _CAPITAL and first is not None and first < event.ex_session < day:
                basis[place] *= event.factor
    members = np.array(shares[:MEMBERS])
    before = market.previous[day, members]
    grown = np.ones(members.size) if first is None else before / (market.close[first, members] * basis[: members.size])
    weights = np.where(np.isfinite(grown), grown, np.nanmean(grown))
    return float((weights * market.close[day, members] / (before * today[: members.size])).sum() / weights.sum() - 1)


def _figures(row: dict[str, object]) -> str:
    prices = ",".join(f"{row[name]:>12.2f}" for name in ("prev_close", "open", "high", "low", "close"))
    return f"{str(row['name'] or row['symbol']).upper()[:25]:<25},{prices},{row['turnover']:>25.2f},{row['volume']}"


def _highs(market: Market, day: int, extremes: dict[str, tuple[float, float, float, float]]) -> Iterator[str]:
    yield "SECURITY,NEW,PREVIOUS,NEW_STATUS"
    if day % EVERY == NO_PRICE:
        yield "A SECURITY WITHOUT A PRICE,,1.00,H"
    names = {borne(each, day)[0]: each.name.upper()[:25] for each in market.companies}
    for symbol, (high, low, highest, lowest) in extremes.items():
        if np.isfinite(highest) and high > highest:
            yield f"{names[symbol]:<30},{high:g},{highest:g},H"
        if np.isfinite(lowest) and low < lowest:
            yield f"{names[symbol]:<30},{low:g},{lowest:g},L"


def _funds(rows: pl.DataFrame, extremes: dict[str, tuple[float, float, float, float]]) -> Iterator[str]:
    yield _ETF + "52 WEEK HIGH,52 WEEK LOW,UNDERLYING"
    for row in rows.filter(pl.col("symbol").str.starts_with("FICTBEES")).iter_rows(named=True):
        high, low, *_ = extremes[row["symbol"]]
        tail = f"{row['trades']},{high:>12.2f},{low:>12.2f},FICTIONAL 50"
        yield f"N,{row['series']},{row['symbol']},{_figures(row)},{tail}"


def _small(rows: pl.DataFrame, extremes: dict[str, tuple[float, float, float, float]]) -> Iterator[str]:
    yield _SME + "HI_52_WK,LO_52_WK"
    for row in rows.filter(pl.col("series") == "SM").iter_rows(named=True):
        high, low, *_ = extremes[row["symbol"]]
        yield f"N,SM,{row['symbol']},{_figures(row)}, ,{high:>12.2f},{low:>12.2f}"


def _meetings(market: Market, day: int, results: frozenset[int], planned: frozenset[int]) -> Iterator[str]:
    yield "COMPANY NAME    SYMBOL     : BM DATE    : BM PURPOSE "
    if day % EVERY == WRONG_DAY:
        yield "Nobody Limited    NOBODY : 31-FEB-2024 : Dividend To consider dividend"
    for number in sorted(planned | results):
        company = market.companies[number]
        if not market.volume[day, number] > 0 or company.sector == "Fund":
            continue
        later = min(day + NOTICE, len(market.sessions) - 1)
        date, subject = (
            (market.sessions[day], "Outcome of Board Meeting")
            if number in results
            else (market.sessions[later], "Financial Results")
        )
        if number % 3 == 0 and number in planned:
            subject += "/Dividend"
        yield (
            f"{company.name}    {borne(company, day)[0]} : {_spelt(date)} : {subject} To consider and "
            f"approve the financial results"
        )
        yield "for the period ended, and other matters"


def _spelt(date: dt.date) -> str:
    return f"{date.day:02d}-{MONTHS[date.month - 1]}-{date.year}"
