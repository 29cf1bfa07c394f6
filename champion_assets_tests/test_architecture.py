"""The house rules: what imports what (.importlinter), what the research API loads, how long a module may be."""

from __future__ import annotations

import configparser
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACTS = ("layers", "circles", "dagster", "dagster_indirect", "exchange", "lake")
HEAVY = (
    "dagster",
    "polars",
    "pandas",
    "numpy",
    "pyarrow",
    "duckdb",
    "pandera",
    "pydantic_settings",
    "mlflow",
    "sqlalchemy",
    "matplotlib",
)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_imports_keep_the_contract(contract: str) -> None:
    program = str(Path(sys.executable).with_name("lint-imports"))
    done = _run(program, "--contract", contract, "--no-cache")
    assert done.returncode == 0, done.stdout[done.stdout.find("Contracts") :] + done.stderr


def test_every_contract_is_tested() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    assert {name.rsplit(":", 1)[1] for name in parser.sections() if ":contract:" in name} == set(CONTRACTS)


def test_the_research_api_loads_no_dagster() -> None:
    done = _run(sys.executable, "-X", "importtime", "-c", "import champion_assets.research")
    assert done.returncode == 0, done.stderr
    loaded = [line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert "champion_assets.research" in loaded  # else the next line proves nothing
    assert [name for name in loaded if name.split(".")[0].startswith("dagster")] == []


def test_help_loads_nothing_that_works_on_data() -> None:
    done = _run(sys.executable, "-X", "importtime", "-m", "champion_assets.cli", "--help")
    assert done.returncode == 0, done.stderr
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "champion_assets.cli.main" in loaded  # else the next line proves nothing
    assert sorted(loaded.intersection(HEAVY)) == []


def test_modules_are_short() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "champion_assets").rglob("*.py")}
    modules = {path: lines for path, lines in lengths.items() if path.name != "__init__.py"}
    assert [f"{path.relative_to(ROOT)}: {lines}" for path, lines in lengths.items() if lines > 300] == []
    assert statistics.median(modules.values()) <= 120
