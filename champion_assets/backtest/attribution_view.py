"""The attribution on the page: a waterfall in rupees, and a table of contributions by line and year.

What belongs here: putting rows of `backtest/attribution` into a plot and a table. What does not: computing them (`attribution.py`).
"""

from __future__ import annotations

import html

import plotly.graph_objects as go
import polars as pl

from champion_assets.backtest.attribution import LINES

WORDS = {
    "market": "market (equal-weight universe)", "sector": "choice of sectors", "selection": "choice of names within sectors",
    "dividends": "dividends", "actions": "corporate actions", "execution": "execution (evening's close to fill)",
    "cash": "interest on cash",
    "written_down": "written down", "costs": "costs",
}  # fmt: skip


def by_line(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per line that is not 0 anywhere: line, amount (rupees), contribution, in the order of `LINES`."""
    sums = lines.group_by("line").agg(pl.col("amount", "contribution").sum())
    return sums.sort(pl.col("line").cast(pl.Enum(LINES)))


def waterfall(lines: pl.DataFrame) -> go.Figure:
    """From nothing to the whole gain, rupees."""
    sums = by_line(lines)
    names = [WORDS[name] for name in sums["line"]]
    figure = go.Figure(go.Waterfall(
        x=[*names, "gain"], y=[*sums["amount"], 0.0], measure=["relative"] * sums.height + ["total"],
        increasing={"marker": {"color": "#0072b2"}}, decreasing={"marker": {"color": "#d55e00"}}, totals={"marker": {"color": "#4d4d4d"}},
    ))  # fmt: skip
    figure.update_layout(
        title="Where the gain came from, rupees", height=380, margin={"l": 80, "r": 20, "t": 50, "b": 90}, template="plotly_white",
        showlegend=False,
    )  # fmt: skip
    return figure


def table(lines: pl.DataFrame) -> str:
    """HTML: each line with its rupees and its contribution, added up over all sessions and over those of each year."""
    years = sorted({date.year for date in lines["trade_date"]})
    whole = by_line(lines)
    parts = {year: dict(by_line(lines.filter(pl.col("trade_date").dt.year() == year)).select("line", "contribution").iter_rows())
             for year in years}  # fmt: skip
    rows = []
    for name, amount, share in whole.iter_rows():
        cells = "".join(f"<td>{parts[year].get(name, 0.0):+.2%}</td>" for year in years)
        rows.append(f"<tr><td>{WORDS[name]}</td><td>{amount:,.0f}</td><td>{share:+.2%}</td>{cells}</tr>")
    sums = "".join(f"<td>{sum(parts[year].values()):+.2%}</td>" for year in years)
    total = f"<tr><td><b>all together</b></td><td>{whole['amount'].sum():,.0f}</td><td>{whole['contribution'].sum():+.2%}</td>{sums}</tr>"
    head = "".join(f"<th>{year}</th>" for year in years)
    return f"<table><tr><th>line</th><th>rupees</th><th>daily contributions, added up</th>{head}</tr>{''.join(rows)}{total}</table>"


def sector_table(lines: pl.DataFrame) -> str:
    """HTML: by sector what it made to be in it, and what the own names of it made beside its members."""
    found = lines.filter(pl.col("line").is_in(["sector", "selection"])).group_by("part", "line").agg(pl.col("contribution").sum())
    wide = found.pivot(on="line", index="part", values="contribution")
    wide = wide.with_columns(pl.lit(0.0).alias(name) for name in ("sector", "selection") if name not in wide.columns).fill_null(0.0)
    rows = [
        f"<tr><td>{html.escape(part)}</td><td>{sector:+.2%}</td><td>{selection:+.2%}</td></tr>"
        for part, sector, selection in wide.sort(pl.col("sector") + pl.col("selection"), "part", descending=[True, False])
        .select("part", "sector", "selection").iter_rows()
    ]  # fmt: skip
    return f"<table><tr><th>sector</th><th>choice of the sector</th><th>choice of names in it</th></tr>{''.join(rows)}</table>"
