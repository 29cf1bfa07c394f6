"""What a price may do depends on what it is of: each class at its own limit, on moves that genuine files show."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from champion_assets.checks.registry import BY_NAME
from champion_assets.checks.rules import Context
from champion_assets.nse.instrument_class import instrument_class

DAY = dt.date(2020, 3, 13)
WEEKDAYS = [day for number in range(60) if (day := DAY - dt.timedelta(days=number)).weekday() < 5][:21][::-1]
ROW: dict[str, Any] = {
    "symbol": "ABC",
    "series": "EQ",
    "isin": "INE040A01034",
    "high": 130.0,
    "low": 70.0,
    "volume": 100,
    "vwap": 100.0,
    "turnover": 1e6,
    "delivery_qty": 10,
    "prev_close": 100.0,
    "prior_close": 100.0,
    "prior_date": WEEKDAYS[-2],
}


def judged(name: str, rows: list[dict[str, Any]], suspects: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The outcome on DAY of a rule that looks at prices; a row without a date is of DAY."""
    filled = [{"trade_date": DAY, "instrument_id": row.get("symbol", "ABC")} | ROW | row for row in rows]
    schema = {"open": pl.Float64, "close": pl.Float64, "isin": pl.String}
    past = pl.DataFrame(filled, schema_overrides=schema).with_columns(instrument_class()).drop("isin")
    context = Context(cast("Any", SimpleNamespace()), [DAY])
    empty = {"trade_date": pl.Date, "instrument_id": pl.String, "symbol": pl.String, "suspicion": pl.String,
             "witness": pl.Float64, "factor": pl.Float64}  # fmt: skip
    context.__dict__ |= {
        "past": past,
        "actions": pl.DataFrame(
            schema={"trade_date": pl.Date, "instrument_id": pl.String, "f_total_return": pl.Float64}
        ),
        "suspects": pl.DataFrame(suspects or [], schema=empty),
        "days": pl.DataFrame({"trade_date": [DAY], "previous": [WEEKDAYS[-2]], "session_type": ["regular"]}),
    }
    return BY_NAME[name].evaluate(context).row(0, named=True)


RIGHTS = {"symbol": "RIL-RE", "series": "BE", "isin": "INE002A20018"}
FUND = {"symbol": "NIFTYEES", "isin": "INF204KB17I5"}


@pytest.mark.parametrize(
    ("row", "fails"),
    [
        ({"open": 100.0, "close": 121.0}, True),
        ({"open": 100.0, "close": 120.0}, False),
        (RIGHTS | {"open": 110.0, "close": 140.0}, False),
        (RIGHTS | {"open": 110.0, "close": 142.0}, True),
        (FUND | {"open": 100.0, "close": 127.0}, False),
        (FUND | {"open": 100.0, "close": 131.0}, True),
        ({"series": "SM", "open": 100.0, "close": 75.0}, True),
        ({"open": 100.0, "close": 75.0, "prior_date": dt.date(2020, 2, 1)}, False),
        ({"prior_close": 0.4, "open": 0.45, "close": 0.5}, False),
    ],
)
def test_the_band_is_that_of_the_class(row: dict[str, Any], fails: bool) -> None:
    assert judged("price_band", [row])["failed"] == fails


@pytest.mark.parametrize(("series", "turnover", "known", "fails"), [
    ("EQ", 6e7, 20, False), ("EQ", 4e7, 20, True), ("BE", 6e7, 20, True), ("EQ", 6e7, 3, False), ("EQ", 6e7, 2, True),
])  # fmt: skip
def test_a_name_that_may_have_derivatives_has_no_band(series: str, turnover: float, known: int, fails: bool) -> None:
    """What it traded on three sessions and more before counts, not what it traded on the day itself."""
    days = WEEKDAYS[-1 - known : -1]
    before = [
        {"trade_date": day, "turnover": turnover, "open": 100.0, "close": 100.0, "series": series} for day in days
    ]
    today = {"open": 100.0, "close": 160.0, "turnover": 1e9, "series": series}
    assert judged("price_band", [*before, today])["failed"] == fails


