"""The packaged overnight rates and the user's own: every line has its source, and a wrong one is named."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from importlib import resources
from pathlib import Path

import pytest

from champion_assets.nse.calendar import FIRST_SESSION
from champion_assets.nse.rates import RateError, rate_of, read_rates, yearly_rate


def test_the_packaged_years_follow_each_other_without_a_hole_and_each_names_its_source() -> None:
    text = resources.files("champion_assets.nse").joinpath("data/overnight_rates.csv").read_text("utf-8")
    lines = list(csv.DictReader(text.splitlines()))
    assert dt.date.fromisoformat(lines[0]["first"]) <= FIRST_SESSION
    for before, after in itertools.pairwise(lines):
        assert dt.date.fromisoformat(after["first"]) == dt.date.fromisoformat(before["last"]) + dt.timedelta(days=1)
    assert all(line["source"].startswith("RBI ") for line in lines)
    assert {line["confirmed"] for line in lines} == {"yes", "no"}


@pytest.mark.parametrize(
    ("date", "percent"),
    [("1996-03-31", 17.73), ("2016-04-01", 6.25), ("2020-03-31", 5.43), ("2020-04-01", 3.4), ("2031-01-01", 6.5)],
)
def test_the_rate_of_a_day_is_that_of_its_financial_year(date: str, percent: float) -> None:
    assert yearly_rate(dt.date.fromisoformat(date)) == pytest.approx(percent / 100)


def test_a_day_before_the_table_is_refused() -> None:
    with pytest.raises(RateError, match="CHAMPION_RATES"):
        yearly_rate(dt.date(1990, 1, 1))


def test_the_later_of_two_lines_counts(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(
        'first,last,percent,why\n2020-01-01,2020-12-31,4,"my bank, all '
        'year"\n2020-03-01,2020-03-31,5.5,a better month\n'
    )
    lines = read_rates(file)
    assert rate_of(lines, dt.date(2020, 3, 31)) == pytest.approx(0.055)
    assert rate_of(lines, dt.date(2020, 4, 1)) == pytest.approx(0.04)
    assert rate_of(lines, dt.date(2021, 1, 1)) is None
    assert read_rates(None) == ()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("2020-01-01,2019-01-01,4,x", "lies before first"),
        ("2020-01-01,2020-12-31,nan,x", "not a rate in percent"),
        ("2020-01-01,x,4,x", "line 2"),
        ("2020-01-01,2020-12-31,-1,x", "not a rate in percent"),
        ("2020-01-01,2020-12-31,4,", "every column"),
        ("2020-01-01,2020-12-31,4,my bank, all year", "every column"),
        ("2020-01-01,2020-12-31,400,x", "not a rate in percent"),
    ],
)
def test_a_line_that_cannot_be_meant_so_is_named(tmp_path: Path, line: str, what: str) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(f"first,last,percent,why\n{line}\n")
    with pytest.raises(RateError, match=what):
        read_rates(file)
    file.write_text("date,percent\n")
    with pytest.raises(RateError, match="the columns must be"):
        read_rates(file)
