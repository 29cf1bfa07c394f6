"""The HTML that compares trials: value curves, what differs, figures, and the way to each tear sheet.

What belongs here: layout. What does not: any figure.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.offline import get_plotlyjs

from champion_assets.backtest.tear_sheet import HTML_KEY
from champion_assets.backtest.tear_sheet_page import STYLE, plot, shown, styled
from champion_assets.experiments.luck import Comparison, Luck
from champion_assets.experiments.luck_words import lines, notes
from champion_assets.experiments.results import TrialResult
from champion_assets.quant.metrics import drawdowns

FIGURES = ("cagr", "volatility", "sharpe", "sharpe_low", "sharpe_high", "sharpe_deflated", "sortino", "max_drawdown", "calmar", "beta",
           "information_ratio", "turnover_a_year", "cost_drag_a_year")  # fmt: skip
_NOTE = ("Returns are net of costs and before tax; ratios are in excess of the overnight rate of each day; years are the calendar's. "
         "Sharpe ratios are deflated for all trials ever made on this lake, under any name: <b>sharpe_deflated</b> is the probability that "
         "the strategy has any skill, given that it is one of so many.")  # fmt: skip


def render(name: str, results: Sequence[TrialResult], days: Sequence[pl.DataFrame], luck: Luck) -> str:
    """The page; `days` are the rows of backtest/daily of each result, empty for one that failed; `luck` is that of the experiment."""
    good = [(result, frame) for result, frame in zip(results, days, strict=True) if not result.error]
    made = int(good[0][0].figures.get("trials") or 0) if good else 0
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{html.escape(name)}</title>",
        f"<style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body><h1>{html.escape(name)}</h1>",
        f"<p class='note'>{len(results)} trials here, {made} ever made on this lake. {_NOTE}</p>",
    ]
    if good:
        values = [
            go.Scatter(x=frame["trade_date"].to_list(), y=(frame["value"] / frame["value"][0]).round(5), name=result.label)
            for result, frame in good
        ]
        falls = [
            go.Scatter(x=frame["trade_date"].to_list(), y=drawdowns(frame["portfolio_return"].to_numpy()).round(5), name=result.label)
            for result, frame in good
        ]
        parts += [plot(styled(values, "Growth of one rupee, after costs"), "plot-0"), plot(styled(falls, "Drawdown", ".0%"), "plot-1")]
    parts += ["<h2>Trials</h2><div style='overflow-x:auto'>", _table(results), "</div>", _failures(results), _luck(luck), "</body></html>"]
    return "".join(parts)


def varying(results: Sequence[TrialResult]) -> list[str]:
    """Parameters that are not the same in all trials."""
    first = results[0].parameters
    return [name for name in first if any(each.parameters.get(name) != first[name] for each in results)]


def _table(results: Sequence[TrialResult]) -> str:
    names = varying(results)
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("trial", *names, *FIGURES))
    order = sorted(results, key=lambda each: -(each.figures.get("sharpe") or float("-inf")))
    rows = []
    for each in order:
        link = f"<a href='{each.identity}/{HTML_KEY}'>{html.escape(each.label)}</a>" if not each.error else html.escape(each.label)
        cells = "".join(f"<td>{html.escape(_word(each.parameters[name]))}</td>" for name in names)
        cells += "".join(f"<td>{shown(figure, each.figures.get(figure))}</td>" for figure in FIGURES)
        rows.append(f"<tr><td>{link}</td>{cells}</tr>")
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _failures(results: Sequence[TrialResult]) -> str:
    lines = [f"<li><b>{html.escape(each.label)}</b>: {html.escape(each.error)}</li>" for each in results if each.error]
    return f"<h2>Not possible</h2><ul>{''.join(lines)}</ul>" if lines else ""


def _luck(luck: Luck) -> str:
    parts = ["<h2>Was it luck?</h2>"]
    if luck.comparison is not None:
        rows = "".join(f"<tr><td>{name}</td><td>{value}</td><td style='text-align:left'>{html.escape(definition)}</td></tr>"
                       for name, value, definition in lines(luck, luck.comparison))  # fmt: skip
        head = "<tr><th>figure</th><th>value</th><th style='text-align:left'>what it is</th></tr>"
        parts += [f"<div style='overflow-x:auto'><table>{head}{rows}</table></div>", plot(_logits(luck.comparison), "plot-luck")]
    parts += [f"<p class='{'warn' if warns else 'note'}'>{html.escape(text)}</p>" for text, warns in notes(luck)]
    left = "".join(f"<li><b>{html.escape(label)}</b>: {html.escape(why)}</li>" for label, why in luck.left_out)
    return "".join([*parts, f"<p class='note'>Left out:</p><ul>{left}</ul>" if left else ""])


def _logits(comparison: Comparison) -> go.Figure:
    counts, edges = np.histogram(comparison.overfitting.logits, bins=40)
    bars = go.Bar(x=((edges[1:] + edges[:-1]) / 2).round(3), y=(counts / counts.sum()).round(5), name="splits")
    title = "Rank of the choice in the other half, as logit: 0 is the median of all trials, right of it is better"
    return styled([bars], title, ".0%")


def _word(value: Any) -> str:
    return "none" if value is None else ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
