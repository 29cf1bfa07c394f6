"""A disk that is full: the days that did not fit fail, nothing is half-written, and with room the same command goes
on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.open import open_lake
from champion_assets.lake.ports import is_retryable
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.conftest import START
from champion_assets_tests.helpers import build_until, content

END = START.replace(month=12, day=15)


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a small disk cannot be made here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("a small disk can be made by root only")
    place = tmp_path / "disk"
    place.mkdir()
    _mount("-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_enospc(workspace: Workspace, small_disk: Path) -> None:
    build_until(workspace, "silver/equity_eod", START, END)
    settings = workspace.settings.model_copy(update={"data_dir": small_disk})
    there = replace(workspace, settings=settings, lake=open_lake(settings))
    days = calendar_days(START, END)

    def build() -> None:
        for name in ("raw/bhavcopy", "bronze/bhavcopy"):
            assert not build_range(TABLES[name], there, days).failed

    with pytest.raises(Exception, match="No space left on device") as caught:
        build()
    assert is_retryable(caught.value)
    assert there.lake.keys("raw")
    for table in there.lake.tables():
        there.lake.read(table, there.lake.dates(table))
    _mount("-o", "remount,size=64m", str(small_disk))
    build()
    expected = {
        key: value for key, value in content(Path(workspace.lake.root)).items() if key.startswith("bronze/bhavcopy")
    }
    assert content(Path(there.lake.root)) == expected
