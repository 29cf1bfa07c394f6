"""deploy/ci/materialize.yml: a workflow whose steps and variables exist."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from champion_assets.settings import Settings

ROOT = Path(__file__).parents[2]


def test_its_commands_and_variables_are_those_of_the_project() -> None:
    job = yaml.safe_load((ROOT / "deploy/ci/materialize.yml").read_text("utf-8"))["jobs"]["materialize"]
    known = {
        name for field in Settings.model_fields.values() for name in getattr(field.validation_alias, "choices", ())
    }
    assert set(job["env"]) <= known
    assert job["env"]["CHAMPION_LAKE"].startswith("s3://")
    commands = "\n".join(step["run"] for step in job["steps"] if "run" in step)
    targets = (ROOT / "Makefile").read_text("utf-8")
    assert "make .venv/bin/champion" in commands
    assert "$(BIN)/champion:" in targets
    line = next(line for line in commands.splitlines() if "dagster asset" in line)
    assert "dagster asset materialize -m champion_assets.definitions --select '*' --partition" in line
    shown = re.findall(r"dagster asset materialize[^\n]*", (ROOT / "docs/running.md").read_text("utf-8"))
    assert any(
        "--select '*' --partition 2" in each for each in shown
    )  # the same command is run by the test of the doors
