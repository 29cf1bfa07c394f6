"""Factor portfolios of one evening.

What names are sorted by, who is bought and sold, and what that makes in the next session.

What belongs here: arithmetic on arrays, one entry or column per name. What does not: which names and sessions there are
(`features/factor_returns.py`), what a portfolio owes to the factors (`exposures.py`). NaN is missing; a name without a
characteristic is in no portfolio.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from champion_assets.quant.risk import Array

Groups = NDArray[np.intp]
PARTS = 3
"""The highest and the lowest of so many equal parts are bought and sold."""


def momentum(returns: Array, skip: int) -> Array:
    """Log return of the window without its last `skip` sessions, shape (names,); missing returns count as 0.

    Args:
        returns: simple returns, shape (sessions, names).
        skip: sessions left out, for their returns tend to reverse.
    """
    counted = returns[: returns.shape[0] - skip]
    found = np.nansum(np.log1p(counted), axis=0)
    return np.where(np.isfinite(counted).any(axis=0), found, np.nan)


def volatility(returns: Array) -> Array:
    """Standard deviation (n) of the returns that are there, shape (names,).

    NaN for fewer than two, or without any variation.

    Args:
        returns: simple returns, shape (sessions, names).
    """
    there = np.isfinite(returns)
    count = there.sum(axis=0)
    usable = np.where(there, returns, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = usable.sum(axis=0) / count
        spread = np.sqrt((np.where(there, returns - mean, 0.0) ** 2).sum(axis=0) / count)
    return np.where((count >= 2) & (spread > 0), spread, np.nan)


def illiquidity(returns: Array, turnover: Array) -> Array:
    """Amihud's measure (2002): the mean of |return| / turnover over the sessions that have both, shape (names,).

    NaN without any.

    Args:
        returns: simple returns, shape (sessions, names).
        turnover: rupees traded, same shape.
    """
    there = np.isfinite(returns) & (np.nan_to_num(turnover) > 0)
    moved = np.where(there, np.abs(returns), 0.0) / np.where(there, turnover, 1.0)
    count = there.sum(axis=0)
    mean = moved.sum(axis=0) / np.maximum(count, 1)
    return np.where((count > 0) & (mean > 0), mean, np.nan)


def residual(value: Array, *others: Array) -> Array:
    """The part of `value` that a constant and the other variables do not explain, by least squares over the names.

    Args:
        value: explained variable, shape (names,).
        others: explaining variables, shape (names,) each.

    Returns:
        Residuals, shape (names,). NaN where a variable is missing; all NaN if there are not more names than
        coefficients.

    >>> residual(np.array([1.0, 3.0, 2.0]), np.zeros(3)).round(9).tolist()
    [-1.0, 1.0, 0.0]
    """
    there = np.isfinite(value) & np.isfinite(np.array(others)).all(axis=0)
    found = np.full(value.shape, np.nan)
    if there.sum() > len(others) + 1:
        design = np.column_stack([np.ones(int(there.sum())), *(each[there] for each in others)])
        found[there] = value[there] - design @ np.linalg.lstsq(design, value[there], rcond=None)[0]
    return found


def halves(size: Array) -> Groups:
    """Split names into the smaller and the larger half.

    Args:
        size: shape (names,); of equal values the name that comes first counts as smaller.

    Returns:
        0 for the smaller half, 1 for the larger, shape (names,). With an odd number the larger half has one name more.

    >>> halves(np.array([5.0, 1.0, 3.0])).tolist()
    [1, 0, 1]
    """
    rank = np.empty(size.size, dtype=np.intp)
    rank[np.argsort(size, kind="stable")] = np.arange(size.size)
    return (rank >= size.size // 2).astype(np.intp)


def long_short(value: Array, groups: Groups) -> Array | None:
    """Weights of the highest third less the lowest third within each group, every name of a third alike.

    The groups counting alike.

    Args:
        value: what is sorted by, shape (names,); of equal values the name that comes first is the lower.
        groups: group of each name, shape (names,).

    Returns:
        Shape (names,): the weights above 0 add up to 1, those below to -1. None if a group has fewer than three names
        with a value.
    """
    weights, labels = np.zeros(value.size), np.unique(groups)
    for label in labels:
        mine = np.flatnonzero((groups == label) & np.isfinite(value))
        number = mine.size // PARTS
        if number == 0:
            return None
        order = mine[np.argsort(value[mine], kind="stable")]
        weights[order[-number:]] = 1.0 / (number * labels.size)
        weights[order[:number]] = -1.0 / (number * labels.size)
    return weights if labels.size else None


def leg(weights: Array, returns: Array) -> tuple[float, int]:
    """What a long portfolio made, and of how many names.

    Those without a return are left out and the others take their place.

    Args:
        weights: at or above 0, shape (names,).
        returns: simple returns of the session, shape (names,).

    Returns:
        The weighted mean, NaN if no name has both; the names counted.
    """
    there = (weights > 0) & np.isfinite(returns)
    if not there.any():
        return float("nan"), 0
    held = weights[there]
    return float((held * returns[there]).sum() / held.sum()), int(there.sum())
