"""The Ledoit-Wolf risk model of every session of a matrix of returns, each in a fraction of a millisecond.

What belongs here: rolling windows over one fixed set of names. What does not: sets that change from day to day, which
the daily tables have (`features/covariance.py` estimates each day from its own window).

The T x T Gram matrices of a block of sessions are diagonal parts of one larger Gram matrix, so a block costs one matrix
product. A window is a view on the returns; deviations are never formed: Fw = c (Xw - x̄'w 1). Every block starts from
the returns themselves, so nothing drifts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from champion_assets.quant.covariance import ledoit_wolf_shrinkage
from champion_assets.quant.risk import Array, Risk

BLOCK = 64
"""Sessions whose Gram matrices are computed together."""


@dataclass(frozen=True, eq=False)
class WindowRisk(Risk):
    """The Ledoit-Wolf covariance of a window of returns that is only looked at.

    Attributes:
        window: X, shape (T, n), not centred, without NaN.
        mean: x̄, shape (n,).
        scale: c, the square root of (1 - shrinkage) / T.
        idiosyncratic: d, shape (n,).
        shrinkage: weight of the identity target.
        mean_of_diagonal: mean of Σ's diagonal.
    """

    window: Array
    mean: Array
    scale: float
    idiosyncratic: Array
    shrinkage: float
    mean_of_diagonal: float

    def columns(self, names: NDArray[np.intp]) -> Array:
        """See `Risk`."""
        return np.asarray((self.window[:, names] - self.mean[names]) * self.scale)

    def exposure(self, weights: Array) -> Array:
        """See `Risk`."""
        held = np.flatnonzero(weights)
        if held.size * 4 < weights.size:
            return np.asarray(self.columns(held) @ weights[held])
        return np.asarray((self.window @ weights - self.mean @ weights) * self.scale)

    def project(self, exposure: Array) -> Array:
        """See `Risk`."""
        scaled = exposure * self.scale
        return np.asarray(scaled @ self.window - scaled.sum() * self.mean)

    def mean_variance(self) -> float:
        """See `Risk`."""
        return self.mean_of_diagonal

    def volatility(self) -> Array:
        """See `Risk`."""
        return np.asarray(np.sqrt(((self.window - self.mean) ** 2).sum(axis=0) * self.scale**2 + self.idiosyncratic))


def rolling_ledoit_wolf(returns: Array, length: int, ends: NDArray[np.intp]) -> Iterator[WindowRisk]:
    """The risk models of the windows `returns[end - length : end]` for each of `ends`, in order.

    Args:
        returns: shape (sessions, n), without NaN.
        length: T.
        ends: strictly increasing, each at least `length`.
    """
    names = returns.shape[1]
    gram, first = np.empty((0, 0)), 0
    for end in ends:
        start = int(end) - length
        if start + length > first + gram.shape[0] or start < first or not gram.size:
            last = int(ends[min(int(np.searchsorted(ends, start + length + BLOCK)), ends.size) - 1])
            rows = returns[start : max(last, int(end))]
            gram, first = rows @ rows.T, start
        here = start - first
        yield _model(returns[start:end], gram[here : here + length, here : here + length], names)


def _model(window: Array, gram: Array, names: int) -> WindowRisk:
    length = window.shape[0]
    by_row = gram.mean(axis=1)
    centred = gram - by_row[:, None] - by_row + by_row.mean()
    shrinkage = ledoit_wolf_shrinkage(centred, names)
    mean_variance = float(np.trace(centred)) / length / names
    mean = np.full(length, 1.0 / length) @ window
    scale, own = float(np.sqrt((1 - shrinkage) / length)), np.full(names, shrinkage * mean_variance)
    return WindowRisk(window, mean, scale, own, shrinkage, mean_variance)
