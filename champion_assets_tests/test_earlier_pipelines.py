"""docs/earlier_pipelines.md: every name that is said to be here is here, under exactly that name."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from champion_assets.catalog import TABLES
from champion_assets.cli.main import main
from champion_assets.definitions import defs
from champion_assets.operations.run_day import run_day
from champion_assets.orchestration.jobs import TAGS
from champion_assets.settings import Settings

PAGE = (Path(__file__).parents[1] / "docs" / "earlier_pipelines.md").read_text("utf-8")
FLOW, STAGES, VARIABLES, METRICS = PAGE.split("\n## ")[1:]
OLD_PARAMETERS = [
    "trade_date",
    "output_base_path",
    "load_to_clickhouse",
    "clickhouse_host",
    "clickhouse_port",
    "clickhouse_user",
    "clickhouse_password",
    "clickhouse_database",
]


def _right(section: str) -> list[str]:
    """The code spans of the last column of a section's table."""
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [span for cells in rows[1:] for span in re.findall(r"`([^`]+)`", cells[-1])]


def _variables() -> set[str]:
    return {name for field in Settings.model_fields.values() for name in getattr(field.validation_alias, "choices", ())}


def test_the_call_takes_the_old_parameters() -> None:
    assert list(inspect.signature(run_day).parameters) == OLD_PARAMETERS


def test_the_job_its_schedule_and_its_tags() -> None:
    repository = defs.get_repository_def()
    schedule = repository.get_schedule_def("nse_daily_schedule")
    assert "30 12 * * 1-5" in schedule.cron_schedule
    assert schedule.execution_timezone == "UTC"
    assert set(TAGS) == {"nse", "bhavcopy", "daily", "production"}
    assert all(defs.get_job_def("nse_daily").tags.get(name) == value for name, value in TAGS.items())
    assert repository.get_sensor_def("publication_sensor")


@pytest.mark.parametrize("name", [each for each in _right(STAGES) if "/" in each])
def test_a_stage_is_an_asset(name: str) -> None:
    assert name in {*TABLES, "backtest/tear_sheet"}


@pytest.mark.parametrize("name", [each for each in re.findall(r"`([A-Z][A-Z_]+)", VARIABLES) if each != "AWS_"])
def test_a_variable_is_a_setting(name: str) -> None:
    assert name in _variables() | {"SKIP_INTEGRATION_TESTS"}


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`champion ([a-z]+)", PAGE))))
def test_a_command_is_there(command: str) -> None:
    assert command in main.commands


@pytest.mark.parametrize("name", re.findall(r"`([a-z_]+)`", METRICS.split("|---|---|")[1]))
def test_a_name_in_mlflow_is_sent(name: str) -> None:
    source = "".join(path.read_text("utf-8") for path in (Path(__file__).parents[1] / "champion_assets").rglob("*.py"))
    assert f'"{name}"' in source
