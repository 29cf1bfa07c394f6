"""The HTML of the tear sheet: one page without any outside resource, interactive plots by plotly.

What belongs here: layout and plots. What does not: any figure (`story.py`, `tear_sheet.py`, `quant/metrics.py`).
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.offline import get_plotlyjs

from champion_assets.backtest.attribution_view import sector_table, waterfall
from champion_assets.backtest.attribution_view import table as attribution_table
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.portfolio.account_model import STALE_SESSIONS
from champion_assets.quant.metrics import AGAINST, drawdowns, rolling

ROLLING_SESSIONS = 126
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1120px; color: #1b2733; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { margin-top: 2rem } p.note { color: #5b6b7b; margin-top: .2rem } p.warn { color: #b42318; font-weight: 600 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } td, th { padding: .25rem .7rem; text-align: right }
td:first-child, th:first-child { text-align: left } tr { border-bottom: 1px solid #e3e8ee }
.grid { display: flex; gap: 2rem; flex-wrap: wrap }
.bad { color: #b42318 } .good { color: #067647 }
"""
_METHOD = (
    "Returns after costs and before tax, dividends included; the equal-weight universe has dividends and no costs. "
    "Years are those of the calendar; Sharpe, Sortino, alpha and beta are in excess of the overnight rate of each day."
)
_PERCENT = {
    "total_return", "cagr", "volatility", "max_drawdown", "hit_rate", "var_95", "cvar_95", "alpha", "tracking_error", "sharpe_probability",
    "sharpe_deflated", "cost_drag_a_year", "overnight_a_year", "total_return_without_stale", "cagr_without_stale",
}  # fmt: skip


def render(days: pl.DataFrame, story: Story | None, table: pl.DataFrame, note: str, title: str = "Tear sheet") -> str:
    """The page. `story` begins with the first fill; without any the page says so."""
    first, last = str(days["trade_date"].min()), str(days["trade_date"].max())
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{html.escape(title)}</title>",
        f"<style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body>",
        f"<h1>{html.escape(title)}</h1><p class='note'>{first} to {last}, {days.height} sessions, {html.escape(note)}. {_METHOD}</p>",
    ]
    if story is None:
        return "".join([*parts, "<p>No order was filled yet: the universe has not enough history.</p></body></html>"])
    parts.append(_warnings(story))
    parts += [plot(figure, f"plot-{index}") for index, figure in enumerate(_figures(story))]
    parts += [
        "<div class='grid'><div><h2>Figures</h2>", _metric_table(table),
        "</div><div><h2>Largest holdings</h2>", _holdings_table(story.days),
        "<h2>Return by sector</h2>", sector_table(story.attribution), "<h2>Constraints at work</h2>", _constraint_table(story),
        "</div></div>", "<h2>Where the return came from</h2>", attribution_table(story.attribution),
        "<h2>Monthly returns</h2>", _monthly_table(story.days),
        "<h2>Holdings in doubt</h2>", _doubt_table(story), "</body></html>",
    ]  # fmt: skip
    return "".join(parts)


def _warnings(story: Story) -> str:
    gaps, late = int(story.days["unexplained_gaps"].sum()), int(story.days["late_actions"].sum())
    text = (
        f"<p class='note'>{gaps} opening gaps of holdings beyond any price band, which no corporate action explains, were treated as "
        f"value-neutral; {late} actions became known too late to change a holding; see silver/suspects.</p>"
    )
    if story.written_down.height:
        names = ", ".join(f"{symbol} on {date} (₹{loss:,.0f})" for date, symbol, loss in story.written_down.iter_rows())
        text += (
            f"<p class='warn'>Written down because they no longer traded: {html.escape(names)}. If a company was merged or "
            "bought out, say so in CHAMPION_CORPORATE_ACTIONS (docs/runbook.md), and the holding gets what its holders got.</p>"
        )
    text += _measures(story) + _stale(story.days)
    if story.looks_ahead:
        text += (
            "<p class='warn'>A snapshot of ESG scores or a list of sectors was used before its day (look_ahead): these results know the "
            "future.</p>"
        )
    return text


def _stale(days: pl.DataFrame) -> str:
    """What stands at prices so old that nobody knows what it is worth."""
    last = days.row(-1, named=True)
    if not last["stale_value"]:
        return ""
    names = [each["symbol"] for each in last["holdings"] if each["idle"] > STALE_SESSIONS]
    return (
        f"<p class='warn'>{last['stale_value'] / last['value']:.2%} of the value stand at the last prices of names that have not "
        f"traded for more than {STALE_SESSIONS} sessions ({html.escape(', '.join(names))}): the figures count them at these prices; "
        "those called `without_stale` count them as lost.</p>"
    )


