"""The tear sheet as one page: its sections in the order in which a reader asks.

What belongs here: the order. What does not: the sections (`sheet/`), the layout (`pages/`), any figure.
"""

from __future__ import annotations

import polars as pl

from champion_assets.backtest.sheet import (
    costs,
    curves,
    doubts,
    esg,
    factors,
    holdings,
    luck,
    measured,
    origin,
    periods,
    rules,
    tax,
    terms,
    trades,
    verdict,
)
from champion_assets.backtest.sheet.words import NET, label_of
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.backtest.tear_sheet_details import Details
from champion_assets.backtest.tear_sheet_figures import session_before
from champion_assets.pages.blocks import Beside, Block, Cell, Column, Page, Section, Table, Text, beside
from champion_assets.pages.render import render as as_html


def render(
    days: pl.DataFrame,
    story: Story | None,
    table: pl.DataFrame,
    note: str,
    title: str = "Tear sheet",
    details: Details | None = None,
) -> str:
    """The page as HTML.

    Args:
        days: all rows of backtest/daily.
        story: begins with the first fill; without any the page says so.
        table: the figures, rows of `TearSheet`.
        note: what the page was made of, for its foot.
        title: heading.
        details: what was read beside the history; there if `story` is.
    """
    first, last = str(days["trade_date"].min()), str(days["trade_date"].max())
    period = f"{first} to {last}, {days.height:,} sessions; returns are {NET}."
    if story is None or details is None:
        words = "No order was filled yet: the universe has not enough history."
        return as_html(Page(title, [period], [Section("nothing", "", [Text(words)])], [note], has_contents=False))
    subtitle = [terms.strategy_in_words(details.settings), period, terms.source_in_words(details.settings, days)]
    return as_html(
        Page(title, subtitle, sections(days, story, table, details), [note, f"Data until {last}. {_DISCLAIMER}"])
    )


_DISCLAIMER = "A backtest is a calculation on past prices, not a promise."


def sections(days: pl.DataFrame, story: Story, table: pl.DataFrame, details: Details) -> list[Section]:
    """Everything after the head."""
    stored = dict(table.select("metric", "value").iter_rows())
    found = measured.compared(story, stored)
    rows = periods.returns_of(story)
    falls = periods.falls_of(
        session_before(days, story.days),
        story.days["trade_date"].to_list(),
        story.days["portfolio_return"].to_numpy(),
    )
    yardstick = story.measures.yardstick
    year = yardstick.sessions_a_year
    every: list[tuple[str, str, list[Block]]] = [
        ("verdict", "Verdict", [*verdict.head(story, found, falls)]),
        ("basis", "What the figures rest on", [doubts.notes(story, details.settings)]),
        ("growth", "Growth and drawdown", [*curves.growth(story)]),
        ("figures", "Figures", [measured.figures_table(found), measured.further_table(found)]),
        (
            "periods",
            "Months and years",
            [
                periods.months(rows),
                beside(periods.years_chart(rows, found.index_name), periods.years_table(rows, found.index_name)),
            ],
        ),
        (
            "extremes",
            "Worst and best",
            [
                beside(curves.distribution(story), periods.extremes(rows, found.index_name)),
                periods.falls_table(falls),
            ],
        ),
        (
            "windows",
            "Rolling windows",
            [Beside([*curves.windows(story), *curves.expected_volatility(story.days, yardstick, details.vix)])],
        ),
        (
            "origin",
            "Where the return came from",
            [
                origin.gain_bars(story.attribution),
                origin.lines_table(story.attribution),
                origin.sectors_table(story.attribution),
            ],
        ),
        ("factors", "Styles", factors.factor_blocks(story, details.factors)),
        ("risk", "Risk", [*holdings.risk_blocks(details, year)]),
        ("holdings", "Holdings", [Beside(holdings.exposures(story)), holdings.holdings_table(story, details)]),
        ("trades", "Trades", [trades.trades_file(details.executions), trades.trades_table(details.executions)]),
        ("costs", "Costs and capacity", costs.cost_blocks(story, details, found)),
        ("tax", "Capital gains tax", tax.tax_blocks(details, stored)),
        ("constraints", "Constraints", [*rules.constraint_blocks(story, details)]),
        ("esg", "ESG", [*esg.esg_blocks(story, details)]),
        ("luck", "Was it luck?", [*luck.luck_blocks(stored)]),
        ("doubts", "Holdings in doubt", [doubts.doubt_table(story)]),
        (
            "settings",
            "Strategy, settings and definitions",
            [terms.terms_table(details.settings), _definitions(table)],
        ),
    ]
    return [Section(name, title, blocks) for name, title, blocks in every if blocks]


def _definitions(table: pl.DataFrame) -> Table:
    rows = [
        [Cell(label_of(metric)), Cell(definition)]
        for metric, definition in table.select("metric", "definition").iter_rows()
    ]
    columns = [Column("Figure", is_number=False), Column("Definition", is_number=False, wraps=True)]
    return Table("definitions-table", columns, rows, "Definitions", is_long=True)
