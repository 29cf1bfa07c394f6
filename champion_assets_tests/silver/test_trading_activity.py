"""`silver/trading_activity`: deals summed by side, short sales of the session before, stages; null where a list is
absent."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from champion_assets.bronze.market_lists import MarketLists
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.silver.trading_activity import NAME, TradingActivity, transform
from champion_assets_tests.daily_folder import DAYS
from champion_assets_tests.helpers import build_until

DAY = dt.date(2025, 1, 16)
REGISTER = pl.DataFrame(
    [(name, name, "EQ", "share", DAY, DAY) for name in ("A", "B")],
    schema=["instrument_id", "symbol", "series", "instrument_class", "last_seen", "trade_date"], orient="row",
)  # fmt: skip


def made(*rows: dict[str, object]) -> pl.DataFrame:
    """The activity of a day with these lines."""
    empty = empty_frame(MarketLists)
    lists = pl.DataFrame([{"trade_date": DAY, "source_row": 1, **row} for row in rows], schema=empty.schema)
    frame, _, _ = transform(lists, REGISTER)
    assert violations(TradingActivity, frame) is None
    return frame


def test_by_hand() -> None:
    deal = {"list_name": "bulk", "symbol": "A", "client": "entity", "side": "bought", "quantity": 10}
    frame = made(
        deal, deal | {"quantity": 5}, deal | {"side": "sold", "client": "person", "quantity": 7},
        {"list_name": "short", "symbol": "B", "quantity": 3},
    )  # fmt: skip
    columns = ["bulk_bought", "bulk_sold", "block_bought", "has_persons", "short_sold", "is_watched"]
    assert frame.select(columns).rows() == [(15, 7, None, True, 0, None), (0, 0, None, False, 3, None)]


def test_stages_and_who_is_watched() -> None:
    frame = made({"list_name": "surveillance", "symbol": "A", "series": "EQ", "gsm": 0},
                 {"list_name": "surveillance", "symbol": "B", "series": "EQ", "loss_making": 0})  # fmt: skip
    assert frame.select("is_watched", "gsm", "loss_making", "bulk_bought").rows() == [
        (True, 0, None, None),
        (False, None, 0, None),
    ]


def test_the_fictional_lists(workspace: Workspace) -> None:
    start, end = dt.date(2023, 11, 1), dt.date(2023, 12, 6)
    build_until(workspace, NAME, start, end)
    rows = workspace.lake.read(NAME, workspace.sessions(start, end))
    assert (rows["bulk_bought"].drop_nulls() >= 0).all()
    assert rows.filter("is_watched").height
    assert rows.filter("has_persons").height
    first = rows.filter(pl.col("trade_date") == rows["trade_date"][0])
    assert first["short_sold"].null_count() == first.height  # of the session before the first nothing is known


@pytest.mark.real
def test_genuine_lists_name_known_securities(folder_lake: Workspace) -> None:
    rows = folder_lake.lake.read(NAME, DAYS)
    assert rows.group_by("trade_date").len().sort("trade_date")["len"].to_list() == [114, 101]
    sbfc = rows.filter((pl.col("symbol") == "SBFC") & (pl.col("trade_date") == DAYS[0])).row(0, named=True)
    assert sbfc["block_bought"] == sbfc["block_sold"] == 8231223 + 7133297
    assert rows["block_bought"].null_count() == 101  # NO RECORDS on the second day
