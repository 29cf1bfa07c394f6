"""The figures of a history: which there are, what each is a figure of, and what the days are measured with.

What belongs here: from days to figures. What does not: the formulae (`quant/metrics.py`), reading the lake
(`tear_sheet.py`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from champion_assets.backtest.index import IndexHistory
from champion_assets.quant.metrics import AGAINST, METRICS, Yardstick, calendar_years, performance
from champion_assets.quant.risk import Array


def figures(
    days: pl.DataFrame,
    trials: Sequence[float] = (),
    index: IndexHistory | None = None,
    taxes: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The metrics of the days from the first fill on, as rows of `TearSheet`.

    Args:
        days: rows of backtest/daily, from a session before the first fill on.
        trials: as in `performance`.
        index: see `index_beside`; without it there are no figures of the index.
        taxes: rows of backtest/tax of the same days; without it there are no figures after tax.

    Raises:
        ValueError: see `yardstick_of`.
    """
    invested = invested_days(days)
    values: dict[str, float] = {}
    years = 0.0
    if invested.height >= 2:
        yardstick = yardstick_of(days)
        years = yardstick.years
        own, other = invested["portfolio_return"].to_numpy(), invested["benchmark_return"].to_numpy()
        values = performance(own, other, yardstick, trials) | {
            "years": years,
            "sessions_a_year": yardstick.sessions_a_year,
        }
        growth = (1 + values["total_return"]) * (1 - invested["stale_value"][-1] / invested["value"][-1])
        values |= {"total_return_without_stale": growth - 1, "cagr_without_stale": growth ** (1 / years) - 1}
        universe = performance(other, other, yardstick)
        values |= {f"universe_{name}": universe[name] for name in _COMPARED}
        values |= _beside_net_universe(own, other - invested["benchmark_cost"].to_numpy(), yardstick)
        if index is not None:
            values |= _beside(own, index, yardstick)
        if taxes is not None:
            values |= after_tax(invested, taxes, yardstick)
    values["overnight_a_year"] = _overnight(invested) / years if years else 0.0
    values["turnover_a_year"] = _turnover(invested) / years if years else 0.0
    values["costs_rupees"] = float(invested["costs"].sum())
    values["cost_drag_a_year"] = float((invested["costs"] / invested["value"]).sum()) / years if years else 0.0
    values["dividends_rupees"] = float(invested["dividends"].sum())
    values["written_down_rupees"] = float(invested["written_down"].sum())
    values["stale_rupees"] = float(days["stale_value"][-1])
    values["unfilled"] = float(invested["unfilled"].sum())
    values["unexplained_gaps"] = float(invested["unexplained_gaps"].sum())
    period, words = invested if invested.height else days, "" if index is None else index.in_words
    return pl.DataFrame(
        {"metric": list(values), "value": pl.Series(list(values.values()), dtype=pl.Float64).fill_nan(None),
         "definition": [_definition(name, words) for name in values]}
    ).with_columns(first=pl.lit(period["trade_date"].min()), last=pl.lit(period["trade_date"].max()))  # fmt: skip


BASIS = "of the portfolio's returns net of costs, dividends included, before income and capital gains tax"
"""What every figure of `METRICS` is a figure of."""
_AFTER_TAX = ("total_return", "cagr", "volatility", "sharpe", "max_drawdown")
NET_UNIVERSE = "universe_net_"
"""Begins the names of the figures of the equal-weight universe net of costs."""
_COMPARED = ("total_return", "cagr", "volatility", "sharpe", "max_drawdown")
_DEFINITIONS = {
    "years": "calendar years of 365.25 days from the close before the first fill to the last close",
    "sessions_a_year": "sessions counted / years; what is annualised is annualised by it",
    "overnight_a_year": "what an overnight deposit earned over the same "
    "days, added up, a calendar year; see silver/rates",
    "total_return_without_stale": "total return if what stands at old prices at the end is lost",
    "cagr_without_stale": "compound growth a year if what stands at old prices at the end is lost",
    "stale_rupees": "value at the end that stands at old prices of names without a trade, rupees",
    "index_gaps": "sessions whose index file is absent or lacks the index, the one before the first fill included",
    "turnover_a_year": "value of buys and sells / 2 / mean value, a calendar year",
    "costs_rupees": "all charges paid, rupees",
    "cost_drag_a_year": "costs over the day's value, added up, a calendar year",
    "dividends_rupees": "dividends credited, rupees",
    "written_down_rupees": "loss on names that count as delisted, rupees",
    "unfilled": "orders not filled, or not wholly",
    "tax_rupees": "capital gains tax on the sales up to the last close, rupees; what is not sold is not taxed",
    "tax_drag_a_year": "tax over the value that each session began with, added up, a calendar year",
    "unexplained_gaps": "holdings' opening gaps treated as value-neutral",
}


