"""A process that stays sees changed settings, and reads nothing twice without a change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from champion_assets.settings import current_settings


def _weight_cap() -> float:
    return current_settings().weight_cap


def test_what_changes_is_seen_and_what_does_not_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = current_settings()
    assert current_settings() is first
    monkeypatch.setenv("WEIGHT_CAP", "0.04")
    assert _weight_cap() == 0.04
    monkeypatch.delenv("WEIGHT_CAP")
    assert _weight_cap() == first.weight_cap
    (tmp_path / ".env").write_text("WEIGHT_CAP=0.05\n")
    assert _weight_cap() == 0.05
    (tmp_path / "champion.toml").write_text("[lake]\ndata_dir = 'here'\n")
    assert current_settings().data_dir == tmp_path / "here"
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert _weight_cap() == 0.05  # both files are found from below
    (tmp_path / ".env").unlink()
    assert _weight_cap() == first.weight_cap
    assert current_settings().data_dir == tmp_path / "here"
    (tmp_path / "champion.toml").write_text("[lake]\ndata_dir = 'there'\n")
    assert current_settings().data_dir == tmp_path / "there"


def test_the_first_day_that_a_backfill_found_is_seen(tmp_path: Path) -> None:
    before = current_settings().start_date
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "history.toml").write_text("start_date = 2020-01-01\n")
    assert str(before) != "2020-01-01" == str(current_settings().start_date)
    assert "CHAMPION_START_DATE" not in os.environ
