"""Where the gain came from: a waterfall in rupees, and contributions by line, year and sector.

What belongs here: rows of `backtest/attribution` as blocks. What does not: computing them (`attribution.py`).
"""

from __future__ import annotations

import polars as pl

from champion_assets.backtest.attribution import LINES
from champion_assets.pages.blocks import Bars, Cell, Column, Table, waterfall
from champion_assets.pages.units import percent, rupees

WORDS = {
    "market": "Market (equal-weight universe)",
    "sector": "Choice of sectors",
    "selection": "Selection within sectors",
    "dividends": "Dividends",
    "actions": "Corporate actions",
    "execution": "Execution (previous close to fill)",
    "cash": "Interest on cash",
    "written_down": "Written down",
    "tax": "Capital gains tax",
    "costs": "Costs",
}


def by_line(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per line that is not 0 anywhere: line, amount (rupees), contribution, in the order of `LINES`."""
    sums = lines.group_by("line").agg(pl.col("amount", "contribution").sum())
    return sums.sort(pl.col("line").cast(pl.Enum(LINES)))


def gain_bars(lines: pl.DataFrame) -> Bars:
    """From nothing to the whole gain, rupees."""
    sums = by_line(lines)
    steps = [(WORDS[name], amount, rupees(amount, signed=True)) for name, amount, _ in sums.iter_rows()]
    total = float(sums["amount"].sum())
    whole = "Gain after costs and tax" if "tax" in sums["line"] else "Gain after costs"
    return waterfall(
        "Where the gain came from",
        "rupees; the lines add up to the gain, to the paisa",
        steps,
        (whole, rupees(total, signed=True)),
    )


def lines_table(lines: pl.DataFrame) -> Table:
    """Each line with its rupees and its contribution, added up over all sessions and over those of each year."""
    years = sorted({date.year for date in lines["trade_date"]})
    whole = by_line(lines)
    parts = {
        year: dict(
            by_line(lines.filter(pl.col("trade_date").dt.year() == year)).select("line", "contribution").iter_rows()
        )
        for year in years
    }

    def share(value: float) -> Cell:
        return Cell(percent(value, 2, signed=True), value)

    rows = [
        [
            Cell(WORDS[name]),
            Cell(f"{amount:,.0f}".replace("-", "−"), amount),
            share(contribution),
            *(share(parts[year].get(name, 0.0)) for year in years),
        ]
        for name, amount, contribution in whole.iter_rows()
    ]
    foot = [
        Cell("All together"),
        Cell(f"{whole['amount'].sum():,.0f}".replace("-", "−")),
        share(float(whole["contribution"].sum())),
        *(share(sum(parts[year].values())) for year in years),
    ]
    columns = [
        Column("Line", is_number=False),
        Column("Gain", "rupees"),
        Column("All years", "percent, daily contributions added up"),
        *(Column(str(year), "percent") for year in years),
    ]
    return Table("lines-table", columns, rows, "Attribution by line and year", [foot])


def sectors_table(lines: pl.DataFrame) -> Table:
    """For each sector: the gain from its weight, and the gain from the selection within it."""
    found = (
        lines.filter(pl.col("line").is_in(["sector", "selection"]))
        .group_by("part", "line")
        .agg(pl.col("contribution").sum())
    )
    wide = found.pivot(on="line", index="part", values="contribution")
    wide = wide.with_columns(
        pl.lit(0.0).alias(name) for name in ("sector", "selection") if name not in wide.columns
    ).fill_null(0.0)
    ordered = wide.sort(pl.col("sector") + pl.col("selection"), "part", descending=[True, False])
    rows = [
        [
            Cell(part),
            *(Cell(percent(value, 2, signed=True), value) for value in (sector, selection, sector + selection)),
        ]
        for part, sector, selection in ordered.select("part", "sector", "selection").iter_rows()
    ]
    columns = [
        Column("Sector", is_number=False),
        Column("Choice of the sector", "percent"),
        Column("Choice of names in it", "percent"),
        Column("Both", "percent"),
    ]
    return Table(
        "sectors-table",
        columns,
        rows,
        "Attribution by sector, beside the equal-weight universe",
        is_long=len(rows) > 25,
    )
