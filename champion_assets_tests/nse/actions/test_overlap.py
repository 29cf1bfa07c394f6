"""Exports that overlap and have one event on different days."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from champion_assets.nse.actions.exports import Export, make_export
from champion_assets.nse.actions.feed import read_actions
from champion_assets.nse.actions.overlap import contradictions
from champion_assets.nse.symbol_changes import SymbolHistory

HEADER = (
    "SYMBOL,COMPANY NAME,SERIES,PURPOSE,FACE VALUE,EX-DATE,RECORD DATE,BOOK CLOSURE START DATE,BOOK CLOSURE END DATE\n"
)
Row = tuple[str, str, str]


def export(span: str, *rows: Row, kind: str = "equities") -> Export:
    name = f"CF-CA-{kind}-{span}.csv"
    text = HEADER + "".join(f"{symbol},X Limited,EQ,{text},10,{day},{day},-,-\n" for symbol, day, text in rows)
    return make_export(name, read_actions(text.encode(), name, []), name, SymbolHistory(set()), {})


YEAR, QUARTER = "01-01-2024-to-31-12-2024", "01-01-2024-to-31-03-2024"
OTHER = ("XYZ", "05-Feb-2024", "Bonus 1:1")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_moved_event_is_contradicted_on_both_days_in_any_order(order: tuple[int, ...]) -> None:
    exports = [
        export(QUARTER, ("ABC", "10-Jan-2024", "Bonus 1:1"), OTHER),
        export(YEAR, ("ABC", "15-Jan-2024", "Bonus 1:1"), OTHER),
        export(YEAR, OTHER, kind="sme"),
    ]
    found = contradictions([exports[at] for at in order])
    assert found == {
        exports[0].sha256: {1: "one export has it on 2024-01-10, another on 2024-01-15"},
        exports[1].sha256: {1: "one export has it on 2024-01-15, another on 2024-01-10"},
        exports[2].sha256: {},
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            [("ABC", "10-Jan-2024", "Bonus 1:1")],
            [("ABC", "10-Jan-2024", "Bonus 1:1"), ("ABC", "15-Jan-2024", "Bonus 1:1")],
        ),
        ([("ABC", "10-Jan-2024", "Bonus 1:1")], [("ABC", "15-Jan-2024", "Bonus 1:2")]),
        ([("ABC", "10-Jan-2024", "Bonus 1:1")], [("ABD", "15-Jan-2024", "Bonus 1:1")]),
        (
            [("ABC", "10-Jan-2024", "Interim Dividend - Rs 2 Per Share")],
            [("ABC", "11-Apr-2024", "Interim Dividend - Rs 2 Per Share")],
        ),
        ([("ABC", "10-Jan-2024", "Annual General Meeting")], [("ABC", "15-Jan-2024", "Annual General Meeting")]),
    ],
)
def test_no_contradiction_where_the_day_is_told_or_the_event_is_another(one: list[Row], other: list[Row]) -> None:
    files = [export(YEAR, OTHER, *one), export("01-01-2024-to-30-12-2024", OTHER, *other)]
    assert contradictions(files)[files[0].sha256] == {}


def test_an_export_that_does_not_cover_the_day_says_nothing_of_it() -> None:
    early, late = (
        export(QUARTER, OTHER, ("ABC", "28-Mar-2024", "Bonus 1:1")),
        export("01-04-2024-to-31-12-2024", ("ABC", "02-Apr-2024", "Bonus 1:1")),
    )
    assert contradictions([early, late]) == {early.sha256: {}, late.sha256: {}}
    whole = export(YEAR, OTHER, ("ABC", "02-Apr-2024", "Bonus 1:1"))
    assert contradictions([early, whole])[early.sha256] == {2: "one export has it on 2024-03-28, another on 2024-04-02"}
    assert contradictions([early, whole])[whole.sha256] == {}


def test_one_export_contradicts_nobody() -> None:
    alone = export(YEAR, OTHER)
    assert contradictions([alone]) == {alone.sha256: {}}
    assert contradictions([]) == {}
    assert dt.date(2024, 2, 5) in set(alone.rows["day"])
