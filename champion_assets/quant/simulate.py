"""One session of a portfolio, in shares and rupees: orders of yesterday filled today, costs, marks, and an exact account.

What belongs here: the bookkeeping of a session. What does not: which orders (weights) or which market (`backtest/daily.py`).

Order of a session: corporate actions change the positions (shares by the capital factor, dividends in cash); unexplained opening gaps
are neutralised; if a decision was made the evening before, the difference to the target
is traded at the open, sells first, buys limited by the cash there is; everything is marked at the close.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from champion_assets.nse.costs import CostRates


@dataclass(frozen=True)
class Quote:
    """A name's session: prices in rupees, factors of the actions since it last traded (see `features/returns`).

    `locked_up` and `locked_down`: one price all day at a limit, no counterparty.
    """

    open: float
    close: float
    prev_close: float
    is_gap: bool = False
    f_capital: float = 1.0
    f_total_return: float = 1.0
    locked_up: bool = False
    locked_down: bool = False


@dataclass(frozen=True)
class Position:
    """Shares held and the last known price, in rupees."""

    symbol: str
    shares: float
    price: float

    @property
    def value(self) -> float:
        """Rupees."""
        return self.shares * self.price


@dataclass(frozen=True)
class Book:
    """Cash in rupees and positions by instrument."""

    cash: float
    positions: dict[str, Position] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Rupees."""
        return self.cash + math.fsum(position.value for position in self.positions.values())


@dataclass(frozen=True)
class SessionResult:
    """The book after the session and what happened in it; amounts in rupees, `pnl` before `costs`."""

    book: Book
    pnl: float
    costs: float
    bought: float
    sold: float
    buys: int
    sells: int
    unfilled: int
    gaps: int
    dividends: float = 0.0


class AccountError(ArithmeticError):
    """The account does not balance to a paisa."""


@dataclass
class _Tally:
    pnl: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    bought: list[float] = field(default_factory=list)
    sold: list[float] = field(default_factory=list)
    dividends: list[float] = field(default_factory=list)
    unfilled: int = 0
    gaps: int = 0


def run_session(
    before: Book,
    quotes: dict[str, Quote],
    targets: dict[str, tuple[str, float]] | None,
    rates: CostRates,
    slippage: float,
) -> SessionResult:
    """Carry `before` through a session.

    Args:
        before: the book at the previous close.
        quotes: the session's quotes; a name without one did not trade.
        targets: symbol and weight by instrument if a decision is to be executed today, else None.
        rates: cost of a rupee bought and sold.
        slippage: fraction by which fills are worse than the open.

    Raises:
        AccountError: value before + P&L - costs is not value after.
    """
    tally = _Tally()
    positions = {name: _neutralised(position, quotes.get(name), tally) for name, position in before.positions.items()}
    cash = before.cash + math.fsum(tally.dividends)
    if targets is not None:
        cash, positions = _trade(cash, positions, quotes, targets, rates, slippage, tally)
    marked: dict[str, Position] = {}
    for name, position in sorted(positions.items()):
        quote = quotes.get(name)
        price = position.price if quote is None else quote.close
        tally.pnl.append(position.shares * (price - position.price))
        marked[name] = Position(position.symbol, position.shares, price)
    after = Book(cash, marked)
    pnl, costs = math.fsum(tally.pnl), math.fsum(tally.costs)
    if abs(before.value + pnl - costs - after.value) > 0.005:
        raise AccountError(f"{before.value:.4f} + {pnl:.4f} - {costs:.4f} is not {after.value:.4f}")
    return SessionResult(after, pnl, costs, math.fsum(tally.bought), math.fsum(tally.sold), len(tally.bought), len(tally.sold),
                         tally.unfilled, tally.gaps, math.fsum(tally.dividends))  # fmt: skip


def _neutralised(position: Position, quote: Quote | None, tally: _Tally) -> Position:
    """Take the corporate actions since the name last traded; across an unexplained gap keep the value.

    Shares grow by 1 / f_capital (a split or bonus exactly; a right or a demerged part as if sold at its theoretical value and put back
    into the share); what f_total_return takes beyond that is paid in cash. The value is the same before and after.
    """
    if quote is None:
        return position
    if quote.is_gap:
        tally.gaps += 1
        return Position(position.symbol, position.value / quote.open, quote.open)
    if quote.f_capital == 1.0 and quote.f_total_return == 1.0:
        return position
    tally.dividends.append(position.value * (1 - quote.f_total_return / quote.f_capital))
    return Position(position.symbol, position.shares / quote.f_capital, position.price * quote.f_total_return)


def _trade(
    cash: float, positions: dict[str, Position], quotes: dict[str, Quote], targets: dict[str, tuple[str, float]],
    rates: CostRates, slippage: float, tally: _Tally,
) -> tuple[float, dict[str, Position]]:  # fmt: skip
    opened = {name: position.shares * (quotes[name].open if name in quotes else position.price)
              for name, position in positions.items()}  # fmt: skip
    value = cash + math.fsum(opened.values())
    held = dict(positions)
    wanted_buys: list[tuple[str, str, float]] = []
    for name in sorted(held.keys() | targets.keys()):
        symbol, weight = targets.get(name, (held[name].symbol if name in held else "", 0.0))
        quote = quotes.get(name)
        has = held[name].shares if name in held else 0.0
        if quote is None:
            tally.unfilled += int(weight > 0 or has > 0)
            continue
        wanted = math.floor(weight * value / quote.open)
        if wanted < has:
            if quote.locked_down:
                tally.unfilled += 1
                continue
            cash += _sell(held, name, has - wanted, quote, rates, slippage, tally)
        elif wanted > has:
            if quote.locked_up:
                tally.unfilled += 1
                continue
            wanted_buys.append((name, symbol, wanted - has))
    need = math.fsum(shares * quotes[name].open for name, _, shares in wanted_buys) * (1 + slippage) * (1 + rates.buy)
    scale = min(1.0, cash / need) if need > 0 else 1.0
    for name, symbol, shares in wanted_buys:
        bought = math.floor(shares * scale)
        if bought > 0:
            cash -= _buy(held, name, symbol, bought, quotes[name], rates, slippage, tally)
    return cash, held


def _sell(held: dict[str, Position], name: str, shares: float, quote: Quote, rates: CostRates, slippage: float, tally: _Tally) -> float:
    position = held[name]
    price = quote.open * (1 - slippage)
    amount = shares * price
    tally.sold.append(amount)
    tally.costs.append(amount * rates.sell)
    tally.pnl.append(shares * (price - position.price))
    if position.shares - shares > 0:
        held[name] = Position(position.symbol, position.shares - shares, position.price)
    else:
        del held[name]
    return amount * (1 - rates.sell)


def _buy(
    held: dict[str, Position], name: str, symbol: str, shares: float, quote: Quote, rates: CostRates, slippage: float,
    tally: _Tally,
) -> float:  # fmt: skip
    price = quote.open * (1 + slippage)
    amount = shares * price
    tally.bought.append(amount)
    tally.costs.append(amount * rates.buy)
    old = held.get(name)
    if old is None:
        held[name] = Position(symbol, shares, price)
    else:
        # the new shares join at the old mark; what they cost above or below it is P&L of the moment
        held[name] = Position(symbol, old.shares + shares, old.price)
        tally.pnl.append(shares * (old.price - price))
    return amount * (1 + rates.buy)
