"""The page that compares trials: value curves, what differs, figures, and the way to each tear sheet.

What belongs here: which figures are compared, in which words. What does not: any figure, the layout (`pages/`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from champion_assets.backtest.sheet.terms import term_of, value_in_words
from champion_assets.backtest.sheet.words import shown
from champion_assets.backtest.tear_sheet import HTML_KEY
from champion_assets.experiments.luck import Comparison, Luck
from champion_assets.experiments.luck_words import lines, notes
from champion_assets.experiments.results import TrialResult
from champion_assets.experiments.sensitivity_page import sensitivity_blocks
from champion_assets.pages.blocks import Block, Cell, Column, Figure, Note, Notes, Page, Section, Table, Text, beside
from champion_assets.pages.chart import Chart, Series, curve_chart, histogram, time_chart
from champion_assets.pages.render import render as as_html
from champion_assets.pages.units import number, percent
from champion_assets.quant.metrics import drawdowns
from champion_assets.quant.risk import Array

FIGURES = {
    "cagr": ("Growth", "a year, net"),
    "volatility": ("Volatility", "a year"),
    "sharpe": ("Sharpe ratio", "a year"),
    "sharpe_low": ("95 % interval of it", "a year"),
    "sharpe_deflated": ("Probability of skill", "among all trials"),
    "sortino": ("Sortino ratio", "a year"),
    "max_drawdown": ("Deepest fall", "from a peak"),
    "calmar": ("Calmar ratio", "a year"),
    "beta": ("Beta", "to the universe"),
    "information_ratio": ("Information ratio", "to the universe"),
    "turnover_a_year": ("Turnover", "a year, one way"),
    "cost_drag_a_year": ("Charges", "a year"),
}
"""By figure of the tear sheet: its short label and its unit."""
DRAWN = 8
"""Trials in the charts, those with the highest Sharpe ratios."""
_NOTE = (
    "Returns are net of costs, dividends included, before tax; ratios are in excess of the "
    "overnight rate of each day; years are the "
    "calendar's. Sharpe ratios are deflated for all trials ever made on this lake, under any name: "
    "the probability that a strategy has any "
    "skill, given that it is one of so many."
)


def render(
    name: str,
    results: Sequence[TrialResult],
    days: Sequence[pl.DataFrame],
    luck: Luck,
    sensitivity: tuple[TrialResult, Sequence[TrialResult]] | None = None,
) -> str:
    """The page.

    Args:
        name: of the experiment.
        results: of its trials.
        days: rows of backtest/daily of each result, empty for one that failed.
        luck: that of the experiment.
        sensitivity: the best trial and the results of its variants.
    """
    good = sorted(
        ((result, frame) for result, frame in zip(results, days, strict=True) if not result.error),
        key=lambda each: -(each[0].sharpe if each[0].sharpe is not None else float("-inf")),
    )
    made = int(good[0][0].figures.get("trials") or 0) if good else 0
    counted = f"{len(results)} {'trial' if len(results) == 1 else 'trials'} here, {made} ever made on this lake."
    sections = [Section("trials", "Trials", [_table(results)])]
    if good:
        sections.append(Section("growth", "Growth and drawdown", _curves(good[:DRAWN], len(good))))
    if any(each.error for each in results):
        sections.append(Section("failures", "Not possible", [_failures(results)]))
    if sensitivity is not None:
        sections.append(Section("sensitivity", "How much hangs on details", sensitivity_blocks(*sensitivity)))
    sections.append(Section("luck", "Was it luck?", _luck(luck)))
    return as_html(Page(name, [counted, _NOTE], sections))


def varying(results: Sequence[TrialResult]) -> list[str]:
    """Parameters that differ between trials.

    Args:
        results: of the trials.
    """
    first = results[0].parameters
    return [name for name in first if any(each.parameters.get(name) != first[name] for each in results)]


def _table(results: Sequence[TrialResult]) -> Table:
    names = varying(results)
    columns = [
        Column("Trial", is_number=False),
        *(Column(term_of(name)[0], is_number=False) for name in names),
        *(Column(label, unit) for label, unit in FIGURES.values()),
    ]
    rows = []
    for each in sorted(results, key=lambda each: -(each.figures.get("sharpe") or float("-inf"))):
        link = "" if each.error else f"{each.identity}/{HTML_KEY}"
        parameters = (_parameter(name, each.parameters[name]) for name in names)
        rows.append([Cell(each.label, link=link), *parameters, *(_figure(name, each.figures) for name in FIGURES)])
    return Table("trials-table", columns, rows, "Each trial leads to its tear sheet; a click on a heading sorts")


def _figure(name: str, figures: Mapping[str, float | None]) -> Cell:
    if name == "sharpe_low" and figures.get(name) is not None:
        return Cell(f"{number(figures[name])} to {number(figures.get('sharpe_high'))}", figures[name])
    return Cell(shown(name, figures.get(name)), figures.get(name))


def _parameter(name: str, value: Any) -> Cell:
    is_plain_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell(value_in_words(value, term_of(name)[1]), value if is_plain_number else None)


def _curves(good: Sequence[tuple[TrialResult, pl.DataFrame]], every: int) -> list[Block]:
    dates = sorted({date for _, frame in good for date in frame["trade_date"]})
    values, falls = [], []
    for number_of, (result, frame) in enumerate(good, 1):
        value = frame["value"].to_numpy()
        values.append(Series(result.label, f"s{number_of}", _on(dates, frame, value / value[0])))
        falls.append(
            Series(result.label, f"s{number_of}", _on(dates, frame, drawdowns(frame["portfolio_return"].to_numpy())))
        )
    growth = time_chart(
        "Growth of one rupee",
        "rupees, log scale, after costs",
        dates,
        values,
        "ratio",
        lambda value: f"{value:.10g}",
        is_log=True,
        height="tall",
        around=1.0,
    )
    fall = time_chart(
        "Drawdown",
        "percent below the highest value so far",
        dates,
        falls,
        "percent",
        lambda value: f"{value * 100:.10g} %".replace("-", "−"),
        around=0.0,
    )
    left = (
        [Text(f"The {len(good)} trials with the highest Sharpe ratios of {every}.", "quiet")]
        if every > len(good)
        else []
    )
    return [*left, Figure(growth), Figure(fall)]


def _on(dates: Sequence[dt.date], frame: pl.DataFrame, values: Array) -> Array:
    """Values of a frame's days on all `dates`, NaN on the others."""
    of_day = dict(zip(frame["trade_date"], values, strict=True))
    return np.array([of_day.get(date, np.nan) for date in dates])


