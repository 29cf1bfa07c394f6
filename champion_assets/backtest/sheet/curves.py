"""Growth, drawdown, rolling windows and the distribution of returns.

What belongs here: these charts. What does not: the figures (`quant/metrics.py`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from champion_assets.backtest.sheet.words import PORTFOLIO, UNIVERSE
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.pages.blocks import Figure, Text
from champion_assets.pages.chart import Series, Unit, histogram, time_chart
from champion_assets.quant.metrics import Yardstick, drawdowns, rolling
from champion_assets.quant.risk import Array

ROLLING_SESSIONS = 126


def _percent(value: float) -> str:
    return f"{value * 100:.10g} %".replace("-", "−")


def _plain(value: float) -> str:
    return f"{value:.10g}".replace("-", "−")


def growth(story: Story) -> list[Figure]:
    """Growth in log scale against both benchmarks, drawdown below."""
    days, index = story.days, story.measures.index
    dates = days["trade_date"].to_list()
    own, other = days["portfolio_return"].to_numpy(), days["benchmark_return"].to_numpy()
    value, fall = [Series(PORTFOLIO, "c1", np.cumprod(1 + own))], [Series(PORTFOLIO, "c1", drawdowns(own))]
    if index is not None and index.gaps < index.rows.height:
        name = f"{index.name} ({index.kind})"
        value.append(Series(name, "c2", index.growth[1:]))
        fall.append(Series(name, "c2", _fall(index.growth)))
    value.append(Series(UNIVERSE, "c3", np.cumprod(1 + other)))
    fall.append(Series(UNIVERSE, "c3", drawdowns(other)))
    last = ", ".join(
        f"{each.name} {known[-1]:.2f}" for each in value if (known := each.values[np.isfinite(each.values)]).size
    )
    return [
        Figure(
            time_chart(
                "Growth of one rupee",
                "rupees, log scale; the portfolio after costs, the benchmarks before",
                dates,
                value,
                "ratio",
                _plain,
                is_log=True,
                height="tall",
                around=1.0,
                words=f"Value of one rupee at the end: {last}",
            )
        ),
        Figure(
            time_chart(
                "Drawdown",
                "percent below the highest value so far",
                dates,
                fall,
                "percent",
                _percent,
                around=0.0,
                is_filled=True,
            )
        ),
    ]


def _fall(growth: Array) -> Array:
    """Below the highest level so far, of levels with gaps."""
    peak = np.fmax.accumulate(growth)
    return np.asarray((growth / peak - 1.0)[1:])


def windows(story: Story) -> list[Figure | Text]:
    """Rolling figures, each on an axis of its own, the universe's beside them."""
    days, yardstick = story.days, story.measures.yardstick
    if days.height <= ROLLING_SESSIONS:
        return [
            Text(
                f"The history has {days.height} sessions; windows of {ROLLING_SESSIONS} sessions begin to say "
                f"something after that.",
                "quiet",
            )
        ]
    dates = days["trade_date"].to_list()[ROLLING_SESSIONS - 1 :]
    own, other = days["portfolio_return"].to_numpy(), days["benchmark_return"].to_numpy()
    mine, theirs = (rolling(each, other, yardstick, ROLLING_SESSIONS) for each in (own, other))
    mine["return"], theirs["return"] = (_window_return(each) for each in (own, other))
    about = f"over the last {ROLLING_SESSIONS} sessions"
    kinds: list[tuple[str, str, str, Unit, float | None]] = [
        ("return", "Return", f"percent {about}, not annualised", "percent", 0.0),
        ("sharpe", "Sharpe ratio", f"a year, {about}", "ratio", 0.0),
        ("volatility", "Volatility", f"percent a year, {about}", "percent", None),
        ("beta", "Beta to the equal-weight universe", about, "ratio", 1.0),
    ]
    found: list[Figure | Text] = []
    for name, title, unit_words, unit, around in kinds:
        series = [Series(PORTFOLIO, "c1", mine[name][ROLLING_SESSIONS - 1 :])]
        if name != "beta":
            series.append(Series(UNIVERSE, "c3", theirs[name][ROLLING_SESSIONS - 1 :]))
        label = _percent if unit == "percent" else _plain
        found.append(Figure(time_chart(title, unit_words, dates, series, unit, label, around=around)))
    return found


def expected_volatility(days: pl.DataFrame, yardstick: Yardstick, vix: pl.DataFrame) -> list[Figure]:
    """What was realised beside what the options of the Nifty 50 expected; nothing without India VIX or a whole window.

    Args:
        days: trade_date, portfolio_return and benchmark_return.
        yardstick: what figures are measured against.
        vix: trade_date and vix, percent a year.
    """
    if vix.is_empty() or days.height <= ROLLING_SESSIONS:
        return []
    known = days.select("trade_date").join(vix, on="trade_date", how="left", maintain_order="left")
    own, other = days["portfolio_return"].to_numpy(), days["benchmark_return"].to_numpy()
    start = ROLLING_SESSIONS - 1
    series = [
        Series(name, style, rolling(each, other, yardstick, ROLLING_SESSIONS)["volatility"][start:])
        for name, style, each in ((PORTFOLIO, "c1", own), (UNIVERSE, "c3", other))
    ]
    series.append(Series("India VIX", "c2", known["vix"].fill_null(np.nan).to_numpy()[start:] / 100.0))
    words = f"percent a year; realised over {ROLLING_SESSIONS} sessions, expected by options for the next 30 days"
    dates = days["trade_date"].to_list()[start:]
    return [Figure(time_chart("Volatility, realised and expected", words, dates, series, "percent", _percent))]


def _window_return(returns: Array) -> Array:
    value = np.concatenate([[1.0], np.cumprod(1.0 + returns)])
    found = np.full(returns.shape, np.nan)
    found[ROLLING_SESSIONS - 1 :] = value[ROLLING_SESSIONS:] / value[:-ROLLING_SESSIONS] - 1.0
    return found


def distribution(story: Story) -> Figure:
    """Daily returns beside a normal distribution of the same mean and deviation."""
    own = story.days["portfolio_return"].to_numpy()
    mean, deviation = float(own.mean()), float(own.std(ddof=1)) if own.size > 1 else 0.0

    def normal(at: Array) -> Array:
        return np.asarray(np.exp(-(((at - mean) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi)))

    chart = histogram(
        "Daily returns of the portfolio",
        "percent of sessions",
        own,
        _percent,
        bins=min(51, max(11, own.size // 8)),
        curve=normal if deviation > 0 else None,
        curve_name="normal distribution of the same mean and deviation",
        x_words="return of a session, net",
    )
    return Figure(chart)
