"""`bronze/index_close`: every row, names as published."""

from __future__ import annotations

import datetime as dt

from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets_tests.helpers import build_until

DAY = dt.date(2023, 11, 8)


def test_every_row_of_the_file(workspace: Workspace, exchange: Exchange) -> None:
    build_until(workspace, "bronze/index_close", DAY, DAY)
    (file,) = exchange.folder.rglob(f"ind_close_all_{DAY:%d%m%Y}.csv")
    published = [line.split(",")[0] for line in file.read_text().splitlines()[1:]]
    assert workspace.lake.read("bronze/index_close", [DAY])["published_name"].to_list() == published
    assert {"Nifty 50", "Nifty 1D Rate Index", "Fictional 50"} <= set(published)
