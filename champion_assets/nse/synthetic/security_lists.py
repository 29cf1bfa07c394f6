"""The fictional exchange's lists of securities: price bands, changes of series, published volatility.

What belongs here: their lines, with planted faults. What does not: lists of trading and positions (`market_lists.py`).

Faults, by the number of the session: a band that the exchange does not have (every 40th, from the 3rd), no list of
bands at all (every 40th, from the 33rd), a volatility that is twice what it should be (every 40th, from the 23rd).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from champion_assets.nse.dates import MONTHS
from champion_assets.nse.synthetic.derivatives import STOCKS
from champion_assets.nse.synthetic.market import Array, Market, borne

EVERY, NO_BAND, NO_LIST, WRONG_VOLATILITY = 40, 3, 33, 23
DOUBLED = 7
"""Number of the company whose volatility is wrong."""
DECAY, FIRST = 0.995, 0.02
"""What the volatility of the session before counts, and that before the first session."""
_ADJUSTED = ("split", "bonus", "rights")
_BANDS = {"BE": "5", "SM": "5"}
"""By series; others have 20 percent."""


def security_lists(market: Market, day: int) -> Iterator[tuple[str, str]]:
    """Names and texts of the lists of session number `day`."""
    date = market.sessions[day]
    traded = [int(number) for number in np.flatnonzero(market.volume[day] > 0)]
    if day % EVERY != NO_LIST:
        yield f"sec_list_{date:%d%m%Y}.csv", _text(_bands(market, day, traded))
    yield f"series_change_{date:%d%m%Y}.csv", _text(_changes(market, day, traded))
    yield f"CMVOLT_{date:%d%m%Y}.CSV", _text(_volatility(market, day, traded))


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _spelt(market: Market, day: int) -> str:
    date = market.sessions[day]
    return f"{date.day:02d}-{MONTHS[date.month - 1]}-{date.year}"


def _bands(market: Market, day: int, traded: list[int]) -> Iterator[str]:
    yield "Symbol,Series,Security Name,Band,Remarks"
    for number in traded:
        symbol, series, _ = borne(market.companies[number], day)
        band = "No Band" if number in STOCKS else _BANDS.get(series, "20")
        if day % EVERY == NO_BAND and number == traded[-1]:
            band = "7"
        yield f"{symbol},{series},{market.companies[number].name.upper()[:25]},{band},-"


def _changes(market: Market, day: int, traded: list[int]) -> Iterator[str]:
    yield "Symbol,Security,From Series,To Series,Change Date,Remarks"
    lines = []
    for number in traded:
        company = market.companies[number]
        (symbol, now, _), before = borne(company, day), borne(company, max(0, day - 1))[1]
        if now != before:
            lines.append(f'{symbol},{company.name.upper()[:25]},{before},{now},{_spelt(market, day)},"-"')
    yield from lines or ["NIL,,,,,"]


def _volatility(market: Market, day: int, traded: list[int]) -> Iterator[str]:
    yield (
        "Date,Symbol,Underlying Close Price (A),Underlying Previous Day Close Price (B),Underlying Log Returns (C) = "
        "LN(A/B),Previous Day Underlying Volatility (D),Current Day Underlying Daily Volatility (E) = "
        "Sqrt(0.995*D*D + 0.005*C*C),Underlying Annualised Volatility (F) = E*Sqrt(365)"
    )
    returns = _returns(market, day)
    weight = (1 - DECAY) * DECAY ** np.arange(day, -1, -1.0)
    start = FIRST**2 * DECAY ** (day + 1)
    now = np.sqrt(weight @ returns**2 + start)
    before = np.sqrt(weight[1:] @ returns[:-1] ** 2 + start / DECAY)
    for number in traded:
        close, factor = market.close[day, number], _factor(market, number, day)
        previous = market.previous[day, number] * factor
        figure = now[number] * (2 if day % EVERY == WRONG_VOLATILITY and number == DOUBLED else 1)
        figures = f"{returns[day, number]:.4f},{before[number]:.4f},{figure:.4f},{figure * 365**0.5:.4f}"
        yield f"{_spelt(market, day)},{borne(market.companies[number], day)[0]},{close:.2f},{previous:.2f},{figures}"
    yield f"{_spelt(market, day)},500009,10.00,10.00,0.0000,0.0200,0.0200,0.3821"


def _returns(market: Market, day: int) -> Array:
    """Log returns of the sessions up to `day`, adjusted, 0 where a company did not trade."""
    previous = market.previous[: day + 1].copy()
    for number, company in enumerate(market.companies):
        for event in company.events:
            if event.kind in _ADJUSTED and event.ex_session <= day:
                previous[event.ex_session, number] *= event.factor
    return np.nan_to_num(np.log(market.close[: day + 1] / previous))


def _factor(market: Market, number: int, day: int) -> float:
    factor = 1.0
    for event in market.companies[number].events:
        if event.kind in _ADJUSTED and event.ex_session == day:
            factor *= event.factor
    return factor
