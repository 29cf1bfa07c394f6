"""`bronze/shares_outstanding`: every line is a row, a total, or refused with its reason; a day is the same alone and in
a range."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import polars as pl

from champion_assets.bronze.shares_outstanding import NAME, TABLE
from champion_assets.catalog import open_workspace
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until, copy_days

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 15)
"""Both kinds of planted faults lie in it: a total that is wrong, and a number that is none."""


def test_a_day_is_the_same_alone_and_in_a_range(workspace: Workspace, settings: Settings, tmp_path: Path) -> None:
    build_until(workspace, NAME, START, END)
    days = workspace.sessions(START, END)
    alone = open_workspace(settings.model_copy(update={"data_dir": tmp_path / "alone"}))
    for table in ("raw/corporate_actions", "raw/bundle_members"):
        copy_days(workspace.lake, alone.lake, table, days)
    originals = "raw/corporate_actions/_files"
    shutil.copytree(Path(workspace.lake.root) / originals, Path(alone.lake.root) / originals)
    for day in days:
        assert not build_range(TABLE, alone, [day]).failed
    assert {day: info and info.exact for day, info in alone.lake.infos(NAME, days).items()} == {
        day: info and info.exact for day, info in workspace.lake.infos(NAME, days).items()
    }


def test_what_is_refused_has_one_form_whatever_was_wrong(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    refused = workspace.lake.read(f"quarantine/{NAME}", workspace.lake.dates(f"quarantine/{NAME}"))
    whole, lines = refused.filter(pl.col("source_row") == 0), refused.filter(pl.col("source_row") > 0)
    assert whole.height
    assert lines.height
    assert whole["reason"].str.contains("sum").all()
    assert lines["text"].str.len_chars().min() > 20
    built = workspace.lake.read(NAME, workspace.sessions(START, END))
    assert set(built["trade_date"]).isdisjoint(whole["trade_date"])  # a file whose totals do not sum gives no row
    assert set(built["trade_date"]) >= set(lines["trade_date"])
