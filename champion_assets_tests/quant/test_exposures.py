"""Exposures: statsmodels' numbers, sums written out, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from champion_assets.quant.exposures import Exposures, exposures, usual_lags
from champion_assets.quant.risk import Array

STATSMODELS = {
    0: [2.013403146638292e-04, 1.972600282541260e-02, 3.249985943229123e-02, 4.801732619638275e-02],
    5: [2.995363700767075e-04, 1.968040074587278e-02, 3.203783805647338e-02, 5.619039045139633e-02],
    12: [3.161549700359848e-04, 1.987755123867366e-02, 3.003365438489514e-02, 5.518840459813100e-02],
}
"""Standard errors of statsmodels 0.15.0, `OLS(y, add_constant(F)).fit(cov_type="HAC", cov_kwds={"maxlags": lags})`, by
lags."""


def drawn(rows: int = 300) -> tuple[Array, Array]:
    """Returns and factors, both with autocorrelation; RandomState gives the same numbers in every release of NumPy."""
    chance = np.random.RandomState(20240115)
    shocks, rest = chance.standard_normal(rows), np.zeros(rows)
    for row in range(1, rows):
        rest[row] = 0.4 * rest[row - 1] + shocks[row]
    factors = chance.standard_normal((rows, 3)) * [0.01, 0.006, 0.004]
    factors[1:] += 0.3 * factors[:-1]
    return 0.0003 + factors @ [0.95, -0.3, 0.2] + 0.003 * rest, factors


@pytest.mark.parametrize("lags", STATSMODELS)
def test_the_numbers_are_those_of_statsmodels(lags: int) -> None:
    found = exposures(*drawn(), lags)
    wanted = [5.908260795551836e-04, 9.562719949457196e-01, -3.082980539386736e-01, 2.022256567041683e-01]
    assert found.coefficients == pytest.approx(wanted, rel=1e-10)
    assert found.errors == pytest.approx(STATSMODELS[lags], rel=1e-10)
    assert found.explained == pytest.approx(0.892980542878844, rel=1e-12)
    assert found.rest == pytest.approx(3.471831198580916e-03, rel=1e-12)
    assert (found.rows, found.lags) == (300, lags)


def test_five_lags_give_these_t_statistics() -> None:
    wanted = [1.972468583377, 48.590067209188, -9.622935648630, 3.598936670125]
    assert exposures(*drawn()).t_statistics == pytest.approx(wanted, rel=1e-9)
    assert usual_lags(300) == 5


@pytest.mark.parametrize(("rows", "lags"), [(60, 3), (100, 4), (252, 4), (1238, 6), (2500, 8)])
def test_the_lags_grow_slowly(rows: int, lags: int) -> None:
    assert usual_lags(rows) == lags


def test_the_errors_are_the_sums_of_the_papers() -> None:
    """Newey and West (1987), equation 5, written out."""
    returns, factors = drawn(80)
    found = exposures(returns, factors, 3)
    design = np.column_stack([np.ones(80), factors])
    rest = returns - design @ found.coefficients
    scatter = np.zeros((4, 4))
    for one in range(80):
        for other in range(80):
            weight = max(0.0, 1 - abs(one - other) / 4)
            scatter += weight * rest[one] * rest[other] * np.outer(design[one], design[other])
    bread = np.linalg.inv(design.T @ design)
    assert found.errors == pytest.approx(np.sqrt(np.diag(bread @ scatter @ bread)), rel=1e-10)


def test_what_the_factors_and_the_constant_brought_is_the_mean_return() -> None:
    returns, factors = drawn()
    assert exposures(returns, factors).contributions.sum() == pytest.approx(returns.mean(), rel=1e-10)


def test_what_is_made_of_the_factors_alone_leaves_no_rest() -> None:
    _, factors = drawn()
    found: Exposures = exposures(factors @ [1.0, 0.5, 0.0], factors)
    assert found.coefficients == pytest.approx([0.0, 1.0, 0.5, 0.0], abs=1e-12)
    assert (found.explained, found.rest) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-12))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda y, f: (y[:59], f[:59]), "too few"),
        (lambda y, f: (y[:-1], f), "shape"),
        (lambda y, f: (np.where(np.arange(300) == 3, np.nan, y), f), "not a number"),
        (lambda y, f: (y, np.where(f == f[3, 1], np.inf, f)), "not a number"),
        (lambda y, f: (y, np.column_stack([f, f[:, 0] - f[:, 1]])), "combination"),
        (lambda y, f: (y, np.column_stack([f, np.ones(300)])), "combination"),
        (lambda y, f: (y, f, 300), "lags from 0"),
        (lambda y, f: (y, f, -1), "lags from 0"),
    ],
)
def test_what_cannot_be_told_is_refused(change, told: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=told):
        exposures(*change(*drawn()))
