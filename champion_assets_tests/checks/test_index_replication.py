"""`checks/index_replication`: weights that drift, the exchange's totals and extremes, and a forgotten bonus that is
found by name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.checks.index_replication import NAME
from champion_assets.checks.replication_numbers import (
    Extremes,
    basis_of,
    equal_weight_return,
    factors_between,
    factors_of_days,
)
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.security_lists import WRONG_VOLATILITY
from champion_assets_tests.daily_folder import DAYS, built
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 19)
SCHEMA = {"close": pl.Float64, "prev_close": pl.Float64, "base": pl.Float64, "f": pl.Float64}


def members(*rows: tuple[float, float, float | None, float]) -> pl.DataFrame:
    """Members of an index: close, previous close, close at which weights were equal, factor of the day."""
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def test_weights_drift_by_hand() -> None:
    plain = members((110.0, 100.0, 100.0, 1.0), (100.0, 100.0, 100.0, 1.0))
    assert equal_weight_return(plain) == pytest.approx(0.05)
    drifted = members((110.0, 100.0, 50.0, 1.0), (100.0, 100.0, 100.0, 1.0))
    assert equal_weight_return(drifted) == pytest.approx(0.2 / 3)
    split = members((11.0, 100.0, 100.0, 0.1), (100.0, 100.0, None, 1.0))
    assert equal_weight_return(split) == pytest.approx(0.05)


@given(
    st.lists(st.tuples(st.floats(1, 1e4), st.floats(1, 1e4), st.floats(1, 1e4)), min_size=1, max_size=60),
    st.floats(0.5, 2),
)
def test_a_market_that_moves_as_one_moves_the_index_so(prices: list[tuple[float, float, float]], move: float) -> None:
    frame = members(*((before * move, before, base, 1.0) for before, base, _ in prices))
    assert equal_weight_return(frame) == pytest.approx(move - 1, abs=1e-9)


def test_the_basis_is_three_sessions_before_the_end_of_a_quarter() -> None:
    sessions = [dt.date(2023, 12, day) for day in (21, 22, 26, 27, 28, 29)] + [dt.date(2024, 1, day) for day in (1, 2)]
    assert basis_of(sessions[:-2], sessions[-3]) is None  # the last session of the quarter itself has the old weights
    assert basis_of(sessions, dt.date(2024, 1, 2)) == dt.date(2023, 12, 26)
    assert basis_of(sessions[4:], dt.date(2024, 1, 2)) is None


def test_extremes_are_of_the_year_before_in_shares_of_the_day() -> None:
    day = dt.date(2024, 1, 3)
    rows = [
        (dt.date(2022, 12, 1), 900.0, 1.0),
        (dt.date(2024, 1, 1), 200.0, 180.0),
        (dt.date(2024, 1, 2), 110.0, 80.0),
        (day, 500.0, 5.0),
    ]
    prices = pl.DataFrame(rows, schema=["trade_date", "high", "low"], orient="row").with_columns(
        instrument_id=pl.lit("A"), symbol=pl.lit("A"), series=pl.lit("EQ")
    )
    events = pl.DataFrame(
        {
            "instrument_id": ["A", "A"],
            "ex_session": [dt.date(2024, 1, 2), day],
            "kind": ["split", "demerger"],
            "f_capital": [0.5, 0.1],
        }
    )
    own = Extremes(prices)
    assert own.before(day, dt.date(2023, 1, 1), events).select("own_high", "own_low").rows() == [(110.0, 80.0)]
    assert own.before(dt.date(2022, 1, 3), dt.date(2022, 1, 3), events)["own_high"].to_list() == [None]
    assert factors_between(events, dt.date(2024, 1, 1), day)["f"].to_list() == pytest.approx([0.05])
    assert factors_between(events, dt.date(2024, 1, 2), day)["f"].to_list() == [0.1]


def test_factors_of_a_day_are_those_that_were_known_on_it() -> None:
    day = dt.date(2024, 1, 3)
    told = [
        (dt.date(2024, 1, 1), "A", day, 0.5), (day, "A", day, 0.25), (day, "A", day, 0.5),
        (dt.date(2024, 1, 4), "A", day, 0.9), (dt.date(2024, 1, 4), "B", day, 0.9),
        (dt.date(2024, 1, 2), "C", day, 0.8),
    ]  # fmt: skip
    events = pl.DataFrame(told, schema=["trade_date", "instrument_id", "ex_date", "f_capital"], orient="row")
    rows = factors_of_days(events.with_columns(ex_session="ex_date"))
    assert rows.select("trade_date", "instrument_id", "f").rows() == [(day, "A", 0.125), (day, "C", 0.8)]


def test_the_fictional_market_is_reproduced_and_what_is_not_has_a_name(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    rows = workspace.lake.read(NAME, workspace.sessions(START, END))
    sized = rows.drop_nulls("residual_bp")
    assert set(sized["witness"]) == {"equal_weight", "total_return", "market_cap"}
    large = sized.filter(pl.col("residual_bp").abs() > 1)
    assert set(large["witness"]) <= {"equal_weight"}
    assert large["behind"].str.contains("demerger|rights").all()
    assert rows.filter(pl.col("witness") == "market_cap")["residual_bp"].abs().max() < 1e-6  # type: ignore[operator]
    assert rows.filter(pl.col("basis").is_not_null())["basis"].unique().to_list() == [dt.date(2023, 12, 26)]
    volatility = rows.filter(pl.col("witness") == "volatility")
    wrong = volatility.filter(pl.col("differing") > 0)
    planted = workspace.sessions(START, END)[WRONG_VOLATILITY]
    assert volatility.height == len(workspace.sessions(START, END))
    assert planted in wrong["trade_date"].to_list()
    assert wrong.filter(pl.col("trade_date") != planted)["behind"].str.contains("[A-Z]").all()
    forgotten = rows.filter((pl.col("differing") > 0) & (pl.col("witness") != "volatility"))
    assert forgotten.height
    assert forgotten["behind"].str.contains("ARANYAPHAR").all()  # the bonus that the exchange's list does not know


@pytest.mark.real
def test_genuine_days(real: Path, tmp_path: Path) -> None:
    rows = built(real, tmp_path, NAME).lake.read(NAME, DAYS)
    caps = rows.filter(pl.col("witness") == "market_cap")
    assert caps["names"].to_list() == [2662, 2670]
    assert caps["residual_bp"].abs().max() < 1e-6  # type: ignore[operator]
    sides = (
        rows.filter(pl.col("witness").str.starts_with("adjusted"))
        .select("witness", "names", "differing")
        .sort("witness")
    )
    assert sides.rows() == [("adjusted_highs", 26, 0), ("adjusted_lows", 95, 0)]
    steps = rows.filter(pl.col("witness") == "volatility")
    assert steps.select("names", "differing").rows() == [(2530, 9), (2528, 12)]
    (residual,) = rows.filter(pl.col("witness") == "equal_weight")["residual_bp"]
    assert residual == pytest.approx(3.06, abs=0.01)  # the simple mean: two days are no history
