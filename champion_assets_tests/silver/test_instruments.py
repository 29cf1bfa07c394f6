"""`silver/instruments`: the story of the synthetic exchange, seen through its files alone."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import polars as pl
import pytest

from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.silver.instruments import TABLE, overrides_of
from champion_assets_tests.helpers import build_until, drop_days, register_of

START, END = dt.date(2023, 11, 1), dt.date(2024, 4, 30)


def test_the_registry_tells_the_story(workspace: Workspace, exchange: Exchange) -> None:
    build_until(workspace, "silver/instruments", START, END)
    registry = register_of(workspace.lake, END)
    assert registry.height == len(exchange.market.companies)
    changes = workspace.lake.read("silver/instruments", workspace.sessions(START, END)).filter(
        pl.col("valid_from") == pl.col("trade_date")
    )
    linked = changes.filter(pl.col("evidence") != "first_seen")
    renamed = next(company for company in exchange.market.companies if company.renamed)
    split = next(company for company in exchange.market.companies if company.isin_change)
    told = set(linked.select("symbol", "previous_symbol", "evidence").iter_rows())
    assert (renamed.renamed[1], renamed.symbol, "isin") in told  # type: ignore[index]
    assert (split.symbol, split.symbol, "isin_issuer") in told
    assert {"series"} <= set(linked["evidence"])


def test_in_pieces_or_at_once_the_same_bytes(workspace: Workspace) -> None:
    build_until(workspace, "silver/instruments", START, dt.date(2023, 11, 10))
    build_until(workspace, "silver/instruments", dt.date(2023, 11, 11), dt.date(2023, 11, 30))
    days = workspace.sessions(START, dt.date(2023, 11, 30))
    pieces = workspace.lake.infos("silver/instruments", days)
    drop_days(workspace.lake, "silver/instruments", days)
    build_range(TABLE, workspace, calendar_days(START, dt.date(2023, 11, 30)))
    assert workspace.lake.infos("silver/instruments", days) == pieces


def test_an_edit_of_the_users_file_is_seen_at_the_next_call_even_if_size_and_time_stay(tmp_path: Path) -> None:
    path = tmp_path / "identity.csv"
    path.write_text("date,symbol,old_symbol,why,evidence\n2024-01-01,A,B,x,\n")
    stamp = path.stat()
    assert overrides_of(path)[0].old_symbol == "B"
    path.write_text("date,symbol,old_symbol,why,evidence\n2024-01-01,A,C,x,\n")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert overrides_of(path)[0].old_symbol == "C"


@pytest.mark.parametrize(
    ("line", "why"),
    [("soon,A,B,x,", "YYYY-MM-DD"), ("2024-01-01,,B,x,", "symbol and why"), ("2024-01-01,A,B,,", "symbol and why")],
)
def test_a_mistake_in_the_users_file_is_named(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "identity.csv"
    path.write_text(f"date,symbol,old_symbol,why,evidence\n{line}\n")
    with pytest.raises(ValueError, match=f"line 2: .*{why}"):
        overrides_of(path)
