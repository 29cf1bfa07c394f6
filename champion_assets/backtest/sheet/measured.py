"""The figures of the history beside those of the two benchmarks.

What belongs here: one row per figure, one column per yardstick. The portfolio's are those of the stored table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from champion_assets.backtest.sheet.words import INDEX, METRIC_WORDS, OTHER_WORDS, PORTFOLIO, UNIVERSE
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.pages.blocks import Cell, Column, Table
from champion_assets.quant.metrics import AGAINST, performance

Figures = Mapping[str, float | None]
_OWN = ("sharpe_deflated", "trials")
"""Figures that say something of the portfolio alone."""


@dataclass(frozen=True)
class Compared:
    """Figures by name: the portfolio's as stored, those of index and universe computed alike.

    No entry where one makes no sense.
    """

    portfolio: Figures
    index: Figures
    universe: Figures
    index_name: str


def compared(story: Story, stored: Figures) -> Compared:
    """The figures of all three.

    Args:
        story: the history.
        stored: the figures of the table by name.
    """
    other = story.days["benchmark_return"].to_numpy()
    universe = _alone(performance(other, other, story.measures.yardstick)) if other.size >= 2 else {}
    history = story.measures.index
    found: dict[str, float | None] = {}
    if history is not None:
        returns = history.returns
        if returns.size >= 2 and np.isfinite(returns).all():
            found = _alone(performance(returns, returns, story.measures.yardstick))
        found |= {name: stored.get(f"index_{name}") for name in ("total_return", "cagr")}
    return Compared(stored, found, universe, INDEX if history is None else history.name)


def _alone(values: Mapping[str, float]) -> dict[str, float | None]:
    return {
        name: value if math.isfinite(value) else None for name, value in values.items() if name not in (*AGAINST, *_OWN)
    }


def figures_table(found: Compared) -> Table:
    """One row per metric; a figure against a benchmark stands in the column of that benchmark."""
    columns = [
        Column("Figure", is_number=False),
        Column(PORTFOLIO, "net of costs"),
        Column(found.index_name, "index, before costs"),
        Column(UNIVERSE, "before costs"),
        Column("Unit", is_number=False),
    ]
    rows = []
    for metric, (label, unit, form) in METRIC_WORDS.items():
        if metric not in found.portfolio:
            continue
        values = [found.portfolio.get(metric), found.index.get(metric), found.universe.get(metric)]
        if metric in AGAINST:
            values = [None, found.portfolio.get(f"index_{metric}"), found.portfolio[metric]]
        rows.append([Cell(label), *(_cell(form(value), value) for value in values), Cell(unit, tone="quiet")])
    return Table("figures-table", columns, rows, "Measured from the first fill on", is_sortable=False)


def further_table(found: Compared) -> Table:
    """Figures of the portfolio alone."""
    rows = [
        [Cell(label), _cell(form(value), value), Cell(unit, tone="quiet")]
        for metric, (label, unit, form) in OTHER_WORDS.items()
        if (value := found.portfolio.get(metric)) is not None
    ]
    columns = [Column("Figure", is_number=False), Column(PORTFOLIO), Column("Unit", is_number=False)]
    return Table("further-table", columns, rows, "Trading, cash and data", is_sortable=False)


def _cell(text: str, value: float | None) -> Cell:
    return Cell("" if value is None else text, value)
