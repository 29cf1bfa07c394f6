"""Requests begin an interval apart, whoever makes them."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from champion_assets.nse.source.pace import Pace

ASK = """
import sys
from pathlib import Path
from champion_assets.nse.source.pace import Pace
pace = Pace(0.1, Path(sys.argv[1]))
for _ in range(5):
    print(pace.wait(), flush=True)
"""


def test_processes_share_the_turns(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASK, str(tmp_path / "cache/turns")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    instants = sorted(float(line) for process in processes for line in process.communicate(timeout=60)[0].splitlines())
    assert len(instants) == 15
    assert min(later - earlier for earlier, later in pairwise(instants)) >= 0.099


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("champion_assets.nse.source.pace.time.sleep", found.append)
    return found


@pytest.mark.parametrize("shared", [True, False])
def test_the_first_waits_for_nobody_and_the_next_for_an_interval(
    shared: bool, slept: list[float], tmp_path: Path
) -> None:
    pace = Pace(100.0, tmp_path / "turns" if shared else None)
    pace.wait()
    pace.wait()
    assert slept[0] == 0.0
    assert 50.0 < slept[1] <= 100.0


def test_a_clock_that_was_set_back_costs_one_interval(slept: list[float], tmp_path: Path) -> None:
    (tmp_path / "turns").write_text(f"{time.time() + 3600:020.6f}")
    Pace(0.05, tmp_path / "turns").wait()
    assert slept == [0.05]
    assert float((tmp_path / "turns").read_text()) < time.time() + 1


def test_an_interval_of_nothing_needs_no_file(tmp_path: Path) -> None:
    Pace(0.0, tmp_path / "turns").wait()
    assert not (tmp_path / "turns").exists()
