"""Which rows are in doubt: as known on a day, until it is settled, at which level."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from champion_assets.quant.adjust import LEVELS, Level
from champion_assets.quant.doubts import doubtful_sessions, mark, open_doubts

FIRST = dt.date(2020, 1, 1)
SCHEMA = {
    "trade_date": pl.Date, "instrument_id": pl.String, "ex_session": pl.Date, "doubt": pl.String, "level": pl.String,
    "reason": pl.String,
}  # fmt: skip
Drawn = tuple[int, str, int, str, str]


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def doubts(*rows: Drawn) -> pl.DataFrame:
    """(known, instrument, ex_session, doubt, level)."""
    told = [(day(known), name, day(ex), doubt, level, "r") for known, name, ex, doubt, level in rows]
    return pl.DataFrame(told, schema=SCHEMA, orient="row")


def prices(last: int) -> pl.DataFrame:
    rows = [(day(number), name) for number in range(last + 1) for name in "BA"]
    return pl.DataFrame(rows, schema={"trade_date": pl.Date, "instrument_id": pl.String}, orient="row")


def marked(rows: pl.DataFrame, anchor: int, level: Level = "capital") -> pl.DataFrame:
    return mark(prices(anchor), doubtful_sessions(open_doubts(rows, day(anchor)), level))


def test_rows_before_the_session_carry_the_first_doubt_after_them() -> None:
    rows = marked(doubts((4, "A", 4, "unread", "capital"), (6, "A", 6, "unexplained", "capital")), 8)
    assert rows.filter(pl.col("instrument_id") == "A")["doubt"].to_list() == [
        *["unread across 2020-01-05: r"] * 4, *["unexplained across 2020-01-07: r"] * 2, None, None, None,
    ]  # fmt: skip
    assert rows.filter(pl.col("instrument_id") == "B")["is_complete"].all()
    assert rows.select("trade_date", "instrument_id").equals(prices(8))


def test_two_doubts_of_a_session_are_told_together() -> None:
    both = doubts((4, "A", 4, "unread", "capital"), (5, "A", 4, "unconfirmed", "capital_special"))
    words = "unconfirmed across 2020-01-05: r; unread across 2020-01-05: r"
    assert marked(both, 8, "total_return")["doubt"].drop_nulls().unique().to_list() == [words]


def test_only_what_was_known_before_it_is_settled() -> None:
    told = ((4, "A", 4, "unread", "capital"), (6, "A", 4, "settled", "capital"), (6, "A", 4, "unconfirmed", "capital"))
    assert open_doubts(doubts(*told), day(8))["doubt"].to_list() == ["unconfirmed"]
    assert open_doubts(doubts(*told), day(5))["doubt"].to_list() == ["unread"]


_drawn = st.integers(0, 12).flatmap(
    lambda known: st.tuples(
        st.just(known),
        st.sampled_from("AB"),
        st.integers(0, known),
        st.sampled_from(["unread", "unexplained", "unconfirmed", "settled"]),
        st.sampled_from(LEVELS[1:3]),
    )
)


@settings(max_examples=200)
@given(st.lists(_drawn, max_size=10), st.integers(0, 14), st.sampled_from(LEVELS))
def test_a_row_is_in_doubt_iff_an_open_doubt_lies_after_it(drawn: list[Drawn], anchor: int, level: Level) -> None:
    def is_open(each: Drawn) -> bool:
        known, name, ex, doubt, lowest = each
        ended = any(
            (other, session, one) == (name, ex, "settled") and known < since <= anchor
            for since, other, session, one, _ in drawn
        )
        return doubt != "settled" and known <= anchor and not ended and LEVELS.index(lowest) <= LEVELS.index(level)

    left = {(name, ex) for each in drawn if is_open(each) for _, name, ex, _, _ in [each]}
    order = [(number, name) for number in range(anchor + 1) for name in "BA"]
    expected = [not any(name == other and number < ex <= anchor for other, ex in left) for number, name in order]
    everything = marked(doubts(*drawn), anchor, level)
    assert everything["is_complete"].to_list() == expected
    assert everything["doubt"].is_null().to_list() == expected
    truncated = doubts(*(each for each in drawn if each[0] <= anchor))
    assert marked(truncated, anchor, level).equals(everything)
