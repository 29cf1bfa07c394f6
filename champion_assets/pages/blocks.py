"""What a page consists of: sections of blocks, which `templates/page.html` puts into HTML.

What belongs here: the blocks as data; all text is plain and escaped by the template. What does not: HTML
(`templates/`), curves (`chart.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from champion_assets.pages.chart import Chart

Tone = Literal["", "good", "bad", "quiet", "ok", "note", "warning", "error"]


@dataclass(frozen=True)
class Card:
    """A figure that stands out: what it is, its value with its unit, and what it is compared with."""

    label: str
    value: str
    unit: str
    notes: Sequence[str] = ()
    tone: Tone = ""


@dataclass(frozen=True)
class Cards:
    """Figures side by side."""

    kind: ClassVar[str] = "cards"
    items: Sequence[Card]


@dataclass(frozen=True)
class Note:
    """A sentence with a tag in front, such as `assumed`."""

    tag: str
    text: str
    tone: Tone = "quiet"


@dataclass(frozen=True)
class Notes:
    """Sentences with tags."""

    kind: ClassVar[str] = "notes"
    items: Sequence[Note]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        label: words.
        unit: of the numbers, "" for words and where each row has its own.
        is_number: aligned to the right, sorted by value.
        hint: shown when the pointer rests on it.
        wraps: True for sentences, which may take several lines.
    """

    label: str
    unit: str = ""
    is_number: bool = True
    hint: str = ""
    wraps: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: as shown.
        value: what the column is sorted by; None for the text itself.
        tone: colour.
        link: address that the text leads to.
        hint: shown when the pointer rests on it.
        bar: length of a bar behind the text, -1 to 1.
        strip: marks from left to right, True for a filled one.
    """

    text: str
    value: float | str | None = None
    tone: Tone = ""
    link: str = ""
    hint: str = ""
    bar: float | None = None
    strip: Sequence[bool] = ()


@dataclass(frozen=True)
class Table:
    """A table that can be sorted by a click on a heading; one that is too wide scrolls inside its box.

    Attributes:
        name: id in the page.
        columns: headings.
        rows: one cell per column.
        caption: words above it.
        foot: rows that stay at the end.
        is_sortable: False where the order says something.
        is_long: True for a box of limited height on the screen; in print it is whole.
    """

    kind: ClassVar[str] = "table"
    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    foot: Sequence[Sequence[Cell]] = ()
    is_sortable: bool = True
    is_long: bool = False

    @property
    def is_stacked(self) -> bool:
        """True if a narrow screen shows the cells of a row under each other, since there are sentences in them."""
        return any(column.wraps for column in self.columns)


@dataclass(frozen=True)
class HeatCell:
    """A cell of a heat map: text, and its colour from -1 to 1; None for an empty one."""

    text: str
    colour: float | None = None


@dataclass(frozen=True)
class HeatMap:
    """A table whose cells are coloured by their value."""

    kind: ClassVar[str] = "heat_map"
    name: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[HeatCell]]]


@dataclass(frozen=True)
class Bar:
    """A horizontal bar from `low` to `high`, shares of the width from 0 to 1, with its value in words."""

    label: str
    low: float
    high: float
    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Bars:
    """Horizontal bars under each other; `zero` is where 0 lies, a share of the width."""

    kind: ClassVar[str] = "bars"
    title: str
    unit: str
    items: Sequence[Bar]
    zero: float = 0.0


@dataclass(frozen=True)
class Download:
    """A file inside the page."""

    kind: ClassVar[str] = "download"
    label: str
    file: str
    address: str


@dataclass(frozen=True)
class Figure:
    """A chart."""

    kind: ClassVar[str] = "figure"
    chart: Chart


@dataclass(frozen=True)
class Beside:
    """Blocks side by side where there is room."""

    kind: ClassVar[str] = "beside"
    blocks: Sequence[Block]


Block = Cards | Notes | Text | Table | HeatMap | Bars | Download | Figure | Beside


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading; the first may have none."""

    name: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        title: heading.
        subtitle: what it is about, in a line or two.
        sections: in order.
        foot: where it comes from.
        has_contents: True for a line of links to the sections.
        links: address and words of the pages that belong together, this one among them.
    """

    title: str
    subtitle: Sequence[str]
    sections: Sequence[Section]
    foot: Sequence[str] = field(default_factory=tuple)
    has_contents: bool = True
    links: Sequence[tuple[str, str]] = ()


def waterfall(title: str, unit: str, steps: Sequence[tuple[str, float, str]], total: tuple[str, str]) -> Bars:
    """Bars that start where the one before ended, and the sum of all from 0.

    Args:
        title: words.
        unit: of the values.
        steps: label, value, value in words.
        total: label and value in words of the sum.
    """
    ends = [0.0]
    for _, value, _ in steps:
        ends.append(ends[-1] + value)
    low, high = min(ends), max(ends)
    width = high - low or 1.0
    found = [
        Bar(
            label,
            (min(start, end) - low) / width,
            (max(start, end) - low) / width,
            text,
            "good" if value >= 0 else "bad",
        )
        for (label, value, text), start, end in zip(steps, ends, ends[1:], strict=False)
    ]
    last = Bar(total[0], (min(0.0, ends[-1]) - low) / width, (max(0.0, ends[-1]) - low) / width, total[1], "quiet")
    return Bars(title, unit, [*found, last], -low / width)


def beside(*blocks: Block | None) -> Beside:
    """Those of `blocks` that are there, side by side."""
    return Beside([each for each in blocks if each is not None])
