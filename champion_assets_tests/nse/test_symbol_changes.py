"""The register of symbol changes: read as it is, walked back to any day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from champion_assets.nse.errors import BadValue
from champion_assets.nse.symbol_changes import SymbolChange, SymbolHistory, read_symbol_changes


def test_names_may_hold_commas_and_lines_are_sorted() -> None:
    body = b"Some, Company Ltd,OLD,NEW,23-JAN-2023\n AGAIN,NEW,NEWER,02-FEB-2024\n,X,Y,01-JAN-2001\n"
    assert [change.new for change in read_symbol_changes(body, "r")] == ["Y", "NEW", "NEWER"]


@pytest.mark.parametrize("body", [b"a,b\n", b"name,OLD,,23-JAN-2023\n", b"name,OLD,NEW,someday\n"])
def test_a_broken_line_is_named(body: bytes) -> None:
    with pytest.raises(BadValue, match=r"row 1|someday"):
        read_symbol_changes(body, "r")


def test_a_chain_is_walked_back_and_a_circle_ends() -> None:
    history = SymbolHistory([SymbolChange(dt.date(2010, 1, 1), "A", "B"), SymbolChange(dt.date(2015, 1, 1), "B", "C")])
    assert [history.symbol_on("C", dt.date(year, 6, 1)) for year in (2009, 2012, 2016)] == ["A", "B", "C"]
    circle = SymbolHistory([SymbolChange(dt.date(2010, 1, 1), "A", "B"), SymbolChange(dt.date(2010, 1, 1), "B", "A")])
    assert circle.symbol_on("A", dt.date(2000, 1, 1)) in ("A", "B")


@pytest.mark.real
@pytest.mark.parametrize(
    ("now", "then"), [("VEEDOL", "TIDEWATER"), ("BAJAJCON", "BAJAJCORP"), ("COHANCE", "SUVENPHAR"), ("INFY", "INFY")]
)
def test_the_genuine_register_knows_the_names_of_2016(real: Path, now: str, then: str) -> None:
    path = next((real / "symbol_master").glob("symbolchange*.csv"))
    changes = read_symbol_changes(path.read_bytes(), path.name)
    assert len(changes) > 1000
    assert SymbolHistory(changes).symbol_on(now, dt.date(2016, 6, 1)) == then
