"""What a series of daily returns amounts to.

What belongs here: performance figures. Definitions are stated in each entry of `METRICS`; a year has 252 sessions, rates are arithmetic
means unless they say compound. They are those of empyrical, to 1e-9, but for alpha (here the annual arithmetic mean, there compounded), the
tracking error and the information ratio (here annual, there daily). quantstats' CVaR is a normal distribution's; here it is the returns'
own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from champion_assets.quant.risk import Array

SESSIONS_A_YEAR = 252
_EULER = 0.5772156649015329
_NORMAL = NormalDist()

METRICS = {
    "total_return": "final value / first value - 1",
    "cagr": "compound annual growth rate, 252 sessions a year",
    "volatility": "annual standard deviation of daily returns (n - 1)",
    "sharpe": "mean / standard deviation of daily returns, annualised, risk-free rate 0",
    "sharpe_low": "lower end of the 95 % interval of the Sharpe ratio, allowing for skewness and kurtosis (Mertens 2002)",
    "sharpe_high": "upper end of it",
    "sharpe_probability": "probability that the true Sharpe ratio is above 0 (Bailey and López de Prado 2012)",
    "sharpe_deflated": "the same above the best Sharpe ratio that as many trials without any skill would show (2014)",
    "trials": "trials that the Sharpe ratio is deflated for",
    "sortino": "mean / root mean square of the negative daily returns, annualised",
    "max_drawdown": "deepest fall from a former peak, negative",
    "max_drawdown_sessions": "longest time below a former peak, sessions",
    "calmar": "cagr / |max_drawdown|",
    "hit_rate": "share of sessions with a positive return",
    "var_95": "5 % quantile of daily returns",
    "cvar_95": "mean of the daily returns at or below var_95",
    "skewness": "third standardised moment of daily returns",
    "kurtosis": "fourth standardised moment of daily returns; 3 for a normal distribution",
    "beta": "covariance with the benchmark / variance of the benchmark",
    "alpha": "annual mean return not explained by beta",
    "tracking_error": "annual standard deviation of the return minus the benchmark's",
    "information_ratio": "annual mean excess over the benchmark / tracking_error",
}


def drawdowns(returns: Array) -> Array:
    """Value relative to its highest so far, minus 1, shape as `returns`."""
    value = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    return np.asarray((value / np.maximum.accumulate(value) - 1.0)[1:])


def performance(returns: Array, benchmark: Array, trials: Sequence[float] = ()) -> dict[str, float]:
    """All figures of `METRICS` for daily simple returns and the benchmark's of the same days; NaN where undefined.

    Args:
        returns: shape (n,).
        benchmark: shape (n,).
        trials: annual Sharpe ratios of all trials that this is the chosen one of, itself included; without any it is the only one.

    Raises:
        ValueError: fewer than two returns, or series of unequal length.
    """
    if returns.shape != benchmark.shape or returns.shape[0] < 2:
        raise ValueError(f"two series of the same length >= 2 are needed, got {returns.shape[0]} and {benchmark.shape[0]}")
    year = SESSIONS_A_YEAR
    growth = float(np.prod(1.0 + returns))
    cagr = growth ** (year / returns.shape[0]) - 1.0 if growth > 0 else -1.0
    deviation, mean = float(returns.std(ddof=1)), float(returns.mean())
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    falls = drawdowns(returns)
    deepest = float(falls.min())
    quantile = float(np.quantile(returns, 0.05))
    excess = returns - benchmark
    tracking = float(excess.std(ddof=1)) * year**0.5
    variance = float(benchmark.var(ddof=1))
    beta = _ratio(float(np.cov(returns, benchmark, ddof=1)[0, 1]), variance)
    return {
        "total_return": growth - 1.0,
        "cagr": cagr,
        "volatility": deviation * year**0.5,
        **_sharpe(returns, mean, deviation, trials),
        "sortino": _ratio(mean, downside) * year**0.5,
        "max_drawdown": deepest,
        "max_drawdown_sessions": float(_longest_run(falls < 0)),
        "calmar": _ratio(cagr, abs(deepest)),
        "hit_rate": float((returns > 0).mean()),
        "var_95": quantile,
        "cvar_95": float(returns[returns <= quantile].mean()),
        "skewness": _moment(returns, 3),
        "kurtosis": _moment(returns, 4),
        "beta": beta,
        "alpha": (mean - beta * float(benchmark.mean())) * year,
        "tracking_error": tracking,
        "information_ratio": _ratio(float(excess.mean()) * year, tracking),
    }


def _sharpe(returns: Array, mean: float, deviation: float, trials: Sequence[float]) -> dict[str, float]:
    """The ratio, its interval, and the probabilities that it is more than luck."""
    year, count = SESSIONS_A_YEAR**0.5, max(1, len(trials))
    ratio = _ratio(mean, deviation)
    spread = 1 - _moment(returns, 3) * ratio + (_moment(returns, 4) - 1) / 4 * ratio**2
    error = math.sqrt(spread / (returns.size - 1)) if spread > 0 else math.nan
    luck = 0.0
    if count > 1:
        scatter = float(np.std(np.asarray(trials) / year, ddof=1))
        luck = scatter * ((1 - _EULER) * _NORMAL.inv_cdf(1 - 1 / count) + _EULER * _NORMAL.inv_cdf(1 - 1 / (count * math.e)))
    return {
        "sharpe": ratio * year, "sharpe_low": (ratio - 1.959963984540054 * error) * year,
        "sharpe_high": (ratio + 1.959963984540054 * error) * year, "sharpe_probability": _above(ratio, 0.0, error),
        "sharpe_deflated": _above(ratio, luck, error), "trials": float(count),
    }  # fmt: skip


def _above(ratio: float, level: float, error: float) -> float:
    return _NORMAL.cdf((ratio - level) / error) if error > 0 and math.isfinite(ratio) else math.nan


def _moment(returns: Array, order: int) -> float:
    deviation = float(returns.std())
    return float((((returns - returns.mean()) / deviation) ** order).mean()) if deviation > 0 else math.nan


def rolling(returns: Array, benchmark: Array, window: int) -> dict[str, Array]:
    """Annual volatility, Sharpe ratio and beta over the last `window` returns, shape as `returns`, NaN before there are so many."""
    year, shape = SESSIONS_A_YEAR**0.5, returns.shape
    found = {name: np.full(shape, np.nan) for name in ("volatility", "sharpe", "beta")}
    if returns.size < window:
        return found
    own, other = (np.lib.stride_tricks.sliding_window_view(each, window) for each in (returns, benchmark))
    deviation, variance = own.std(axis=1, ddof=1), other.var(axis=1, ddof=1)
    common = ((own - own.mean(axis=1, keepdims=True)) * (other - other.mean(axis=1, keepdims=True))).sum(axis=1) / (window - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found["volatility"][window - 1 :] = deviation * year
        found["sharpe"][window - 1 :] = np.where(deviation > 0, own.mean(axis=1) / deviation * year, np.nan)
        found["beta"][window - 1 :] = np.where(variance > 0, common / variance, np.nan)
    return found


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else float("nan")


def _longest_run(flags: np.ndarray) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest
