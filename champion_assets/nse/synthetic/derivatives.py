"""The fictional exchange's bhavcopy of derivatives, legacy and UDiFF: futures and options on an index and a few stocks.

What belongs here: contracts with prices that fit each other, both wordings, and planted faults. What does not: prices
of stocks and the level of the index (`market.py`).

Options cost what Black's formula gives at `VOLATILITY`. Two in three do not trade: they have no open, high and low, and
a close that is old. Expiries are the last Thursdays of three months, of the index the next two Thursdays, too, which
have no future.

Faults, by the number of the session: a day without a file (every 40th, from the 13th), a contract of a kind that nobody
knows (every 40th, from the 21st), and a test symbol (`DUMMY`, always).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from champion_assets.nse.dates import MONTHS
from champion_assets.nse.names import FIRST_UDIFF, NamedFile, derivatives_files
from champion_assets.nse.synthetic.files import UDIFF_FINAL_HEADER_FROM, UDIFF_HEADER
from champion_assets.nse.synthetic.market import Market, borne

EVERY, NO_FILE, NO_KIND = 40, 13, 21
DUMMY = "DUMMYFICT"
VOLATILITY, CARRY = 0.22, 0.065
"""A share a year: what every option costs, and what a future costs above its underlying."""
STOCKS = (4, 13, 14, 15)
"""Numbers of the companies that have derivatives; the first one changes its symbol."""
LOTS = {"NIFTY": 75, DUMMY: 100}
_LOT = 500
_STRIKES = np.array([0.94, 0.96, 0.98, 1.0, 1.02, 1.04, 1.06])
_THURSDAY = 3
LEGACY_HEADER = (
    "INSTRUMENT,SYMBOL,EXPIRY_DT,STRIKE_PR,OPTION_TYP,OPEN,HIGH,LOW,CLOSE,SETTLE_PR,"
    "CONTRACTS,VAL_INLAKH,OPEN_INT,CHG_IN_OI,TIMESTAMP,"
)


@dataclass(frozen=True)
class Contract:
    """A contract's day; a future has neither strike nor right."""

    kind: str
    symbol: str
    expiry: dt.date
    strike: float | None
    right: str
    price: float
    spot: float
    contracts: int
    lots: int

    @property
    def lot(self) -> int:
        """Shares a contract."""
        return LOTS.get(self.symbol, _LOT)


def derivatives(market: Market, day: int) -> tuple[NamedFile, bytes] | None:
    """The file of session number `day` in the wording of its era; None on a day without one."""
    if day % EVERY == NO_FILE:
        return None
    date = market.sessions[day]
    contracts = list(_contracts(market, day))
    if date < FIRST_UDIFF:
        lines = [LEGACY_HEADER, *(_legacy(each, date) for each in contracts)]
    else:
        early = "Rsvd01,Rsvd02,Rsvd03,Rsvd04," if date < UDIFF_FINAL_HEADER_FROM else "Rsvd1,Rsvd2,Rsvd3,Rsvd4"
        lines = [UDIFF_HEADER + early, *(_udiff(each, date, number) for number, each in enumerate(contracts))]
    return derivatives_files(date)[0], ("\n".join(lines) + "\n").encode("ascii")


def _contracts(market: Market, day: int) -> Iterator[Contract]:
    date = market.sessions[day]
    monthly = _last_thursdays(date)
    weekly = [date + dt.timedelta(days=(_THURSDAY - date.weekday()) % 7 + 7 * week) for week in range(2)]
    level = round(float(market.index[day]), 2)
    yield from _futures("index", "NIFTY", level, monthly, date)
    for expiry in sorted({*monthly, *weekly}):
        yield from _options("index", "NIFTY", level, expiry, date, day)
    for number in STOCKS:
        if market.volume[day, number] > 0:
            symbol, spot = borne(market.companies[number], day)[0], float(market.close[day, number])
            yield from _futures("stock", symbol, spot, monthly, date)
            yield from _options("stock", symbol, spot, monthly[0], date, day)
    yield from _futures("stock", DUMMY, 100.0, monthly[:1], date)
    if day % EVERY == NO_KIND:
        yield Contract("unknown", "NIFTY", monthly[0], None, "", level, level, 1, 1)


