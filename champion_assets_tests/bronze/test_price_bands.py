"""`bronze/price_bands`: every line of the list of bands; a band that the exchange does not have is refused."""

from __future__ import annotations

import datetime as dt

from champion_assets.bronze.price_bands import NAME
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.security_lists import NO_BAND
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)


def test_bands_of_each_day_and_the_one_that_is_none(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    sessions = workspace.sessions(START, END)
    rows = workspace.lake.read(NAME, sessions)
    assert set(rows["band"]) == {"5", "20", "none"}
    (refused,) = workspace.lake.read(f"quarantine/{NAME}", [sessions[NO_BAND]]).iter_rows(named=True)
    assert ",7," in refused["text"]
