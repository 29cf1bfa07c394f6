"""What a series of daily returns amounts to.

What belongs here: performance figures. Definitions are stated in each entry of `METRICS`. A `Yardstick` says what a
history is measured with: the calendar years that it lasted, so that figures a year count the sessions that there really
were, and the overnight deposit that ratios are in excess of. Rates are arithmetic means unless they say compound. The
figures are those of empyrical, to 1e-9, but for alpha (here the annual arithmetic mean, there compounded), the tracking
error and the information ratio (here annual, there daily). quantstats' CVaR is a normal distribution's; here it is the
returns' own.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from champion_assets.quant.risk import Array

SESSIONS_A_YEAR = 252
"""A convention, for what is no statement about a history, such as a preference that is given a year."""
DAYS_A_YEAR = 365.25
_EULER = 0.5772156649015329
_NORMAL = NormalDist()

METRICS = {
    "total_return": "final value / first value - 1",
    "cagr": "compound growth a calendar year of 365.25 days, from the close before the first return to the last close",
    "volatility": "standard deviation of daily returns (n - 1), "
    "annualised by the sessions that there really were a year",
    "sharpe": "mean / standard deviation of daily returns in excess of the overnight rate of the day, annualised",
    "sharpe_low": "lower end of the 95 % interval of the Sharpe ratio in excess of the overnight rate, allowing "
    "for skewness and kurtosis "
    "(Mertens 2002)",
    "sharpe_high": "upper end of it",
    "sharpe_probability": "probability that the true Sharpe ratio in excess of the overnight rate is above 0 "
    "(Bailey and López de Prado 2012)",
    "sharpe_deflated": "the same above the best Sharpe ratio that as many trials without any skill would show (2014)",
    "trials": "trials that the Sharpe ratio is deflated for",
    "sortino": "mean / root mean square of the negative daily returns, both in excess of the overnight rate of "
    "the day, annualised",
    "max_drawdown": "deepest fall from a former peak, negative",
    "max_drawdown_sessions": "longest time below a former peak, sessions",
    "calmar": "compound growth a year / deepest fall",
    "hit_rate": "share of sessions with a positive return",
    "var_95": "5 % quantile of daily returns",
    "cvar_95": "mean of the daily returns at or below their 5 % quantile",
    "skewness": "third standardised moment of daily returns",
    "kurtosis": "fourth standardised moment of daily returns; 3 for a normal distribution",
    "beta": "covariance with the benchmark / variance of the "
    "benchmark, both in excess of the overnight rate of the day",
    "alpha": "annual mean return in excess of the overnight rate "
    "that beta times the benchmark's excess does not explain",
    "tracking_error": "annual standard deviation of the return minus the benchmark's",
    "information_ratio": "annual mean return minus the benchmark's / tracking error",
}
AGAINST = ("beta", "alpha", "tracking_error", "information_ratio")
"""Those of them that compare with a benchmark."""


@dataclass(frozen=True, eq=False)
class Yardstick:
    """What a history is measured with.

    Attributes:
        years: calendar years from the close before the first return to the last close, see `calendar_years`.
        overnight: what an overnight deposit returned over each of the same days, shape (n,).
    """

    years: float
    overnight: Array

    def __post_init__(self) -> None:
        """Refuse what would make every figure NaN without a word."""
        if not (math.isfinite(self.years) and self.years > 0):
            raise ValueError(f"the number of years must be positive, not {self.years}")
        if not np.isfinite(self.overnight).all():
            raise ValueError(
                f"{int((~np.isfinite(self.overnight)).sum())} of {self.overnight.size} days have no overnight rate"
            )

    @property
    def sessions_a_year(self) -> float:
        """How many returns there were a calendar year."""
        return self.overnight.size / self.years


def calendar_years(before: dt.date, last: dt.date) -> float:
    """Years of 365.25 days.

    Args:
        before: the session whose close the first return starts from.
        last: the last session.

    Example:
        >>> round(calendar_years(dt.date(2020, 1, 1), dt.date(2024, 1, 1)), 4)
        4.0
    """
    return (last - before).days / DAYS_A_YEAR


def drawdowns(returns: Array) -> Array:
    """Value relative to its highest so far, minus 1.

    Args:
        returns: simple returns, shape (sessions,).

    Returns:
        Shares of the highest value, 0 or below, shape (sessions,).

    Example:
        >>> drawdowns(np.array([0.1, -0.5, 1.0])).round(4).tolist()
        [0.0, -0.5, 0.0]
    """
    value = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    return np.asarray((value / np.maximum.accumulate(value) - 1.0)[1:])


def performance(
    returns: Array, benchmark: Array, yardstick: Yardstick, trials: Sequence[float] = ()
) -> dict[str, float]:
    """All figures of `METRICS` for daily simple returns and the benchmark's of the same days; NaN where undefined.

    Args:
        returns: shape (n,).
        benchmark: shape (n,).
        yardstick: of the same days.
        trials: annual Sharpe ratios of all trials that this is the chosen one of, itself included; without any it is
            the only one.

    Raises:
        ValueError: fewer than two returns, or series of unequal length.
    """
    if not returns.shape == benchmark.shape == yardstick.overnight.shape or returns.shape[0] < 2:
        lengths = [each.shape[0] for each in (returns, benchmark, yardstick.overnight)]
        raise ValueError(f"returns, benchmark and overnight rates of the same length >= 2 are needed, got {lengths}")
    year = yardstick.sessions_a_year
    growth = float(np.prod(1.0 + returns))
    cagr = growth ** (1 / yardstick.years) - 1.0 if growth > 0 else -1.0
    falls = drawdowns(returns)
    deepest = float(falls.min())
    quantile = float(np.quantile(returns, 0.05))
    excess, market = returns - yardstick.overnight, benchmark - yardstick.overnight
    downside = float(np.sqrt(np.mean(np.minimum(excess, 0.0) ** 2)))
    active = returns - benchmark
    tracking = float(active.std(ddof=1)) * year**0.5
    beta = _ratio(float(np.cov(excess, market, ddof=1)[0, 1]), float(market.var(ddof=1)))
    return {
        "total_return": growth - 1.0,
        "cagr": cagr,
        "volatility": float(returns.std(ddof=1)) * year**0.5,
        **_sharpe(excess, year, trials),
        "sortino": _ratio(float(excess.mean()), downside) * year**0.5,
        "max_drawdown": deepest,
        "max_drawdown_sessions": float(_longest_run(falls < 0)),
        "calmar": _ratio(cagr, abs(deepest)),
        "hit_rate": float((returns > 0).mean()),
        "var_95": quantile,
        "cvar_95": float(returns[returns <= quantile].mean()),
        "skewness": _moment(returns, 3),
        "kurtosis": _moment(returns, 4),
        "beta": beta,
        "alpha": (float(excess.mean()) - beta * float(market.mean())) * year,
        "tracking_error": tracking,
        "information_ratio": _ratio(float(active.mean()) * year, tracking),
    }


def _sharpe(excess: Array, sessions: float, trials: Sequence[float]) -> dict[str, float]:
    """The ratio of excess returns, its interval, and the probabilities that it is more than luck."""
    year, count = sessions**0.5, max(1, len(trials))
    ratio = _ratio(float(excess.mean()), float(excess.std(ddof=1)))
    spread = 1 - _moment(excess, 3) * ratio + (_moment(excess, 4) - 1) / 4 * ratio**2
    error = math.sqrt(spread / (excess.size - 1)) if spread > 0 else math.nan
    luck = 0.0
    if count > 1:
        scatter = float(np.std(np.asarray(trials) / year, ddof=1))
        luck = scatter * (
            (1 - _EULER) * _NORMAL.inv_cdf(1 - 1 / count) + _EULER * _NORMAL.inv_cdf(1 - 1 / (count * math.e))
        )
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


def rolling(returns: Array, benchmark: Array, yardstick: Yardstick, window: int) -> dict[str, Array]:
    """Annual volatility, Sharpe ratio and beta over the last `window` returns.

    Defined as in `performance`; every window is annualised by the sessions per year of the whole history.

    Args:
        returns: of the portfolio per session, shape (sessions,).
        benchmark: returns of the benchmark, same shape.
        yardstick: overnight returns, same shape, and the sessions per year.
        window: number of sessions.

    Returns:
        `volatility`, `sharpe` and `beta`, each in the shape of `returns`; NaN for the first `window` - 1 sessions.
    """
    year, shape = yardstick.sessions_a_year**0.5, returns.shape
    found = {name: np.full(shape, np.nan) for name in ("volatility", "sharpe", "beta")}
    if returns.size < window:
        return found
    series = (returns, returns - yardstick.overnight, benchmark - yardstick.overnight)
    own, excess, market = (np.lib.stride_tricks.sliding_window_view(each, window) for each in series)
    deviation, variance = excess.std(axis=1, ddof=1), market.var(axis=1, ddof=1)
    centred = excess - excess.mean(axis=1, keepdims=True)
    common = (centred * (market - market.mean(axis=1, keepdims=True))).sum(axis=1) / (window - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found["volatility"][window - 1 :] = own.std(axis=1, ddof=1) * year
        found["sharpe"][window - 1 :] = np.where(deviation > 0, excess.mean(axis=1) / deviation * year, np.nan)
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
