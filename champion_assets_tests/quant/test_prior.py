"""The adjusted close of the session before: across ex-dates, gaps in trading, doubts and days that were never read."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion_assets.quant.adjust import LEVELS, Level, adjust
from champion_assets.quant.prior import with_prior
from champion_assets_tests.quant.test_adjust import SPLIT, day, events

NO_DOUBT = pl.DataFrame(schema={"instrument_id": pl.String, "ex_session": pl.Date})


def rows(*numbers: int, name: str = "A") -> pl.DataFrame:
    """Rows of the days with these numbers; the first has no session before it."""
    closes = [100.0 + number for number in numbers]
    before = [None, *closes[:-1]]
    return pl.DataFrame(
        {
            "trade_date": [day(number) for number in numbers],
            "instrument_id": [name] * len(numbers),
            "close": closes,
            "prev_close": before,
            "prior_close": before,
            "prior_date": [None, *(day(number) for number in numbers[:-1])],
        },
        schema_overrides={"prior_date": pl.Date},
    )


def both(
    prices: pl.DataFrame,
    legs: pl.DataFrame,
    level: Level = "capital",
    anchor: int = 20,
    doubts: pl.DataFrame = NO_DOUBT,
    unread: tuple[int, ...] = (),
) -> pl.DataFrame:
    adjusted = adjust(prices, legs, level, day(anchor))
    return with_prior(adjusted, legs, doubts, [day(number) for number in unread], level, day(anchor))


def test_across_a_split_the_close_before_is_that_of_the_row_before() -> None:
    out = both(rows(2, 3, 4, 5), events(SPLIT))
    assert out["adj_prior_close"].to_list() == pytest.approx([None, 102 * 0.2, 103 * 0.2, 104.0])
    assert out["adj_prev_close"].equals(out["adj_prior_close"].alias("adj_prev_close"))
    assert out["prior_factor"].to_list() == pytest.approx([0.2, 0.2, 0.2, 1.0])


@pytest.mark.parametrize("ex", [3, 4, 5, 6, 7])
def test_an_ex_session_without_a_trade_lies_before_the_next_row(ex: int) -> None:
    out = both(rows(2, 6, 7), events((ex, ex, 0.5, 0.5, 0.5, 2.0)))
    assert out["adj_prior_close"][1:].to_list() == out["adj_close"][:-1].to_list()


def test_rows_of_another_instrument_and_events_beside_the_rows_change_nothing() -> None:
    mixed = pl.concat([rows(4, 5), rows(3, 4, 5, name="B")]).sort("trade_date")
    out = both(mixed, events(SPLIT, (9, 9, 0.5, 0.5, 0.5, 2.0)), anchor=5)
    assert out.filter(pl.col("instrument_id") == "B")["prior_factor"].to_list() == [1.0, 1.0, 1.0]
    assert out.filter(pl.col("instrument_id") == "A")["prior_factor"].to_list() == [0.2, 1.0]


def test_what_is_in_doubt_or_unread_between_the_two_sessions_has_no_value() -> None:
    doubts = pl.DataFrame({"instrument_id": ["A"], "ex_session": [day(4)]})
    assert both(rows(2, 3, 5, 6), events(), doubts=doubts)["prior_factor"].to_list() == [1.0, 1.0, None, 1.0]
    out = both(rows(2, 3, 5, 6), events(), unread=(3, 6))
    assert out["adj_prior_close"].to_list() == [None, None, 103.0, None]
    assert both(rows(2, 3), events(SPLIT), "none", unread=(3,))["prior_factor"].to_list() == [1.0, 1.0]


def test_of_the_first_row_only_what_came_after_its_own_session_before_counts() -> None:
    alone = rows(2, 3, 5).filter(pl.col("trade_date") == day(5))
    at = {ex: both(alone, events((ex, ex, 0.5, 0.5, 0.5, 2.0)))["prior_factor"][0] for ex in (3, 4, 5, 6)}
    assert at == {3: 1.0, 4: 0.5, 5: 0.5, 6: 0.5}
    new = rows(2, 3)  # nothing is known before its first day
    assert both(new, events((2, 2, 0.5, 0.5, 0.5, 2.0)))["prior_factor"].to_list() == [0.5, 1.0]
    assert both(new, events((1, 1, 0.5, 0.5, 0.5, 2.0)))["prior_factor"].to_list() == [1.0, 1.0]


_event = st.tuples(st.integers(0, 20), st.sampled_from([0.1, 0.5, 2 / 3, 10.0]), st.floats(0.5, 1))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(_event, max_size=8),
    st.lists(st.integers(0, 20), min_size=2, max_size=15, unique=True),
    st.sampled_from(LEVELS),
)
def test_it_is_always_the_adjusted_close_of_the_row_before(
    drawn: list[tuple[int, float, float]], numbers: list[int], level: Level
) -> None:
    legs = events(*((ex, ex, f, f * more, f * more * 0.99, 1.0) for ex, f, more in drawn))
    out = both(rows(*sorted(numbers)), legs, level)
    assert out["adj_prior_close"][1:].to_list() == pytest.approx(out["adj_close"][:-1].to_list(), rel=1e-12)
