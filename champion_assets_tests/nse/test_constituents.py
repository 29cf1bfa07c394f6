"""Lists of index members: genuine ones of three days, their dates, and what is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from champion_assets.nse.constituents import list_date, read_constituents
from champion_assets.nse.errors import BadValue, UnknownHeader

HEAD = b"Company Name,Industry,Symbol,Series,ISIN Code\n"


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "members", "symbol", "industry"),
    [
        ("ind_nifty500list_2018-12.csv", 501, "3MINDIA", "Services"),
        ("ind_nifty500list_2026-08.csv", 500, "360ONE", "Financial Services"),
        ("ind_nifty50list_2025-06-06.csv", 50, "ADANIENT", "Metals & Mining"),
    ],
)
def test_genuine_lists(real: Path, name: str, members: int, symbol: str, industry: str) -> None:
    found = read_constituents((real / "index_constituents" / name).read_bytes(), name)
    assert len(found) == members
    assert next(each.industry for each in found if each.symbol == symbol) == industry


@pytest.mark.parametrize(("name", "day"), [
    ("ind_nifty500list_2018-12.csv", dt.date(2018, 12, 31)), ("ind_nifty500list_2024-02.csv", dt.date(2024, 2, 29)),
    ("ind_nifty50list_2025-06-06.csv", dt.date(2025, 6, 6)), ("ind_nifty500list.csv", None),
])  # fmt: skip
def test_the_day_of_a_list_is_in_its_name(name: str, day: dt.date | None) -> None:
    assert list_date(name) == day


def test_industries_are_spelt_alike_and_other_files_refused() -> None:
    body = HEAD + b"A Ltd.,FINANCIAL  SERVICES,A,EQ,INE040A01034"
    assert read_constituents(body, "x")[0].industry == "Financial Services"
    with pytest.raises(UnknownHeader):
        read_constituents(b"Symbol,Name\nA,B\n", "x")
    with pytest.raises(BadValue, match="row 1"):
        read_constituents(HEAD + b"A Ltd.,IT\n", "x")
