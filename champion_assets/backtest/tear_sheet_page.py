"""The HTML of the tear sheet.

What belongs here: layout and plots. What does not: any figure (`tear_sheet.py`, `quant/metrics.py`).
"""

from __future__ import annotations

import html

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.offline import get_plotlyjs

from champion_assets.quant.metrics import drawdowns

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1080px; color: #1b2733; padding: 0 1rem }
h1 { margin-bottom: 0 } p.note { color: #5b6b7b; margin-top: .2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } td, th { padding: .25rem .7rem; text-align: right }
td:first-child, th:first-child { text-align: left } tr { border-bottom: 1px solid #e3e8ee }
.grid { display: flex; gap: 2rem; flex-wrap: wrap }
.bad { color: #b42318 } .good { color: #067647 }
"""
_METHOD = "Returns after costs, dividends included; the benchmark is the equally weighted universe, dividends included, without costs."
_PERCENT = {
    "total_return",
    "cagr",
    "volatility",
    "max_drawdown",
    "hit_rate",
    "var_95",
    "cvar_95",
    "alpha",
    "tracking_error",
}


def render(days: pl.DataFrame, invested: pl.DataFrame, table: pl.DataFrame, note: str) -> str:
    """The page. `invested` are the days from the first fill on; without any the page says so."""
    first, last = str(days["trade_date"].min()), str(days["trade_date"].max())
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Champion tear sheet</title>",
        f"<style>{_STYLE}</style><script>{get_plotlyjs()}</script></head><body>",
        f"<h1>Tear sheet</h1><p class='note'>{first} to {last}, {days.height} sessions, {html.escape(note)}. {_METHOD}</p>",
    ]
    if invested.is_empty():
        return "".join([*parts, "<p>No order was filled yet: the universe has not enough history.</p></body></html>"])
    gaps = int(invested["unexplained_gaps"].sum())
    parts.append(f"<p class='note'>{gaps} opening gaps of holdings beyond any price band, which no corporate action explains, were "
                 "treated as value-neutral; see silver/suspects.</p>")  # fmt: skip
    parts += [_plot(figure, f"plot-{index}") for index, figure in enumerate(_figures(invested))]
    parts += ["<div class='grid'><div><h2>Figures</h2>", _metric_table(table), "</div><div><h2>Largest holdings</h2>",
              _holdings_table(invested), "</div></div><h2>Monthly returns</h2>", _monthly_table(invested), "</body></html>"]  # fmt: skip
    return "".join(parts)


def _figures(days: pl.DataFrame) -> list[go.Figure]:
    dates = days["trade_date"].to_list()
    own, other = days["portfolio_return"].to_numpy(), days["benchmark_return"].to_numpy()
    value = go.Figure([
        go.Scatter(x=dates, y=np.cumprod(1 + own), name="portfolio"),
        go.Scatter(x=dates, y=np.cumprod(1 + other), name="equal-weight universe"),
    ])  # fmt: skip
    fall = go.Figure([go.Scatter(x=dates, y=drawdowns(own), fill="tozeroy", name="drawdown")])
    trade = go.Figure([
        go.Bar(x=dates, y=(days["bought"] + days["sold"]) / 2 / days["value"], name="turnover"),
        go.Scatter(x=dates, y=(days["costs"] / days["value"]).cum_sum(), name="costs, cumulative"),
    ])  # fmt: skip
    for figure, title in (
        (value, "Growth of one rupee"),
        (fall, "Drawdown"),
        (trade, "Turnover and costs, share of value"),
    ):
        figure.update_layout(title=title, height=340, margin={"l": 50, "r": 20, "t": 50, "b": 30}, template="plotly_white")
    fall.update_yaxes(tickformat=".0%")
    trade.update_yaxes(tickformat=".1%")
    return [value, fall, trade]


def _plot(figure: go.Figure, name: str) -> str:
    return str(figure.to_html(full_html=False, include_plotlyjs=False, div_id=name))


def _metric_table(table: pl.DataFrame) -> str:
    rows = []
    for row in table.iter_rows(named=True):
        value = row["value"]
        shown = "–" if value is None else f"{value:.2%}" if row["metric"] in _PERCENT else f"{value:,.2f}"
        rows.append(f"<tr title='{html.escape(row['definition'])}'><td>{row['metric']}</td><td>{shown}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _holdings_table(days: pl.DataFrame) -> str:
    last = days.tail(1)
    held = last.explode("holdings").unnest("holdings", separator=".").drop_nulls("holdings.value")
    top = held.sort("holdings.value", descending=True).head(15)
    rows = [
        f"<tr><td>{html.escape(row['holdings.symbol'])}</td><td>{row['holdings.shares']:,.0f}</td>"
        f"<td>{row['holdings.value']:,.0f}</td><td>{row['holdings.value'] / row['value']:.1%}</td></tr>"
        for row in top.iter_rows(named=True)
    ]
    return f"<table><tr><th>name</th><th>shares</th><th>rupees</th><th>weight</th></tr>{''.join(rows)}</table>"


def _monthly_table(days: pl.DataFrame) -> str:
    monthly = days.group_by(pl.col("trade_date").dt.year().alias("year"), pl.col("trade_date").dt.month().alias("month")).agg(
        (1 + pl.col("portfolio_return")).product() - 1)  # fmt: skip
    by_cell = {(year, month): value for year, month, value in monthly.iter_rows()}
    head = "".join(f"<th>{month:02d}</th>" for month in range(1, 13))
    rows = []
    for year in sorted({year for year, _ in by_cell}):
        cells = [by_cell.get((year, month)) for month in range(1, 13)]
        rows.append(f"<tr><td>{year}</td>" + "".join(_cell(value) for value in cells) + "</tr>")
    return f"<table><tr><th>year</th>{head}</tr>{''.join(rows)}</table>"


def _cell(value: float | None) -> str:
    return "<td></td>" if value is None else f"<td class='{'good' if value >= 0 else 'bad'}'>{value:.1%}</td>"
