"""Each test here begins without any of our variables, in an empty folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from champion_assets.settings import Settings, get_settings
from champion_assets.settings.unknown import variable_names


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in variable_names(Settings):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("CHAMPION_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()
