"""The register put together from what changed is the registry itself, day for day; and what cannot be told from a file
is stored."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion_assets.lake.workspace import Workspace
from champion_assets.nse.identity import Registry
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.silver.instruments import sightings
from champion_assets.silver.instruments_register import PRICE_COLUMNS, PRICES, closes, registers
from champion_assets_tests.helpers import build_until, inputs_of, register_of

NAME = "silver/instruments"
START, END = dt.date(2023, 11, 1), dt.date(2024, 2, 9)


def test_it_is_the_registry_of_every_day(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    sessions = workspace.sessions(START, END)
    registry = Registry()
    for date in sessions[:40]:
        registry.observe(
            date, sightings(workspace.lake.read(PRICES, [date]).filter(pl.col("series").is_in(EQUITY_SERIES)))
        )
        found = register_of(workspace.lake, date)
        expected = pl.DataFrame({"trade_date": date, **registry.columns()}).select(
            found.drop("instrument_class").columns
        )
        assert found.drop("instrument_class").equals(expected.cast(found.drop("instrument_class").schema))  # type: ignore[arg-type]


def test_a_month_begins_with_everyone_and_goes_on_with_what_changed(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    sessions = workspace.sessions(START, END)
    for before, date in pairwise(sessions):
        rows, everyone, yesterday = (
            workspace.lake.read(NAME, [date]),
            register_of(workspace.lake, date),
            register_of(workspace.lake, before),
        )
        if date.month != before.month:
            assert rows.equals(everyone)
            continue
        trading, traded = (
            set(frame.filter(pl.col("last_seen") == pl.col("trade_date"))["instrument_id"])
            for frame in (everyone, yesterday)
        )
        renamed = set(everyone.filter(pl.col("valid_from") == date)["instrument_id"])
        assert set(rows["instrument_id"]) == renamed | (trading ^ traded)
    assert workspace.lake.read(NAME, sessions).height < 0.5 * sum(
        register_of(workspace.lake, date).height for date in sessions
    )


def test_the_window_ends_at_the_first_session_of_the_month(workspace: Workspace) -> None:
    date = dt.date(2024, 1, 4)
    inputs = inputs_of("silver/equity_eod", workspace, [date])
    assert inputs.window(NAME, date, lag=0) == workspace.sessions(dt.date(2024, 1, 1), date)
    first = dt.date(2024, 1, 1)
    inputs = inputs_of(NAME, workspace, [first])
    assert inputs.window(NAME, first) == workspace.sessions(dt.date(2023, 12, 1), dt.date(2023, 12, 31))
    assert inputs_of(NAME, workspace, [START]).window(NAME, START) == []


@pytest.fixture
def file() -> pl.DataFrame:
    """Three days: with ISINs and one row without, without any, and with two rows of one name."""
    days = [dt.date(2024, 1, 1)] * 2 + [dt.date(2024, 1, 2)] + [dt.date(2024, 1, 3)] * 2
    return pl.DataFrame(
        {
            "trade_date": days,
            "symbol": ["A", "B", "A", "A", "A"],
            "series": ["EQ"] * 5,
            "isin": ["I", None, None, "I", "I"],
            "turnover": [1.0, 1.0, 1.0, 5.0, 7.0],
            "close": [10.0, 20.0, 30.0, 40.0, 50.0],
        }
    ).select(PRICE_COLUMNS)


def test_closes_of_rows_that_count(file: pl.DataFrame) -> None:
    assert closes(file).sort("trade_date")["close"].to_list() == [10.0, 30.0, 50.0]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 28), st.booleans()), unique_by=lambda each: each[:2], max_size=30
    ),
    st.sets(st.integers(1, 28), min_size=1),
)
def test_the_newest_row_up_to_the_day_counts(rows: list[tuple[int, int, bool]], wanted: set[int]) -> None:
    def day(number: int) -> dt.date:
        return dt.date(2024, 1, number)

    stored = pl.DataFrame(
        [
            {"trade_date": day(n), "instrument_id": str(i), "last_seen": day(n) if traded else dt.date(2023, 1, 1)}
            for i, n, traded in rows
        ],
        schema={"trade_date": pl.Date, "instrument_id": pl.String, "last_seen": pl.Date},
    )
    expected = []
    for number in sorted(wanted):
        for name in range(4):
            newest = max(((n, traded) for i, n, traded in rows if i == name and n <= number), default=None)
            if newest is not None:
                expected.append((day(number), str(name), day(number) if newest[1] else dt.date(2023, 1, 1)))
    assert registers(stored, {day(number) for number in wanted}).rows() == expected
