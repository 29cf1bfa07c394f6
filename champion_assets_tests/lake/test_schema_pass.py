"""One query for all rules says yes exactly where Pandera does, and knows the model of every table."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from champion_assets.catalog import HISTORY_TABLES, TABLES
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.schema_pass import _known, plainly_satisfies

NAN = float("nan")


class Row(TableModel):
    trade_date: pl.Date = pa.Field()
    name: str = pa.Field(str_matches="^[A-Z]+$", nullable=True)
    low: float = pa.Field(ge=0)
    high: float = pa.Field(gt=0, nullable=True)
    side: str = pa.Field(isin=("BUY", "SELL"))

    class Config(TableModel.Config):
        unique = ["trade_date", "name"]

    @pa.dataframe_check(ignore_na=False)
    def in_order(cls, data: Any) -> pl.LazyFrame:  # noqa: N805
        found: pl.LazyFrame = data.lazyframe.select(pl.col("low") <= pl.col("high").fill_null(float("inf")))
        return found


SCHEMA = empty_frame(Row).schema
GOOD = (dt.date(2024, 1, 5), "A", 1.0, 2.0, "BUY")
ROWS = st.tuples(
    st.sampled_from([dt.date(2024, 1, 5), dt.date(2024, 1, 6)]),
    st.sampled_from(["A", "B", "C", None, "a"]),
    st.sampled_from([0.0, 1.0, 3.0, -1.0, NAN, None]),
    st.sampled_from([2.0, 4.0, None, 0.0, NAN]),
    st.sampled_from(["BUY", "SELL", "HOLD"]),
)


def _by_pandera(frame: pl.DataFrame) -> bool:
    try:
        Row.validate(frame, lazy=True)
    except SchemaErrors:
        return False
    return True


@given(st.lists(ROWS, max_size=3))
def test_it_says_what_pandera_says(rows: list[tuple[Any, ...]]) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    assert plainly_satisfies(Row, frame) == _by_pandera(frame)


@pytest.mark.parametrize(("place", "value"), [
    (0, None), (1, "a"), (2, -1.0), (2, None), (2, NAN), (2, 3.0), (3, 0.0), (4, "HOLD"), (4, None),
])  # fmt: skip
def test_each_rule_is_seen(place: int, value: Any) -> None:
    wrong = (*GOOD[:place], value, *GOOD[place + 1 :])
    assert plainly_satisfies(Row, pl.DataFrame([GOOD], schema=SCHEMA, orient="row"))
    assert not plainly_satisfies(Row, pl.DataFrame([wrong], schema=SCHEMA, orient="row"))


def test_keys_order_columns_and_types_are_seen() -> None:
    good = pl.DataFrame([GOOD], schema=SCHEMA, orient="row")
    for wrong in (
        pl.concat([good, good]),
        good.select(reversed(good.columns)),
        good.drop("side"),
        good.with_columns(more=1),
        good.with_columns(pl.col("low").cast(pl.Float32)),
    ):
        assert not plainly_satisfies(Row, wrong)
        assert not _by_pandera(wrong)


def test_a_model_with_a_rule_of_another_kind_is_left_to_pandera() -> None:
    class Coerced(Row):
        class Config(Row.Config):
            coerce = True

    assert not plainly_satisfies(Coerced, pl.DataFrame([GOOD], schema=SCHEMA, orient="row"))


def test_the_model_of_every_table_is_known() -> None:
    assert [table.name for table in (*TABLES.values(), *HISTORY_TABLES) if _known(table.model) is None] == []
