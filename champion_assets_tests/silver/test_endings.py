"""An ended listing gives its holders what is known, on the day since which it counts; without evidence its last price stands."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.endings import COLUMNS
from champion_assets.nse.synthetic import files
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.silver.endings import NAME
from champion_assets_tests.helpers import ORDER, build_until

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 31)


LAST = dt.date(2023, 12, 14)
"""Last session of the share that ends: between two decisions."""


@pytest.fixture
def ended(workspace: Workspace, exchange: Exchange, tmp_path: Path) -> tuple[Workspace, dict[str, Any], dict[str, Any]]:
    """The synthetic exchange without one of its shares after `LAST`, as it was held, and another share."""
    build_until(workspace, "portfolio/target_weights", START, LAST)
    held = workspace.lake.read("portfolio/target_weights", [LAST]).sort("weight", descending=True)
    rows = workspace.lake.read("silver/equity_eod", [LAST]).join(held.select("instrument_id"), on="instrument_id", maintain_order="right")
    parent, child = rows.row(0, named=True), rows.row(3, named=True)
    folder = tmp_path / "source"
    shutil.copytree(
        exchange.folder, folder, ignore=shutil.ignore_patterns(".republished", "historical", "cm", "sec_bhavdata_full*", "MTO*", "PR*")
    )
    for number, date in enumerate(exchange.market.sessions):
        if date > END:
            break
        day = exchange.market.rows(number)
        if date > LAST:
            day = day.filter(pl.col("symbol") != parent["symbol"])
        is_new = date.year == 2024
        old = f"cm{date:%d%b%Y}bhav.csv".replace(f"{date:%b}", f"{date:%b}".upper())
        name = f"BhavCopy_NSE_CM_0_0_0_{date:%Y%m%d}_F_0000.csv" if is_new else old
        (folder / name).write_bytes(files.udiff(day) if is_new else files.legacy(day))
    settings = workspace.settings.model_copy(update={"source": str(folder)})
    return replace(workspace, settings=settings, lake=Lake(str(tmp_path / "lake"))), parent, child


def with_line(workspace: Workspace, folder: Path, line: str) -> Workspace:
    path = folder / "endings.csv"
    path.write_text("\n".join([",".join(COLUMNS), line]) + "\n")
    return replace(workspace, settings=workspace.settings.model_copy(update={"endings": path}))


def build(workspace: Workspace) -> dict[dt.date, dict[str, Any]]:
    for name in ORDER[: ORDER.index("portfolio/account") + 1]:
        failed = build_range(TABLES[name], workspace, calendar_days(START, END)).failed
        assert not failed, failed
    sessions = workspace.sessions(START, END)
    return {row["trade_date"]: row for row in workspace.lake.read("portfolio/account", sessions).iter_rows(named=True)}


def test_a_merger_gives_the_acquirers_shares_on_the_first_session_after_the_end(
    ended: tuple[Workspace, dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    workspace, parent, child = ended
    line = f"{parent['isin']},{parent['symbol']},{LAST},merged,{child['isin']},{child['symbol']},3,2,1.5,document,{LAST},a test"
    mine = with_line(workspace, tmp_path, line)
    account = build(mine)
    first = next(date for date in account if date > LAST)
    assert mine.lake.read(NAME, list(account)).select("trade_date", "instrument_id", "child_instrument_id", "ratio", "cash").rows() == [
        (first, parent["instrument_id"], child["instrument_id"], 1.5, 1.5)
    ]
    before, after = ({each["instrument_id"]: each for each in account[day]["holdings"]} for day in (LAST, first))
    held = before[parent["instrument_id"]]["shares"]
    assert parent["instrument_id"] not in after
    own = before[child["instrument_id"]]["shares"]
    assert after[child["instrument_id"]]["shares"] == pytest.approx(own + held * 1.5, abs=1)
    assert account[END]["stale_value"] == 0


def test_without_a_line_the_last_price_stands_is_marked_and_nothing_is_decided_as_if_it_could_be_sold(
    ended: tuple[Workspace, dict[str, Any], dict[str, Any]],
) -> None:
    workspace, parent, _ = ended
    account = build(workspace)
    assert workspace.lake.read(NAME, list(account)).is_empty()
    row = account[END]
    (held,) = (each for each in row["holdings"] if each["instrument_id"] == parent["instrument_id"])
    assert held["price"] == parent["close"]
    assert held["idle"] > 20
    assert row["stale_value"] == pytest.approx(held["value"])
    assert row["written_down"] == 0
    (stuck,) = (each for each in row["targets"] if each["is_stuck"])
    assert stuck["instrument_id"] == parent["instrument_id"]
    assert sum(each["weight"] for each in row["targets"]) == pytest.approx(1.0)


def test_a_line_that_the_files_contradict_is_not_used_and_named(workspace: Workspace, tmp_path: Path) -> None:
    build_until(workspace, "silver/instruments", START, END)
    alive = workspace.lake.read("silver/instruments", [END]).filter(pl.col("last_seen") == END).sort("symbol").row(0, named=True)
    line = f"{alive['isin']},{alive['symbol']},2023-12-01,delisted_voluntary,,,,,100,document,2023-12-01,wrong"
    mine = with_line(workspace, tmp_path, line)
    for name in ORDER[: ORDER.index(NAME) + 1]:
        report = build_range(TABLES[name], mine, calendar_days(START, END))
    assert mine.lake.read(NAME, mine.sessions(START, END)).is_empty()
    assert report.outcomes[dt.date(2023, 12, 4)].facts["contradicted_by_the_files"] == [alive["symbol"]]
