"""What the pages of `champion doctor --html` share: a page of one section, captions, and short cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from champion_assets.pages.blocks import Cards, Cell, Page, Section, Table, Text

MOST = 1000
"""Rows of a table on a page; the newest are shown, and the page says how many there are."""


def one_section(title: str, subtitle: str, blocks: Sequence[Cards | Text | Table]) -> Page:
    """A page of one section without a list of contents."""
    return Page(title, [subtitle], [Section("content", "", blocks)], has_contents=False)


def caption_of(what: str, shown: int, total: int) -> str:
    """What a table has: all of `total`, or its newest rows."""
    return f"{total:,} {what}" if shown == total else f"The newest {shown:,} of {total:,} {what}"


def day_cell(date: dt.date) -> Cell:
    """A date, year first."""
    return Cell(date.isoformat())


def shortened(name: str) -> str:
    """The first 12 characters of a SHA-256; another name stays whole."""
    return name[:12] if len(name) == 64 else name
