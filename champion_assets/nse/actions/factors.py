"""What a leg does to a price and to a number of shares.

The formulae, one function each, and the legs of a day in order.

What belongs here: arithmetic. `f` is the factor on every price strictly before the ex-date, `q` the factor on every
number of shares. Three levels, after Norgate: `capital` (bonus, split, consolidation, rights, demerger),
`capital_special` (and extraordinary dividends), `total_return` (and all dividends and distributions). Sources: NSE
Clearing's and NSE Indices' adjustment rules (bonus (A+B)/B, split A/B, rights (P-E)/P, dividends of 2 % or more of the
market price are extraordinary).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from champion_assets.common.errors import ChampionError
from champion_assets.nse.actions.legs import CASH_KINDS, Leg

EXTRAORDINARY = 0.02
"""Dividends of a day that together reach this share of the last cum price are extraordinary, whatever they are
called."""
SCHEME_STEP = 0.95
"""A scheme whose ex-date opens above this share of the last close is taken to have no effect on the price."""
LOWEST, HIGHEST = 0.005, 200.0
"""Factors outside are refused (check X13): the largest genuine ones seen are 1:100 either way."""
_ORDER = {
    "dividend": 0,
    "distribution": 0,
    "rights": 1,
    "capital_reduction": 2,
    "bonus": 3,
    "split": 4,
    "consolidation": 4,
    "demerger": 5,
    "scheme": 5,
}


class FactorError(ChampionError, ValueError):
    """A leg that cannot be turned into a factor; the message says what is missing."""


@dataclass(frozen=True)
class Factor:
    """Factors of one leg.

    Price factor a level, share factor, how it was found, or why it could not be (`problem`, factors None).
    """

    capital: float | None = 1.0
    capital_special: float | None = 1.0
    total_return: float | None = 1.0
    q: float | None = 1.0
    method: str = "none"
    problem: str = ""


def bonus(a: float, b: float) -> tuple[float, float]:
    """(f, q) of `a` new shares for `b` held: b/(a+b) and its inverse."""
    return b / (a + b), (a + b) / b


def split(fv_from: float, fv_to: float) -> tuple[float, float]:
    """(f, q) of a change of the face value, split or consolidation."""
    return fv_to / fv_from, fv_from / fv_to


def rights_value(last: float, a: float, b: float, issue_price: float) -> float:
    """E, the value of a right a share in rupees.

    (P - S) a / (a + b), and nothing if the issue is not below the market.
    """
    return max(0.0, (last - issue_price) * a / (a + b))


def rights(last: float, a: float, b: float, issue_price: float) -> float:
    """F of a rights issue, TERP / P; `issue_price` is premium + face value."""
    return (last - rights_value(last, a, b, issue_price)) / last


def dividend(last: float, cash: float) -> float:
    """F of a payment of `cash` a share: (P - D) / P.

    Raises:
        FactorError: the payment is not below the price.
    """
    if not 0 <= cash < last:
        raise FactorError(f"a payment of {cash:g} at a price of {last:g}")
    return (last - cash) / last


def demerger_by_open(last: float, open_price: float) -> float:
    """F by the exchange's price discovery: the special pre-open price of the ex-date over the last cum price."""
    return open_price / last


def demerger_by_child(last: float, child_price: float, ratio: float) -> float:
    """F by the child's first close, `ratio` child shares for a parent share: 1 - n V / P.

    Raises:
        FactorError: the child is worth more than the parent was.
    """
    if not 0 <= ratio * child_price < last:
        raise FactorError(f"{ratio:g} child shares at {child_price:g} for a parent at {last:g}")
    return 1 - ratio * child_price / last


def reduction(kept: float) -> tuple[float, float]:
    """(f, q) of a reduction that cancels shares pro rata without cash and keeps the fraction `kept`."""
    return 1 / kept, kept


