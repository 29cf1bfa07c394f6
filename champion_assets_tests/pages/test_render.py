"""The template: every kind of block is shown, text is escaped, the page needs nothing else, the same page is the same
bytes."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pytest

from champion_assets.pages.blocks import (
    Bar,
    Bars,
    Beside,
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Download,
    Figure,
    HeatCell,
    HeatMap,
    Note,
    Notes,
    Page,
    Section,
    Table,
    Text,
    beside,
    waterfall,
)
from champion_assets.pages.chart import Series, time_chart
from champion_assets.pages.render import render
from champion_assets_tests.pages.parsed import parsed

DATES = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(5)]
CHART = time_chart(
    "Curve <b>",
    "percent",
    DATES,
    [Series("one & two", "c1", np.arange(5.0)), Series("other", "c2", np.ones(5))],
    "percent",
    str,
)
BLOCKS: list[Block] = [
    Cards([Card("Growth", "1 %", "a year", ("beside",))]),
    Notes([Note("assumed", "<i>nothing</i>", "warning")]),
    Text("a paragraph", "quiet"),
    Table(
        "t",
        [Column("Name", is_number=False), Column("Value", "rupees")],
        [[Cell("a", link="x.html"), Cell("1,000", 1000.0, hint="h", bar=0.5)], [Cell("b"), Cell("–")]],
        "Caption",
        [[Cell("sum"), Cell("1,000")]],
    ),
    Table("strip", [Column("S", is_number=False)], [[Cell("", strip=[True, False])]], is_sortable=False, is_long=True),
    HeatMap(
        "heat", "Months", ["Year", "Jan"], [("2024", [HeatCell("1 %", 0.5), HeatCell("-1 %", -0.5), HeatCell("")])]
    ),
    Bars("Bars", "rupees", [Bar("a", 0.0, 0.5, "+1", "good")]),
    Download("Trades", "t.csv", "data:text/csv;base64,eA=="),
    Figure(CHART),
]


def html(*blocks: Block) -> str:
    return render(Page("Title & more", ["Line"], [Section("one", "First", blocks)], ["Foot"]))


def test_every_block_is_shown_and_escaped() -> None:
    text = html(*BLOCKS)
    found = parsed(text)
    assert found.headings == ["Title & more", "First"]
    assert found.tables["t"] == [["Name", "Value rupees"], ["a", "1,000"], ["b", "–"], ["sum", "1,000"]]
    assert found.captions["t"] == "Caption"
    assert found.figures == [("Bars", "rupees", []), ("Curve <b>", "percent", ["one & two", "other"])]
    assert "<i>nothing</i>" in found.text
    assert "<i>nothing</i>" not in text
    assert 'data-v="1000"' in text
    assert 'download="t.csv"' in text
    assert found.addresses == ["#one", "x.html", "data:text/csv;base64,eA=="]
    assert html(*BLOCKS) == text


def test_blocks_beside_each_other_are_shown_without_those_that_are_not_there() -> None:
    assert beside(None, Text("x")) == Beside([Text("x")])
    assert parsed(html(Beside(BLOCKS))).tables.keys() == parsed(html(*BLOCKS)).tables.keys()


def test_the_page_needs_no_network_and_keeps_to_the_screen() -> None:
    text = html(*BLOCKS)
    assert re.findall(r"https?:|@import|url\(|<link|src=", text) == []
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    for words in ("prefers-color-scheme: dark", "@media print", "@media (max-width"):
        assert words in text


def test_a_row_with_sentences_is_stacked_where_there_is_little_room() -> None:
    columns = [Column("Name", is_number=False), Column("What", is_number=False, wraps=True)]
    text = html(Table("s", columns, [[Cell("a"), Cell("a sentence")]]))
    assert re.search(r'<table id="s" class="sortable stacked"', text)
    assert 'data-l="What"' in text
    assert "data-l=" not in html(*BLOCKS).split("<style>")[0] + html(*BLOCKS).split("</style>")[1].split("<script>")[0]


def test_headings_of_a_sorted_table_can_be_reached_by_keyboard_and_the_others_have_no_click() -> None:
    text = html(*BLOCKS)
    assert re.search(r'<table id="t" class="sortable"', text)
    assert re.search(r'<table id="strip" class=""', text)
    assert "tabIndex = 0" in text


@pytest.mark.parametrize(
    ("values", "bars"), [([3.0, -1.0], [(0, 1), (2 / 3, 1), (0, 2 / 3)]), ([-1.0, 2.0], [(0, 0.5), (0, 1), (0.5, 1)])]
)
def test_a_waterfall_goes_from_nothing_to_the_sum(values: list[float], bars: list[tuple[float, float]]) -> None:
    found = waterfall("t", "u", [(str(value), value, "") for value in values], ("sum", ""))
    assert np.array([(each.low, each.high) for each in found.items]) == pytest.approx(np.array(bars))
    assert [each.tone for each in found.items] == ["good" if value > 0 else "bad" for value in values] + ["quiet"]
    assert found.zero == pytest.approx(0 if values[0] > 0 else 0.5)
