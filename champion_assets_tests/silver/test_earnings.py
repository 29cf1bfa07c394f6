"""`silver/earnings`: earnings a share from the close of the session before; genuine ones stand still between
results."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.lake.workspace import Workspace
from champion_assets.silver.earnings import NAME, implied, with_results
from champion_assets_tests.daily_folder import DAYS

BEFORE, DAY = DAYS


def results(
    today: tuple[float, float | None], before: tuple[float, float | None] | None, *, acted: bool = False
) -> tuple[float | None, bool | None]:
    """Earnings a share of a name, and whether it is a results date: previous close and ratio of two sessions."""
    days = [(DAY, *today), *([(BEFORE, *before)] if before else [])]
    table = pl.DataFrame(
        [(day, "A", "I", close, pe, None) for day, close, pe in days],
        orient="row",
        schema={
            "trade_date": pl.Date,
            "symbol": pl.String,
            "instrument_id": pl.String,
            "prev_close": pl.Float64,
            "pe": pl.Float64,
            "adjusted_pe": pl.Float64,
        },
    )
    found = implied(
        table.select("trade_date", "symbol", "pe", "adjusted_pe"),
        table.select("trade_date", "instrument_id", "symbol", "prev_close"),
    )
    rows = table.filter(pl.col("trade_date") == DAY).select("trade_date", "instrument_id", "pe", "adjusted_pe")
    made = with_results(rows, found, {DAY: BEFORE}, rows if acted else rows.clear()).row(0, named=True)
    return made["eps"], made["is_results_day"]


def test_by_hand() -> None:
    assert results((100.0, 20.0), (110.0, 22.0)) == (5.0, False)
    assert results((100.0, 20.0), (110.0, 23.0)) == (5.0, True)
    assert results((100.0, 20.0), (100.0, 20.05)) == (5.0, False)  # shares allotted to employees
    assert results((100.0, 20.0), (110.0, 23.0), acted=True) == (5.0, None)
    assert results((100.0, 20.0), None) == (5.0, None)
    assert results((100.0, 20.0), (110.0, None)) == (5.0, None)
    assert results((0.0, 20.0), (110.0, 22.0)) == (None, None)
    assert results((100.0, -20.0), (110.0, -22.0)) == (-5.0, False)
    assert results((100.0, 0.0), (110.0, 22.0)) == (None, None)


@given(st.floats(0.05, 500), st.floats(1, 5000), st.floats(0.9, 1.1))
def test_earnings_that_stand_still_are_never_results(eps: float, price: float, change: float) -> None:
    closes = [round(price, 2), round(price * change, 2)]
    today, before = ((close, round(close / eps, 2)) for close in closes)
    assert results(today, before)[1] is not True


@given(st.floats(0.5, 50), st.floats(10, 5000), st.floats(1.02, 3))
def test_a_change_beyond_rounding_is_found(eps: float, price: float, growth: float) -> None:
    before, today = round(price / eps, 2), round(price / eps / growth, 2)
    if today > 5:
        assert results((price, today), (price, before))[1] is True


@pytest.mark.real
def test_genuine_earnings_stand_still_between_results(folder_lake: Workspace) -> None:
    rows = folder_lake.lake.read(NAME, [DAY])
    assert rows.height == 1748
    assert rows["is_results_day"].null_count() == 0
    assert rows.filter("is_results_day")["symbol"].to_list() == ["BHARATRAS"]
    first = folder_lake.lake.read(NAME, [BEFORE])
    assert first["is_results_day"].null_count() == first.height
    both = rows.join(first, on="instrument_id").drop_nulls(["eps", "eps_right"])
    assert ((both["eps"] / both["eps_right"] - 1).abs() < 1e-3).mean() > 0.97  # type: ignore[operator]
