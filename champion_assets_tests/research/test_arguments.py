"""What a person may type for days and names."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from champion_assets import research
from champion_assets.common.errors import RequestError
from champion_assets.research.arguments import as_columns, as_day, as_symbols

DAY = dt.date(2024, 1, 15)


NAIVE = dt.datetime.fromisoformat("2024-01-15T09:15")


@pytest.mark.parametrize("value", [
    DAY, NAIVE, pd.Timestamp("2024-01-15"), np.datetime64("2024-01-15"), np.datetime64("2024-01-15T09:15"),
    "2024-01-15", " 2024-01-15 ", "20240115", "2024-01-15T09:15", "2024-01-15 15:30:00+05:30", "2024-01-15T00:00:00Z",
    pd.Timestamp("2024-01-14T20:00", tz="UTC"), dt.datetime(2024, 1, 15, 18, 29, tzinfo=dt.UTC),
])  # fmt: skip
def test_a_day_is_read(value: Any) -> None:
    found = as_day(value, "start")
    assert found == DAY
    assert type(found) is dt.date


@pytest.mark.parametrize("value", [
    "2024-01", "15-01-2024", "", "yesterday", "2024-02-30", None, 20240115, pd.NaT,
    np.datetime64("NaT"), np.int64(5), [DAY], True,
])  # fmt: skip
def test_what_is_no_day_is_refused(value: Any) -> None:
    with pytest.raises(RequestError, match=r"(?s)end=.* is not a day; give a date, or text as YYYY-MM-DD"):
        as_day(value, "end")


@pytest.mark.parametrize("value", [
    "infy", " INFY ", ["infy"], ("INFY", "infy"), {"INFY"}, pd.Series(["Infy"]), pl.Series(["INFY"]),
    np.array(["infy"]), iter(["INFY"]),
])  # fmt: skip
def test_symbols_are_one_or_several(value: Any) -> None:
    assert as_symbols(value) == ["INFY"]
    assert as_symbols(["TCS", "m&m"]) == ["TCS", "M&M"]
    assert as_symbols(None) is None
    assert as_symbols([]) == []


@pytest.mark.parametrize("value", ["", " ", [""], [None], [1], 5, [["INFY"]], b"INFY"])
def test_what_is_no_name_is_refused(value: Any) -> None:
    with pytest.raises(RequestError, match="symbols"):
        as_symbols(value)


def test_columns_are_one_or_several_and_known() -> None:
    assert as_columns("close", ["open", "close"], "a/b") == ["close"]
    assert as_columns(["close", "open"], ["open", "close"], "a/b") == ["close", "open"]
    with pytest.raises(RequestError, match=r"a/b has no column 'clos'; did you mean close\?"):
        as_columns(["clos"], ["open", "close"], "a/b")
    with pytest.raises(RequestError, match="it has open, close"):
        as_columns("weight", ["open", "close"], "a/b")


def test_pandas_and_others_on_both_sides(lake: Path) -> None:
    end: Any = np.datetime64("2024-01-31")
    frame = research.prices(pd.Timestamp("2024-01-01"), end, symbols=pd.Index(["aranyastee"]))
    same = research.prices("2024-01-01", dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC), symbols="ARANYASTEE")
    assert frame.equals(same)
    assert frame.height == 22
    there = frame.to_pandas()
    assert isinstance(there, pd.DataFrame)
    assert there.shape == frame.shape
    assert there["adj_close"].tolist() == frame["adj_close"].to_list()


@pytest.mark.parametrize("call", [
    lambda: research.prices("2024-01-31", "2024-01-01"),
    lambda: research.table("features/returns", "2024-01-31", "2024-01-01"),
])  # fmt: skip
def test_a_reversed_range_is_said(lake: Path, call: Any) -> None:
    with pytest.raises(RequestError, match="ends before it begins: start=2024-01-31, end=2024-01-01"):
        call()


def test_names_of_tables_and_columns(lake: Path) -> None:
    with pytest.raises(
        research.UnknownTable, match=r"no table 'silver\.equity_eod'; did you mean silver/equity_eod.*\?$"
    ):
        research.table("silver.equity_eod", "2024-01-01", "2024-01-31")
    with pytest.raises(research.UnknownTable, match="has no days"):
        research.table("backtest/tear_sheet", "2024-01-01", "2024-01-31")
    with pytest.raises(RequestError, match="did you mean close"):
        research.table("silver/equity_eod", "2024-01-01", "2024-01-31", columns="closee")
    with pytest.raises(RequestError, match="has no column symbol"):
        research.table("silver/index_eod", "2024-01-01", "2024-01-31", symbols="INFY")
    frame = research.table("silver/equity_eod", "2024-01-01", "2024-01-31", columns="close", symbols="aranyastee")
    assert frame.columns == ["close"]
    assert frame.height == 22
