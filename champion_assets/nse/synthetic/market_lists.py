"""The fictional exchange's lists beside its prices.

Deals, short selling, surveillance, open interest, adjusted highs and lows.

What belongs here: their lines, with planted faults. What does not: lists of securities (`security_lists.py`), members
of the PR bundle (`bundle_lists.py`), prices (`market.py`).

Faults, by the number of the session: a quantity that is no number (every 40th, from the 7th), a line of totals that is
not the sum of its rows (every 40th, from the 19th), a day without deals (every 40th, from the 29th), and a bonus that
the exchange forgets to adjust for (`FORGOTTEN`, always).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from champion_assets.nse.dates import MONTHS
from champion_assets.nse.synthetic.market import Array, Market, borne
from champion_assets.nse.synthetic.security_lists import security_lists

EVERY, NO_NUMBER, WRONG_TOTAL, NO_DEALS = 40, 7, 19, 29
FORGOTTEN = 1
"""Number of the company whose bonus the list of adjusted highs and lows does not know."""
YEAR = 248
_ADJUSTED = ("split", "bonus", "rights")
_CLIENTS = ("FICTIONAL SECURITIES PVT LTD", "INVENTED FUND", "ASHA KALPANIK")
_FLAGS = (
    "GSM",
    "Long_Term_Additional_Surveillance_Measure (Long Term ASM)",
    "Short_Term_Additional_Surveillance_Measure (Short Term ASM)",
    "ESM",
    "Insolvency_Resolution_Process(IRP)",
    "Pledge",
    "Loss making",
    "Derivative contracts in the scrip to be moved out of F and O",
    "Filler1",
)


def lists(market: Market, day: int) -> Iterator[tuple[str, str]]:
    """Names and texts of the lists of session number `day`."""
    date = market.sessions[day]
    made = {
        f"bulk_{date:%d%m%Y}.csv": _deals(
            market,
            day,
            5,
            "Date,Symbol,Security Name,Client Name,Buy/Sell,Quantity Traded,Trade Price / Wght. Avg. Price,Remarks",
        ),
        f"block_{date:%d%m%Y}.csv": _deals(
            market,
            day,
            17,
            '"Date ","Symbol ","Security Name ","Client Name ","Buy / Sell ",'
            '"Quantity Traded ","Trade Price / Wght. Avg. Price "',
        ),
        f"shortselling_{date:%d%m%Y}.csv": _short(market, day),
        f"REG1_IND{date:%d%m%y}.csv": _surveillance(market, day),
        f"fao_participant_oi_{date:%d%m%Y}.csv": _participants(market, day),
        f"CM_52_wk_High_low_{date:%d%m%Y}.csv": _extremes(market, day),
    }
    for name, lines in made.items():
        if day == 0 and name.startswith("CM_52"):  # it knows the sessions before
            continue
        yield name, "\n".join(lines) + "\n"
    yield from security_lists(market, day)


def _spelt(market: Market, day: int) -> str:
    date = market.sessions[day]
    return f"{date.day:02d}-{MONTHS[date.month - 1]}-{date.year}"


def _traded(market: Market, day: int) -> list[int]:
    return [
        int(number) for number in np.flatnonzero(market.volume[day] > 0) if market.companies[number].sector != "Fund"
    ]


def _deals(market: Market, day: int, step: int, header: str) -> Iterator[str]:
    yield header
    if day % EVERY == NO_DEALS:
        yield "NO RECORDS" + "," * header.count(",")
        return
    for number in _traded(market, day)[day % step :: step]:
        symbol, _, _ = borne(market.companies[number], day)
        count = 1000 + int(market.volume[day, number]) // 50
        for side, client in (("BUY", _CLIENTS[number % 3]), ("SELL", _CLIENTS[(number + 1) % 3])):
            quantity = (
                f'"{count // 100000},{count // 1000 % 100:02d},{count % 1000:03d}"' if count >= 100_000 else str(count)
            )
            remarks = ",-" if header.endswith("Remarks") else ""
            deal = f"{client},{side},{quantity},{market.close[day, number]:.2f}{remarks}"
            yield f"{_spelt(market, day)},{symbol},FICTIONAL,{deal}"


def _short(market: Market, day: int) -> Iterator[str]:
    yield '"Security Name","Symbol Name","Trade Date","Quantity"'
    before = max(0, day - 1)
    for number in _traded(market, before)[day % 4 :: 4] if day else []:
        company = market.companies[number]
        quantity = (
            "n.a." if day % EVERY == NO_NUMBER and number % 8 == 3 else str(int(market.volume[before, number]) // 200)
        )
        yield f'"{company.name}","{borne(company, before)[0]}","{_spelt(market, before).title()}","{quantity}"'


def _surveillance(market: Market, day: int) -> Iterator[str]:
    yield ",".join(["ScripCode", "Symbol", "Nse Exclusive", "Status", "Series", *_FLAGS])
    for number in _traded(market, day):
        symbol, series, _ = borne(market.companies[number], day)
        flags = ["0" if number % 29 == 0 else "100", "1" if number % 23 == 0 else "100", *["100"] * 6, ""]
        yield ",".join(["NA", symbol, "N", "A", series, *flags])


def _participants(market: Market, day: int) -> Iterator[str]:
    date = market.sessions[day]
    day_of = f"{MONTHS[date.month - 1].title()} {date.day:02d}, {date.year}"
    yield f'""Participant wise Open Interest (no. of contracts) in Equity Derivatives as on {day_of}"",,,,,,,,,,,,,,'
    yield (
        "Client Type,Future Index Long,Future Index Short,Future Stock Long,Future Stock Short       "
        ",Option Index Call Long,"
        "Option Index Put Long,Option Index Call Short,Option Index Put Short,Option Stock Call "
        "Long,Option Stock Put Long,"
        "Option Stock Call Short,Option Stock Put Short,Total Long Contracts      ,Total Short Contracts"
    )
    totals = np.zeros(14, dtype=int)
    for place, name in enumerate(("Client", "DII", "FII", "Pro")):
        figures = np.array([1000 + 7 * day + 13 * place + column for column in range(12)])
        longs = figures[[0, 2, 4, 5, 8, 9]].sum()
        row = np.array([*figures, longs, figures.sum() - longs])
        totals += row
        yield f"{name},{','.join(map(str, row))}"
    totals[12] += 100_000 if day % EVERY == WRONG_TOTAL else 0
    yield f"TOTAL,{','.join(map(str, totals))}"


def _extremes(market: Market, day: int) -> Iterator[str]:
    yield (
        '"Disclaimer - The Data provided in the adjusted 52 week high and adjusted 52 week low columns  '
        'are adjusted (fictional)."'
    )
    yield f'"Effective for {_spelt(market, day).title()}"'
    yield '"SYMBOL","SERIES","Adjusted_52_Week_High","52_Week_High_Date","Adjusted_52_Week_Low","52_Week_Low_DT"'
    first = max(0, day - YEAR)
    for number in _traded(market, day):
        scale = _scale(market, number, first, day)[:-1]
        high, low = (prices[first:day, number] * scale for prices in (market.high, market.low))
        if not np.isfinite(high).any():
            continue
        top, bottom = int(np.nanargmax(high)), int(np.nanargmin(low))
        symbol, series, _ = borne(market.companies[number], day)
        yield (f'"{symbol}","{series}","{high[top]:>10.2f}","{_spelt(market, first + top)}","{low[bottom]:>10.2f}",'
               f'"{_spelt(market, first + bottom)}"')  # fmt: skip


def _scale(market: Market, number: int, first: int, day: int) -> Array:
    """By session from `first` to `day` what its prices are multiplied by."""
    scale = np.ones(day + 1 - first)
    for event in market.companies[number].events:
        if event.kind in _ADJUSTED and number != FORGOTTEN and first < event.ex_session <= day:
            scale[: event.ex_session - first] *= event.factor
    return scale
