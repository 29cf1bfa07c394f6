"""History begins at the first file, and what it is too short for is said first."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from champion_assets.common.dates import calendar_days
from champion_assets.nse.names import legacy_bhavcopy
from champion_assets.settings.environment import Settings
from champion_assets.settings.unknown import variable_names


def _champion(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if name not in variable_names(Settings)}
    program = [sys.executable, "-W", "ignore", "-m", "champion_assets.cli", *arguments]
    where = {
        "DATA_DIR": str(folder / "data"),
        "DAGSTER_HOME": "",
        "CHAMPION_TRACK": "false",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.run(program, env=ours | where | variables, capture_output=True, text=True, cwd=folder)


@pytest.mark.real
def test_a_quarter_of_bhavcopies_alone(tmp_path: Path, real: Path) -> None:
    source = tmp_path / "files"
    source.mkdir()
    days = []
    wanted = {
        legacy_bhavcopy(day).name.removesuffix(".zip"): day
        for day in calendar_days(dt.date(2020, 1, 1), dt.date(2020, 1, 15))
    }
    with tarfile.open(real / "runs" / "cm_2020.tar.xz") as bundle:
        for member in bundle:
            name = Path(member.name).name
            if (day := wanted.get(name)) is not None and (content := bundle.extractfile(member)) is not None:
                (source / name).write_bytes(content.read())
                days.append(day)
    assert len(days) == 11
    done = _champion(
        tmp_path, "backfill", "2016-01-01", "2020-01-15", "--assets", "+silver/equity_eod", CHAMPION_SOURCE=str(source)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    first = min(days)
    assert f"history begins on {first}" in done.stdout
    assert "no portfolio: the history has" in done.stdout
    assert "no adjusted prices: the source has no corporate actions" in done.stdout
    shown = _champion(tmp_path, "settings", "--set").stdout
    assert f"= {first}    from: {tmp_path / 'data' / 'history.toml'}: found by the first backfill" in shown


def test_a_source_that_does_not_exist_is_one_sentence_at_once(tmp_path: Path) -> None:
    done = _champion(tmp_path, "backfill", "2024-01-15", "2024-01-15", CHAMPION_SOURCE="/nonexistent")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Error: CHAMPION_SOURCE: there is no folder /nonexistent; name the folder that holds NSE's files"
    ]
