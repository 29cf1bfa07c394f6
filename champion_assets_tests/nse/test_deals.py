"""No name of a client is left of a file of deals, whatever its spelling; sides, quantities and prices are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.container import csv_rows
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.deals import HEADER, without_names
from champion_assets.nse.errors import UnknownHeader
from champion_assets.nse.market_lists import BLOCK, BULK

FIRST = "Date,Symbol,Security Name,Client Name,Buy/Sell,Quantity Traded,Trade Price / Wght. Avg. Price,Remarks"
QUERY = (
    '\ufeff"Date ","Symbol ","Security Name ","Client Name ","Buy / Sell ","Quantity Traded '
    '","Trade Price / Wght. Avg. Price ","Remarks "'
)


@pytest.mark.parametrize("header", [FIRST, QUERY])
def test_what_is_kept(header: str) -> None:
    text = (
        f'{header}\n"16-DEC-2025","A","A Ltd","B C SHAH","SELL","5,53,432","33.67","-"\n16-DEC-2025,A,A '
        f"Ltd,D LLP,BUY,100,33.5,-\n"
    )
    read = read_daily_file(BULK, without_names(text, "x"), "x")
    assert read.rows.select("client", "side", "quantity", "price").rows() == [
        ("person", "sold", 553432, 33.67),
        ("entity", "bought", 100, 33.5),
    ]


def test_a_day_without_deals_and_another_file() -> None:
    assert read_daily_file(BLOCK, without_names(f"{FIRST}\nNO RECORDS,,,,,,,\n", "x"), "x").rows.is_empty()
    with pytest.raises(UnknownHeader) as error:
        without_names("Name,Symbol\nB C SHAH,A\n", "x")
    assert "SHAH" not in str(error.value)


@given(st.text(st.characters(codec="ascii", exclude_characters="\x00\r\n"), min_size=8, max_size=30))
def test_no_name_is_left(client: str) -> None:
    quoted = '"' + client.replace('"', '""') + '"'
    rows = csv_rows(without_names(f"{FIRST}\n16-DEC-2025,A,A Ltd,{quoted},BUY,1,2.0,-\n", "x"), "x")
    assert rows[0] == list(HEADER)
    assert rows[1][2] in ("entity", "person")
    assert [*rows[1][:2], *rows[1][3:]] == ["16-DEC-2025", "A", "BUY", "1", "2.0"]


@pytest.mark.real
def test_genuine_deals(real: Path) -> None:
    text = (real / "bulk_block" / "bulk_2025-12-16.csv").read_text()
    kept = without_names(text, "x")
    read = read_daily_file(BULK, kept, "x")
    assert read.refused.is_empty()
    assert read.rows.height == text.count("16-DEC-2025")
    assert "NISHITH" in text
    assert "NISHITH" not in kept
    assert (read.rows["client"] == "person").sum() == 20
