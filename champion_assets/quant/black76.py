"""Options on a forward: prices by Black (1976), implied volatility, and the forward that puts and calls imply.

What belongs here: formulas over arrays. What does not: which prices count, and rates (`silver/derivatives.py`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Words = NDArray[np.str_]
NEAREST = 8
"""How many strikes around the cheapest difference give the forward of put-call parity."""
HIGHEST = 20.0
"""Volatility times the square root of the years above which the price is its bound to the last bit."""
_LOWEST = 1e-6
_HALVINGS = 60


def option_price(
    forward: Array, strike: Array, years: Array, volatility: Array, discount: Array, is_call: NDArray[np.bool_]
) -> Array:  # fmt: skip
    """Prices of European options by Black's formula.

    Args:
        forward: forward of the underlying at expiry, shape (n,), in the unit of the strikes.
        strike: shape (n,).
        years: to expiry, positive.
        volatility: a share a year, positive.
        discount: what one unit at expiry is worth today.
        is_call: True for calls, False for puts.

    Returns:
        Prices of today, shape (n,).

    Example:
        >>> ones = np.ones(1)
        >>> call = option_price(100 * ones, 100 * ones, ones, 0.2 * ones, ones, ones > 0)
        >>> round(float(call[0]), 4)
        7.9656
    """
    sign = np.where(is_call, 1.0, -1.0)
    return np.asarray(discount * _undiscounted(forward, strike, volatility * np.sqrt(years), sign))


def _undiscounted(forward: Array, strike: Array, deviation: Array, sign: Array) -> Array:
    from scipy.special import ndtr  # slow to import, and most runs have no options

    upper = np.log(forward / strike) / deviation + deviation / 2
    return np.asarray(sign * (forward * ndtr(sign * upper) - strike * ndtr(sign * (upper - deviation))))


def implied_volatility(
    price: Array, forward: Array, strike: Array, years: Array, discount: Array, is_call: NDArray[np.bool_]
) -> tuple[Array, Words]:
    """The volatilities at which Black's formula gives these prices.

    An option is worth at least what its exercise at the forward would give and less than the forward (a call) or the
    strike (a put), discounted. Within these bounds there is one volatility, found by halving; outside them, and where
    anything is absent, there is none.

    Args:
        price: of today, shape (n,), NaN for none.
        forward: forward of the underlying at expiry, shape (n,), NaN for none.
        strike: shape (n,).
        years: to expiry.
        discount: what one unit at expiry is worth today.
        is_call: True for calls, False for puts.

    Returns:
        Volatilities, a share a year, NaN where there is none; and why, of `no_price`, `no_forward`, `expires`,
        `below_intrinsic` and `above_bound`; empty where there is one.

    Example:
        >>> ones = np.ones(2)
        >>> found, why = implied_volatility(np.array([7.9656, 120.0]), 100 * ones, 100 * ones, ones, ones, ones > 0)
        >>> np.round(found, 4).tolist(), why.tolist()
        ([0.2, nan], ['', 'above_bound'])
    """
    sign = np.where(is_call, 1.0, -1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = price / discount
        extra = own - np.maximum(sign * (forward - strike), 0.0)
        bound = np.minimum(forward, strike)
        why = np.select(
            [~(price > 0), ~(forward > 0), ~(years > 0), ~(extra > 0), ~(extra < bound)],
            ["no_price", "no_forward", "expires", "below_intrinsic", "above_bound"],
            "",
        )
    found = np.full(price.shape, np.nan)
    is_sound = why == ""
    extra, forward, strike, years = (each[is_sound] for each in (extra, forward, strike, years))
    # of a call and a put the one out of the money is worth just the extra, by parity, and loses no digits
    other = np.where(forward > strike, -1.0, 1.0)
    low, high = np.full(extra.shape, np.log(_LOWEST)), np.full(extra.shape, np.log(HIGHEST))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_under = _undiscounted(forward, strike, np.exp(middle), other) < extra
        low, high = np.where(is_under, middle, low), np.where(is_under, high, middle)
    found[is_sound] = np.exp((low + high) / 2) / np.sqrt(years)
    return found, why


def parity_forward(strike: Array, call: Array, put: Array, discount: float) -> float:
    """The forward that puts and calls of one expiry imply.

    A call less a put of the same strike is worth the forward less the strike. The strike with the least difference lies
    nearest the forward; of the `NEAREST` strikes around it the median counts.

    Args:
        strike: strikes of which both traded, shape (n,), n at least 1.
        call: their prices.
        put: their prices.
        discount: what one unit at expiry is worth today.

    Example:
        >>> strikes = np.array([90.0, 100.0, 110.0])
        >>> parity_forward(strikes, np.array([14.0, 7.0, 3.0]), np.array([2.0, 5.0, 11.0]), 1.0)
        102.0
    """
    nearest = strike[np.argmin(np.abs(call - put))]
    chosen = np.argsort(np.abs(strike - nearest), kind="stable")[:NEAREST]
    return float(np.median(strike[chosen] + (call - put)[chosen] / discount))
