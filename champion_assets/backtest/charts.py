"""Small pictures for the metadata of a materialization, as Markdown with the image inside.

What belongs here: static charts of a few kilobytes, written as SVG: a library for plots takes longer to import than the
day to compute. The interactive ones are in the tear sheet.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from champion_assets.pages.marks import BOX, line_path
from champion_assets.pages.scale import Tick, date_ticks, places_of, scale_of, ticks

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 84, 16, 30, 26
"""Room for labels around the box of the curves."""
COLOURS = ("#1f5fa8", "#c2641a", "#4d7f3b", "#7a4b94")


def line_chart(dates: Sequence[dt.date], lines: Mapping[str, NDArray[np.float64]]) -> str:
    """A line chart (720 x 260 pixels) of series over dates, as a Markdown image.

    Args:
        dates: at least one, in ascending order.
        lines: by name, each one value per date, NaN in a gap; at most four.
    """
    body = base64.b64encode(_svg(dates, lines).encode()).decode()
    return f"![{', '.join(lines)}](data:image/svg+xml;base64,{body})"


def _svg(dates: Sequence[dt.date], lines: Mapping[str, NDArray[np.float64]]) -> str:
    across, _ = places_of(dates)
    scale = scale_of(lines.values())
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    upright, level = date_ticks(dates[0], dates[-1], 8), ticks(scale, lambda value: f"{value:,.10g}")
    labels = [_text(LEFT + tick.at * wide, HEIGHT - 8, tick.label, "middle") for tick in upright]
    labels += [_text(LEFT - 8, TOP + (1 - tick.at) * high + 4, tick.label, "end") for tick in level]
    curves, key = [], []
    for (name, values), colour in zip(lines.items(), COLOURS[: len(lines)], strict=True):
        path = line_path(across, scale.at(np.asarray(values, dtype=np.float64)))
        curves.append(_line(path, colour, 1.4))
        key.append(f'<tspan fill="{colour}">{escape(name)}</tspan>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="11" fill="#555">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<svg x="{LEFT}" y="{TOP}" width="{wide}" height="{high}" viewBox="0 0 {BOX} {BOX}" '
        f'preserveAspectRatio="none" fill="none">'
        f"{_line(_grid(upright, level), '#ddd', 1)}{''.join(curves)}</svg>{''.join(labels)}"
        f'<text x="{LEFT}" y="18" font-size="12" xml:space="preserve">{"   ".join(key)}</text></svg>'
    )


def _line(path: str, colour: str, width: float) -> str:
    """A path whose line keeps its width although the box is stretched."""
    return f'<path d="{path}" stroke="{colour}" stroke-width="{width}" vector-effect="non-scaling-stroke"/>'


def _grid(upright: Sequence[Tick], level: Sequence[Tick]) -> str:
    lines = [f"M{round(tick.at * BOX)} 0V{BOX}" for tick in upright]
    return "".join([*lines, *(f"M0 {round((1 - tick.at) * BOX)}H{BOX}" for tick in level)])


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
