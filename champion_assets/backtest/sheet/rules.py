"""The constraints at work: how often each was at its bound, and what it cost.

What belongs here: rows of `portfolio/audit` and shadow prices in words.
"""

from __future__ import annotations

import polars as pl

from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.backtest.tear_sheet_details import Details
from champion_assets.pages.blocks import Cell, Column, Table, Text
from champion_assets.pages.units import number, percent
from champion_assets.portfolio.audit import OPTIMALITY
from champion_assets.portfolio.constraints import COVERED_ROW, ESG_ROW
from champion_assets.quant.metrics import SESSIONS_A_YEAR
from champion_assets.settings import Settings

_WORDS = {
    "budget": "Invested weight (1 less the cash weight)",
    "cap": "Largest weight of a name",
    "floor": "Least weight of a name",
    "turnover": "Turnover at a rebalance",
    ESG_ROW: "ESG score of the portfolio",
    COVERED_ROW: "Weight of names with an ESG score",
    "least position": "Least position",
    "names held": "Names held",
}
_HIDDEN = ("budget", OPTIMALITY)
MOST_MARKS = 60
"""Decisions in a strip."""


def constraint_words(name: str) -> str:
    """The name of a constraint as people say it."""
    if name.startswith("sector "):
        return f"Weight of the sector {name.removeprefix('sector ')}"
    if name.startswith(ESG_ROW):
        return _WORDS[ESG_ROW] if name == ESG_ROW else f"ESG score{name.removeprefix(ESG_ROW)}"
    return _WORDS.get(name, name)


def constraint_blocks(story: Story, details: Details) -> list[Table | Text]:
    """A sentence on the audit, and the table."""
    rows = story.constraints
    if rows.is_empty():
        return [Text("No decision was audited.", "quiet")]
    decisions = rows["trade_date"].n_unique()
    gaps = rows.filter(pl.col("constraint_name") == OPTIMALITY)["value"].abs().to_numpy()
    optimal = (
        f" The worst distance of a decision from the best was {gaps.max():.0e} of its risk term."
        if gaps.size
        else " The optimality of this objective is not verified; the constraints are."
    )
    worst = float(rows["violation"].to_numpy().max())
    missed = f"the worst miss of a bound is {worst:.0e}" if worst else "no bound was missed"
    lead = Text(
        f"{decisions} decisions, each recomputed by means that share nothing with the solver; {missed}.{optimal}"
    )
    return [lead, _table(rows, details, details.settings), Text(_MEANING, "quiet")]


_MEANING = (
    "What loosening would bring is the shadow price: how much the certain return that the objective "
    "is worth would rise, in basis points a "
    "year, if the bound moved by one percentage point of the value (of an ESG score: by one point). "
    "It is the mean over the decisions in "
    "which the bound was reached. Bounds of single names have none here. A strip has a mark for "
    "each decision at the bound, the "
    "first on the left."
)


def _table(rows: pl.DataFrame, details: Details, settings: Settings) -> Table:
    dates = rows["trade_date"].unique().sort().to_list()[-MOST_MARKS:]
    columns = [
        Column("Constraint", is_number=False),
        Column("Bound", is_number=False),
        Column("Decisions"),
        Column("At the bound", "of decisions"),
        Column("Value", "at the last decision"),
        Column("Loosening would bring", "basis points a year"),
        Column(f"The last {len(dates)} decisions", is_number=False),
    ]
    prices = details.prices.group_by("constraint_name").agg(pl.col("price").mean(), pl.len())
    price_of = {name: price for name, price, _ in prices.iter_rows()}
    lines = []
    for name in rows["constraint_name"].unique(maintain_order=True):
        if name in _HIDDEN:
            continue
        mine = rows.filter(pl.col("constraint_name") == name).sort("trade_date")
        bound = set(mine.filter(pl.col("binds"))["trade_date"])
        price = price_of.get(name)
        unit = SESSIONS_A_YEAR * (10_000 if name.startswith(ESG_ROW) else 100)
        share = len(bound) / mine.height
        last = mine.row(-1, named=True)
        lines.append(
            (
                share,
                [
                    Cell(
                        "No short positions"
                        if name == "floor" and settings.weight_floor == 0
                        else constraint_words(name)
                    ),
                    Cell(_bound(name, last, settings)),
                    Cell(f"{mine.height:,}", mine.height),
                    Cell(percent(share, 0), share),
                    Cell(_value(name, last)),
                    Cell("–" if price is None else number(price * unit, 1), None if price is None else price * unit),
                    Cell("", strip=[date in bound for date in dates]),
                ],
            )
        )
    lines.sort(key=lambda each: -each[0])
    return Table(
        "constraints-table", columns, [line for _, line in lines], "Constraints at work", is_long=len(lines) > 25
    )


def _bound(name: str, row: dict[str, float | None], settings: Settings) -> str:
    if name == "cap":
        return f"at most {percent(settings.weight_cap)} of the value"
    if name == "floor":
        return f"at least {percent(settings.weight_floor)} of the value"
    low, high = row["low"], row["high"]
    parts = []
    if low is not None and name != "turnover":
        parts.append(f"at least {_in_unit(name, low)}")
    if high is not None:
        parts.append(f"at most {_in_unit(name, high)}")
    return ", ".join(parts)


def _value(name: str, row: dict[str, float | None]) -> str:
    return "" if name in ("cap", "floor") else _in_unit(name, row["value"])


def _in_unit(name: str, value: float | None) -> str:
    if name == "names held":
        return number(value, 0)
    return f"{number(value, 1)} points" if name.startswith(ESG_ROW) else percent(value)
