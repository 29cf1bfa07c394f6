"""A declaration that contradicts itself is refused; a member's names are those that NSE and people give it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from champion_assets.nse.daily_file import Column, Member, Served, Summary
from champion_assets.nse.market_files import BANDS, EARNINGS, MEETINGS, SHARES

DAY = dt.date(2025, 1, 16)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Bands"}, "not a valid name of a table"),
        ({"columns": (*BANDS.columns, BANDS.columns[0])}, "two columns of one name"),
        ({"columns": (*BANDS.columns, Column("X", "source_row", "count", "x"))}, "called as those"),
        ({"date": "day"}, "'day' is named"),
        ({"key": ("isin",)}, "'isin' is named"),
        ({"grain": ("isin",)}, "'isin' is named"),
        ({"summary": Summary("side", "symbol", "value")}, "'value' is named"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(BANDS, **change)


def test_names_of_a_day() -> None:
    assert [each.name for each in SHARES.candidates(DAY)] == ["MCAP16012025.csv", "MCAP160125.csv"]
    assert [each.name for each in EARNINGS.candidates(DAY)] == ["PE_16012025.csv", "PE_160125.csv"]
    assert not any(each.is_served for each in SHARES.candidates(DAY))
    (served,) = Served("x_%d%m%Y.CSV", "archives/volt/x_%d%m%Y.CSV").names(DAY)
    assert (served.name, served.path, served.is_served) == ("x_16012025.CSV", "archives/volt/x_16012025.CSV", True)


@pytest.mark.parametrize(
    ("name", "is_called"),
    [
        ("PE_160125.csv", True),
        ("pe_16012025.CSV", True),
        ("PE160125.csv", False),
        ("PE_1601256.csv", False),
        ("PE_160125.csv.bak", False),
        ("XPE_160125.csv", False),
        ("PE_160125xcsv", False),
    ],
)
def test_a_member_is_known_by_its_whole_name(name: str, is_called: bool) -> None:
    assert (Member("PE", "_").pattern.fullmatch(name) is not None) is is_called


def test_the_schema_counts_lines() -> None:
    assert list(BANDS.schema) == ["symbol", "series", "security", "side", "source_row"]
    assert SHARES.schema["shares"] == pl.Int64()
    assert "description" not in SHARES.declared()
    assert SHARES.declared() != replace(SHARES, lag=1).declared()


def test_what_came_later_is_part_of_the_fingerprint_only_where_it_is_used() -> None:
    assert not {"grain", "classes", "prepare"} & BANDS.declared().keys()
    assert MEETINGS.declared()["prepare"] == "champion_assets.nse.board_meetings.meetings_csv"
    assert MEETINGS.declared()["grain"] == ("meeting_date", "subject")
