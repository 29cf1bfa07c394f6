"""`bronze/series_changes`: a line for each change, none on a day without one; the genuine lists of two days."""

from __future__ import annotations

import datetime as dt
import tarfile
from pathlib import Path

import pytest

from champion_assets.bronze.series_changes import NAME
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.market_lists import SERIES_CHANGES
from champion_assets_tests.daily_folder import DAYS
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)


def test_a_change_is_that_of_the_prices(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    rows = workspace.lake.read(NAME, workspace.sessions(START, END))
    assert rows.height
    for date, symbol, series in rows.select("trade_date", "symbol", "to_series").iter_rows():
        traded = workspace.lake.read("bronze/bhavcopy", [date], ["symbol", "series"]).rows()
        assert (symbol, series) in traded


@pytest.mark.real
def test_genuine_changes(real: Path) -> None:
    found = {}
    for day in DAYS:
        with tarfile.open(real / "daily_folder" / f"{day}.tar.xz") as archive:
            member = archive.extractfile(f"{day}/series_change.csv")
            assert member is not None
            read = read_daily_file(SERIES_CHANGES, member.read().decode(), "x")
        assert read.refused.is_empty()
        found[day] = read.rows.select("symbol", "from_series", "to_series", "change_date", "remarks").rows()
    assert found == {
        DAYS[0]: [("ALPSINDUS", "EQ", "BE", DAYS[0], "GSM STAGE - 0"), ("EMBDL", "EQ", "BE", DAYS[0], None)],
        DAYS[1]: [],
    }
