"""Factor portfolios: each characteristic by hand, thirds within groups, and legs without a return."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.quant.factors import halves, illiquidity, leg, long_short, momentum, residual, volatility

NAN = float("nan")


def test_momentum_leaves_out_the_last_sessions_and_what_is_missing() -> None:
    returns = np.array([[0.10, NAN, NAN], [-0.05, 0.02, NAN], [0.50, 0.50, 0.50]])
    found = momentum(returns, 1)
    assert found[:2] == pytest.approx([math.log(1.10 * 0.95), math.log(1.02)])
    assert math.isnan(found[2])
    assert momentum(returns, 0)[2] == pytest.approx(math.log(1.5))


def test_volatility_of_the_returns_that_are_there() -> None:
    returns = np.array([[0.01, 0.03, NAN, 0.02], [0.03, NAN, NAN, 0.02], [0.05, 0.01, 0.01, 0.02]])
    found = volatility(returns)
    assert found[:2] == pytest.approx([math.sqrt(8e-4 / 3), 0.01])
    assert np.isnan(found[2:]).all()  # one return, and no variation


def test_illiquidity_is_amihuds() -> None:
    returns, turnover = (
        np.array([[0.02, -0.01], [-0.04, NAN], [0.01, 0.02]]),
        np.array([[2.0, 1.0], [8.0, 1.0], [NAN, 0.0]]),
    )
    assert illiquidity(returns, turnover) == pytest.approx([(0.01 + 0.005) / 2, 0.01])
    assert np.isnan(illiquidity(returns, np.zeros((3, 2)))).all()


def test_the_residual_is_orthogonal_and_knows_what_is_missing() -> None:
    chance = np.random.default_rng(3)
    size, spread, noise = chance.normal(size=(3, 40))
    value = 2.0 - size + 3.0 * spread + noise
    value[7], size[9] = NAN, NAN
    found = residual(value, size, spread)
    there = np.isfinite(found)
    assert (~there).nonzero()[0].tolist() == [7, 9]
    for other in (np.ones(40), size, spread):
        assert found[there] @ other[there] == pytest.approx(0.0, abs=1e-10)
    assert np.isnan(residual(value[:3], size[:3], spread[:3])).all()


def test_thirds_within_halves_are_no_bet_on_size() -> None:
    size = np.array([5.0, 1.0, 4.0, 2.0, 6.0, 3.0, 7.0])
    assert halves(size).tolist() == [1, 0, 1, 0, 1, 0, 1]
    value = np.array([1.0, 9.0, 2.0, 7.0, 3.0, 8.0, NAN])
    weights = long_short(value, halves(size))
    assert weights is not None
    assert weights.tolist() == [-0.5, 0.5, 0.0, -0.5, 0.5, 0.0, 0.0]
    assert long_short(value[:5], halves(size[:5])) is None  # two names are no three parts


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, NAN]), min_size=6, max_size=40), st.integers(1, 3))
def test_both_sides_weigh_one_and_no_value_bought_is_below_one_sold(values: list[float], parts: int) -> None:
    value, groups = np.array(values), np.arange(len(values)) % parts
    weights = long_short(value, groups)
    if weights is None:
        assert any(np.isfinite(value[groups == label]).sum() < 3 for label in range(parts))
        return
    assert weights[weights > 0].sum() == pytest.approx(1.0)
    assert weights[weights < 0].sum() == pytest.approx(-1.0)
    assert not weights[np.isnan(value)].any()
    for label in range(parts):
        mine = groups == label
        assert (weights[mine] > 0).sum() == (weights[mine] < 0).sum()
        assert value[mine & (weights > 0)].min() >= value[mine & (weights < 0)].max()


def test_a_name_without_a_return_leaves_its_place_to_the_others() -> None:
    weights, returns = np.array([0.5, 0.25, 0.25, -1.0]), np.array([0.02, NAN, 0.05, 0.9])
    assert leg(weights, returns) == (pytest.approx((0.5 * 0.02 + 0.25 * 0.05) / 0.75), 2)
    bare = leg(weights, np.full(4, NAN))
    assert math.isnan(bare[0])
    assert bare[1] == 0
