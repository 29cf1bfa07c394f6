"""The packaged endings and what a line must be."""

from __future__ import annotations

import datetime as dt
import io
import tarfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.common.errors import ConfigurationError
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.endings import COLUMNS, endings_of
from champion_assets.nse.file_dates import date_in_name
from champion_assets.nse.formats import read_bhavcopy

GOOD = "INE648A01026,SBBJ,2017-03-15,merged,INE062A01020,SBIN,28,10,,document,2017-03-15,a notice"
FAILED = "INE694C01018,LAKSHVILAS,2020-11-25,failed,,,,,0,document,2020-11-25,a notice"
UNKNOWN = "INE346H01014,GITANJALI,2019-04-01,unknown,,,,,,unknown,2024-05-15,a list"
FIRST = "INE153U01017,MAXINDIA,2020-06-11,scheme,INE027H01010,MAXHEALTH,99,100,,document,2020-06-11,a notice\n"
SECOND = "INE153U01017,MAXINDIA,2020-06-11,scheme,INE0CG601016,MAXIND,1,5,,document,2020-06-11,a notice"


def lines_of(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "endings.csv"
    path.write_text("\n".join(["# mine", ",".join(COLUMNS), *lines]))
    return path


@pytest.mark.parametrize(
    ("symbol", "child", "ratio", "cash"),
    [
        ("SBBJ", "SBIN", 2.8, 0),
        ("MYSOREBANK", "SBIN", 2.2, 0),
        ("SBT", "SBIN", 2.2, 0),
        ("HDFC", "HDFCBANK", 42 / 25, 0),
        ("GEOMETRIC", "HCLTECH", 10 / 43, 68),
        ("CAIRN", "VEDL", 1, 57.7),
        ("ORIENTBANK", "PNB", 1.15, 0),
        ("RANBAXY", "SUNPHARMA", 0.8, 0),
        ("SATYAMCOMP", "TECHM", 2 / 17, 0),
        ("TATAMTRDVR", "TATAMOTORS", 0.7, 0),
        ("POLARIS", "", None, 480),
        ("HEXAWARE", "", None, 475),
    ],
)
def test_the_packaged_lines_hold_what_is_known(symbol: str, child: str, ratio: float | None, cash: float) -> None:
    (line,) = (each for each in endings_of() if each.symbol == symbol)
    assert (line.child_symbol, line.ratio, line.cash, line.confidence) == (child, ratio, cash, "document")


def test_several_children_nothing_at_all_and_nobody_knows_are_told_apart() -> None:
    lines = endings_of()
    assert {each.child_symbol: each.ratio for each in lines if each.symbol == "MAXINDIA"} == {
        "MAXHEALTH": 0.99,
        "MAXIND": 0.2,
    }
    (nothing,) = (each for each in lines if each.symbol == "LAKSHVILAS")
    assert (nothing.kind, nothing.ratio, nothing.cash, nothing.confidence) == ("failed", None, 0, "document")
    (unknown,) = (each for each in lines if each.symbol == "GITANJALI")
    assert (unknown.kind, unknown.ratio, unknown.cash, unknown.confidence) == ("unknown", None, 0, "unknown")


def test_of_every_share_that_ended_in_the_daily_files_something_is_said_and_by_which_evidence() -> None:
    lines = endings_of()
    assert len({line.key for line in lines}) >= 70
    assert all("http" in line.evidence for line in lines if line.confidence == "document")
    assert not {"COFFEEDAY", "DOLPHINOFF"} & {line.symbol for line in lines}, "they came back"


def test_no_ending_is_known_before_the_last_session_and_that_was_a_session() -> None:
    calendar = load_calendar()
    for line in endings_of():
        assert calendar.is_session(line.last_session), line
        assert line.known_on >= line.last_session, line


@pytest.mark.real
@pytest.mark.parametrize(("year", "exempt"), [(2017, ()), (2020, ("ALBK", "UNITEDBNK"))])
def test_the_genuine_prices_of_the_last_sessions_are_worth_the_terms_and_end_where_the_line_says(
    real: Path, year: int, exempt: tuple[str, ...]
) -> None:
    lines = [
        line
        for line in endings_of()
        if line.last_session.year == year and line.ratio is not None and line.symbol not in exempt
    ]
    prices = genuine_closes(real, year, {line.last_session for line in lines})
    compared = 0
    for line in lines:
        days = [day for day in prices if day <= line.last_session][-5:]
        worth = [
            (close - line.cash) / other / line.ratio
            for day in days
            if (close := prices[day].get(line.isin)) and (other := prices[day].get(line.child_isin)) and line.ratio
        ]
        assert line.isin in prices[line.last_session], line
        assert all(line.isin not in closes for day, closes in prices.items() if day > line.last_session), line
        assert all(0.94 < each < 1.06 for each in worth), (line, worth)
        compared += bool(worth)
    assert compared >= 5


def genuine_closes(real: Path, year: int, ends: set[dt.date]) -> dict[dt.date, dict[str, float]]:
    """Closes by ISIN of the sessions around some days."""
    found = {}
    with tarfile.open(real / "runs" / f"cm_{year}.tar.xz") as archive:
        for member in archive:
            name = Path(member.name).name
            day = date_in_name(name, name) if name.startswith("cm") else None
            if day is None or not any(-9 <= (day - end).days <= 9 for end in ends):
                continue
            rows = read_bhavcopy(io.BytesIO(archive.extractfile(member).read()).getvalue(), name).frame  # type: ignore[union-attr]
            shares = rows.filter(pl.col("series").is_in(["EQ", "BE", "BZ"]))
            found[day] = dict(shares.select("isin", "close").iter_rows())
    return dict(sorted(found.items()))


def test_a_users_lines_replace_the_packaged_ones_on_the_same_share_whatever_its_face_value(tmp_path: Path) -> None:
    path = lines_of(tmp_path, GOOD.replace("28,10", "27,10").replace("INE648A01026", "INE648A01018"))
    (line,) = (each for each in endings_of(path) if each.symbol == "SBBJ")
    assert line.ratio == 2.7
    assert len(endings_of(path)) == len(endings_of())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (GOOD.replace("merged", "eaten"), "kind 'eaten' is not one of"),
        (GOOD.replace("document", "hearsay"), "confidence 'hearsay' is not one of"),
        (GOOD.replace("INE648A01026", "INE648A01027"), "isin 'INE648A01027' is not a valid ISIN"),
        (GOOD.replace("28,10", "28,"), "belong together"),
        (GOOD.replace("INE062A01020", ""), "belong together"),
        (GOOD.replace("28,10", "-28,10"), "is not a positive number"),
        (GOOD.replace("28,10", "nan,10"), "is not a positive number"),
        (GOOD.replace("28,10,", "28,10,-1"), "nor 0"),
        (GOOD.replace("28,10,", "28,10,0"), "cash 0 says"),
        (GOOD.replace("28,10", ","), "unknown exactly where"),
        (GOOD.replace("2017-03-15,merged", "15.3.2017,merged"), "15.3.2017"),
        (GOOD.replace("a notice", ""), "evidence must be given"),
        (GOOD.replace("SBBJ", ""), "symbol must be given"),
        (GOOD + ",more", "13 columns where 12 belong"),
        (GOOD + "\n" + GOOD, "line 4: a second line on the same share and child"),
        (GOOD.replace("INE062A01020", "INE648A01018"), "in itself"),
        (FAILED.replace(",0,document", ",,document"), "unknown exactly where"),
        (UNKNOWN.replace(",,unknown", ",0,unknown"), "unknown exactly"),
        (FIRST + SECOND.replace("06-11,scheme", "06-12,scheme"), "last_session 2020-06-12 of MAXINDIA"),
        (FIRST + SECOND.replace("1,5", ",").replace("document", "unknown"), "those of the whole are"),
    ],
)
def test_a_line_that_cannot_be_meant_so_is_refused_with_its_place(tmp_path: Path, wrong: str, words: str) -> None:
    path = lines_of(tmp_path, wrong)
    with pytest.raises(ConfigurationError) as caught:
        endings_of(path)
    assert f"{path}, line " in str(caught.value)
    assert words in str(caught.value)


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "endings.csv"
    path.write_text("isin,ratio\n")
    with pytest.raises(ConfigurationError, match="the columns must be isin,symbol"):
        endings_of(path)


@given(new=st.integers(1, 5000), old=st.integers(1, 5000), cash=st.floats(0.01, 1e5) | st.none())
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, new: int, old: int, cash: float | None
) -> None:
    path = lines_of(
        tmp_path_factory.mktemp("own"), GOOD.replace("28,10,", f"{new},{old},{'' if cash is None else cash}")
    )
    (line,) = (each for each in endings_of(path) if each.symbol == "SBBJ")
    assert (line.ratio, line.cash) == (new / old, cash or 0.0)
