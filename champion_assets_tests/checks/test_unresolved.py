"""The failures that stand unresolved in a lake, found without reading the whole history each time."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from champion_assets.checks.results import NAME, Results
from champion_assets.checks.unresolved import INDEX, Failure, unresolved
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.store import Lake
from champion_assets_tests.helpers import drop_days, put_day

DAYS = [dt.date(2024, 1, day) for day in (1, 2, 3)]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "lake"))
    write(lake, DAYS[0], ("price_range", "block", False, 2, "ABC, DEF"), ("tick_grid", "info", False, 9, "ABC"))
    write(lake, DAYS[1], ("price_range", "block", False, 5, "GHI"), ("open_gap", "warn", True, 1, "JKL"))
    write(lake, DAYS[2], ("price_range", "block", True, 0, ""))
    return lake


def write(lake: Lake, date: dt.date, *outcomes: tuple[str, str, bool, int, str]) -> None:
    """Results of one day: check, severity, passed, rows, sample."""
    rows = [
        {
            "trade_date": date,
            "check_name": check,
            "rule": "",
            "asset": "",
            "severity": severity,
            "passed": passed,
            "value": None,
            "rows": rows,
            "sample": sample,
            "override": "known" if passed and rows else "",
        }
        for check, severity, passed, rows, sample in outcomes
    ]
    put_day(lake, NAME, date, pl.DataFrame(rows, schema=empty_frame(Results).schema))


def count_days_read(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> list[dt.date]:
    read: list[dt.date] = []
    original = lake.read

    def counted(asset: str, dates: list[dt.date], columns: list[str]) -> pl.DataFrame:
        read.extend(dates)
        return original(asset, dates, columns)

    monkeypatch.setattr(lake, "read", counted)
    return read


def test_the_worst_day_comes_first_and_info_and_overridden_outcomes_are_no_failures(lake: Lake) -> None:
    found = unresolved(lake)
    assert found.days == DAYS
    assert found.by_check == {"price_range": [Failure(DAYS[1], 5, "GHI"), Failure(DAYS[0], 2, "ABC, DEF")]}


def test_only_days_that_changed_are_read_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    read = count_days_read(lake, monkeypatch)
    unresolved(lake)
    assert read == DAYS
    read.clear()
    assert unresolved(lake).by_check["price_range"][0].date == DAYS[1]
    assert read == []
    write(lake, DAYS[1], ("price_range", "block", True, 0, ""))
    assert [each.date for each in unresolved(lake).by_check["price_range"]] == [DAYS[0]]
    assert read == [DAYS[1]]


def test_a_day_that_left_the_lake_leaves_the_index(lake: Lake) -> None:
    unresolved(lake)
    drop_days(lake, NAME, [DAYS[1]])
    assert unresolved(lake).days == [DAYS[0], DAYS[2]]
    assert list(json.loads(lake.get(INDEX) or b"")["days"]) == ["2024-01-01", "2024-01-03"]


def test_an_index_of_another_format_is_made_anew(lake: Lake) -> None:
    lake.put(INDEX, json.dumps({"format": 0, "days": "something else"}).encode())
    assert len(unresolved(lake).by_check["price_range"]) == 2
    assert json.loads(lake.get(INDEX) or b"")["format"] == 1


def test_looking_without_keeping_writes_nothing(lake: Lake) -> None:
    assert unresolved(lake, keep=False).by_check
    assert lake.get(INDEX) is None


def test_an_empty_lake_has_judged_nothing(tmp_path: Path) -> None:
    found = unresolved(Lake(str(tmp_path / "empty")))
    assert (found.days, found.by_check) == ([], {})
