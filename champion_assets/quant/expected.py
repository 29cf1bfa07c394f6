"""Estimators of the expected return of one session.

What belongs here: formulae on a window of returns. What does not: the choice of window and estimator
(`features/expected_returns.py`).

All take returns of shape (T, n), NaN where missing (left out; one name's gaps do not touch another's), and give shape
(n,). Units: simple return of one session, in full, not in excess of any rate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from champion_assets.quant.estimators import ExpectedReturn
from champion_assets.quant.risk import Array, Risk, centred

HALF_LIFE = 60.0
SHRINKAGE = 0.85
"""Weight of the grand mean in `shrunk`: a year of daily returns says little of a single name's mean."""


def historical_mean(returns: Array) -> Array:
    """The arithmetic mean.

    Args:
        returns: simple returns, shape (sessions, names); NaN where missing.

    Returns:
        The expected simple return of one session for each name, shape (names,).

    Raises:
        ValueError: a name has no return at all in the window.

    Example:
        >>> returns = np.array([[0.01, 0.02], [0.03, np.nan]])
        >>> historical_mean(returns).round(4).tolist()
        [0.02, 0.02]
    """
    return centred(returns)[1]


def ewma(returns: Array, half_life: float = HALF_LIFE) -> Array:
    """Exponentially weighted mean, the newest session heaviest.

    Weights of present returns adding up to 1 for each name.

    Args:
        returns: simple returns, shape (sessions, names); NaN where missing.
        half_life: sessions after which a return counts half.

    Returns:
        The expected simple return of one session for each name, shape (names,).

    Raises:
        ValueError: a name has no return at all in the window.

    Example:
        >>> returns = np.array([[0.01, 0.02], [0.03, np.nan]])
        >>> ewma(returns, half_life=1.0).round(4).tolist()
        [0.0233, 0.02]
    """
    present = np.isfinite(returns)
    weights = 0.5 ** (np.arange(returns.shape[0])[::-1] / half_life)[:, None] * present
    _demand_some(present)
    return np.asarray((weights * np.where(present, returns, 0.0)).sum(axis=0) / weights.sum(axis=0))


def shrunk(returns: Array, shrinkage: float = SHRINKAGE) -> Array:
    """Each mean drawn towards the mean of all by a fixed weight.

    Args:
        returns: simple returns, shape (sessions, names); NaN where missing.
        shrinkage: weight of the mean of all, a share.

    Returns:
        The expected simple return of one session for each name, shape (names,).

    Raises:
        ValueError: a name has no return at all in the window.

    Example:
        >>> returns = np.array([[0.01, 0.01], [0.03, 0.03]])
        >>> shrunk(returns).round(4).tolist()
        [0.02, 0.02]
    """
    means = historical_mean(returns)
    return np.asarray(shrinkage * means.mean() + (1 - shrinkage) * means)


def james_stein(returns: Array) -> Array:
    """Each mean drawn towards the mean of all by the positive-part James-Stein weight for n means of equal precision.

    (n - 3) v / Σ (m_i - m)², at most 1, v the mean of the names' variances over T (Efron and Morris 1975).

    Args:
        returns: simple returns, shape (sessions, names); NaN where missing.

    Returns:
        The expected simple return of one session for each name, shape (names,).

    Raises:
        ValueError: a name has no return at all in the window.

    Example:
        >>> returns = np.array([[0.01, 0.02], [0.03, np.nan]])
        >>> james_stein(returns).round(4).tolist()
        [0.02, 0.02]
    """
    deviations, means = centred(returns)
    sessions, names = returns.shape
    grand = float(means.mean())
    spread = float(((means - grand) ** 2).sum())
    noise = float((deviations**2).mean()) / sessions
    weight = 1.0 if spread <= 0 else min(1.0, max(0, names - 3) * noise / spread)
    return np.asarray(grand + (1 - weight) * (means - grand))


def capm(returns: Array, market: Array) -> Array:
    """Beta times the market's mean return.

    Args:
        returns: simple returns, shape (sessions, names); NaN where missing.
        market: simple returns of the market, shape (sessions,).

    Returns:
        The expected simple return of one session for each name, shape (names,).

    Raises:
        ValueError: the market did not move in the window, or a name has no return at all.

    Example:
        >>> market = np.array([0.01, 0.03])
        >>> capm(np.column_stack([market, 2 * market]), market).round(4).tolist()
        [0.02, 0.04]
    """
    deviations, _ = centred(returns)
    excess = market - market.mean()
    variance = float(excess @ excess)
    if variance <= 0:
        raise ValueError("the market's return is constant in the window, so no beta can be estimated")
    return np.asarray((excess @ deviations) / variance * float(market.mean()))


def implied(risk: Risk, weights: Array, risk_aversion: float) -> Array:
    """The returns under which `weights` would be optimal: γ Σ w (Black and Litterman 1992, equilibrium).

    Args:
        risk: the model of one session's returns.
        weights: of a portfolio, shape (names,); shares of its value.
        risk_aversion: γ.

    Returns:
        The expected simple return of one session for each name, shape (names,).
    """
    return np.asarray(risk_aversion * risk.times(weights))


def _demand_some(present: np.ndarray) -> None:
    if not present.any(axis=0).all():
        raise ValueError(f"column {int(present.any(axis=0).argmin())} of the window has no return")


PLAIN: Mapping[ExpectedReturn, Callable[[Array], Array]] = {
    "historical_mean": historical_mean, "ewma": ewma, "james_stein": james_stein, "shrunk": shrunk,
}  # fmt: skip
"""The estimators that need nothing but the window; `capm` and `implied` need a market."""