def _failures(results: Sequence[TrialResult]) -> Notes:
    return Notes([Note(each.label, each.error, "warning") for each in results if each.error])


def _luck(luck: Luck) -> list[Block]:
    blocks: list[Block] = []
    if luck.comparison is not None:
        columns = [
            Column("Figure", is_number=False),
            Column("Value"),
            Column("Meaning", is_number=False, wraps=True),
        ]
        rows = [
            [Cell(name[0].upper() + name[1:]), Cell(value), Cell(definition)]
            for name, value, definition in lines(luck, luck.comparison)
        ]
        blocks += [
            Table("luck-table", columns, rows, "What the choice of the best trial is worth", is_sortable=False),
            beside(Figure(_logits(luck.comparison)), Figure(_degradation(luck.comparison))),
        ]
    blocks.append(
        Notes(
            [Note("Doubt" if warns else "Basis", text, "warning" if warns else "quiet") for text, warns in notes(luck)]
        )
    )
    if luck.left_out:
        blocks += [
            Text("Left out of the comparison:", "quiet"),
            Notes([Note(label, why) for label, why in luck.left_out]),
        ]
    return blocks


def _logits(comparison: Comparison) -> Chart:
    return histogram(
        "Rank of the choice in the other half",
        "percent of splits",
        comparison.overfitting.logits,
        lambda value: f"{value:.10g}",
        bins=40,
        x_unit="ratio",
        x_words="logit of the rank: 0 is the median of all trials, right of it is better",
    )


def _degradation(comparison: Comparison) -> Chart:
    """What was promised in one half and kept in the other: the quantiles of both, over the splits."""
    share, root = np.linspace(0.0, 1.0, 101), comparison.root_sessions_a_year
    found = comparison.overfitting
    series = [
        Series("where chosen", "c1", np.quantile(found.chosen, share) * root),
        Series("in the other half", "c2", np.quantile(found.kept, share) * root),
    ]
    return curve_chart(
        "Sharpe ratio of the choice",
        "a year, over the overnight rate",
        share,
        series,
        "ratio",
        number,
        x_unit="percent",
        x_words="part of the splits with a lower ratio",
        x_label=lambda value: percent(value, 0),
        around=0.0,
    )
