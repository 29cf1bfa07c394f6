"""`silver/shares_outstanding`: by hand, and the genuine days, whose capitalisations sum to the exchange's own
totals."""

from __future__ import annotations

import polars as pl
import pytest

from champion_assets.lake.workspace import Workspace
from champion_assets.silver.shares_outstanding import NAME, with_market_cap
from champion_assets_tests.daily_folder import DAYS

TOTALS = {DAYS[0]: 464_004_783_022_548.78, DAYS[1]: 462_509_515_332_970.2}
"""The lines `Listed` of the two genuine files, rupees."""
ROWS = {DAYS[0]: 2662, DAYS[1]: 2713}


def test_who_did_not_trade_has_shares_and_no_value() -> None:
    rows = pl.DataFrame({"trade_date": DAYS[:1] * 2, "instrument_id": ["A", "B"], "shares": [10, 20]})
    equity = pl.DataFrame({"trade_date": DAYS, "instrument_id": ["A", "B"], "close": [2.5, 9.0]})
    assert with_market_cap(rows, equity)["market_cap"].to_list() == [25.0, None]


@pytest.mark.real
@pytest.mark.parametrize("day", DAYS)
def test_genuine_values_sum_to_the_totals_of_the_exchange(folder_lake: Workspace, day: object) -> None:
    rows = folder_lake.lake.read(NAME, [day])  # type: ignore[list-item]
    bronze = folder_lake.lake.read("bronze/shares_outstanding", [day])  # type: ignore[list-item]
    joined = rows.join(bronze, on=["symbol", "series"], suffix="_published")
    assert joined.height == rows.height == ROWS[day]  # type: ignore[index]
    traded = joined.drop_nulls("market_cap")
    assert ((traded["market_cap"] / traded["market_cap_published"] - 1).abs() < 1e-9).all()
    listed = bronze.filter(pl.col("category") == "listed")
    assert listed["market_cap"].sum() == pytest.approx(TOTALS[day], rel=1e-12)  # type: ignore[index]
    share = traded.filter(pl.col("category") == "listed")["market_cap"].sum() / TOTALS[day]  # type: ignore[index]
    assert (
        share > 0.997
    )  # the rest: units of trusts that never traded since these two days begin, and names that did not on the day


@pytest.mark.real
def test_shares_stand_still_from_a_day_to_the_next(folder_lake: Workspace) -> None:
    first, second = (folder_lake.lake.read(NAME, [day]) for day in DAYS)
    both = first.join(second, on="instrument_id")
    assert both.height > 2600
    assert (both["shares"] == both["shares_right"]).all()
    untraded = second.filter(pl.col("last_trade_date") < pl.col("trade_date"))
    assert untraded["market_cap"].null_count() == untraded.height
