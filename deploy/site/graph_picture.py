"""The picture of the graph, made from the catalog: each stage with its tables, from files to results.

    python deploy/site/graph_picture.py > docs/pictures/graph.svg

What belongs here: the drawing, and a sentence for each stage. What does not: which tables there are (`catalog.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html import escape

from champion_assets.catalog import HISTORY_TABLES, TABLES

SAYS = {
    "raw": "The files, exactly as published",
    "bronze": "Every row in one schema, of any year",
    "silver": "Rows with a permanent identity",
    "checks": "A rule that blocks stops the day here",
    "features": "What a decision may know at the close",
    "portfolio": "Decisions, fills, the account, an audit",
    "backtest": "Returns, costs and where they came from",
    "warehouse": "SQL: all from silver on, and the checks",
}
WIDTH, LEFT, LINE, PAD, GAP = 880, 268, 26, 10, 16
_LETTER = 8.0
_STYLE = """
  .paper { fill: #ffffff } .band { fill: #f3f6f9; stroke: #c3ccd5 } .chip { fill: #ffffff; stroke: #8fa1b3 }
  text { font-family: system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; fill: #17212b }
  .stage { font-size: 17px; font-weight: 650 } .says { font-size: 12px; fill: #46535f } .name { font-size: 13px }
  .arrow { stroke: #0072b2; stroke-width: 2; fill: none } .head { fill: #0072b2 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #12181e } .band { fill: #1a222a; stroke: #3a4855 } .chip { fill: #12181e; stroke: #5b6c7b }
    text { fill: #e8edf1 } .says { fill: #b3c0cb } .arrow { stroke: #56b4e9 } .head { fill: #56b4e9 }
  }
"""


def picture() -> str:
    """The picture as SVG."""
    names = [*TABLES, *(table.name for table in HISTORY_TABLES)]
    parts, top = [], 8
    for stage, says in SAYS.items():
        tables = [name.split("/")[1] for name in names if name.startswith(f"{stage}/")]
        chips, rows = _chips(tables, top + PAD)
        height = max(2, rows) * LINE + 2 * PAD - 8
        if parts:
            middle = LEFT / 2 - 15
            parts.append(f'<path class="arrow" d="M{middle} {top - GAP}V{top - 5}"/>')
            parts.append(f'<path class="head" d="M{middle - 5} {top - 7}h10l-5 7z"/>')
        parts.append(f'<rect class="band" x="8" y="{top}" width="{WIDTH - 16}" height="{height}" rx="7"/>')
        parts.append(f'<text class="stage" x="22" y="{top + height / 2 - 3:g}">{stage}</text>')
        parts.append(f'<text class="says" x="22" y="{top + height / 2 + 15:g}">{escape(says)}</text>')
        parts += chips
        top += height + GAP
    height = top - GAP + 8
    words = "The stages of the graph from files to results: " + "; ".join(
        f"{stage}: {says}" for stage, says in SAYS.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img">\n'
        f"<title>{escape(words)}</title>\n<style>{_STYLE}</style>\n"
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _chips(tables: list[str], top: int) -> tuple[list[str], int]:
    """Boxes with the names of tables, row under row, and how many rows."""
    places = list(_places(tables))
    rows = max((row for row, _, _ in places), default=0) + 1
    found = []
    for name, (row, left, width) in zip(tables, places, strict=True):
        y = top + row * LINE + (LINE // 2 if rows == 1 else 0) - 3
        found.append(f'<rect class="chip" x="{left:g}" y="{y}" width="{width:g}" height="{LINE - 4}" rx="4"/>')
        found.append(f'<text class="name" x="{left + width / 2:g}" y="{y + 15}" text-anchor="middle">{name}</text>')
    return found, rows


def _places(tables: list[str]) -> Iterator[tuple[int, float, float]]:
    row, left = 0, float(LEFT + 20)
    for name in tables:
        width = round(len(name) * _LETTER + 14, 1)
        if left + width > WIDTH - 18:
            row, left = row + 1, float(LEFT + 20)
        yield row, left, width
        left = round(left + width + 6, 1)


if __name__ == "__main__":
    sys.stdout.write(picture())
