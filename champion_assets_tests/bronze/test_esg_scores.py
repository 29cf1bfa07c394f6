"""`bronze/esg_scores`: every usable row once, on the session from which it was known; a static score on every session
after it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import polars as pl

from champion_assets.bronze.esg_scores import NAME
from champion_assets.lake.workspace import Workspace
from champion_assets.raw.esg_scores import NAME as RAW
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 20)
MAPPING = """
provider: acme
files: acme*.csv
direction: lower_better
scale: [0, 50]
history: point_in_time
columns: {symbol: Symbol, score: Risk, available_from: Published}
"""
STATIC = MAPPING.replace("point_in_time", "snapshot\nas_of: 2023-12-11\nlook_ahead: true").replace(
    ", available_from: Published", ""
)


def built(workspace: Workspace, folder: Path, mapping: str, rows: str) -> pl.DataFrame:
    folder.mkdir(exist_ok=True)
    (folder / "acme.yaml").write_text(mapping)
    (folder / "acme.csv").write_text("Symbol,Risk,Published\n" + rows)
    mine = replace(workspace, settings=workspace.settings.model_copy(update={"esg_folder": folder}))
    build_until(mine, NAME, START, END)
    return mine.lake.read(NAME, mine.sessions(START, END))


def test_every_row_that_was_accepted_stands_on_its_session_and_is_oriented(
    workspace: Workspace, tmp_path: Path
) -> None:
    rows = built(workspace, tmp_path / "esg", MAPPING, "AAA,10,2023-11-10\nBBB,50,2023-11-11\nAAA,20,2023-11-20\n")
    told = rows.select("trade_date", "symbol", "score_raw", "score", "source_row").rows()
    assert told == [
        (dt.date(2023, 11, 10), "AAA", 10.0, 80.0, 1),
        (dt.date(2023, 11, 12), "BBB", 50.0, 0.0, 2),
        (END, "AAA", 20.0, 60.0, 3),
    ]
    accepted = workspace.lake.read(RAW, workspace.sessions(START, END))
    assert accepted["rows"].sum() == rows.height
    assert set(rows["source_sha256"]) == set(accepted["sha256"])


def test_a_static_score_stands_on_every_session_and_says_that_it_looks_ahead(
    workspace: Workspace, tmp_path: Path
) -> None:
    rows = built(workspace, tmp_path / "esg", STATIC, "AAA,10,\n")
    assert rows["trade_date"].to_list() == workspace.sessions(START, END)
    assert rows["is_look_ahead"].all()


def test_without_a_folder_there_are_days_without_rows(workspace: Workspace) -> None:
    mine = replace(workspace, settings=workspace.settings.model_copy(update={"esg_folder": None}))
    build_until(mine, NAME, START, END)
    assert mine.lake.read(NAME, mine.sessions(START, END)).is_empty()
    assert mine.lake.dates(NAME) == mine.sessions(START, END)
