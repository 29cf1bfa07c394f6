"""The section of the comparison that tells how much hangs on details.

What belongs here: its words and tables. What does not: any figure (`sensitivity.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from champion_assets.experiments.results import TrialResult
from champion_assets.experiments.sensitivity import KINDS, spreads
from champion_assets.pages.blocks import Block, Cell, Column, Note, Notes, Table, Text
from champion_assets.pages.units import number, percent

_TEXT = (
    "Variants of the trial with the highest Sharpe ratio, {label}: the same strategy on random "
    "parts of the universe, with other slippage, "
    "from a later day, and decided some sessions after the rebalancing day; one thing at a time. "
    "They count as no trials: nobody chooses "
    "among them. A strategy whose variants lie far apart owes its figure to a detail; one below "
    "most of its variants is no better than "
    "they are, one above all of them is likely to have been lucky. Variants that begin later are "
    "measured over their own sessions."
)
_FIGURES: tuple[tuple[str, str, str, Callable[[float | None], str]], ...] = (
    ("sharpe", "Sharpe ratio", "a year", number),
    ("cagr", "Growth", "a year, net", percent),
)


def sensitivity_blocks(chosen: TrialResult, variants: Sequence[TrialResult]) -> list[Block]:
    """The spread by kind, and every variant.

    Args:
        chosen: the best trial.
        variants: of it.
    """
    blocks: list[Block] = [Text(_TEXT.format(label=chosen.label))]
    for figure, label, unit, form in _FIGURES:
        rows = []
        own = chosen.figures.get(figure)
        for each in spreads(variants, figure):
            values = (own, each.least, each.lower, each.median, each.upper, each.largest)
            rows.append(
                [
                    Cell(each.kind),
                    Cell(f"{each.variants:,}", each.variants),
                    *(Cell(form(value), value) for value in values),
                ]
            )
        names = ("This trial", "Least", "Lower quartile", "Median", "Upper quartile", "Largest")
        columns = [Column("Perturbed", is_number=False), Column("Variants"), *(Column(name, unit) for name in names)]
        blocks.append(Table(f"spread-{figure}", columns, rows, f"{label} of the variants", is_sortable=False))
    blocks.append(_every(variants))
    if failed := [each for each in variants if each.error]:
        blocks.append(Notes([Note(each.label, each.error, "warning") for each in failed]))
    return blocks


def _every(variants: Sequence[TrialResult]) -> Table:
    columns = [
        Column("Variant", is_number=False),
        Column("Perturbed", is_number=False),
        *(Column(label, unit) for _, label, unit, _ in _FIGURES),
        Column("From", is_number=False),
        Column("To", is_number=False),
    ]
    rows = [
        [
            Cell(each.label),
            Cell(each.variant),
            *(Cell(form(each.figures.get(figure)), each.figures.get(figure)) for figure, _, _, form in _FIGURES),
            Cell(each.begin),
            Cell(each.end),
        ]
        for each in sorted(variants, key=lambda each: KINDS.index(each.variant))
    ]
    return Table("variants-table", columns, rows, "Every variant", is_long=len(rows) > 25)
