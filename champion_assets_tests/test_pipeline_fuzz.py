"""Hostile files of every kind through raw, bronze and silver; the long form is `python -m
champion_assets_tests.pipeline_fuzz 200000`."""

from __future__ import annotations

from pathlib import Path

import pytest

from champion_assets_tests.pipeline_fuzz import run


@pytest.mark.parametrize("seed", [1, 2])
def test_no_hostile_file_loses_a_day_that_does_not_need_it(tmp_path: Path, seed: int) -> None:
    counts = run(100, seed, tmp_path, registers=4)
    assert counts["files"] >= 100
    assert counts["listed"] > 0
    assert counts["used"] > 0
    assert counts["refused rows"] > 0
