"""`bronze/bundle_lists`: every line of the three lists is a row or refused; genuine funds and small companies are as
`Pd` has them."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import polars as pl
import pytest

from champion_assets.bronze.bundle_lists import NAME, TABLE
from champion_assets.catalog import open_workspace
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.bundle_member import bundle_member
from champion_assets.nse.bundle_prices import read_bundle_prices
from champion_assets.nse.daily_file import Member
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.market_files import FUNDS, HIGHS, SMALL
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until, copy_days

START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 24)


def test_a_day_is_the_same_alone_and_in_a_range(workspace: Workspace, settings: Settings, tmp_path: Path) -> None:
    build_until(workspace, NAME, START, END)
    days = workspace.sessions(START, END)
    alone = open_workspace(settings.model_copy(update={"data_dir": tmp_path / "alone"}))
    for table in ("raw/corporate_actions", "raw/bundle_members"):
        copy_days(workspace.lake, alone.lake, table, days)
    originals = "raw/corporate_actions/_files"
    shutil.copytree(Path(workspace.lake.root) / originals, Path(alone.lake.root) / originals)
    for day in days[-6:]:
        assert not build_range(TABLE, alone, [day]).failed
    assert {day: info and info.exact for day, info in alone.lake.infos(NAME, days[-6:]).items()} == {
        day: info and info.exact for day, info in workspace.lake.infos(NAME, days[-6:]).items()
    }
    rows = workspace.lake.read(NAME, days)
    assert set(rows["list_name"]) == {"highs", "funds", "sme"}
    assert rows.filter(pl.col("list_name") == "funds")["underlying"].null_count() == 0
    refused = workspace.lake.read(f"quarantine/{NAME}", workspace.lake.dates(f"quarantine/{NAME}"))
    assert refused["reason"].to_list() == ["NEW is blank"]


@pytest.mark.real
@pytest.mark.parametrize(("name", "counts"), [("PR011220", (73, 90, 58)), ("PR160125", (93, 224, 367))])
def test_genuine_lists_say_what_the_prices_say(real: Path, name: str, counts: tuple[int, int, int]) -> None:
    body = (real / "pr_zip" / f"{name}.zip").read_bytes()
    prices, _ = read_bundle_prices(body, name)
    read = [read_daily_file(file, bundle_member(body, name, file.place) or "", name).rows
            for file in (HIGHS, FUNDS, SMALL) if isinstance(file.place, Member)]  # fmt: skip
    assert tuple(each.height for each in read) == counts
    for listed in read[1:]:
        assert listed.join(prices, on=["symbol", "series", "close", "volume"], how="anti").is_empty()
    for status in ("high", "low"):
        extremes = read[0].filter(pl.col("status") == status)
        assert (
            extremes.join(prices, left_on=["security", "new"], right_on=["security", status]).height == extremes.height
        )
