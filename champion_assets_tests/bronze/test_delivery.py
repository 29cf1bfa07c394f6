"""`bronze/delivery`: every row, unknown is null."""

from __future__ import annotations

import datetime as dt

from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

DAY = dt.date(2023, 11, 8)


def test_every_row_of_the_file_and_null_for_unknown(workspace: Workspace) -> None:
    reports = build_until(workspace, "bronze/delivery", DAY, DAY)
    rows = workspace.lake.read("bronze/delivery", [DAY])
    assert rows.height == reports["raw/delivery"].outcomes[DAY].rows
    assert rows["source_sha256"].n_unique() == 1
    assert (rows.drop_nulls("delivery_qty")["delivery_qty"] > 0).all()
