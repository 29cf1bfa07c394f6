"""The genuine days that several tests of this stage read, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from champion_assets.lake.workspace import Workspace
from champion_assets_tests.daily_folder import built


@pytest.fixture(scope="session")
def folder_lake(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Both days up to `silver/trading_activity`."""
    return built(real, tmp_path_factory.mktemp("folder_lake"), "silver/trading_activity")
