"""Charts as data: curves, areas, bars and dots in a box that the template stretches to any width.

Labels are text beside it.

What belongs here: marks and axes. The box is an SVG without text whose lines keep their width however it is stretched,
so that a chart keeps its height and its letters on a phone and in print. What does not: HTML (`templates/`), what is
drawn (callers).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from champion_assets.pages.marks import BOX, Mark, area_path, bar_path, dot_path, down, line_path
from champion_assets.pages.scale import Floats, Scale, Tick, date_ticks, places_of, scale_of, thinned, ticks

Height = Literal["small", "normal", "tall"]
Unit = Literal["percent", "ratio", "rupees", "score", "crore", "multiple"]


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        title, unit_words: above it.
        marks: in the order in which they are drawn.
        x_ticks, y_ticks: labels.
        x, y: axes, for reading values off.
        unit: of the values.
        x_unit: of the other axis; `date` counts days since 1970.
        height: of the box.
        words: what is to be seen, for those who do not see it.
        x_words: what the horizontal axis is; "" for time.
    """

    title: str
    unit_words: str
    marks: Sequence[Mark]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    x: Scale
    y: Scale
    unit: Unit
    x_unit: Unit | Literal["date", "name"] = "date"
    height: Height = "normal"
    words: str = ""
    x_words: str = ""
    zero: float | None = field(default=None)

    @property
    def grid(self) -> str:
        """Lines at the labelled values."""
        return "".join(f"M0 {down(tick.at)}H{BOX}" for tick in self.y_ticks)

    @property
    def zero_line(self) -> str:
        """The line at 0, where the axis has it."""
        return "" if self.zero is None or not 0 <= self.zero <= 1 else f"M0 {down(self.zero)}H{BOX}"


@dataclass(frozen=True)
class Series:
    """Values to draw, NaN in a gap."""

    name: str
    style: str
    values: Floats


def time_chart(
    title: str,
    unit_words: str,
    dates: Sequence[dt.date],
    series: Sequence[Series],
    unit: Unit,
    label: Callable[[float], str],
    *,
    is_log: bool = False,
    height: Height = "normal",
    around: float | None = None,
    is_filled: bool = False,
    words: str = "",
) -> Chart:
    """Curves over days.

    Args:
        title: what it shows.
        unit_words: the unit.
        dates: days of the values.
        series: of the same days.
        unit: for values read off.
        label: a value in words, for the axis.
        is_log: the vertical axis goes by ratios.
        height: of the box.
        around: a value that the axis has at any rate, drawn as a line.
        is_filled: the first series is filled down or up to `around`.
        words: what is to be seen.
    """
    across, x = places_of(dates)
    y = scale_of([each.values for each in series], is_log=is_log, around=around)
    base = None if around is None else y.position(around)
    marks = [Mark(each.name, each.style, line_path(across, y.at(each.values))) for each in series]
    if is_filled and base is not None and series:
        up = np.nan_to_num(y.at(series[0].values), nan=base)
        thin, over = thinned(across, up)
        marks.insert(0, Mark("", series[0].style, area_path(thin, over, np.full(over.shape, base)), "area"))
    return Chart(
        title,
        unit_words,
        marks,
        date_ticks(dates[0], dates[-1]),
        ticks(y, label, 6 if height == "tall" else 4),
        x,
        y,
        unit,
        "date",
        height,
        words,
        zero=base,
    )


def stacked_chart(
    title: str,
    unit_words: str,
    dates: Sequence[dt.date],
    series: Sequence[Series],
    label: Callable[[float], str],
    words: str = "",
    *,
    is_whole: bool = True,
) -> Chart:
    """Areas on each other, the first at the bottom; shares, which make up a whole unless `is_whole` is False."""
    across, x = places_of(dates)
    total = np.sum([each.values for each in series], axis=0) if series else np.zeros(len(dates))
    most = float(total.max()) if total.size else 0.0
    y = Scale(0.0, max(1.0, most) if is_whole else most * 1.05 or 1.0)
    marks, below = [], np.zeros(len(dates))
    for each in series:
        above = below + each.values
        marks.append(Mark(each.name, each.style, area_path(across, y.at(above), y.at(below)), "area"))
        below = above
    return Chart(
        title,
        unit_words,
        marks,
        date_ticks(dates[0], dates[-1]),
        ticks(y, label, 4),
        x,
        y,
        "percent",
        "date",
        "normal",
        words,
    )


