"""Labels and units of everything that the page shows; no field name of a table stands on it.

What belongs here: words. A test demands a label for every metric.
"""

from __future__ import annotations

from collections.abc import Callable

from champion_assets.pages.units import number, percent

PORTFOLIO, UNIVERSE, INDEX = "Portfolio", "Equal-weight universe", "Index"
NET = "net of costs, dividends included, before tax"
GROSS = "dividends included, before costs and tax"

Form = Callable[[float | None], str]


def _count(value: float | None) -> str:
    return number(value, 0)


def _share(value: float | None) -> str:
    return percent(value, 1)


def _small_share(value: float | None) -> str:
    return percent(value, 2)


METRIC_WORDS: dict[str, tuple[str, str, Form]] = {
    "total_return": ("Total return", "over the whole period", _share),
    "cagr": ("Growth", "a year, compound", _share),
    "volatility": ("Volatility", "a year", _share),
    "sharpe": ("Sharpe ratio", "a year, over the overnight rate", number),
    "sharpe_low": ("Sharpe ratio, lower end of the 95 % interval", "a year", number),
    "sharpe_high": ("Sharpe ratio, upper end of the 95 % interval", "a year", number),
    "sharpe_probability": ("Probability that the true Sharpe ratio is above 0", "percent", _share),
    "sharpe_deflated": ("Probability that it is, as the best of all trials", "percent", _share),
    "trials": ("Trials counted for it", "trials", _count),
    "sortino": ("Sortino ratio", "a year, over the overnight rate", number),
    "max_drawdown": ("Deepest fall from a peak", "of the value at the peak", _share),
    "max_drawdown_sessions": ("Longest time below a peak", "sessions", _count),
    "calmar": ("Calmar ratio (growth / deepest fall)", "a year", number),
    "hit_rate": ("Sessions with a gain", "of all sessions", _share),
    "var_95": ("Value at risk, 95 %", "of the value, a session", _small_share),
    "cvar_95": ("Mean of the worst 5 % of sessions", "of the value, a session", _small_share),
    "skewness": ("Skewness of daily returns", "0 for a normal distribution", number),
    "kurtosis": ("Kurtosis of daily returns", "3 for a normal distribution", number),
    "beta": ("Beta", "to the benchmark of the column", number),
    "alpha": ("Alpha", "a year, beside the benchmark of the column", _share),
    "tracking_error": ("Tracking error", "a year, to the benchmark of the column", _share),
    "information_ratio": ("Information ratio", "a year, to the benchmark of the column", number),
}
"""Of each metric of `quant/metrics.py`: label, unit or basis, form."""

OTHER_WORDS: dict[str, tuple[str, str, Form]] = {
    "years": ("Length of the history", "years", number),
    "sessions_a_year": ("Sessions", "a year", lambda value: number(value, 1)),
    "overnight_a_year": ("Overnight deposit", "a year", _small_share),
    "total_return_without_stale": ("Total return if names without a trade are lost", "over the whole period", _share),
    "cagr_without_stale": ("Growth if names without a trade are lost", "a year, compound", _share),
    "stale_rupees": ("Value at stale prices at the end", "rupees", _count),
    "index_gaps": ("Sessions without an index file", "sessions", _count),
    "turnover_a_year": ("Turnover, one way", "of the mean value, a year", _share),
    "costs_rupees": ("Charges paid", "rupees", _count),
    "cost_drag_a_year": ("Charges", "of the value, a year", _small_share),
    "dividends_rupees": ("Dividends received", "rupees", _count),
    "written_down_rupees": ("Write-downs of ended listings", "rupees", _count),
    "tax_rupees": ("Capital gains tax", "rupees, on what was sold", _count),
    "tax_drag_a_year": ("Capital gains tax", "of the value, a year", _small_share),
    "total_return_after_tax": ("Total return after tax", "over the whole period", _share),
    "cagr_after_tax": ("Growth after tax", "a year, compound", _share),
    "volatility_after_tax": ("Volatility after tax", "a year", _share),
    "sharpe_after_tax": ("Sharpe ratio after tax", "a year, over the overnight rate", number),
    "max_drawdown_after_tax": ("Deepest fall from a peak, after tax", "of the value at the peak", _share),
    "unfilled": ("Orders not wholly filled", "orders", _count),
    "unexplained_gaps": ("Opening gaps treated as value-neutral", "gaps", _count),
}
"""Of the other figures of the table."""

NET_UNIVERSE_WORDS = {
    f"universe_net_{metric}": (
        f"{METRIC_WORDS[metric][0]}, equal-weight universe net of costs",
        unit,
        METRIC_WORDS[metric][2],
    )
    for metric, unit in (
        ("total_return", "over the whole period"),
        ("cagr", "a year, compound"),
        ("volatility", "a year"),
        ("sharpe", "a year, over the overnight rate"),
        ("max_drawdown", "of the value at the peak"),
        ("beta", "of the portfolio to it"),
        ("alpha", "of the portfolio beside it, a year"),
        ("tracking_error", "of the portfolio to it, a year"),
        ("information_ratio", "of the portfolio to it, a year"),
    )
}
"""Of the yardstick net of costs: rows of their own, since the page's column is the one before costs."""
OTHER_WORDS |= NET_UNIVERSE_WORDS

REASON_WORDS = {
    "not_traded": "did not trade",
    "at_band": "at its price band",
    "volume": "beyond the share of the volume",
    "not_settled": "not settled yet",
    "not_listed": "new shares not listed yet",
    "charges": "worth less than its charges",
    "cash": "reduced to the available cash",
}
COST_WORDS = {
    "stt": "Securities transaction tax",
    "stamp_duty": "Stamp duty",
    "exchange_charges": "Exchange charges and SEBI fee",
    "service_tax": "Service tax, later GST",
    "brokerage": "Brokerage",
    "dp_charges": "Depository charges",
}


def label_of(metric: str) -> str:
    """What a stored figure is called, those of a benchmark included."""
    group, _, plain = metric.partition("_")
    if group in ("index", "universe") and plain in METRIC_WORDS:
        return f"{METRIC_WORDS[plain][0]}, {'index' if group == 'index' else 'equal-weight universe'}"
    return (METRIC_WORDS | OTHER_WORDS)[metric][0]


def shown(metric: str, value: float | None) -> str:
    """A stored figure as people read it, without its unit but for the percent sign."""
    group, _, plain = metric.partition("_")
    name = plain if group in ("index", "universe") and plain in METRIC_WORDS else metric
    return (METRIC_WORDS | OTHER_WORDS)[name][2](value)
