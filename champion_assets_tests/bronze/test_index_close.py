"""`bronze/index_close`: every row, names as published."""

from __future__ import annotations

import datetime as dt

from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

DAY = dt.date(2023, 11, 8)


def test_every_row_of_the_file(workspace: Workspace) -> None:
    build_until(workspace, "bronze/index_close", DAY, DAY)
    assert workspace.lake.read("bronze/index_close", [DAY])["published_name"].to_list() == [
        "Fictional 50",
        "Fictional 500",
        "Fictional VIX",
    ]
