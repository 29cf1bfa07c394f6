"""Members of the fictional PR bundle beside its corporate actions: shares issued (`MCAP`) and price to earnings (`PE`).

What belongs here: their lines, with planted faults. What does not: lists of securities (`bundle_lists.py`), the
bundle's `Bc` (`exchange.py`), prices (`market.py`).

Faults, by the number of the session: a line of totals that is not the sum of its rows (every 40th, from the 11th), a
number of shares that is no number (every 40th, from the 23rd), no `PE` at all (every 40th, from the 31st), debt and a
test row that no instrument bears (always).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from champion_assets.nse.dates import MONTHS
from champion_assets.nse.synthetic.bundle_lists import NOTICE, lists
from champion_assets.nse.synthetic.market import Market, borne
from champion_assets.nse.synthetic.story import Company

EVERY, WRONG_TOTAL, WRONG_NUMBER, NO_EARNINGS = 40, 11, 23, 31
QUARTER = 20
"""Sessions between the results of a company, so that a demo of some weeks has some."""


def members(market: Market, day: int, rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Names and texts of the members of session number `day`, whose bhavcopy has `rows`."""
    date = market.sessions[day]
    yield f"MCAP{date:%d%m%Y}.csv", "\n".join(_shares(market, day)) + "\n"
    if day % EVERY != NO_EARNINGS:
        yield f"PE_{date:%d%m%y}.csv", "\n".join(_earnings(market, day)) + "\n"
    yield from lists(market, day, rows, _with_results(market, day), _with_results(market, day + NOTICE))


def _with_results(market: Market, day: int) -> frozenset[int]:
    return frozenset(number for number in range(len(market.companies)) if (day + number) % QUARTER == 0)


def _shares(market: Market, day: int) -> Iterator[str]:
    yield (
        "Trade Date,Symbol,Series,Security Name,Category,Last Trade Date,Face Value(Rs.),Issue "
        "Size,Close Price/Paid up value(Rs.),"
        "Market Cap(Rs.)              "
    )
    today, total = _spelt(market, day), 0.0
    for number, company in enumerate(market.companies):
        last = next((each for each in range(day, max(-1, day - 30), -1) if market.volume[each, number] > 0), None)
        if company.sector == "Fund" or last is None:
            continue
        symbol, series, _ = borne(company, day)
        count, close = round(_issued(company, number, day)), float(market.close[last, number])
        total += round(count * close, 2)
        text = "n.a." if day % EVERY == WRONG_NUMBER and number == 3 else str(count)
        yield (
            f"{today},{symbol},{series},{company.name[:25]:<25},Listed    "
            f",{_spelt(market, last)},{company.face_value:>19.2f},"
            f"{text:>18},{close:>18.2f},{count * close:>18.2f}"
        )
    yield f"{today},DUMMYFICT,EQ,TEST SECURITY,Listed    ,Not Traded ,1.00,1,0.01,0.01"
    total = round(total + 0.01, 2)
    wrong = 1e9 if day % EVERY == WRONG_TOTAL else 0.0
    for label, value in (("Listed", total + wrong), ("Permitted", 0.0), ("Total", total + wrong)):
        yield (
            f"{today},{label:<10},  ,,          ,           ,               0.00,                 0,         "
            f"     0.00,{value:>18.2f}"
        )


def _earnings(market: Market, day: int) -> Iterator[str]:
    yield "SYMBOL,SYMBOL P/E,ADJUSTED P/E"
    for number, company in enumerate(market.companies):
        if (
            company.sector == "Fund" or number % 9 == 0 or not market.volume[day, number] > 0
        ):  # loss makers are not listed
            continue
        ratio = float(market.previous[day, number]) / _eps(company, number, day)
        blank = number % 31 == 5
        adjusted = ratio * (1.1 if number % 4 == 1 else 1)
        yield f"{borne(company, day)[0]},{'' if blank else f'{ratio:.2f}'},{adjusted:.2f}"


def _issued(company: Company, number: int, day: int) -> float:
    """Shares: some tens of millions, more by each split and bonus."""
    return 1e7 * (1 + number % 9) / _scale(company, day)


def _eps(company: Company, number: int, day: int) -> float:
    """Earnings a share, rupees: a fifteenth of the first price and more.

    They grow with each result and shrink by splits and bonuses.
    """
    results = (day + number) // QUARTER
    return company.first_price / (12 + number % 20) * 1.04**results * _scale(company, day - 1)


def _scale(company: Company, day: int) -> float:
    scale = 1.0
    for event in company.events:
        if event.kind in ("split", "bonus") and event.ex_session <= day:
            scale *= event.factor
    return scale


def _spelt(market: Market, day: int) -> str:
    date = market.sessions[day]
    return f"{date.day:02d} {MONTHS[date.month - 1]} {date.year}"