def _measures(story: Story) -> str:
    """What the yardsticks rest on: the index and its gaps, and rates that nobody published for the day."""
    index, assumed, sessions = story.measures.index, story.measures.assumed_rates, story.days.height
    text = "" if index is None else f"<p class='note'>Index: {html.escape(index.in_words)}.</p>"
    if index is not None and index.gaps:
        days = index.rows.filter(pl.col("close").is_null())["trade_date"].to_list()
        text += (
            f"<p class='warn'>The index files have a gap: {index.gaps:,} of {index.rows.height:,} sessions, the first {days[0]}, "
            f"the last {days[-1]}. The curve has the same gap, and figures that would need these days are not given.</p>"
        )
    if assumed:
        text += (
            f"<p class='note'>On {assumed:,} of {sessions:,} sessions the overnight rate is assumed: the Reserve Bank's average of the "
            "financial year, since the day has no row of Nifty 1D Rate Index.</p>"
        )
    return text


def _figures(story: Story) -> list[go.Figure]:
    days = story.days
    dates = days["trade_date"].to_list()
    own, other = days["portfolio_return"].to_numpy(), days["benchmark_return"].to_numpy()
    index = story.measures.index
    value = [
        go.Scatter(x=dates, y=np.cumprod(1 + own), name="portfolio"),
        go.Scatter(x=dates, y=np.cumprod(1 + other), name="equal-weight universe"),
    ]
    if index is not None and index.gaps < index.rows.height:
        value.append(go.Scatter(x=dates, y=index.growth[1:], name=f"{index.name} ({index.kind})", connectgaps=False))
    fall = [go.Scatter(x=dates, y=drawdowns(own), fill="tozeroy", name="portfolio"),
            go.Scatter(x=dates, y=drawdowns(other), name="equal-weight universe", line={"width": 1})]  # fmt: skip
    moving = rolling(own, other, story.measures.yardstick, ROLLING_SESSIONS)
    run = [go.Scatter(x=dates, y=moving[name], name=name) for name in ("sharpe", "volatility", "beta")]
    drag = (days["costs"] / days["value"]).cum_sum()
    trade = [go.Bar(x=dates, y=(days["bought"] + days["sold"]) / 2 / days["value"], name="turnover"),
             go.Scatter(x=dates, y=drag, name="costs, cumulative")]  # fmt: skip
    figures = [
        styled(value, "Growth of one rupee"), styled(fall, "Drawdown", ".0%"),
        styled(run, f"Over the last {ROLLING_SESSIONS} sessions: Sharpe ratio, annual volatility, beta to the equal-weight universe"),
        styled(trade, "Turnover and costs, share of value", ".1%"), _areas(story.sectors, "sector", "Exposure by sector"),
        _areas(story.holdings, "symbol", "Largest holdings over time"),
        waterfall(story.attribution),
    ]  # fmt: skip
    if story.esg.height:
        when = story.esg["trade_date"].to_list()
        lines = [go.Scatter(x=when, y=story.esg[name], name=name) for name in ("portfolio", "universe")]
        lines.append(go.Scatter(x=when, y=story.esg["covered"] * 100, name="covered, % of value", line={"dash": "dot", "width": 1}))
        figures.append(styled(lines, "ESG score (0 to 100, higher is better)"))
    binding = story.constraints.filter(pl.col("high").is_not_null() & (pl.col("constraint_name") != "optimality gap"))
    if binding.height:
        lines = []
        for name in binding["constraint_name"].unique(maintain_order=True):
            rows = binding.filter((pl.col("constraint_name") == name) & pl.col("binds"))
            lines.append(go.Scatter(x=rows["trade_date"].to_list(), y=[name] * rows.height, mode="markers", name=name, showlegend=False))
        figures.append(styled(lines, "Constraints that bind, by decision"))
    return figures


def styled(traces: Sequence[go.Scatter | go.Bar], title: str, tick: str | None = None) -> go.Figure:
    """A plot in the page's manner; `tick` formats the values."""
    figure = go.Figure(list(traces))
    figure.update_layout(
        title=title, height=340, margin={"l": 60, "r": 20, "t": 50, "b": 30}, template="plotly_white", hovermode="x unified"
    )
    if tick is not None:
        figure.update_yaxes(tickformat=tick)
    return figure


def _areas(rows: pl.DataFrame, by: str, title: str) -> go.Figure:
    """Weekly, so that the page stays small: the last day of each week."""
    weekly = rows.filter(pl.col("trade_date") == pl.col("trade_date").max().over(pl.col("trade_date").dt.truncate("1w")))
    wide = weekly.pivot(on=by, index="trade_date", values="weight").sort("trade_date").fill_null(0.0)
    order = sorted((name for name in wide.columns if name != "trade_date"), key=lambda name: -float(wide[name].sum()))
    dates = wide["trade_date"].to_list()
    return styled(
        [go.Scatter(x=dates, y=wide[name].round(4), name=name, stackgroup="one", line={"width": 0.5}) for name in order], title, ".0%"
    )


