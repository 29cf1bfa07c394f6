"""Every line of a declared file is a row, a line of totals, or refused with its reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.bundle_member import bundle_member
from champion_assets.nse.daily_file import Column, DailyFile, Member
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.errors import BadPayload, BadValue, EmptyPayload, UnknownHeader, WrongDate
from champion_assets.nse.market_files import EARNINGS, SHARES
from champion_assets_tests.bands import BUNDLES, genuine_bundle

HEADER = (
    "Trade Date,Symbol,Series,Security Name,Category,Last Trade Date,Face Value(Rs.),Issue "
    "Size,Close Price/Paid up value(Rs.),"
    "Market Cap(Rs.)              \n"
)
ONE = "16 JAN 2025,ONE,EQ,ONE LTD   ,Listed    ,16 JAN 2025,    5.00,   100,  2.00,   200.00 \n"
TOTAL = "16 JAN 2025,TOTAL,EQ,TOTAL GAS ,Permitted ,Not Traded ,    5.00,    10,  3.00,    30.00 \n"
SUMS = "".join(
    f"16 JAN 2025,{label:<10},  , , , ,0.00,0,0.00,{value} \n"
    for label, value in (("Listed", 200), ("Permitted", 30), ("Total", 230))
)


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "day", "rows", "totals", "blanks"),
    [
        (SHARES, 1, 2513, 3, 5),
        (SHARES, 2, 2766, 3, 3),
        (SHARES, 3, 2766, 3, 3),
        (EARNINGS, 1, 1856, 0, 47),
        (EARNINGS, 2, 2077, 0, 55),
        (EARNINGS, 3, 2070, 0, 54),
    ],
)
def test_a_genuine_file_is_read_whole(
    real: Path, file: DailyFile, day: int, rows: int, totals: int, blanks: int
) -> None:
    """The sums over the rows are those of the lines of totals: else the file would be refused."""
    text = bundle_member(genuine_bundle(real, BUNDLES[day]), "PR.zip", file.place)  # type: ignore[arg-type]
    assert text is not None
    read = read_daily_file(file, text, "PR.zip")
    assert (read.rows.height, read.totals.height, read.refused.height) == (rows, totals, 0)
    assert sum(read.rows.null_count().row(0)) == blanks
    assert read.date == (BUNDLES[day] if file is SHARES else None)


def test_rows_and_lines_of_totals_by_hand() -> None:
    read = read_daily_file(SHARES, HEADER + ONE + TOTAL + "\n" + SUMS, "x")
    assert read.rows.select("symbol", "category", "last_trade_date", "shares", "market_cap", "source_row").rows() == [
        ("ONE", "listed", dt.date(2025, 1, 16), 100, 200.0, 1), ("TOTAL", "permitted", None, 10, 30.0, 2),
    ]  # fmt: skip
    assert read.totals["market_cap"].to_list() == [200.0, 30.0, 230.0]
    assert read.refused.is_empty()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("   100,", "   -1,", "Issue Size: -1 is not a whole number of at least 1"),
        (",EQ,", ", ,", "Series is blank"),
        ("Listed ", "Gone ", "Category: Gone is not one of Listed, Permitted"),
        ("200.00", "n.a.", "Market Cap(Rs.): n.a. is not a number"),
        ("200.00", "inf", "is not a number"),
        (",16 JAN 2025,", ",16 JAM 2025,", "Last Trade Date: 16 JAM 2025 is not a date like"),
        ("ONE LTD", "ONE, LTD", "11 fields where the header has 10"),
        ("Listed ", " ", "neither a row"),
    ],
)
def test_a_line_that_cannot_be_is_refused_alone(old: str, new: str, reason: str) -> None:
    read = read_daily_file(SHARES, HEADER + TOTAL + ONE.replace(old, new, 1) + SUMS, "x")
    assert read.rows["symbol"].to_list() == ["TOTAL"]
    ((number, why, text),) = read.refused.rows()
    assert number == 2
    assert reason in why
    assert "ONE" in text


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", EmptyPayload),
        (HEADER.replace("Series", "Row") + ONE, UnknownHeader),
        (HEADER.replace("Series", "Symbol") + ONE, UnknownHeader),
        (HEADER.replace("Series", "Series,More") + ONE, UnknownHeader),
        (HEADER + ONE + TOTAL.replace("16 JAN", "17 JAN", 1) + SUMS, WrongDate),
        (HEADER + ONE + SUMS, BadValue),
        (HEADER + ONE + TOTAL, BadValue),
        (HEADER + ONE + TOTAL + SUMS + SUMS, BadValue),
    ],
)
def test_what_is_no_such_file_is_refused_in_words(text: str, error: type[BadPayload]) -> None:
    with pytest.raises(error, match="a file"):
        read_daily_file(SHARES, text, "a file")


def test_other_headers_of_a_column_and_columns_of_some_years() -> None:
    file = DailyFile(
        "x",
        "x",
        Member("x"),
        (
            Column("SYMBOL", "symbol", "text", "x", also=("Symbol Name",)),
            Column("P", "p", "number", "x", is_optional=True, blanks=("-",)),
        ),
        key=("symbol",),
        ignored=("JUNK",),
    )
    assert read_daily_file(file, "Symbol  Name\nA\n", "x").rows.rows() == [("A", None, 1)]
    assert read_daily_file(file, "JUNK, P ,SYMBOL\n1,2,A\n1,-,B\n", "x").rows.rows() == [("A", 2.0, 1), ("B", None, 2)]
    with pytest.raises(UnknownHeader):
        read_daily_file(replace(file, ignored=()), "JUNK,P,SYMBOL\n1,2,A\n", "x")


@given(
    st.lists(
        st.sampled_from([ONE, TOTAL, "\n", ONE.replace("100,", "x,"), "rubbish\n", ONE.replace("Listed", " ")]),
        max_size=12,
    )
)
def test_every_line_is_accounted_for(lines: list[str]) -> None:
    file = replace(SHARES, summary=replace(SHARES.summary, of={}))  # type: ignore[type-var]
    read = read_daily_file(file, HEADER + "".join(lines), "x")
    numbers = pl.concat([each["source_row"] for each in (read.rows, read.refused, read.totals)]).sort().to_list()
    assert numbers == [number for number, line in enumerate(lines, 1) if line != "\n"]


@given(st.text(max_size=300))
def test_whatever_comes_is_read_or_refused(text: str) -> None:
    try:
        read = read_daily_file(EARNINGS, "SYMBOL,SYMBOL P/E,ADJUSTED P/E\n" + text, "x")
    except BadPayload:
        return
    assert read.rows["symbol"].null_count() == 0
    assert read.rows["pe"].drop_nulls().is_finite().all()