def _last_thursdays(date: dt.date) -> list[dt.date]:
    """Of this month, or the next if it is past, and of the two months after it."""
    found: list[dt.date] = []
    year, month = date.year, date.month
    while len(found) < 3:
        end = dt.date(year, month, calendar.monthrange(year, month)[1])
        last = end - dt.timedelta(days=(end.weekday() - _THURSDAY) % 7)
        found += [last] if last >= date else []
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def _forward(spot: float, expiry: dt.date, date: dt.date) -> float:
    return spot * float(np.exp(CARRY * (expiry - date).days / 365))


def _futures(kind: str, symbol: str, spot: float, expiries: list[dt.date], date: dt.date) -> Iterator[Contract]:
    for place, expiry in enumerate(expiries):
        price = round(_forward(spot, expiry, date) / 0.05) * 0.05
        traded, held = 900 >> 3 * place, 4000 >> 2 * place
        yield Contract(f"{kind}_future", symbol, expiry, None, "", round(price, 2), spot, traded, held)


def _options(kind: str, symbol: str, spot: float, expiry: dt.date, date: dt.date, day: int) -> Iterator[Contract]:
    from scipy.special import ndtr  # slow to import, see quant/black76.py

    step = 50.0 if spot > 5000 else 5.0
    strikes = np.maximum(np.round(spot * _STRIKES / step) * step, step)
    strikes = np.unique(strikes)
    years = max((expiry - date).days, 0.5) / 365
    forward, spread = _forward(spot, expiry, date), VOLATILITY * years**0.5
    upper = np.log(forward / strikes) / spread + spread / 2
    for right, sign in (("CE", 1), ("PE", -1)):
        worth = sign * (forward * ndtr(sign * upper) - strikes * ndtr(sign * (upper - spread)))
        prices = worth * np.exp(-CARRY * years)
        for place, (strike, price) in enumerate(zip(strikes, prices, strict=True)):
            is_traded = place in (2, 3, 4) or (day + place) % 9 == 0
            paise = round(max(round(float(price) / 0.05) * 0.05, 0.05), 2)
            traded = 40 + place if is_traded else 0
            yield Contract(f"{kind}_option", symbol, expiry, float(strike), right, paise, spot, traded, 10 + place)


def _prices(each: Contract) -> tuple[float, float, float]:
    """Open, high and low, all 0 without a trade."""
    if each.contracts == 0:
        return 0.0, 0.0, 0.0
    return each.price, round(each.price * 1.01, 2), round(each.price * 0.99, 2)


def _value(each: Contract) -> float:
    return each.contracts * each.lot * ((each.strike or 0.0) + each.price)


def _legacy(each: Contract, date: dt.date) -> str:
    kinds = {"index_future": "FUTIDX", "stock_future": "FUTSTK", "index_option": "OPTIDX", "stock_option": "OPTSTK"}
    expiry = f"{each.expiry.day:02d}-{MONTHS[each.expiry.month - 1].title()}-{each.expiry.year}"
    first, top, low = _prices(each)
    prices = (first, top, low, each.price, each.price)
    numbers = ",".join("0" if price == 0 else f"{price:.2f}" for price in prices)
    day = f"{date.day:02d}-{MONTHS[date.month - 1]}-{date.year}"
    return (
        f"{kinds.get(each.kind, 'FUTXYZ')},{each.symbol},{expiry},{each.strike or 0:g},{each.right or 'XX'},{numbers},"
        f"{each.contracts},{_value(each) / 100_000:.2f},{each.lots * each.lot},{each.lot * (each.contracts % 3 - 1)},"
        f"{day},"
    )


def _udiff(each: Contract, date: dt.date, number: int) -> str:
    kinds = {"index_future": "IDF", "stock_future": "STF", "index_option": "IDO", "stock_option": "STO"}
    first, top, low = _prices(each)
    strike = "" if each.strike is None else f"{each.strike:.2f}"
    last = first and each.price
    values = (first, top, low, each.price, last, each.price, each.spot, each.price)
    prices = ",".join(f"{price:.2f}" for price in values)
    about = f"{date},{date},FO,NSE,{kinds.get(each.kind, 'XYZ')},{number},,{each.symbol},,{each.expiry},{each.expiry}"
    return (
        f"{about},{strike},{each.right},{each.symbol}{each.right},{prices},{each.lots * each.lot},"
        f"{each.lot * (each.contracts % 3 - 1)},{each.contracts},{_value(each):.2f},{each.contracts},F1,{each.lot},,,,,"
    )
