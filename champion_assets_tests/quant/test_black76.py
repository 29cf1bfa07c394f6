"""Black's formula: round trip, bounds, and the forward of put-call parity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.quant.black76 import NEAREST, implied_volatility, option_price, parity_forward


def arrays(*values: float) -> list[np.ndarray]:
    return [np.array([value]) for value in values]


@given(
    volatility=st.floats(0.03, 3.0),
    moneyness=st.floats(0.5, 2.0),
    years=st.floats(1 / 365, 5.0),
    rate=st.floats(0.0, 0.12),
    forward=st.floats(1.0, 90_000.0),
    is_call=st.booleans(),
)
def test_round_trip(
    volatility: float, moneyness: float, years: float, rate: float, forward: float, is_call: bool
) -> None:
    given_, strike, time, discount = arrays(forward, forward * moneyness, years, np.exp(-rate * years))
    right = np.array([is_call])
    price = option_price(given_, strike, time, np.array([volatility]), discount, right)
    found, why = implied_volatility(price, given_, strike, time, discount, right)
    # where the price hangs on the volatility by less than its own last digits nothing can be found
    bumped = option_price(given_, strike, time, np.array([volatility * 1.001]), discount, right)
    if bumped[0] - price[0] > 1e-9 * forward:
        assert why[0] == ""
        assert found[0] == pytest.approx(volatility, rel=1e-5)
    elif why[0] == "":
        assert option_price(given_, strike, time, found, discount, right)[0] == pytest.approx(
            price[0], abs=1e-9 * forward
        )


def test_a_price_of_a_table() -> None:
    """Hull, Options, Futures and Other Derivatives: a put on a future at 20 (four months, 25 %, 9 %) costs 1.12."""
    forward, strike, years, volatility = arrays(20.0, 20.0, 4 / 12, 0.25)
    price = option_price(forward, strike, years, volatility, np.exp(-0.09 * years), np.array([False]))
    assert price[0] == pytest.approx(1.12, abs=0.005)


@pytest.mark.parametrize(
    ("price", "forward", "years", "is_call", "reason"),
    [
        (0.0, 110.0, 1.0, True, "no_price"),
        (np.nan, 110.0, 1.0, True, "no_price"),
        (12.0, np.nan, 1.0, True, "no_forward"),
        (12.0, 110.0, 0.0, True, "expires"),
        (10.0, 110.0, 1.0, True, "below_intrinsic"),
        (110.0, 110.0, 1.0, True, "above_bound"),
        (100.0, 110.0, 1.0, False, "above_bound"),
        (10.0, 90.0, 1.0, False, "below_intrinsic"),
    ],
)
def test_outside_the_bounds_there_is_none(
    price: float, forward: float, years: float, is_call: bool, reason: str
) -> None:
    sound = arrays(15.0, 110.0, 100.0, 1.0, 1.0)
    wrong = arrays(price, forward, 100.0, years, 1.0)
    both = [np.concatenate(pair) for pair in zip(sound, wrong, strict=True)]
    found, why = implied_volatility(*both, np.array([True, is_call]))
    assert why.tolist() == ["", reason]
    assert np.isfinite(found[0])
    assert np.isnan(found[1])


def test_a_result_does_not_depend_on_its_neighbours() -> None:
    random = np.random.default_rng(5)
    strike = random.uniform(80, 120, 999)
    columns = [random.uniform(1, 30, 999), np.full(999, 100.0), strike, random.uniform(0.01, 1, 999), np.ones(999)]
    is_call = random.random(999) < 0.5
    whole, _ = implied_volatility(*columns, is_call)
    for place in range(0, 999, 37):
        alone, _ = implied_volatility(*(column[place : place + 1] for column in columns), is_call[place : place + 1])
        assert np.array_equal(alone, whole[place : place + 1], equal_nan=True)


def test_the_forward_of_parity_is_the_median_of_the_nearest_strikes() -> None:
    strikes = np.arange(90.0, 111.0)
    discount = 0.99
    exact = discount * (100.3 - strikes)
    call, put = np.maximum(exact, 0) + 2, np.maximum(-exact, 0) + 2
    assert parity_forward(strikes, call, put, discount) == pytest.approx(100.3)
    call[:3] += 50  # far strikes that are out of line are not asked
    assert parity_forward(strikes, call, put, discount) == pytest.approx(100.3)
    call[10] += 5  # one of the near ones does not move the median by much
    assert parity_forward(strikes, call, put, discount) == pytest.approx(100.3)
    assert NEAREST == 8
