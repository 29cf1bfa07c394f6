"""What changed between two versions of a bhavcopy, row by row."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from champion_assets.cli.main import main
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.names import udiff_bhavcopy
from champion_assets.nse.synthetic.exchange import CORRECTED, Exchange
from champion_assets.operations.file_versions import compare, differences
from champion_assets.raw.bhavcopy import TABLE


@pytest.fixture
def twice(workspace: Workspace, exchange: Exchange, tmp_path: Path) -> Workspace:
    """The exchange's own republished day, taken as first published and as corrected."""
    folder = tmp_path / "source"
    folder.mkdir()
    mine = replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))
    path = udiff_bhavcopy(exchange.republished).path
    for place in (exchange.folder / path, exchange.folder / CORRECTED / path):
        shutil.copy(place, folder)
        assert not build_range(TABLE, mine, [exchange.republished]).failed
    return mine


def test_every_changed_value_is_a_row(twice: Workspace, exchange: Exchange) -> None:
    versions, rows = differences(twice, exchange.republished)
    assert versions["is_current"].to_list() == [False, True]
    assert rows.height > 0
    assert set(rows["version"]) == {versions["sha256"][1][:12]}
    for row in rows.iter_rows(named=True):
        assert row["before"] != row["after"]


def test_rows_that_came_or_went_are_told() -> None:
    old = pl.DataFrame({"symbol": ["A", "B"], "series": ["EQ", "EQ"], "close": [1.0, None]})
    new = pl.DataFrame({"symbol": ["B", "C"], "series": ["EQ", "EQ"], "close": [2.0, 3.0]})
    assert compare(old, new).rows() == [
        ("A", "EQ", "row", "there", None),
        ("B", "EQ", "close", None, "2.0"),
        ("C", "EQ", "row", None, "there"),
    ]


def test_the_command(twice: Workspace, exchange: Exchange, environment: Callable[[str, str], None]) -> None:
    environment("CHAMPION_SOURCE", twice.settings.source)
    shown = CliRunner().invoke(main, ["versions", str(exchange.republished)])
    assert shown.exit_code == 0, shown.output
    assert "before" in shown.output
    none = CliRunner().invoke(main, ["versions", str(dt.date(2023, 11, 1))])
    assert "has no bhavcopy of 2023-11-01" in none.output
