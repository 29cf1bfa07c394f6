"""The risk model: a covariance in low-rank form, `Σ = F'F + diag(d)`, never expanded unless somebody asks.

What belongs here: the form of Σ, its algebra, the rule for missing returns. What does not: the estimators
(`covariance.py`).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
POWER_STEPS = 60
"""Steps of the power method: the market's eigenvalue stands far above the others, so it is found to many digits."""


class Risk(ABC):
    """A covariance `Σ = F'F + diag(d)` of n names, whatever way it keeps F. Units: one session's return squared."""

    idiosyncratic: Array

    @abstractmethod
    def columns(self, names: NDArray[np.intp]) -> Array:
        """Columns of F.

        Args:
            names: positions of k names.

        Returns:
            Shape (rows of F, k), contiguous.
        """

    @abstractmethod
    def exposure(self, weights: Array) -> Array:
        """Factor exposures Fw.

        Args:
            weights: w, shape (n,).

        Returns:
            Shape (rows of F,).
        """

    @abstractmethod
    def project(self, exposure: Array) -> Array:
        """F'y.

        Args:
            exposure: y, shape (rows of F,).

        Returns:
            Shape (n,).
        """

    @abstractmethod
    def volatility(self) -> Array:
        """Square roots of Σ's diagonal, shape (n,)."""

    @abstractmethod
    def mean_variance(self) -> float:
        """The mean of Σ's diagonal."""

    def times(self, weights: Array) -> Array:
        """Σw in O(T n).

        Args:
            weights: w, shape (n,).

        Returns:
            Shape (n,).

        >>> RiskModel(np.array([[0.1, 0.2]]), np.array([0.01, 0.01]), 0.0).times(np.array([0.5, 0.5])).round(6).tolist()
        [0.02, 0.035]
        """
        return self.project(self.exposure(weights)) + self.idiosyncratic * weights

    def variance(self, weights: Array) -> float:
        """Variance w'Σw of a portfolio.

        Args:
            weights: w, shape (n,).

        Returns:
            Variance of the return of one session.

        >>> round(RiskModel(np.array([[0.1, 0.2]]), np.array([0.01, 0.01]), 0.0).variance(np.array([0.5, 0.5])), 6)
        0.0275
        """
        exposure = self.exposure(weights)
        return float(exposure @ exposure + self.idiosyncratic @ weights**2)

    def submatrix(self, names: NDArray[np.intp]) -> Array:
        """Dense covariance of some names.

        Args:
            names: positions of k names.

        Returns:
            Shape (k, k).
        """
        part = self.columns(names)
        matrix = part.T @ part
        matrix.flat[:: names.size + 1] += self.idiosyncratic[names]
        return np.asarray(matrix)

    def matrix(self) -> Array:
        """Dense covariance of all names, shape (n, n).

        >>> RiskModel(np.array([[0.1, 0.2]]), np.array([0.01, 0.01]), 0.0).matrix().round(6).tolist()
        [[0.02, 0.02], [0.02, 0.05]]
        """
        return self.submatrix(np.arange(self.idiosyncratic.size))


@dataclass(frozen=True)
class RiskModel(Risk):
    """A covariance that keeps F.

    Attributes:
        factors: F, shape (k, n); k is at most the number of sessions plus one.
        idiosyncratic: d, shape (n,), positive unless the window is constant.
        shrinkage: weight of the estimator's target, 0 to 1; 0 for estimators without one.
    """

    factors: Array
    idiosyncratic: Array
    shrinkage: float

    def columns(self, names: NDArray[np.intp]) -> Array:
        """See `Risk`."""
        return np.ascontiguousarray(self.factors[:, names])

    def exposure(self, weights: Array) -> Array:
        """See `Risk`."""
        return np.asarray(self.factors @ weights)

    def project(self, exposure: Array) -> Array:
        """See `Risk`."""
        return np.asarray(exposure @ self.factors)

    def volatility(self) -> Array:
        """See `Risk`."""
        return np.asarray(np.sqrt((self.factors**2).sum(axis=0) + self.idiosyncratic))

    def mean_variance(self) -> float:
        """See `Risk`."""
        return float(
            (np.einsum("ij,ij->", self.factors, self.factors) + self.idiosyncratic.sum()) / self.idiosyncratic.size
        )

    def condition_number(self) -> float:
        """An upper bound of the ratio of Σ's largest to its smallest eigenvalue: (‖FF'‖₂ + max d) / min d.

        It is exact where d is constant and there are more names than factors. Infinite if some d is 0.
        """
        smallest = float(self.idiosyncratic.min())
        if smallest <= 0:
            return math.inf
        rows, names = self.factors.shape
        gram = self.factors @ self.factors.T if rows < names else self.factors.T @ self.factors
        vector = np.ones(gram.shape[0])
        largest = 0.0
        for _ in range(POWER_STEPS):
            vector = gram @ vector
            norm = float(np.linalg.norm(vector))
            if norm == 0.0:
                break
            largest, vector = norm, vector / norm
        return (largest + float(self.idiosyncratic.max())) / smallest


def centred(window: Array) -> tuple[Array, Array]:
    """Deviations from each name's own mean, and the means.

    Rule for gaps: a missing return (NaN: not traded, withheld) counts as the name's mean, that is as no deviation. With
    at least 95 % of the window present this understates a variance by at most 5 %.

    Args:
        window: returns, shape (T, n), NaN where missing; every column needs at least one value.

    Returns:
        Deviations of shape (T, n) without NaN, means of shape (n,).
    """
    present = np.isfinite(window)
    counts = present.sum(axis=0)
    if (counts == 0).any():
        raise ValueError(f"column {int(counts.argmin())} of the window has no return")
    means = np.where(present, window, 0.0).sum(axis=0) / counts
    return np.where(present, window - means, 0.0), means