@pytest.mark.parametrize(("row", "witness", "fails"), [
    (FUND | {"open": 52.0, "close": 78.0}, 0.52, False), (FUND | {"open": 10.0, "close": 10.4}, 0.1, True),
    (FUND | {"open": 121.4, "close": 100.4}, 1.214, False), (FUND | {"open": 8.0, "close": 101.0}, 0.08, False),
    (FUND | {"open": 40.0, "close": 190.0}, 0.4, False),
    (RIGHTS | {"open": 140.0, "close": 100.0}, 1.4, False), (RIGHTS | {"open": 142.0, "close": 100.0}, 1.42, True),
    ({"series": "SM", "open": 50.0, "close": 50.0}, 0.5, True), ({"open": 50.0, "close": 50.0}, 0.5, True),
    ({"prior_close": 0.45, "open": 0.55, "close": 0.55}, 0.55 / 0.45, False),
])  # fmt: skip
def test_a_gap_warns_where_a_person_is_needed(row: dict[str, Any], witness: float, fails: bool) -> None:
    name = row.get("symbol", "ABC")
    suspect = {
        "trade_date": DAY,
        "instrument_id": name,
        "symbol": name,
        "suspicion": "unexplained_gap",
        "witness": witness,
        "factor": 1.0,
    }
    assert judged("open_gap", [row], [suspect])["failed"] == fails


def market(counts: dict[dt.date, int], **row: Any) -> list[dict[str, Any]]:
    """So many rows on each day."""
    prices = {"open": 100.0, "close": 100.0}
    return [
        {"trade_date": day, "symbol": f"S{number}"} | prices | row
        for day, count in counts.items()
        for number in range(count)
    ]


def weekly(extra: int, today: int) -> dict[dt.date, int]:
    """A market of 2,000 names with `extra` that trade on Mondays only, and `today` on DAY, a Friday."""
    return {day: 2000 + (extra if day.weekday() == 0 else 0) for day in WEEKDAYS[:-1]} | {DAY: today}


@pytest.mark.parametrize(
    ("counts", "fails"),
    [
        (weekly(0, 2000), False),
        (weekly(0, 1949), True),
        (weekly(0, 2061), True),
        (weekly(100, 2100), False),
        (weekly(100, 2000), False),
        (weekly(100, 1949), True),
        (weekly(100, 2164), True),
    ],
)
def test_rows_are_judged_against_a_whole_week(counts: dict[dt.date, int], fails: bool) -> None:
    """From 2023 on about a hundred names trade on the first session of a week only: neither Monday nor Tuesday is an
    alarm."""
    assert judged("row_count", market(counts))["failed"] == fails
    assert not judged("row_count_extreme", market(counts))["failed"]


@pytest.mark.parametrize(("today", "fails"), [(30, False), (15, False), (14, True), (0, True)])
def test_a_class_that_is_gone_is_found_among_many_shares(today: int, fails: bool) -> None:
    shares, sme = (
        market(dict.fromkeys(WEEKDAYS, 300)),
        market(dict.fromkeys(WEEKDAYS[:-1], 30) | {DAY: today}, series="SM"),
    )
    outcome = judged("class_row_count", [*shares, *sme])
    assert outcome["failed"] == fails
    assert not fails or "class sme" in outcome["sample"]


def test_a_small_class_may_vanish() -> None:
    trusts = market(dict.fromkeys(WEEKDAYS[:-1], 4), series="RR")
    assert not judged("class_row_count", [*market(dict.fromkeys(WEEKDAYS, 300)), *trusts])["failed"]


def test_the_first_file_with_isins_takes_no_class_away() -> None:
    """2011-06-22: 1,467 rows without a class on the day before, none on the day."""
    rows = [*market(dict.fromkeys(WEEKDAYS[:-1], 300), isin=None), *market({DAY: 300})]
    assert not judged("class_row_count", rows)["failed"]


@pytest.mark.parametrize(("close", "fails"), [(120.0, False), (121.0, True)])
def test_a_move_within_the_band_is_no_outlier_on_the_calmest_day(close: float, fails: bool) -> None:
    calm = [{"symbol": f"S{number}", "open": 100.0, "close": 100.0 + number / 100} for number in range(20)]
    assert judged("outliers", [*calm, {"open": 100.0, "close": close}])["failed"] == fails


@pytest.mark.parametrize(("spread", "fails"), [(0.05, False), (0.10, False), (1.0, True)])
def test_a_penny_stock_that_trades_at_two_prices_is_not_stale(spread: float, fails: bool) -> None:
    days = WEEKDAYS[-6:]
    rows = [{"trade_date": day, "open": 69.0, "close": 69.0, "low": 69.0, "high": 69.0 + spread} for day in days]
    assert judged("stale_price", rows)["failed"] == fails