def grouped_bars(
    title: str,
    unit_words: str,
    names: Sequence[str],
    series: Sequence[Series],
    unit: Unit,
    label: Callable[[float], str],
    words: str = "",
) -> Chart:
    """Upright bars side by side for each of `names`."""
    y = scale_of([each.values for each in series], around=0.0)
    zero, slot = y.position(0.0), 1.0 / max(len(names), 1)
    wide = slot * 0.8 / max(len(series), 1)
    starts = np.asarray(np.arange(len(names)) * slot + slot * 0.1, dtype=np.float64)
    marks = [
        Mark(
            each.name,
            each.style,
            bar_path(starts + wide * number, starts + wide * (number + 0.92), y.at(each.values), zero),
            "bar",
        )
        for number, each in enumerate(series)
    ]
    every = max(1, len(names) // 8)
    x_ticks = [
        Tick((number + 0.5) * slot, name, bool(number % (2 * every)) and len(names) > 6)
        for number, name in enumerate(names)
        if number % every == 0
    ]
    return Chart(
        title,
        unit_words,
        marks,
        x_ticks,
        ticks(y, label, 4),
        Scale(0, 1),
        y,
        unit,
        "name",
        "normal",
        words,
        zero=zero,
    )


def curve_chart(
    title: str,
    unit_words: str,
    across: Floats,
    series: Sequence[Series],
    unit: Unit,
    label: Callable[[float], str],
    *,
    x_unit: Unit,
    x_words: str,
    x_label: Callable[[float], str],
    is_log_x: bool = False,
    around: float | None = None,
    dots: Sequence[tuple[Mark, Floats, Floats]] = (),
    words: str = "",
    height: Height = "normal",
) -> Chart:
    """Curves over numbers; `dots` are marks with values of both axes, whose paths are made here."""
    x = scale_of([across, *(places for _, places, _ in dots)], is_log=is_log_x)
    y = scale_of([*(each.values for each in series), *(values for _, _, values in dots)], around=around)
    marks = [Mark(each.name, each.style, line_path(x.at(across), y.at(each.values))) for each in series]
    marks += [Mark(mark.name, mark.style, dot_path(x.at(places), y.at(values)), "dot") for mark, places, values in dots]
    return Chart(
        title,
        unit_words,
        marks,
        ticks(x, x_label, 4),
        ticks(y, label, 4),
        x,
        y,
        unit,
        x_unit,
        height,
        words,
        x_words,
        None if around is None else y.position(around),
    )


def histogram(
    title: str,
    unit_words: str,
    values: Floats,
    label: Callable[[float], str],
    *,
    bins: int = 41,
    curve: Callable[[Floats], Floats] | None = None,
    curve_name: str = "",
    x_unit: Unit = "percent",
    x_words: str = "",
    words: str = "",
) -> Chart:
    """How often values fall into bins, as shares of all; `curve` is a density to compare with."""
    counts, edges = np.histogram(values, bins=bins)
    share = counts / max(counts.sum(), 1)
    x, y = Scale(float(edges[0]), float(edges[-1])), scale_of([share], around=0.0)
    middles, wide = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    marks = [
        Mark(
            "sessions" if curve else "",
            "c1",
            bar_path(x.at(edges[:-1]), x.at(edges[1:]) - 0.001, y.at(share), 0.0),
            "bar",
        )
    ]
    if curve is not None:
        expected = curve(middles) * wide
        y = scale_of([share, expected], around=0.0)
        marks = [
            Mark("sessions", "c1", bar_path(x.at(edges[:-1]), x.at(edges[1:]) - 0.001, y.at(share), 0.0), "bar"),
            Mark(curve_name, "c2", line_path(x.at(middles), y.at(expected))),
        ]
    return Chart(
        title,
        unit_words,
        marks,
        ticks(x, label, 6),
        ticks(y, lambda value: f"{value * 100:.10g} %", 4),
        x,
        y,
        "percent",
        x_unit,
        "normal",
        words,
        x_words,
        y.position(0.0),
    )
