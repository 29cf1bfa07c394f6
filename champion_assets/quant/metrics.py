"""What a series of daily returns amounts to.

What belongs here: performance figures. Definitions are the usual ones, stated in each entry of `METRICS`; a year has 252 sessions.
"""

from __future__ import annotations

import numpy as np

from champion_assets.quant.risk import Array

SESSIONS_A_YEAR = 252

METRICS = {
    "total_return": "final value / first value - 1",
    "cagr": "compound annual growth rate, 252 sessions a year",
    "volatility": "annual standard deviation of daily returns (n - 1)",
    "sharpe": "mean / standard deviation of daily returns, annualised, risk-free rate 0",
    "sortino": "mean / root mean square of the negative daily returns, annualised",
    "max_drawdown": "deepest fall from a former peak, negative",
    "max_drawdown_sessions": "longest time below a former peak, sessions",
    "calmar": "cagr / |max_drawdown|",
    "hit_rate": "share of sessions with a positive return",
    "var_95": "5 % quantile of daily returns",
    "cvar_95": "mean of the daily returns at or below var_95",
    "beta": "covariance with the benchmark / variance of the benchmark",
    "alpha": "annual mean return not explained by beta",
    "tracking_error": "annual standard deviation of the return minus the benchmark's",
    "information_ratio": "annual mean excess over the benchmark / tracking_error",
}


def drawdowns(returns: Array) -> Array:
    """Value relative to its highest so far, minus 1, shape as `returns`."""
    value = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    return np.asarray((value / np.maximum.accumulate(value) - 1.0)[1:])


def performance(returns: Array, benchmark: Array) -> dict[str, float]:
    """All figures of `METRICS` for daily simple returns and the benchmark's of the same days; NaN where undefined.

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
        "sharpe": _ratio(mean, deviation) * year**0.5,
        "sortino": _ratio(mean, downside) * year**0.5,
        "max_drawdown": deepest,
        "max_drawdown_sessions": float(_longest_run(falls < 0)),
        "calmar": _ratio(cagr, abs(deepest)),
        "hit_rate": float((returns > 0).mean()),
        "var_95": quantile,
        "cvar_95": float(returns[returns <= quantile].mean()),
        "beta": beta,
        "alpha": (mean - beta * float(benchmark.mean())) * year,
        "tracking_error": tracking,
        "information_ratio": _ratio(float(excess.mean()) * year, tracking),
    }


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else float("nan")


def _longest_run(flags: np.ndarray) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest
