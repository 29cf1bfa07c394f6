"""What is held: over time, at the end, and where its risk comes from.

What belongs here: exposures, holdings and risk contributions as blocks.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from champion_assets.backtest.tear_sheet_data import CASH, OTHERS, Story
from champion_assets.backtest.tear_sheet_details import Details, Risk
from champion_assets.pages.blocks import Cell, Column, Figure, Table, Text
from champion_assets.pages.chart import Chart, Series, stacked_chart
from champion_assets.pages.units import number, percent

STYLES = ("s1", "s2", "s3", "s4", "s5", "s6", "s7")
"""Colours of the largest; the rest is grey."""


def exposures(story: Story) -> list[Figure]:
    """Weights by sector and of the largest names, weekly."""
    return [
        Figure(_areas(story.sectors, "sector", "Weight by sector")),
        Figure(_areas(story.holdings, "symbol", "Weight of the largest names")),
    ]


def _areas(rows: pl.DataFrame, by: str, title: str) -> Chart:
    weekly = rows.filter(
        pl.col("trade_date") == pl.col("trade_date").max().over(pl.col("trade_date").dt.truncate("1w"))
    )
    wide = weekly.pivot(on=by, index="trade_date", values="weight").sort("trade_date").fill_null(0.0)
    plain = [name for name in wide.columns if name not in ("trade_date", CASH, OTHERS)]
    order = sorted(plain, key=lambda name: (-float(wide[name].to_numpy().sum()), name))
    series = [Series(name, style, wide[name].to_numpy()) for name, style in zip(order, STYLES, strict=False)]
    rest = [*order[len(STYLES) :], *([OTHERS] if OTHERS in wide.columns else [])]
    if rest:
        series.append(Series("others", "s8", np.sum([wide[name].to_numpy() for name in rest], axis=0)))
    if CASH in wide.columns:
        series.append(Series("cash", "s9", wide[CASH].to_numpy()))
    return stacked_chart(
        title,
        "percent of the value, at the end of each week",
        wide["trade_date"].to_list(),
        series,
        lambda value: f"{value * 100:.0f} %",
    )


def holdings_table(story: Story, details: Details | None) -> Table:
    """Every position at the last close."""
    last = story.days.row(-1, named=True)
    share = (
        dict(details.risk.rows.select("symbol", "share").iter_rows())
        if details is not None and details.risk is not None
        else {}
    )
    sectors = (
        dict(details.risk.rows.select("symbol", "sector").iter_rows())
        if details is not None and details.risk is not None
        else {}
    )
    columns = [
        Column("Name", is_number=False),
        Column("Sector", is_number=False),
        Column("Weight", "of the value"),
        Column("Value", "rupees"),
        Column("Shares"),
        Column("Price", "rupees"),
        Column("Part of the risk", "of the variance"),
        Column("Sessions without a trade"),
    ]
    held = sorted(last["holdings"], key=lambda each: (-each["value"], each["symbol"]))
    rows = [
        [
            Cell(each["symbol"]),
            Cell(sectors.get(each["symbol"], "–")),
            Cell(percent(each["value"] / last["value"], 2), each["value"] / last["value"]),
            Cell(f"{each['value']:,.0f}", each["value"]),
            Cell(f"{each['shares']:,.0f}", each["shares"]),
            Cell(f"{each['price']:,.2f}", each["price"]),
            Cell(percent(share.get(each["symbol"])), share.get(each["symbol"])),
            Cell(str(each["idle"]), each["idle"]),
        ]
        for each in held
    ]
    foot = [
        [
            Cell("Cash"),
            Cell(""),
            Cell(percent(last["cash"] / last["value"], 2)),
            Cell(f"{last['cash']:,.0f}"),
            *(Cell("") for _ in range(4)),
        ]
    ]
    return Table(
        "holdings-table",
        columns,
        rows,
        f"{len(rows)} positions at the close of {last['trade_date']}",
        foot,
        is_long=len(rows) > 30,
    )


def risk_blocks(details: Details, sessions_a_year: float) -> list[Table | Text]:
    """Where the risk of the last holdings comes from."""
    risk = details.risk
    if risk is None or risk.rows.is_empty():
        return [Text("The last session has no universe, so there is no risk model of the holdings.", "quiet")]
    volatility = risk.volatility * sessions_a_year**0.5
    left = (
        f" Holdings of {percent(risk.left_out)} of the value are not in the day's universe and are left out."
        if risk.left_out > 0
        else ""
    )
    text = Text(
        f"By the risk model of the last session the holdings have a volatility of {percent(volatility)} "
        f"a year. A name's part is its "
        f"share of the variance, what it has in common with the others included.{left}"
    )
    return [text, _by_sector(risk)]


def _by_sector(risk: Risk) -> Table:
    sums = (
        risk.rows.group_by("sector")
        .agg(pl.len(), pl.col("weight", "share").sum())
        .sort("share", "sector", descending=[True, False])
    )
    largest = max(float(np.abs(sums["share"].to_numpy()).max()), 1e-12)
    columns = [
        Column("Sector", is_number=False),
        Column("Names"),
        Column("Weight", "of the value"),
        Column("Part of the risk", "of the variance"),
        Column("Part of the risk / weight", "ratio"),
    ]
    rows = [
        [
            Cell(sector),
            Cell(str(names), names),
            Cell(percent(weight), weight),
            Cell(percent(share), share, bar=share / largest),
            Cell(number(share / weight), share / weight),
        ]
        for sector, names, weight, share in sums.iter_rows()
    ]
    return Table("risk-table", columns, rows, "Risk by sector at the end")