def day_factors(
    legs: Sequence[Leg], last: float | None, open_price: float | None, face_value: float | None
) -> list[Factor]:
    """Factors of all legs of one instrument and ex-date; their products are the day's factors.

    Args:
        legs: in the order of the text.
        last: the instrument's own last cum close P, rupees.
        open_price: its open on the ex-date, for demergers; None if it did not trade.
        face_value: at the ex-date, for percent dividends and rights.

    Returns:
        One factor a leg, in the order of `legs`. Each leg sees the price that the legs before it leave: cash first, so
        that several dividends of a day are taken from P together; a demerger last, since the price that is discovered
        contains all the others. If one leg has no factor, no leg has one: a day that is applied in part would be wrong
        without a sign of it.
    """
    found: dict[int, Factor] = {}
    price = last
    paid = [_cash(leg, face_value) or 0.0 for leg in legs if leg.kind in CASH_KINDS]
    extraordinary = last is not None and last > 0 and sum(paid) >= EXTRAORDINARY * last
    for number in sorted(range(len(legs)), key=lambda each: _ORDER.get(legs[each].kind, 9)):
        try:
            factor = _factor(legs[number], price, open_price, face_value, extraordinary=extraordinary)
        except FactorError as error:
            factor = Factor(None, None, None, None, problem=str(error))
        found[number] = factor
        if price is not None and factor.total_return is not None:
            price *= factor.total_return
    factors = [found[number] for number in range(len(legs))]
    problem = next((factor.problem for factor in factors if factor.problem), "")
    if not problem:
        return factors
    rest = Factor(None, None, None, None, problem=f"not applied, since another part of the event is not: {problem}")
    return [factor if factor.problem else rest for factor in factors]


def _cash(leg: Leg, face_value: float | None) -> float | None:
    if leg.percent is not None:
        return None if face_value is None else leg.percent / 100 * face_value
    return leg.cash


def cash_of(leg: Leg, face_value: float | None) -> float | None:
    """Rupees a share that a leg pays, percent of the face value resolved.

    None if it pays none or the text does not say.
    """
    return _cash(leg, face_value) if leg.kind in CASH_KINDS else None


def _factor(
    leg: Leg, last: float | None, open_price: float | None, face_value: float | None, *, extraordinary: bool
) -> Factor:
    if leg.problem:
        raise FactorError(leg.problem)
    if leg.kind == "bonus" and leg.a and leg.b:
        return capital_factor(*bonus(leg.a, leg.b), "ratio")
    if leg.kind in ("split", "consolidation") and leg.fv_from and leg.fv_to:
        return capital_factor(*split(leg.fv_from, leg.fv_to), "face value")
    if leg.kind == "rights" and leg.a and leg.b:
        return capital_factor(
            rights(_price(last), leg.a, leg.b, _issue_price(leg, face_value)), 1.0, "theoretical ex-rights price"
        )
    if leg.kind in CASH_KINDS:
        return _payment(leg, _price(last), face_value, extraordinary=extraordinary)
    if leg.kind == "demerger":
        if open_price is None:
            raise FactorError("no price on the ex-date to value the demerged part; give it in the overrides")
        return capital_factor(demerger_by_open(_price(last), open_price), 1.0, "special pre-open price")
    if leg.kind == "scheme":
        return _scheme(last, open_price)
    if leg.kind == "capital_reduction":
        return Factor(method="face value written down, number of shares unchanged")
    return Factor()


def _scheme(last: float | None, open_price: float | None) -> Factor:
    """A scheme with an ex-date nearly always hands out a part of the company (GRASIM 2017-07-19).

    Then the exchange discovers the price of
    the rest, and the price steps down. Without a step nothing was handed out that this price contained.
    """
    if last is None or last <= 0 or open_price is None:
        return Factor(method="scheme, not traded on its ex-date")
    if open_price > SCHEME_STEP * last:
        return Factor(method="scheme without a price step")
    return capital_factor(demerger_by_open(last, open_price), 1.0, "scheme, special pre-open price")


def capital_factor(f: float, q: float, method: str) -> Factor:
    """A factor that holds at every level.

    Raises:
        FactorError: it is beyond all genuine ones.
    """
    if not LOWEST < f < HIGHEST:
        raise FactorError(f"a factor of {f:g} is beyond all genuine ones")
    return Factor(f, f, f, q, method)


def _payment(leg: Leg, last: float, face_value: float | None, *, extraordinary: bool) -> Factor:
    cash = _cash(leg, face_value)
    if cash is None:
        raise FactorError("the face value is not known, so a percentage of it is not either")
    f = dividend(last, cash)
    special = f if leg.flavour == "special" or extraordinary else 1.0
    return Factor(1.0, special, f, 1.0, "payment over last close")


def _price(last: float | None) -> float:
    if last is None or last <= 0:
        raise FactorError("no close before the ex-date")
    return last


def _issue_price(leg: Leg, face_value: float | None) -> float:
    if leg.issue_price is not None:
        return leg.issue_price
    if leg.premium is None:
        raise FactorError("no issue price in the text")
    if face_value is None:
        raise FactorError("the face value is not known, so premium plus face value is not either")
    return leg.premium + face_value
