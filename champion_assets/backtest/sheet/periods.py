"""The history by years, months, days and falls.

What belongs here: frames of periods and the blocks that show them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from champion_assets.backtest.sheet.words import PORTFOLIO, UNIVERSE
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.pages.blocks import Cell, Column, Figure, HeatCell, HeatMap, Table
from champion_assets.pages.chart import Series, grouped_bars
from champion_assets.pages.units import percent
from champion_assets.quant.metrics import drawdowns
from champion_assets.quant.risk import Array

FALLS = 10
"""Falls that are listed."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Fall:
    """A time below a former peak: its sessions, and how deep it was; `recovered` is None while it lasts."""

    peak: dt.date
    trough: dt.date
    recovered: dt.date | None
    depth: float
    down: int
    up: int | None

    @property
    def in_words(self) -> str:
        """When."""
        end = "not recovered yet" if self.recovered is None else f"recovered on {self.recovered}"
        return f"{self.peak} to {self.trough}, {end}"


def falls_of(before: dt.date, dates: Sequence[dt.date], returns: Array) -> list[Fall]:
    """Every fall, the deepest first.

    Args:
        before: the session before the first return.
        dates: of the returns.
        returns: shape (n,).
    """
    depth, found, start = drawdowns(returns), [], None
    sessions = [before, *dates]
    for number in range(len(dates) + 1):
        below = number < len(dates) and depth[number] < 0
        if below and start is None:
            start = number
        elif not below and start is not None:
            lowest = start + int(np.argmin(depth[start:number]))
            is_over = number < len(dates)
            found.append(
                Fall(
                    sessions[start],
                    dates[lowest],
                    dates[number] if is_over else None,
                    float(depth[lowest]),
                    lowest - start + 1,
                    number - lowest if is_over else None,
                )
            )
            start = None
    return sorted(found, key=lambda each: (each.depth, each.peak))


def falls_table(falls: Sequence[Fall]) -> Table:
    """The deepest falls."""
    columns = [
        Column("Depth", "of the value at the peak"),
        Column("Peak", is_number=False),
        Column("Lowest", is_number=False),
        Column("Recovered", is_number=False),
        Column("Down", "sessions"),
        Column("Up again", "sessions"),
    ]
    rows = [
        [
            Cell(percent(each.depth), each.depth),
            Cell(str(each.peak)),
            Cell(str(each.trough)),
            Cell(str(each.recovered or "not yet")),
            Cell(f"{each.down:,}", each.down),
            Cell("–" if each.up is None else f"{each.up:,}", each.up),
        ]
        for each in falls[:FALLS]
    ]
    return Table("falls-table", columns, rows, f"The {min(FALLS, len(falls))} deepest falls of the portfolio")


def returns_of(story: Story) -> pl.DataFrame:
    """trade_date, portfolio, universe and, with an index, index: daily returns; null in a gap of the index."""
    rows = story.days.select("trade_date", portfolio="portfolio_return", universe="benchmark_return")
    index = story.measures.index
    return rows if index is None else rows.with_columns(index=pl.Series(index.returns).fill_nan(None))


def by_period(rows: pl.DataFrame, every: str) -> pl.DataFrame:
    """Compound returns by calendar period, `1mo` or `1y`; null for an index that has a gap in it."""
    names = [name for name in rows.columns if name != "trade_date"]
    whole = [
        pl.when(pl.col(name).null_count() == 0).then((1 + pl.col(name)).product() - 1).alias(name) for name in names
    ]
    return rows.group_by(pl.col("trade_date").dt.truncate(every).alias("period"), maintain_order=True).agg(
        *whole, first=pl.col("trade_date").min(), last=pl.col("trade_date").max()
    )


def months(rows: pl.DataFrame) -> HeatMap:
    """Returns by month."""
    monthly = dict(by_period(rows, "1mo").select("period", "portfolio").iter_rows())
    yearly = dict(by_period(rows, "1y").select("period", "portfolio").iter_rows())
    largest = max((abs(value) for value in monthly.values()), default=0.0) or 1.0
    lines = []
    for year, whole in yearly.items():
        values = [monthly.get(dt.date(year.year, month, 1)) for month in range(1, 13)]
        cells = [HeatCell("") if value is None else HeatCell(percent(value), value / largest) for value in values]
        lines.append((str(year.year), [*cells, HeatCell(percent(whole))]))
    return HeatMap("months", "Return of the portfolio by month, net", ["Year", *MONTHS, "Whole year"], lines)


def _names(rows: pl.DataFrame, index_name: str) -> dict[str, str]:
    names = {"portfolio": PORTFOLIO, "index": index_name, "universe": UNIVERSE}
    return {column: name for column, name in names.items() if column in rows.columns}


def years_chart(rows: pl.DataFrame, index_name: str) -> Figure:
    """Bars by year."""
    yearly, styles = by_period(rows, "1y"), {"portfolio": "c1", "index": "c2", "universe": "c3"}
    series = [
        Series(name, styles[column], yearly[column].fill_null(np.nan).to_numpy())
        for column, name in _names(rows, index_name).items()
    ]
    labels = [str(date.year) for date in yearly["period"]]
    return Figure(
        grouped_bars(
            "Return by calendar year",
            "percent; the first and the last year may be shorter",
            labels,
            series,
            "percent",
            lambda value: f"{value * 100:.0f} %",
        )
    )


def years_table(rows: pl.DataFrame, index_name: str) -> Table:
    """The same in figures."""
    yearly, names = by_period(rows, "1y"), _names(rows, index_name)
    columns = [
        Column("Year", is_number=False),
        *(Column(name, "net" if name == PORTFOLIO else "before costs") for name in names.values()),
        Column("From", is_number=False),
        Column("To", is_number=False),
    ]
    lines = [
        [
            Cell(str(row["period"].year)),
            *(Cell(percent(row[column]), row[column]) for column in names),
            Cell(str(row["first"])),
            Cell(str(row["last"])),
        ]
        for row in yearly.iter_rows(named=True)
    ]
    return Table("years-table", columns, lines, "Return by calendar year")


def extremes(rows: pl.DataFrame, index_name: str) -> Table:
    """Best and worst day and month of the portfolio, and what the benchmarks did then."""
    names = _names(rows, index_name)
    columns = [
        Column("", is_number=False),
        Column("When", is_number=False),
        *(Column(name) for name in names.values()),
    ]
    lines = []
    for word, frame, column, form in (
        ("day", rows, "trade_date", "%Y-%m-%d"),
        ("month", by_period(rows, "1mo"), "period", "%b %Y"),
    ):
        for which, is_best in (("Best", True), ("Worst", False)):
            row = frame.sort("portfolio", descending=is_best, maintain_order=True).row(0, named=True)
            lines.append(
                [
                    Cell(f"{which} {word}"),
                    Cell(row[column].strftime(form)),
                    *(Cell(percent(row[each]), row[each]) for each in names),
                ]
            )
    return Table("extremes-table", columns, lines, "Best and worst of the portfolio", is_sortable=False)
