"""Marks: what is drawn in a chart's box, as paths of an SVG.

What belongs here: paths from positions between 0 and 1. What does not: axes (`scale.py`), charts (`chart.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from champion_assets.pages.scale import Floats, thinned

BOX = 10_000
"""Width and height of the box in its own units."""


@dataclass(frozen=True)
class Mark:
    """A series as it is drawn.

    Attributes:
        name: in the key; "" for none.
        style: class of the style sheet: `c1` is the portfolio, `c2` the index, `c3` the universe, `s1`... others.
        path: of the SVG.
        shape: how it is drawn.
    """

    name: str
    style: str
    path: str
    shape: Literal["line", "area", "bar", "dot"] = "line"


def down(position: float) -> int:
    """The height of a position from 0 to 1 in the box, whose top is 0."""
    return round((1.0 - position) * BOX)


def line_path(across: Floats, up: Floats) -> str:
    """A path through positions from 0 to 1, broken where one is NaN; a single point between gaps is a short line."""
    across, up = thinned(across, up)
    parts, is_open = [], False
    for x, y in zip(across, up, strict=True):
        if not np.isfinite(y):
            is_open = False
            continue
        parts.append(f"{'L' if is_open else 'M'}{round(x * BOX)} {down(float(y))}")
        is_open = True
    return "".join(parts)


def area_path(across: Floats, top: Floats, bottom: Floats) -> str:
    """The area between two curves."""
    over = [f"{round(x * BOX)} {down(float(y))}" for x, y in zip(across, top, strict=True)]
    back = [f"{round(x * BOX)} {down(float(y))}" for x, y in zip(across[::-1], bottom[::-1], strict=True)]
    return f"M{'L'.join([*over, *back])}Z" if over else ""


def dot_path(across: Floats, up: Floats) -> str:
    """Dots, drawn as lines without length and with round ends."""
    pairs = zip(across, up, strict=True)
    return "".join(f"M{round(x * BOX)} {down(float(y))}h0" for x, y in pairs if np.isfinite(x) and np.isfinite(y))


def bar_path(lefts: Floats, rights: Floats, up: Floats, zero: float) -> str:
    """Upright bars from `zero` to each position."""
    parts = []
    for left, right, y in zip(lefts, rights, up, strict=True):
        if np.isfinite(y):
            parts.append(f"M{round(left * BOX)} {down(zero)}V{down(float(y))}H{round(right * BOX)}V{down(zero)}Z")
    return "".join(parts)