def _definition(name: str, index: str) -> str:
    if name in AGAINST:
        return f"{METRICS[name]}; {BASIS}; the benchmark is the equal-weight universe before costs"
    if name in METRICS:
        return f"{METRICS[name]}; {BASIS}"
    if (metric := name.removesuffix("_after_tax")) != name:
        return f"{METRICS[metric]}; of the portfolio's returns after costs and capital gains tax; see backtest/tax"
    group, _, metric = name.partition("_")
    if name.startswith(NET_UNIVERSE):
        metric = name.removeprefix(NET_UNIVERSE)
        if metric in AGAINST:
            return f"{METRICS[metric]}; {BASIS}; the benchmark is the equal-weight universe net of costs, before tax"
        return (
            f"{METRICS[metric]}; of the equal-weight universe with dividends, net of the same costs as the "
            f"portfolio, before tax"
        )
    if metric in METRICS and group == "universe":
        return f"{METRICS[metric]}; of the equal-weight universe with dividends, before costs and tax"
    if metric in AGAINST and group == "index":
        return f"{METRICS[metric]}; {BASIS}; over the sessions with an index file; the benchmark is {index}"
    if metric in METRICS and group == "index":
        return f"{METRICS[metric]}; of {index}; before costs and tax; null if its files have a gap"
    return _DEFINITIONS[name]


def _beside_net_universe(own: Array, net: Array, yardstick: Yardstick) -> dict[str, float]:
    """The figures of the equal-weight universe net of costs, and of the portfolio against it."""
    alone, against = performance(net, net, yardstick), performance(own, net, yardstick)
    found = {name: alone[name] for name in _COMPARED} | {name: against[name] for name in AGAINST}
    return {f"{NET_UNIVERSE}{name}": value for name, value in found.items()}


def _beside(own: Array, index: IndexHistory, yardstick: Yardstick) -> dict[str, float]:
    """The figures of the index, and of the portfolio against it.

    Its levels bridge a gap in its files; risk figures do not.
    """
    returns, growth = index.returns, index.growth
    there = np.isfinite(returns)
    found = dict.fromkeys([f"index_{name}" for name in (*_COMPARED, *AGAINST)], math.nan)
    if math.isfinite(growth[0]) and math.isfinite(growth[-1]):
        found |= {"index_total_return": growth[-1] - 1.0, "index_cagr": growth[-1] ** (1 / yardstick.years) - 1.0}
    if there.all():
        alone = performance(returns, returns, yardstick)
        found |= {f"index_{name}": alone[name] for name in ("volatility", "sharpe", "max_drawdown")}
    if there.sum() >= 2:
        part = Yardstick(yardstick.years * float(there.mean()), yardstick.overnight[there])
        against = performance(own[there], returns[there], part)
        found |= {f"index_{name}": against[name] for name in AGAINST}
    return found | {"index_gaps": float(index.gaps)}


def after_tax(invested: pl.DataFrame, taxes: pl.DataFrame, yardstick: Yardstick) -> dict[str, float]:
    """The figures after capital gains tax.

    Those of the tax itself, and the metrics of `_AFTER_TAX` of the returns after it.

    Args:
        invested: rows of backtest/daily from the first fill on.
        taxes: rows of backtest/tax of these days at least.
        yardstick: of the days.
    """
    rows = invested.select("trade_date", "portfolio_return").join(
        taxes, on="trade_date", how="left", maintain_order="left"
    )
    after = rows["return_after_tax"].to_numpy()
    found = performance(after, after, yardstick)
    drag = float((rows["portfolio_return"] - rows["return_after_tax"]).sum()) / yardstick.years
    return {"tax_rupees": float(rows["tax"].sum()), "tax_drag_a_year": drag} | {
        f"{name}_after_tax": found[name] for name in _AFTER_TAX
    }


def _overnight(invested: pl.DataFrame) -> float:
    return float(invested["overnight_return"].sum())


def invested_days(days: pl.DataFrame) -> pl.DataFrame:
    """The days from the first fill on."""
    first = days.filter(pl.col("buys") > 0)["trade_date"].min()
    return days.clear() if first is None else days.filter(pl.col("trade_date") >= first)


def yardstick_of(days: pl.DataFrame) -> Yardstick:
    """What the days from the first fill on are measured with.

    Raises:
        ValueError: `days` begin with the first fill, so that nobody knows since when its return counts.
    """
    invested = invested_days(days)
    return Yardstick(
        calendar_years(session_before(days, invested), invested["trade_date"][-1]),
        invested["overnight_return"].to_numpy(),
    )


def session_before(days: pl.DataFrame, invested: pl.DataFrame) -> dt.date:
    """The last session before the first fill.

    Raises:
        ValueError: `days` begin with the first fill.
    """
    earlier: list[dt.date] = days.filter(pl.col("trade_date") < invested["trade_date"].min())["trade_date"].to_list()
    if not earlier:
        raise ValueError("the session before the first fill is needed: its close is what the first return starts from")
    return max(earlier)


def _turnover(invested: pl.DataFrame) -> float:
    """Of all days together, as a share of the mean value."""
    return float((invested["bought"] + invested["sold"]).sum()) / 2 / float(invested["value"].to_numpy().mean())
