"""What the portfolio owes to styles.

Its excess returns regressed on the lake's own factors, and the rest that none explains.

What belongs here: this section. What does not: the factors (`features/factor_returns.py`), the regression
(`quant/exposures.py`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from champion_assets.backtest.sheet.words import PORTFOLIO, UNIVERSE
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.features.factor_returns import FACTORS
from champion_assets.pages.blocks import Block, Cell, Column, Table, Text
from champion_assets.pages.units import number, percent
from champion_assets.quant.exposures import LEAST, Exposures, exposures

WORDS = {
    "market": ("Market", "all members by traded value, over the overnight rate"),
    "size": ("Size", "little traded less much traded names"),
    "momentum": ("Momentum", "winners less losers of the risk window without its last twelfth"),
    "low_volatility": ("Low volatility", "calm less volatile names"),
    "liquidity": ("Liquidity", "illiquid less liquid names, beyond size and volatility"),
}
REST = "Not explained"


def factor_blocks(story: Story, factors: pl.DataFrame) -> list[Block]:
    """The table of exposures, and what it says.

    Args:
        story: the history.
        factors: trade_date, factor, factor_return of its sessions; see features/factor_returns.
    """
    days = shared_days(story.days, factors)
    names = [name for name in FACTORS if name in days.columns]
    if days.height < LEAST or not names:
        return [
            Text(f"The history has {days.height} sessions with factor returns; at least {LEAST} are needed.", "quiet")
        ]
    design = days.select(names).to_numpy()
    overnight = days["overnight_return"].to_numpy()
    own = exposures(days["portfolio_return"].to_numpy() - overnight, design)
    universe = exposures(days["benchmark_return"].to_numpy() - overnight, design)
    year = story.measures.yardstick.sessions_a_year
    return [exposures_table(names, own, universe, year), Text(in_words(own, year, days))]


def shared_days(days: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """The sessions on which every factor that is there at all has a return.

    Rows of backtest/daily with a column per factor.
    """
    if factors.is_empty():
        return days.clear()
    wide = factors.pivot(on="factor", index="trade_date", values="factor_return").drop_nulls()
    return days.join(wide, on="trade_date", maintain_order="left")


def exposures_table(names: list[str], own: Exposures, universe: Exposures, year: float) -> Table:
    """One row per factor, and one for what none of them explains."""
    brought, errors = own.contributions * year, own.errors
    rows = []
    for place, name in enumerate(names, 1):
        label, what = WORDS[name]
        rows.append(
            [
                Cell(label, hint=what),
                Cell(number(own.coefficients[place]), own.coefficients[place]),
                Cell(number(errors[place]), errors[place]),
                Cell(number(own.t_statistics[place], 1), own.t_statistics[place]),
                Cell(percent(own.means[place - 1] * year), own.means[place - 1]),
                Cell(percent(brought[place], signed=True), brought[place]),
                Cell(number(universe.coefficients[place]), universe.coefficients[place]),
                Cell(what, tone="quiet"),
            ]
        )
    alpha = [percent(each * year, signed=True) for each in (own.coefficients[0], universe.coefficients[0])]
    rest = [
        Cell(REST),
        Cell(alpha[0]),
        Cell(percent(errors[0] * year)),
        Cell(number(own.t_statistics[0], 1)),
        Cell(""),
        Cell(percent(brought[0], signed=True)),
        Cell(alpha[1]),
        Cell("a year; the constant of the regression", tone="quiet"),
    ]
    total = [
        Cell("Excess return"),
        *[Cell("")] * 4,
        Cell(percent(float(np.sum(brought)), signed=True)),
        Cell(""),
        Cell(""),
    ]
    columns = [
        Column("Factor", is_number=False),
        Column("Exposure", PORTFOLIO.lower()),
        Column("Standard error", "Newey-West"),
        Column("t"),
        Column("The factor returned", "a year"),
        Column("Brought", "a year"),
        Column("Exposure", UNIVERSE.lower()),
        Column("Meaning", is_number=False, wraps=True),
    ]
    return Table("factors-table", columns, rows, "Exposures to styles", [rest, total])


def in_words(own: Exposures, year: float, days: pl.DataFrame) -> str:
    """What the regression says, and what it rests on."""
    sure = "is more than chance would show" if abs(own.t_statistics[0]) >= 1.96 else "is not different from chance"
    return (
        f"The factors explain {percent(own.explained, 0)} of the variance; the rest has a volatility of "
        f"{percent(own.rest * year**0.5)} a "
        f"year, and its mean return {sure} (t = {number(own.t_statistics[0], 1)}). Daily returns net of "
        f"costs in excess of the overnight "
        f"rate, {own.rows:,} sessions from {days['trade_date'][0]} to {days['trade_date'][-1]}; the "
        f"errors allow for autocorrelation over "
        f"{own.lags} sessions (Newey and West 1987). The factors are portfolios of the previous session's universe "
        f"before costs, so they are no "
        "yardstick that one could have held."
    )
