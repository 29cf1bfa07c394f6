"""Index files of all eras: dates, blanks, names."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from champion_assets.nse.errors import BadValue, EmptyPayload, UnknownHeader, WrongDate
from champion_assets.nse.indices import INDEX_CLOSE, current_name, index_id, read_index_close

HEAD = (
    "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index "
    "Value,Points Change,Change(%),"
    "Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield\n"
)


def read(date: str, name: str, row: str = "Nifty 50,{},10,11,9,10.5,.5,-.32,-,1.5,20,3,1"):  # type: ignore[no-untyped-def]
    return read_index_close((HEAD + row.format(date) + "\n").encode(), name)


def test_numbers_without_leading_zero_and_blanks() -> None:
    frame = read("09-01-2023", "ind_close_all_09012023.csv")
    assert frame.schema == INDEX_CLOSE
    row = frame.row(0, named=True)
    assert (row["points_change"], row["change_pct"], row["volume"], row["turnover"]) == (0.5, -0.32, None, 15_000_000.0)


@pytest.mark.parametrize(
    ("text", "name", "date"),
    [
        ("09-01-2023", "ind_close_all_09012023.csv", dt.date(2023, 1, 9)),
        ("26/06/2014", "ind_close_all_26062014.csv", dt.date(2014, 6, 26)),
        ("04-06-2023", "ind_close_all_06042023.csv", dt.date(2023, 4, 6)),
        ("04-11-2023", "ind_close_all_11042023.csv", dt.date(2023, 4, 11)),
        ("04-06-2023", "ind_close_all_04062023.csv", dt.date(2023, 6, 4)),
        ("04-06-2023", "renamed.csv", dt.date(2023, 6, 4)),
    ],
)
def test_the_month_first_files_of_april_2023(text: str, name: str, date: dt.date) -> None:
    assert read(text, name)["trade_date"][0] == date


@pytest.mark.parametrize(("row", "error"), [
    ("Nifty 50,{},10,11,9,ten,0,0,-,1,1,1,1", BadValue), (",{},10,11,9,10,0,0,-,1,1,1,1", BadValue),
    ("Nifty 50,{},10,11,9,10,0,0,-,1,1,1,1\nNifty 100,10-01-2023,1,1,1,1,0,0,-,1,1,1,1", WrongDate),
])  # fmt: skip
def test_broken_rows_are_named(row: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read("09-01-2023", "x", row)


def test_another_file_is_refused() -> None:
    with pytest.raises(UnknownHeader):
        read_index_close(b"a,b\n1,2\n", "x")
    with pytest.raises(EmptyPayload):
        read_index_close(HEAD.encode(), "x")


@pytest.mark.parametrize(
    ("published", "now"),
    [
        ("S&P CNX Nifty", "Nifty 50"),
        ("CNX Nifty", "Nifty 50"),
        ("NIFTY 50", "NIFTY 50"),
        ("CNX Nifty Junior", "Nifty Next 50"),
        ("CNX 500", "Nifty 500"),
        ("India VIX", "India VIX"),
        ("Nifty  100", "Nifty 100"),
        ("LIX 15", "Nifty100 Liquid 15"),
        ("LIX15 Midcap", "Nifty Midcap Liquid 15"),
        ("NV 20", "Nifty50 Value 20"),
        ("NI15", "Nifty Growth Sectors 15"),
        ("CNX Shariah25", "Nifty Shariah 25"),
        ("NSE Quality 30", "Nifty Quality 30"),
        ("CNX 100 Equal Weight", "Nifty100 Equal Weight"),
        ("CPSE", "Nifty CPSE"),
        ("CNX Nifty Dividend", "Nifty50 Dividend Points"),
        ("S&P CNX Nifty Dividend", "Nifty50 Dividend Points"),
        ("CNX Anything", "Nifty Anything"),
        ("Nifty Free Float Midcap 100", "Nifty Midcap 100"),
    ],
)
def test_names_of_all_years(published: str, now: str) -> None:
    assert current_name(published) == now


def test_one_key_for_all_names_of_an_index() -> None:
    assert {index_id(name) for name in ("S&P CNX Nifty", "CNX Nifty", "Nifty 50", "NIFTY 50")} == {"nifty_50"}


@pytest.mark.real
def test_genuine_files(real: Path) -> None:
    files = {path.name: read_index_close(path.read_bytes(), path.name) for path in (real / "index_close").glob("*.csv")}
    assert files["ind_close_all_09012023.csv"].height == 103
    for name, frame in files.items():
        day = name.split("_")[3][:8]
        assert frame["trade_date"][0] == dt.date(int(day[4:]), int(day[2:4]), int(day[:2]))
        assert "nifty_50" in {index_id(each) for each in frame["published_name"]}
