"""`bronze/market_lists`: every line of each list is a row or refused; a day is the same alone and in a range."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from champion_assets.bronze.market_lists import LISTS, NAME, TABLE
from champion_assets.catalog import open_workspace
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until, copy_days

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)


def test_a_day_is_the_same_alone_and_in_a_range(workspace: Workspace, settings: Settings, tmp_path: Path) -> None:
    build_until(workspace, NAME, START, END)
    days = workspace.sessions(START, END)
    rows = workspace.lake.read(NAME, days)
    assert set(rows["list_name"]) == set(LISTS)
    refused = workspace.lake.read(f"quarantine/{NAME}", workspace.lake.dates(f"quarantine/{NAME}"))
    assert refused.height
    assert refused["reason"].str.contains("Quantity: n.a. is not a whole number").all()
    alone = open_workspace(settings.model_copy(update={"data_dir": tmp_path / "alone"}))
    copy_days(workspace.lake, alone.lake, "raw/market_lists", days)
    originals = "raw/market_lists/_files"
    shutil.copytree(Path(workspace.lake.root) / originals, Path(alone.lake.root) / originals)
    some = sorted({*refused["trade_date"].unique().to_list(), *days[-3:]})
    for day in some:
        assert not build_range(TABLE, alone, [day]).failed
    infos = [
        {day: info and info.exact for day, info in each.lake.infos(NAME, some).items()} for each in (alone, workspace)
    ]
    assert infos[0] == infos[1]
