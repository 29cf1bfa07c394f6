"""`silver/esg_scores`: ratings as known on the day: not a day early, not a day after they end, never as rewritten
later."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.raw.esg_scores import LEDGER, ledger
from champion_assets_tests.helpers import build_until, originals

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)
NAME = "silver/esg_scores"
MAPPING = """
provider: acme
files: acme*.csv
direction: lower_better
scale: [0, 50]
history: point_in_time
columns: {symbol: Symbol, score: Risk, available_from: Published, withdrawn: Withdrawn}
"""
HEAD = "Symbol,Risk,Published,Withdrawn\n"


def own(workspace: Workspace, folder: Path, **settings: object) -> Workspace:
    folder.mkdir(exist_ok=True)
    return replace(workspace, settings=workspace.settings.model_copy(update={"esg_folder": folder, **settings}))


def put(workspace: Workspace, name: str, rows: str, mapping: str = MAPPING) -> None:
    folder = workspace.settings.esg_folder
    assert folder is not None
    (folder / "acme.yaml").write_text(mapping)
    (folder / name).write_text(HEAD + rows)


def built(workspace: Workspace, end: dt.date = END) -> pl.DataFrame:
    build_until(workspace, NAME, START, end)
    return workspace.lake.read(NAME, workspace.sessions(START, end))


@pytest.fixture
def symbol(exchange: Exchange) -> str:
    return exchange.market.companies[20].symbol


def test_the_story_is_rated_from_the_day_it_was_published(workspace: Workspace, exchange: Exchange) -> None:
    rows = built(workspace)
    published = exchange.market.sessions[5]
    assert rows["trade_date"].min() == published
    assert set(rows["found_by"]) == {"isin"}
    day = rows.filter(pl.col("trade_date") == END)
    assert day["instrument_id"].n_unique() == day.height > 90
    assert abs(day["z"].mean()) < 0.02  # type: ignore[arg-type,operator]
    assert not day["is_look_ahead"].any()


def test_a_rating_counts_from_its_day_and_ends_when_withdrawn_or_stale(
    workspace: Workspace, tmp_path: Path, symbol: str
) -> None:
    mine = own(workspace, tmp_path / "esg", esg_stale_days=20)
    put(
        mine,
        "acme1.csv",
        f"{symbol},10,2023-11-10,\n{symbol},20,2023-11-20,\n{symbol},,2023-11-24,withdrawn\n{symbol},30,2023-11-28,\n",
    )
    known = {
        day: (score, raw) for day, score, raw in built(mine).select("trade_date", "score", "score_raw").iter_rows()
    }
    assert min(known) == dt.date(2023, 11, 10)
    assert known[dt.date(2023, 11, 17)] == (80.0, 10.0)  # a risk of 10 of 50
    assert known[dt.date(2023, 11, 20)] == (60.0, 20.0)
    assert dt.date(2023, 11, 24) not in known
    assert known[dt.date(2023, 11, 28)] == (40.0, 30.0)
    assert max(known) == dt.date(2023, 12, 18)  # twenty days later


def test_a_restated_row_counts_from_its_receipt_and_never_before(
    workspace: Workspace, tmp_path: Path, symbol: str
) -> None:
    mine = own(workspace, tmp_path / "esg")
    put(mine, "acme1.csv", f"{symbol},10,2023-11-10,\n")
    before = built(mine)
    put(mine, "acme2.csv", f"{symbol},45,2023-11-10,\n")
    after = built(mine)
    assert after.equals(before)  # received today, long after these sessions
    received = json.loads(mine.lake.get(f"raw/esg_scores/_notes/{LEDGER}") or b"[]")
    received[1]["received_on"] = "2023-12-04"
    mine.lake.put(f"raw/esg_scores/_notes/{LEDGER}", json.dumps(received).encode())
    told = dict(built(mine).select("trade_date", "score_raw").iter_rows())
    assert (told[dt.date(2023, 12, 1)], told[dt.date(2023, 12, 4)]) == (10.0, 45.0)


def test_receiving_a_file_twice_changes_nothing(workspace: Workspace, tmp_path: Path, symbol: str) -> None:
    mine = own(workspace, tmp_path / "esg")
    put(mine, "acme1.csv", f"{symbol},10,2023-11-10,\n")
    built(mine)
    put(mine, "acme_copy.csv", f"{symbol},10,2023-11-10,\n")
    assert {
        outcome.status
        for outcome in build_range(TABLES["raw/esg_scores"], mine, calendar_days(START, END)).outcomes.values()
    } == {
        "unchanged",
        "closed",
    }
    assert len(ledger(originals("raw/esg_scores", mine))) == 1


def test_a_snapshot_does_not_reach_back_unless_it_is_flagged(workspace: Workspace, tmp_path: Path, symbol: str) -> None:
    snapshot = MAPPING.replace("point_in_time", "snapshot\nas_of: 2023-12-11").replace(
        ", available_from: Published", ""
    )
    mine = own(workspace, tmp_path / "one")
    put(mine, "acme.csv", f"{symbol},10,,\n", snapshot)
    assert built(mine)["trade_date"].min() == dt.date(2023, 12, 11)
    flagged = own(replace(workspace, lake=type(workspace.lake)(str(tmp_path / "other"))), tmp_path / "two")
    put(flagged, "acme.csv", f"{symbol},10,,\n", snapshot + "look_ahead: true\n")
    rows = built(flagged)
    assert rows["trade_date"].min() == START
    assert rows["is_look_ahead"].all()


def test_what_cannot_be_used_is_listed_and_so_is_an_undeclared_direction(
    workspace: Workspace, tmp_path: Path, symbol: str
) -> None:
    mine = own(workspace, tmp_path / "esg")
    put(mine, "acme.csv", f"NOBODY,10,2023-11-10,\n{symbol},99,2023-11-10,\n")
    (tmp_path / "esg" / "unmapped.csv").write_text("a,b\n1,2\n")
    assert built(mine).is_empty()
    listed = mine.lake.read("quarantine/raw/esg_scores", [END])
    assert sorted(listed["name"]) == ["acme.csv", "unmapped.csv"]
    assert any("outside the declared scale" in reason for reason in listed["reason"])
    assert any("0 mappings cover this file" in reason for reason in listed["reason"])
    lost = mine.lake.read(f"quarantine/{NAME}", [dt.date(2023, 11, 10)])
    assert lost["symbol"].to_list() == ["NOBODY"]
    (tmp_path / "esg" / "acme.yaml").write_text(MAPPING.replace("direction: lower_better\n", ""))
    build_range(TABLES["raw/esg_scores"], mine, calendar_days(START, END))
    listed = mine.lake.read("quarantine/raw/esg_scores", [END])
    assert any("direction" in reason for reason in listed.filter(pl.col("name") == "acme.yaml")["reason"])
