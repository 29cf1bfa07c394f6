"""Estimators of the covariance, each in the form `F'F + diag(d)`, each through the T x T Gram matrix or in O(T n).

N x n is never formed.

What belongs here: formulae. What does not: the form (`risk.py`), the choice of window and estimator
(`features/covariance.py`).

All take deviations from the mean (`risk.centred`), shape (T, n), and divide by T. `sample` and `ewma` have rank T at
most; so that they are positive definite for n > T as well, 1e-8 of the mean variance is added to every variance
(`RIDGE`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from champion_assets.quant.estimators import Covariance
from champion_assets.quant.risk import Array, RiskModel

RIDGE = 1e-8
HALF_LIFE = 60.0
"""Sessions after which a return counts half in `ewma`."""
FACTORS = 10
"""Principal components kept by `factor`."""


def sample(deviations: Array) -> RiskModel:
    """The sample covariance, X'X / T, with rank T at most; `RIDGE` of the mean variance makes it positive definite.

    Args:
        deviations: returns less their mean, shape (sessions, names); see `risk.centred`.

    Returns:
        The model of one session's returns, in units of return squared.

    Example:
        >>> deviations = np.array([[0.01, 0.02], [-0.01, 0.0], [0.0, -0.02]])
        >>> [round(float(each), 4) for each in sample(deviations).volatility()]
        [0.0082, 0.0163]
    """
    sessions, names = deviations.shape
    return RiskModel(deviations / np.sqrt(sessions), np.full(names, _ridge(deviations)), 0.0)


def ewma(deviations: Array, half_life: float = HALF_LIFE) -> RiskModel:
    """Exponentially weighted covariance, the newest session heaviest.

    Σ w_t x_t x_t' with w_t proportional to 2^(-age / half_life), adding up to 1.

    Args:
        deviations: returns less their mean, shape (sessions, names); see `risk.centred`.
        half_life: sessions after which a return counts half.

    Returns:
        The model of one session's returns, in units of return squared.

    Example:
        >>> deviations = np.array([[0.01, 0.02], [-0.01, 0.0], [0.0, -0.02]])
        >>> [round(float(each), 4) for each in ewma(deviations, half_life=1.0).volatility()]
        [0.0065, 0.0169]
    """
    age = np.arange(deviations.shape[0])[::-1]
    weights = 0.5 ** (age / half_life)
    weights /= weights.sum()
    return RiskModel(deviations * np.sqrt(weights)[:, None], np.full(deviations.shape[1], _ridge(deviations)), 0.0)


def ledoit_wolf(deviations: Array) -> RiskModel:
    """Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices".

    Shrinkage to m·I.

    Equal to scikit-learn's `ledoit_wolf(assume_centered=True)`.

    Args:
        deviations: returns less their mean, shape (sessions, names); see `risk.centred`.

    Returns:
        The model of one session's returns, in units of return squared.

    Example:
        >>> deviations = np.array([[0.01, 0.02], [-0.01, 0.0], [0.0, -0.02]])
        >>> round(ledoit_wolf(deviations).shrinkage, 3)
        0.641
    """
    sessions, names = deviations.shape
    gram = deviations @ deviations.T
    return _to_identity(deviations, ledoit_wolf_shrinkage(gram, names), float(np.trace(gram)) / sessions / names)


def ledoit_wolf_shrinkage(gram: Array, names: int) -> float:
    """The weight of m·I in `ledoit_wolf`.

    Args:
        gram: X X' of the names' deviations, shape (sessions, sessions).
        names: number of names.

    Returns:
        A share from 0 to 1.

    Example:
        >>> deviations = np.array([[0.01, 0.02], [-0.01, 0.0], [0.0, -0.02]])
        >>> round(ledoit_wolf_shrinkage(deviations @ deviations.T, 2), 3)
        0.641
    """
    sessions = gram.shape[0]
    mean_variance = float(np.trace(gram)) / sessions / names
    frobenius = float(np.einsum("ij,ij->", gram, gram)) / sessions**2
    fourth = float((np.diag(gram) ** 2).sum()) / sessions
    distance = (frobenius - names * mean_variance**2) / names
    noise = min((fourth - frobenius) / (names * sessions), distance)
    return 0.0 if distance <= 0 or noise <= 0 else noise / distance


def oas(deviations: Array) -> RiskModel:
    """Oracle approximating shrinkage to m·I, Chen, Wiesel, Eldar and Hero (2010).

    Equal to scikit-learn's `oas(assume_centered=True)`.

    Args:
        deviations: returns less their mean, shape (sessions, names); see `risk.centred`.

    Returns:
        The model of one session's returns, in units of return squared.

    Example:
        >>> deviations = np.array([[0.01, 0.02], [-0.01, 0.0], [0.0, -0.02]])
        >>> round(oas(deviations).shrinkage, 3)
        1.0
    """
    sessions, names = deviations.shape
    gram = deviations @ deviations.T / sessions
    trace = float(np.trace(gram))
    mean_square = float(np.einsum("ij,ij->", gram, gram)) / names**2
    mean_variance = trace / names
    top = mean_square + mean_variance**2
    bottom = (sessions + 1) * (mean_square - mean_variance**2 / names)
    shrinkage = 1.0 if bottom <= 0 else min(top / bottom, 1.0)
    return _to_identity(deviations, shrinkage, mean_variance)


def ledoit_wolf_constant_correlation(deviations: Array) -> RiskModel:
    """Ledoit and Wolf (2004), "Honey, I shrunk the sample covariance matrix": shrinkage to one common correlation r.

    The target r σσ' + (1 - r) diag(σ²) is one factor more and a diagonal. A negative mean correlation counts as 0, so
    that it stays a covariance.

    Args:
        deviations: returns less their mean, shape (sessions, names); see `risk.centred`.

    Returns:
        The model of one session's returns, in units of return squared.

    Example:
        >>> deviations = np.array([[0.01, 0.02], [-0.01, 0.0], [0.0, -0.02]])
        >>> ledoit_wolf_constant_correlation(deviations).matrix().shape
        (2, 2)
    """
    sessions, names = deviations.shape
    variance = (deviations**2).mean(axis=0)
    sigma = np.sqrt(variance)
    safe = np.where(sigma > 0, sigma, 1.0)
    standard = deviations / safe
    common = (
        0.0
        if names < 2
        else max(0.0, float((standard.sum(axis=1) ** 2).sum() / sessions - names) / (names * (names - 1)))
    )
    gram = deviations @ deviations.T / sessions
    frobenius = float(np.einsum("ij,ij->", gram, gram))
    square = (deviations**2).sum(axis=1)
    pi_all = float((square**2).mean()) - frobenius
    pi_diagonal = float(((deviations**4).mean(axis=0) - variance**2).sum())
    # sum over i, j of sqrt(s_jj / s_ii) times the covariance of x_i² with x_i x_j, the diagonal taken out
    weighted = (deviations**3 - variance * deviations) / safe
    cross = float((weighted.sum(axis=1) * (deviations @ sigma)).mean()) - float(
        (weighted * deviations * sigma).sum(axis=1).mean()
    )
    rho = pi_diagonal + common * cross
    spread = float((deviations @ sigma) @ (deviations @ sigma)) / sessions
    off_target = common**2 * (float(variance.sum()) ** 2 - float((variance**2).sum()))
    gamma = off_target - 2 * common * (spread - float((variance**2).sum())) + frobenius - float((variance**2).sum())
    shrinkage = 0.0 if gamma <= 1e-12 * frobenius else min(1.0, max(0.0, (pi_all - rho) / gamma / sessions))
    factors = np.vstack([deviations * np.sqrt((1 - shrinkage) / sessions), np.sqrt(shrinkage * common) * sigma])
    own = shrinkage * (1 - common) * variance
    return RiskModel(factors, own + _ridge(deviations), shrinkage)


def factor(deviations: Array, count: int = FACTORS) -> RiskModel:
    """Principal components: the `count` largest in full, of the rest only each name's variance.

    Variances equal the sample's.

    Args:
        deviations: returns less their mean, shape (sessions, names); see `risk.centred`.
        count: components that are kept in full.

    Returns:
        The model of one session's returns, in units of return squared.

    Example:
        >>> deviations = np.array([[0.01, 0.02], [-0.01, 0.0], [0.0, -0.02]])
        >>> [round(float(each), 4) for each in factor(deviations, count=1).volatility()]
        [0.0082, 0.0163]
    """
    sessions, names = deviations.shape
    scaled = deviations / np.sqrt(sessions)
    if sessions <= names:
        values, vectors = np.linalg.eigh(scaled @ scaled.T)
        factors = vectors[:, ::-1][:, :count].T @ scaled
    else:
        values, vectors = np.linalg.eigh(scaled.T @ scaled)
        factors = np.sqrt(np.maximum(values[::-1][:count], 0.0))[:, None] * vectors[:, ::-1][:, :count].T
    left = (scaled**2).sum(axis=0) - (factors**2).sum(axis=0)
    return RiskModel(np.ascontiguousarray(factors), np.maximum(left, 0.0) + _ridge(deviations), 0.0)


def _to_identity(deviations: Array, shrinkage: float, mean_variance: float) -> RiskModel:
    factors = deviations * np.sqrt((1.0 - shrinkage) / deviations.shape[0])
    return RiskModel(factors, np.full(deviations.shape[1], shrinkage * mean_variance), shrinkage)


def _ridge(deviations: Array) -> float:
    return RIDGE * float((deviations**2).mean())


COVARIANCES: Mapping[Covariance, Callable[[Array], RiskModel]] = {
    "sample": sample, "ewma": ewma, "ledoit_wolf": ledoit_wolf,
    "ledoit_wolf_constant_correlation": ledoit_wolf_constant_correlation, "oas": oas, "factor": factor,
}  # fmt: skip
"""Every estimator by its name in the settings."""
