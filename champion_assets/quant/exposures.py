"""What a portfolio owes to factors.

Its daily excess returns regressed on theirs, with errors that bear autocorrelation.

What belongs here: the arithmetic. What does not: the factors (`features/factor_returns.py`), how they are shown
(`backtest/sheet/`). Ordinary least squares with the covariance of Newey and West (1987): Bartlett weights, no
correction for small samples, as statsmodels' `OLS(...).fit(cov_type="HAC")` has it by default; lags by the rule of
Newey and West (1994) unless given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from champion_assets.quant.risk import Array

LEAST = 60
"""Returns below which a regression on several factors says nothing: about a quarter of a year."""


@dataclass(frozen=True, eq=False)
class Exposures:
    """A regression of returns on factors; the first coefficient is the constant, what no factor explains.

    Returns are per row, a session.

    Attributes:
        coefficients: shape (1 + factors,).
        errors: Newey-West standard errors of them, same shape.
        means: mean returns of the factors, shape (factors,).
        explained: share of the variance that the factors explain (R squared).
        rest: standard deviation of what they do not explain, with one degree of freedom less for each coefficient.
        rows: returns used.
        lags: of the Newey-West errors.
    """

    coefficients: Array
    errors: Array
    means: Array
    explained: float
    rest: float
    rows: int
    lags: int

    @property
    def t_statistics(self) -> Array:
        """Coefficients over their errors, shape (1 + factors,)."""
        return np.asarray(self.coefficients / self.errors)

    @property
    def contributions(self) -> Array:
        """Mean return that each coefficient brought, the constant first, shape (1 + factors,).

        They add up to the mean return.
        """
        return np.asarray(self.coefficients * np.concatenate([[1.0], self.means]))


def usual_lags(rows: int) -> int:
    """The number of lags of Newey and West (1994): 4 (n / 100)^(2/9), rounded down.

    Args:
        rows: number of returns, n.

    Returns:
        Lags of the standard errors.

    >>> usual_lags(250)
    4
    """
    return int(4 * (rows / 100) ** (2 / 9))


def exposures(returns: Array, factors: Array, lags: int | None = None) -> Exposures:
    """Regress returns on factors and a constant.

    Args:
        returns: in excess of the overnight rate, shape (rows,).
        factors: returns of long-short factors of the same rows, shape (rows, factors).
        lags: of the errors; by default `usual_lags`.

    Raises:
        ValueError: shapes that do not fit, a return that is no number, fewer than `LEAST` rows, lags that are no number
            of them, or factors of which one is a combination of the others.

    Example:
        >>> chance = np.random.default_rng(1)
        >>> market = chance.normal(0.0, 0.01, (500, 1))
        >>> found = exposures(0.0002 + 0.9 * market[:, 0] + chance.normal(0.0, 0.002, 500), market)
        >>> bool(abs(found.coefficients[1] - 0.9) < 0.05), found.lags
        (True, 5)
    """
    if factors.ndim != 2 or returns.shape != factors.shape[:1]:
        raise ValueError(
            f"returns of shape (rows,) and factors of shape (rows, factors) are needed, not {returns.shape}, "
            f"{factors.shape}"
        )
    rows, number = returns.size, factors.shape[1] + 1
    if rows < max(LEAST, number + 1):
        raise ValueError(
            f"{rows} returns are too few for {number} coefficients; at least {max(LEAST, number + 1)} are needed"
        )
    if not (np.isfinite(returns).all() and np.isfinite(factors).all()):
        raise ValueError("a return of the portfolio or of a factor is not a number")
    lags = usual_lags(rows) if lags is None else lags
    if not 0 <= lags < rows:
        raise ValueError(f"lags from 0 to {rows - 1}, not {lags}")
    design = np.column_stack([np.ones(rows), factors])
    if np.linalg.matrix_rank(design) < number:
        raise ValueError(
            "a factor is a combination of the others or does not vary, so its exposure cannot be estimated"
        )
    inverse = np.linalg.inv(design.T @ design)
    found = np.asarray(np.linalg.lstsq(design, returns, rcond=None)[0], dtype=np.float64)
    rest = returns - design @ found
    covariance = inverse @ _scatter(design * rest[:, None], lags) @ inverse
    square, total = float(rest @ rest), float(((returns - returns.mean()) ** 2).sum())
    explained = 1 - square / total if total > 0 else float("nan")
    errors, means = np.sqrt(np.diag(covariance)).astype(np.float64), np.asarray(factors.mean(axis=0), dtype=np.float64)
    return Exposures(found, errors, means, explained, (square / (rows - number)) ** 0.5, rows, lags)


def _scatter(moments: Array, lags: int) -> Array:
    """The sum of outer products of `moments`, shape (rows, k), and of those up to `lags` rows apart, less and less."""
    found = moments.T @ moments
    for lag in range(1, lags + 1):
        beside = moments[lag:].T @ moments[:-lag]
        found += (1 - lag / (lags + 1)) * (beside + beside.T)
    return np.asarray(found)
