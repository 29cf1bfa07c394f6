"""What other programs are handed: the research API's own figures, members of the list's day, actions under any name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from champion_assets import research
from champion_assets.common.errors import RequestError
from champion_assets.operations.openbb_rows import dividend_rows, member_rows, price_rows, split_rows
from champion_assets_tests.research.conftest import data_folder, lake

__all__ = ["data_folder", "lake"]
START, END = dt.date(2023, 11, 1), dt.date(2024, 4, 30)


def test_prices_are_those_of_the_research_api(lake: Path) -> None:
    rows = price_rows(["ARANYAPHAR"], None, None)
    wanted = research.prices(START, END, symbols="ARANYAPHAR")
    assert [row["close"] for row in rows] == wanted["adj_close"].to_list()
    assert [row["date"] for row in rows] == wanted["trade_date"].to_list()
    raw = price_rows(["ARANYAPHAR"], dt.date(2023, 11, 2), dt.date(2023, 11, 2), "none")
    assert [row["close"] for row in raw] == wanted.filter(wanted["trade_date"] == dt.date(2023, 11, 2))[
        "close"
    ].to_list()


def test_a_bonus_is_a_split_and_a_dividend_is_none(lake: Path) -> None:
    (bonus,) = split_rows("ARANYAPHAR")
    assert (bonus["numerator"], bonus["denominator"], bonus["split_ratio"]) == (2.0, 1.0, "2:1")
    assert dividend_rows("ARANYAPHAR", None, None) == []
    actions = research.table("silver/corporate_actions", START, END)
    payer = actions.filter(actions["kind"] == "dividend").row(0, named=True)
    (paid,) = (row for row in dividend_rows(payer["symbol"], None, None) if row["ex_dividend_date"] == payer["ex_date"])
    assert paid["amount"] == payer["cash"]
    assert dividend_rows(payer["symbol"], payer["ex_date"] + dt.timedelta(days=1), None) == []


def test_members_of_the_newest_list_up_to_a_day(lake: Path) -> None:
    now, then = member_rows("NIFTY50", None), member_rows("nifty 50", dt.date(2023, 12, 10))  # a Sunday
    assert len(now) == len(then) == 50
    assert {row["list_of"] for row in now} == {END}
    assert {row["list_of"] for row in then} == {dt.date(2023, 12, 8)}
    with pytest.raises(RequestError, match="Nifty 50"):
        member_rows("NIFTYBANK", None)
