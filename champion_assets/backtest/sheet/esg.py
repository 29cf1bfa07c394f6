"""ESG: scores over time, and what a floor costs at the end.

What belongs here: these blocks. What does not: the frontier (`portfolio/esg_frontier.py`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from champion_assets.backtest.sheet.words import PORTFOLIO, UNIVERSE
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.backtest.tear_sheet_details import Details
from champion_assets.pages.blocks import Block, Cell, Column, Figure, Table, Text
from champion_assets.pages.chart import Series, curve_chart, time_chart
from champion_assets.pages.marks import Mark
from champion_assets.pages.units import number, percent
from champion_assets.portfolio.esg_frontier import Frontier

_OBJECTIVES = {"maximum_sharpe": "Highest Sharpe ratio", "minimum_variance": "Least variance"}


def esg_blocks(story: Story, details: Details) -> list[Block]:
    """Scores over time and the frontier; nothing without ratings."""
    rows = story.esg
    if rows.is_empty():
        return []
    dates = rows["trade_date"].to_list()
    series = [
        Series(PORTFOLIO, "c1", rows["portfolio"].to_numpy()),
        Series(UNIVERSE, "c3", rows["universe"].to_numpy()),
    ]
    last = rows.row(-1, named=True)
    blocks: list[Block] = [
        Figure(
            time_chart(
                "ESG score",
                "points of 100, higher is better; mean of the names with a score",
                dates,
                series,
                "score",
                lambda value: f"{value:g}",
            )
        ),
        Text(f"At the end names with a score are {percent(last['covered'])} of the value.", "quiet"),
    ]
    if details.frontier is None:
        return [*blocks, Text(f"No frontier: {details.why_no_frontier}", "quiet")]
    return [*blocks, *_frontier(details.frontier)]


def _frontier(found: Frontier) -> list[Block]:
    series, styles = [], {"maximum_sharpe": "c1", "minimum_variance": "c3"}
    scores = np.unique(found.table.drop_nulls("floor")["score"].to_numpy())
    for name, words in _OBJECTIVES.items():
        rows = (
            found.table.filter((pl.col("objective") == name) & pl.col("floor").is_not_null())
            .unique("score", keep="last")
            .sort("score")
        )
        if rows.height:
            curve = np.interp(scores, rows["score"].to_numpy(), rows["sharpe"].to_numpy(), left=np.nan, right=np.nan)
            series.append(Series(words, styles[name], curve))
    free = found.table.filter(pl.col("floor").is_null())
    dots = [(Mark("without a floor", "c2", "", "dot"), free["score"].to_numpy(), free["sharpe"].to_numpy())]
    chart = curve_chart(
        "What a floor on the ESG score costs",
        f"expected Sharpe ratio, a year, at the close of {found.date}",
        scores,
        series,
        "ratio",
        lambda value: f"{value:.10g}",
        x_unit="score",
        x_words="ESG score of the portfolio, points of 100",
        x_label=lambda value: f"{value:g}",
        dots=dots,
    )
    text = (
        "For each floor on the score the portfolio with the highest expected Sharpe ratio and the one "
        "with the minimum variance, "
        f"of the {found.scored} of {found.members} members that have a score, under the caps of the "
        f"strategy and from cash. "
        "What the floor costs is, for the first, the expected return given up at its own volatility, "
        "for the second what the "
        "additional variance is worth at the risk aversion of the strategy. Expected returns are "
        "estimates from the past; read "
        "the shape, not the level."
    )
    note = [Text(found.note, "warning")] if found.note else []
    return [Figure(chart), Text(text, "quiet"), *note, frontier_table(found)]


def frontier_table(found: Frontier) -> Table:
    """The frontier in figures."""
    columns = [
        Column("Portfolio", is_number=False),
        Column("Floor", "points"),
        Column("Score", "points"),
        Column("Expected return", "a year, over the overnight rate"),
        Column("Volatility", "a year"),
        Column("Sharpe ratio", "a year"),
        Column("Names"),
        Column("One point costs", "basis points a year"),
        Column("The floor costs", "basis points a year"),
    ]
    rows = [
        [
            Cell(_OBJECTIVES[row["objective"]]),
            Cell("none" if row["floor"] is None else number(row["floor"], 1), row["floor"]),
            Cell(number(row["score"], 1), row["score"]),
            Cell(percent(row["expected_excess_return"]), row["expected_excess_return"]),
            Cell(percent(row["volatility"]), row["volatility"]),
            Cell(number(row["sharpe"]), row["sharpe"]),
            Cell(str(row["names"]), row["names"]),
            Cell(number(row["price_bps"], 1), row["price_bps"]),
            Cell(number(row["cost_bps"], 0), row["cost_bps"]),
        ]
        for row in found.table.iter_rows(named=True)
    ]
    return Table("frontier-table", columns, rows, "ESG-efficient frontier", is_long=False)
