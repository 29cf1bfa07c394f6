"""Silver tables whose rows come from single lines of outside files: a row that cannot be is taken out, and costs no
day."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until, put_day

OF_LINES = ["silver/index_eod", "silver/index_total_return", "silver/security_status"]
DAY = dt.date(2023, 11, 8)


@pytest.mark.parametrize("name", OF_LINES)
def test_the_table_says_so(name: str) -> None:
    assert TABLES[name].rows_stand_alone


def test_a_negative_volume_of_an_index_costs_its_row(workspace: Workspace) -> None:
    build_until(workspace, "bronze/index_close", DAY, DAY)
    rows = workspace.lake.read("bronze/index_close", [DAY])
    first = rows["published_name"][0]
    put_day(
        workspace.lake,
        "bronze/index_close",
        DAY,
        rows.with_columns(
            volume=pl.when(pl.col("published_name") == first).then(-1).otherwise(pl.col("volume")).cast(pl.Int64)
        ),
    )
    assert build_range(TABLES["silver/index_eod"], workspace, [DAY]).failed == {}
    built = workspace.lake.read("silver/index_eod", [DAY])
    assert first not in built["published_name"].to_list()
    assert built.height == rows.height - 1
    refused = workspace.lake.read("quarantine/silver/index_eod", [DAY])
    assert refused["published_name"].to_list() == [first]
    assert refused["reason"].item().startswith("volume fails")
