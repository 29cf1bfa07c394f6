"""The strategy, the universe, the assumptions and the data, in words.

What belongs here: settings as people say them. A test demands words for every field that the portfolio depends on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from champion_assets.pages.blocks import Cell, Column, Table
from champion_assets.pages.units import percent, rupees_in_words
from champion_assets.settings import Settings
from champion_assets.settings.simulation import SimulationSettings
from champion_assets.settings.strategy import Strategy
from champion_assets.settings.universe import UniverseSettings

SHARE, RUPEES, BASIS_POINTS, SESSIONS, POINTS, PLAIN = "share", "rupees", "basis points", "sessions", "points", ""

TERMS: dict[str, tuple[str, str]] = {
    "objective": ("Objective", PLAIN),
    "risk_aversion": ("Risk aversion", PLAIN),
    "covariance_estimator": ("Estimator of the covariance", PLAIN),
    "cov_window_days": ("Window of the covariance", SESSIONS),
    "expected_return_estimator": ("Estimator of expected returns", PLAIN),
    "expected_return_lookback": ("Window of expected returns", SESSIONS),
    "tracked": ("Weights of the tracked universe", PLAIN),
    "weight_cap": ("Largest weight of a name", SHARE),
    "weight_floor": ("Minimum weight of every member", SHARE),
    "min_position": ("Least position", SHARE),
    "max_names": ("Most names", PLAIN),
    "cash_weight": ("Share that stays in cash", SHARE),
    "sector_cap": ("Maximum weight of a sector", SHARE),
    "liquidity_share": ("Maximum position, as a multiple of the median daily turnover", PLAIN),
    "exclude": ("Never held", PLAIN),
    "universe": ("Only these may be held", PLAIN),
    "esg_floor": ("Least ESG score", POINTS),
    "esg_floor_relative": ("Minimum ESG score above the benchmark's", POINTS),
    "esg_floor_relative_to": ("Benchmark of that", PLAIN),
    "esg_best_in_class": ("Best part of each sector by ESG", SHARE),
    "esg_preference": ("A standard deviation of ESG score is worth, a year", SHARE),
    "tilts": ("Tilts by features", PLAIN),
    "esg_min_coverage": ("Minimum weight of names with an ESG score", SHARE),
    "turnover_max": ("Maximum one-way turnover at a rebalance", SHARE),
    "cost_horizon": ("Costs are spread over", SESSIONS),
    "rebalance": ("Rebalanced", PLAIN),
    "rebalance_band": ("Band around the target, for rebalancing by bands", SHARE),
    "benchmark": ("Index beside the portfolio", PLAIN),
    "initial_capital": ("Initial capital", RUPEES),
    "brokerage_bps": ("Brokerage", BASIS_POINTS),
    "brokerage_max": ("Maximum brokerage per order", RUPEES),
    "dp_charge": ("Depository charge per security and day with a sale, before GST", "plain rupees"),
    "slippage_bps": ("Slippage", BASIS_POINTS),
    "impact": ("Impact of an order as large as a day's volume, daily volatilities", PLAIN),
    "fill": ("Price of the fills, in the next session", PLAIN),
    "whole_shares": ("Whole shares only", PLAIN),
    "participation": ("Maximum fraction of a session's volume", SHARE),
    "unfilled": ("What is not filled", PLAIN),
    "rights": ("Rights entitlements", PLAIN),
    "cash_rate": ("Interest on cash, a year", SHARE),
    "cash_spread": ("Spread of cash below the overnight rate, a year", SHARE),
    "tax": ("Capital gains tax beside the figures", PLAIN),
    "usable_proceeds": ("Proceeds of sales can be spent", PLAIN),
    "delisted_after": ("Sessions without a trade after which a name is written down", SESSIONS),
    "delisting_recovery": ("Fraction of the last value that it then keeps", SHARE),
    "universe_size": ("Maximum number of members of the universe, by turnover", PLAIN),
    "universe_min_price": ("Least price of a member", "plain rupees"),
    "universe_min_turnover": ("Minimum median turnover of a member, per session", RUPEES),
    "universe_min_coverage": ("Minimum fraction of the window's sessions traded", SHARE),
    "universe_warmup": ("History before the first universe", SESSIONS),
    "universe_index": ("Members of this index on the day only", PLAIN),
    "universe_derivatives": ("Members with derivatives", PLAIN),
    "universe_surveillance": ("Excluded by surveillance from this stage on", PLAIN),
    "universe_in_doubt": ("Members with an action in doubt", PLAIN),
    "sector_lists": ("Lists of sectors", PLAIN),
}
"""By field: label and unit."""
_GROUPS = (("Strategy", Strategy), ("Universe", UniverseSettings), ("Trading and cash", SimulationSettings))
_OBJECTIVES = {
    "mean_variance": "the best balance of expected return and variance",
    "minimum_variance": "the least variance",
    "maximum_sharpe": "the highest expected Sharpe ratio",
    "risk_parity": "equal parts of the risk",
    "tracking": "closeness to its benchmark",
}
_WHEN = {
    "daily": "every session",
    "weekly": "at the last session of each week",
    "monthly": "at the last session of each month",
    "quarterly": "at the last session of each quarter",
    "band": "when a weight has left its band",
}


def strategy_in_words(settings: Settings) -> str:
    """One sentence."""
    cap = f", at most {percent(settings.weight_cap, 0)} in a name"
    sector = "" if settings.sector_cap is None else f" and {percent(settings.sector_cap, 0)} in a sector"
    esg = " and on ESG scores" if settings.strategy.uses_esg else ""
    return (
        f"A long-only portfolio of Indian shares with "
        f"{_OBJECTIVES[settings.objective]}{cap}{sector}{esg}, chosen from the "
        f"{settings.universe_size} most traded names {_WHEN[settings.rebalance]}, traded in the next session."
    )


def source_in_words(settings: Settings, days: pl.DataFrame) -> str:
    """Where the data are from and how far they reach.

    Nothing of the machine or the hour, so that the same data give the same page.
    """
    source = settings.source
    where = (
        "NSE's archive on the web"
        if source.startswith("http")
        else "a bucket"
        if source.startswith("s3://")
        else "a folder"
    )
    return (
        f"Data: files of the exchange from {where}, {days['trade_date'][0]} to {days['trade_date'][-1]}, "
        f"{days.height:,} sessions."
    )


def term_of(field: str) -> tuple[str, str]:
    """What a setting is called on a page, and its unit; one that somebody added by its own name, as a plain number."""
    return TERMS.get(field, (field.replace("_", " "), PLAIN))


def terms_table(settings: Settings) -> Table:
    """Every setting that the portfolio depends on, and whether it is the default."""
    usual: Settings = type(settings).model_construct()
    rows = []
    for group, kind in _GROUPS:
        for field in kind.model_fields:
            label, unit = term_of(field)
            value, default = getattr(settings, field), getattr(usual, field)
            rows.append(
                [
                    Cell(group),
                    Cell(label),
                    Cell(value_in_words(value, unit)),
                    Cell("" if value == default else value_in_words(default, unit)),
                ]
            )
    columns = [
        Column("Part", is_number=False),
        Column("Setting", is_number=False),
        Column("Value", is_number=False),
        Column("Default, where it differs", is_number=False),
    ]
    return Table("settings-table", columns, rows, "Settings of the portfolio", is_long=True)


def value_in_words(value: Any, unit: str) -> str:
    """A setting's value with its unit."""
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {worth:g}" for name, worth in value.items())
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, str):
        return value.replace("_", " ")
    if unit == SHARE:
        return percent(value, 2).replace(".00 %", " %")
    if unit == RUPEES:
        return rupees_in_words(value)
    return f"₹{value:g}" if unit == "plain rupees" else f"{value:g} {unit}".strip()
