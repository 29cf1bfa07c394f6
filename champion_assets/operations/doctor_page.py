"""`champion doctor --html`: the report as a page.

What belongs here: words and order. What does not: looking and judging (`doctor.py`), the layout (`pages/`).
"""

from __future__ import annotations

import polars as pl

from champion_assets.operations.doctor import Report
from champion_assets.operations.doctor_findings import LEVELS
from champion_assets.pages.blocks import Card, Cards, Cell, Column, Page, Section, Table, Tone
from champion_assets.pages.render import render as as_html

_SAYS: dict[str, str] = {
    "ok": "All is well",
    "note": "All is well; there are notes",
    "warning": "Something needs attention",
    "error": "Something is wrong",
}
_TONES: dict[str, Tone] = {"ok": "ok", "note": "note", "warning": "warning", "error": "error"}


def render(report: Report) -> str:
    """The page as HTML."""
    return as_html(page(report))


def page(report: Report) -> Page:
    """The page as blocks."""
    counts = {level: sum(each.level == level for each in report.findings) for level in reversed(LEVELS)}
    words = {
        "error": ("Errors", "findings"),
        "warning": ("Warnings", "findings"),
        "note": ("Notes", "findings"),
        "ok": ("In order", "findings"),
    }
    cards = [
        Card(
            words[level][0],
            f"{number:,}",
            words[level][1],
            tone="bad" if number and level in ("error", "warning") else "",
        )
        for level, number in counts.items()
    ]
    sections = [Section("verdict", "", [Cards(cards)]), Section("findings", "Findings", [_findings(report)])]
    if report.coverage.height:
        sections.append(Section("coverage", "Days in the lake", [_coverage(report.coverage)]))
    return Page(
        f"State of the lake: {_SAYS[report.level].lower()}",
        ["Lake, checks, runs and services, and what to do next."],
        sections,
    )


def _findings(report: Report) -> Table:
    columns = [
        Column("Level", is_number=False),
        Column("Part", is_number=False),
        Column("What", is_number=False, wraps=True),
        Column("What to do", is_number=False, wraps=True),
    ]
    ordered = sorted(report.findings, key=lambda each: -LEVELS.index(each.level))
    rows = [
        [
            Cell(each.level, -LEVELS.index(each.level), _TONES[each.level]),
            Cell(each.part),
            Cell(_plain(each.says)),
            Cell(_plain(each.do)),
        ]
        for each in ordered
    ]
    return Table("findings-table", columns, rows, "The worst first")


def _coverage(coverage: pl.DataFrame) -> Table:
    """Days by asset and year."""
    wide = coverage.pivot(on="year", index="asset", values="days").fill_null(0)
    years = sorted(name for name in wide.columns if name != "asset")
    columns = [Column("Asset", is_number=False), *(Column(year, "days") for year in years)]
    rows = [
        [Cell(row["asset"]), *(Cell(f"{row[year]:,}", row[year]) for year in years)]
        for row in wide.iter_rows(named=True)
    ]
    return Table("coverage-table", columns, rows, "Days of each asset by year")


def _plain(text: str) -> str:
    """A sentence for the terminal without its marks of code, beginning with a capital if with a word."""
    words = text.replace("`", "")
    first = words.split(" ", 1)[0]
    return words[:1].upper() + words[1:] if first.isalpha() and first != "champion" else words