def plot(figure: go.Figure, name: str) -> str:
    """The HTML of a plot, for a page that has plotly's script."""
    return str(figure.to_html(full_html=False, include_plotlyjs=False, div_id=name))


def shown(metric: str, value: float | None) -> str:
    """A figure as people read it."""
    group, _, plain = metric.partition("_")
    is_share = (plain if group in ("index", "universe") else metric) in _PERCENT
    return "–" if value is None else f"{value:.2%}" if is_share else f"{value:,.2f}"


def _metric_table(table: pl.DataFrame) -> str:
    """A line for each figure: the portfolio's, the universe's, the index's; of a comparison the portfolio's with each of the two."""
    found = {metric: (value, definition) for metric, value, definition, _, _ in table.iter_rows()}
    rows = []
    for metric, (value, definition) in found.items():
        if metric.startswith(("universe_", "index_")) and metric.partition("_")[2] in found:
            continue
        cells = [(metric, value), *(((name := f"{group}_{metric}"), found.get(name, (None,))[0]) for group in ("universe", "index"))]
        if metric in AGAINST:
            cells = [("", None), (metric, value), cells[2]]
        shown_cells = "".join(f"<td>{shown(name, number) if name in found else ''}</td>" for name, number in cells)
        rows.append(f"<tr title='{html.escape(definition)}'><td>{metric}</td>{shown_cells}</tr>")
    return f"<table><tr><th></th><th>portfolio</th><th>equal-weight universe</th><th>index</th></tr>{''.join(rows)}</table>"


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


def _doubt_table(story: Story) -> str:
    """How many holding days rest on what nobody knows, and which names."""
    found, days = story.in_doubt, int(story.in_doubt["new_days"].sum())
    every = int(story.days["holdings"].list.len().sum())
    if found.is_empty():
        return f"<p>None of {every:,} holding days rests on an action that is unread, unexplained or unconfirmed.</p>"
    head = (
        f"<p class='warn'>{days:,} of {every:,} holding days, of {found['symbol'].n_unique()} names, come after a session "
        "whose action is unread, unexplained or unconfirmed: what the position was worth since rests on it. A line in "
        "CHAMPION_CORPORATE_ACTIONS settles it (docs/runbook.md).</p>"
    )
    rows = [
        f"<tr><td>{html.escape(symbol)}</td><td>{session}</td><td>{weight:.1%}</td><td>{held:,}</td><td>{html.escape(doubt)}</td></tr>"
        for symbol, session, doubt, weight, held, _ in found.iter_rows()
    ]
    titles = "<tr><th>name</th><th>across</th><th>weight</th><th>holding days since</th><th>doubt</th></tr>"
    return f"{head}<table>{titles}{''.join(rows)}</table>"


def _constraint_table(story: Story) -> str:
    counts = story.constraints.group_by("constraint_name", maintain_order=True).agg(
        pl.len(), pl.col("binds").sum(), pl.col("violation").max()
    )
    rows = [f"<tr><td>{html.escape(name)}</td><td>{number}</td><td>{binds}</td><td>{worst:.0e}</td></tr>"
            for name, number, binds, worst in counts.sort("constraint_name").iter_rows()]  # fmt: skip
    return f"<table><tr><th>constraint</th><th>decisions</th><th>binds</th><th>worst miss</th></tr>{''.join(rows)}</table>"


def _monthly_table(days: pl.DataFrame) -> str:
    monthly = days.group_by(pl.col("trade_date").dt.year().alias("year"), pl.col("trade_date").dt.month().alias("month")).agg(
        (1 + pl.col("portfolio_return")).product() - 1)  # fmt: skip
    by_cell = {(year, month): value for year, month, value in monthly.iter_rows()}
    head = "".join(f"<th>{month:02d}</th>" for month in range(1, 13))
    rows = []
    for year in sorted({year for year, _ in by_cell}):
        cells = [by_cell.get((year, month)) for month in range(1, 13)]
        whole = np.prod([1 + cell for cell in cells if cell is not None]) - 1
        rows.append(f"<tr><td>{year}</td>" + "".join(_cell(value) for value in [*cells, float(whole)]) + "</tr>")
    return f"<table><tr><th>year</th>{head}<th>year</th></tr>{''.join(rows)}</table>"


def _cell(value: float | None) -> str:
    return "<td></td>" if value is None else f"<td class='{'good' if value >= 0 else 'bad'}'>{value:.1%}</td>"
