"""Who is named by a declared file: by symbol and series, by the symbol alone, and what joins nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl

from champion_assets.lake.schema import empty_frame
from champion_assets.nse.daily_file import Served
from champion_assets.nse.market_files import EARNINGS, SHARES
from champion_assets.silver.daily_file import identified, silver_model, tables_of

DAY, BEFORE = dt.date(2025, 1, 16), dt.date(2025, 1, 10)
REGISTER = pl.DataFrame(
    [
        ("I1", "A", "EQ", "share", DAY),
        ("I2", "A", "RR", "fund", DAY),
        ("I3", "B", "EQ", "share", BEFORE),
        ("I4", "B", "EQ", "share", DAY),
    ],
    schema=["instrument_id", "symbol", "series", "instrument_class", "last_seen"],
    orient="row",
).with_columns(trade_date=pl.lit(DAY))


def rows(*keys: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(keys, schema=["symbol", "series"], orient="row").with_columns(trade_date=pl.lit(DAY))


def test_by_symbol_and_series_the_one_that_traded_last() -> None:
    found, facts, poor = identified(rows(("A", "EQ"), ("B", "EQ"), ("A", "N1")), REGISTER, SHARES)
    assert found["instrument_id"].to_list() == ["I1", "I4"]
    assert facts[DAY] == {"listed": 2, "joined": 2, "not_joined": 0, "not_joined_names": ""}  # debt is not counted
    assert poor is None


def test_by_the_symbol_alone_it_is_the_share_and_a_second_row_of_it_is_left_out() -> None:
    found, facts, _ = identified(rows(("A", "x"), ("A", "y"), ("C", "x")), REGISTER, EARNINGS)
    assert found["instrument_id"].to_list() == ["I1"]
    assert facts[DAY]["not_joined_names"] == "C"


def test_a_day_of_which_too_few_join_has_no_rows() -> None:
    found, facts, poor = identified(rows(("A", "EQ"), ("C", "EQ"), ("D", "EQ")), REGISTER, SHARES)
    assert found.is_empty()
    assert facts[DAY]["not_joined"] == 2
    assert poor is not None
    assert poor["reason"][0].startswith("1 of 3 rows name a known instrument, 90% must")
    assert identified(rows(("A", "EQ"), ("C", "EQ")), REGISTER, replace(SHARES, joins=0.5))[2] is None


def test_the_tables_of_a_declaration() -> None:
    served = replace(SHARES, name="x", place=Served("x_%d%m%Y.csv", "x_%d%m%Y.csv"))
    assert [each.name for each in tables_of(served)] == ["raw/x", "bronze/x", "silver/x"]
    assert [each.name for each in tables_of(SHARES)] == ["bronze/shares_outstanding", "silver/shares_outstanding"]
    columns = list(empty_frame(silver_model(SHARES, ["security"])).columns)
    assert columns[:4] == ["trade_date", "instrument_id", "symbol", "series"]
    assert not {"file_date", "security"} & set(columns)
