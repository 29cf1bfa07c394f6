"""Adjusted prices in time: as known on a day, whatever comes later, at every level, to the bit."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion_assets.quant.adjust import LEVELS, adjust, known_events

FIRST = dt.date(2020, 1, 1)
EVENT = {
    "trade_date": pl.Date,
    "instrument_id": pl.String,
    "ex_date": pl.Date,
    "ex_session": pl.Date,
    "f_capital": pl.Float64,
    "f_capital_special": pl.Float64,
    "f_total_return": pl.Float64,
    "q": pl.Float64,
}


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def events(*rows: tuple[int, int, float, float, float, float]) -> pl.DataFrame:
    """(known, ex, capital, special, total, q) of instrument A."""
    return pl.DataFrame(
        [(day(known), "A", day(ex), day(ex), *numbers) for known, ex, *numbers in rows], schema=EVENT, orient="row"
    )


def prices(count: int = 10, name: str = "A") -> pl.DataFrame:
    return pl.DataFrame({"trade_date": [day(number) for number in range(count)], "instrument_id": [name] * count,
                         "close": [100.0 + number for number in range(count)], "volume": [1000] * count})  # fmt: skip


SPLIT = (4, 4, 0.2, 0.2, 0.2, 5.0)


def test_prices_before_the_ex_date_are_multiplied_and_volumes_divided() -> None:
    out = adjust(prices(), events(SPLIT), "capital", day(9))
    assert out["adj_close"][:4].to_list() == pytest.approx([100 * 0.2, 101 * 0.2, 102 * 0.2, 103 * 0.2])
    assert out["adj_close"][4:].equals(out["close"][4:].alias("adj_close"))
    assert out["adj_volume"][:5].to_list() == [5000, 5000, 5000, 5000, 1000]
    assert out.drop("factor", "share_factor", "adj_close", "adj_volume").equals(prices())


def test_an_event_after_the_anchor_or_known_after_it_changes_nothing() -> None:
    late = (7, 4, 0.2, 0.2, 0.2, 5.0)
    assert adjust(prices(4), events(SPLIT), "capital", day(3))["factor"].to_list() == [1.0] * 4
    assert adjust(prices(7), events(late), "capital", day(6))["factor"].to_list() == [1.0] * 7
    assert adjust(prices(8), events(late), "capital", day(7))["factor"][0] == pytest.approx(0.2)


def test_a_correction_replaces_the_event_from_the_day_it_was_known() -> None:
    both = events(SPLIT, (6, 4, 0.5, 0.5, 0.5, 2.0))
    assert adjust(prices(6), both, "capital", day(5))["factor"][0] == pytest.approx(0.2)
    assert adjust(prices(7), both, "capital", day(6))["factor"][0] == pytest.approx(0.5)
    assert known_events(both, day(6)).height == 1


def test_same_day_legs_multiply_and_levels_differ() -> None:
    legs = events((4, 4, 0.5, 0.5, 0.5, 2.0), (4, 4, 1.0, 0.9, 0.9, 1.0), (4, 4, 1.0, 1.0, 0.99, 1.0))
    factors = {level: adjust(prices(), legs, level, day(9))["factor"][0] for level in LEVELS}
    assert factors == pytest.approx({"none": 1.0, "capital": 0.5, "capital_special": 0.45, "total_return": 0.4455})


def test_an_ex_date_without_a_trade_still_counts() -> None:
    rows = prices().filter(pl.col("trade_date") != day(4))
    assert adjust(rows, events(SPLIT), "capital", day(9))["factor"].to_list()[:5] == pytest.approx([0.2] * 4 + [1.0])


def test_another_instrument_is_left_alone() -> None:
    both = pl.concat([prices(), prices(name="B")])
    out = adjust(both, events(SPLIT), "capital", day(9))
    assert out.filter(pl.col("instrument_id") == "B")["factor"].to_list() == [1.0] * 10
    assert out["instrument_id"].to_list() == both["instrument_id"].to_list()


_event = st.tuples(
    st.integers(0, 20),
    st.integers(0, 20),
    st.sampled_from([0.1, 0.5, 2 / 3, 10.0]),
    st.floats(0.5, 1),
    st.floats(0.5, 1),
    st.sampled_from([1.0, 2.0, 0.1]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_event, max_size=12), st.integers(1, 20), st.sampled_from(LEVELS))
def test_truncating_the_data_at_any_day_gives_the_same_bits(
    drawn: list[tuple[int, int, float, float, float, float]], anchor: int, level: str
) -> None:
    rows = [(max(known, ex), ex, f, f * special, f * special * total, q) for known, ex, f, special, total, q in drawn]
    everything, all_prices = events(*rows), prices(21)
    truncated = everything.filter(pl.col("trade_date") <= day(anchor))
    mine = adjust(all_prices.filter(pl.col("trade_date") <= day(anchor)), everything, level, day(anchor))  # type: ignore[arg-type]
    theirs = adjust(all_prices.filter(pl.col("trade_date") <= day(anchor)), truncated, level, day(anchor))  # type: ignore[arg-type]
    assert mine.equals(theirs, null_equal=True)
    assert mine["factor"][-1] == 1.0
