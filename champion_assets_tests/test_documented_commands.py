"""Every command in README.md and docs/: its words are those of the program, and a named test runs it or says why none
can.

A command is a line of a `bash` block, or a code span that begins with the name of a program.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from champion_assets.cli.main import main

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "champion_assets_tests"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAMS = (
    "champion",
    "dagster",
    "dagster-celery",
    "dg",
    "mlflow",
    "make",
    "python",
    "python3",
    "pip",
    "docker",
    "export",
    "cp",
    "mkdir",
    "ssh",
)
PLACES = {
    "START": "2024-01-01",
    "END": "2024-01-31",
    "A": "2024-01-01",
    "B": "2024-01-31",
    "DAY": "2024-01-15",
    "DATE": "2024-01-15",
    "LAST": "2024-01-31",
    "TABLE": "raw/bhavcopy",
    "…": "a reason",
}
DOORS = "end_to_end/test_doors.py::test_the_door_opens"
RUN_BY = {
    "champion": "orchestration/test_backfill.py::test_help_calendar_and_settings",
    "champion audit": "operations/test_corporate_action_report.py::",
    "champion backfill": "orchestration/test_backfill.py::test_it_builds_then_finds_nothing_to_do",
    "champion demo": "orchestration/test_backfill.py::test_the_demo_runs_offline_and_twice",
    "champion doctor": "operations/test_doctor.py::",
    "champion export": "operations/test_export.py::test_the_command_and_what_it_refuses",
    "champion experiment": "experiments/test_run.py::",
    "champion prepare": "deploy/test_compose.py::",
    "champion quarantine": "lake/test_quarantine.py::",
    "champion source": "cli/test_source.py::",
    "champion run": "cli/test_bring.py::",
    "champion sql": "cli/test_sql.py::",
    "champion init": "cli/test_init.py::",
    "champion completion": "cli/test_groups.py::",
    "champion settings": "orchestration/test_backfill.py::test_help_calendar_and_settings",
    "champion ui": "cli/test_ui.py::test_mlflows_page_shows_the_default_store_and_ends_with_the_block",
    "champion versions": "operations/test_file_versions.py::",
    "dagster asset": DOORS,
    "dagster definitions": DOORS,
    "dagster job": DOORS,
    "dagster dev": "end_to_end/test_doors.py::test_the_page_opens_with_one_location_and_sends_nothing",
    "dg dev": "end_to_end/test_doors.py::test_the_code_location_has_one_name_at_every_door",
    "dg check": DOORS,
    "dg scaffold": "components/test_nse_daily_file.py::test_what_a_scaffold_writes_is_a_declaration",
    "dg list": DOORS,
    "mlflow ui": "cli/test_ui.py::test_mlflows_page_shows_the_default_store_and_ends_with_the_block",
    "dagster-celery worker": "deploy/test_celery.py::",
    "docker compose": "deploy/test_compose.py::",
}
"""The test of each command; one that ends in `::` is the whole file."""
NOT_RUN = {
    "pip install": "installs from a registry; `.ci/run` does it",
    "python -m pip": "installs from a registry; `.ci/run` does it",
    "python -m venv": "`.ci/run` does it",
    "python -m pytest": "this is it",
    "python -m http.server": "the standard library's",
    "ssh -L": "needs another machine",
}


def _commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        text = page.read_text("utf-8")
        lines = [
            line
            for block in re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
            for line in block.splitlines()
        ]
        prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        spans = [
            span
            for span in re.findall(r"`([^`\n]+)`", prose)
            if span.split()[0] in PROGRAMS and (" " in span or span == "champion")
        ]
        for line in [*lines, *spans]:
            for part in line.split("&&"):
                words = shlex.split(part, comments=True)
                if words and words[1:] != ["…"] and not all("=" in word for word in words):
                    yield page.name, shlex.join(words)


COMMANDS = sorted(set(_commands()))


def _words(command: str) -> list[str]:
    words = shlex.split(command)
    program = Path(words[0]).name
    return ["python" if program == "python3" else program, *words[1:]]


def test_there_are_commands_in_the_pages() -> None:
    assert {"README.md", "tour.md", "operator.md", "real_files.md", "running.md", "deployment.md", "runbook.md"} <= {
        page for page, _ in COMMANDS
    }
    assert len(COMMANDS) > 40


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_exists_and_is_tested(page: str, command: str) -> None:
    words = _words(command)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), (
            f"{page}: the Makefile has no {words[1]}"
        )
    elif words[0] == "cp":
        assert (ROOT / words[1]).exists(), f"{page}: no {words[1]}"
    elif words[0] in ("export", "mkdir"):
        _check_variables(words[1:])
    else:
        if words[0] == "champion":
            _parse(words[1:])
        if words[:2] == ["python", "-m"] and words[2].startswith("champion_assets"):
            assert (ROOT / (words[2].replace(".", "/") + ".py")).exists(), f"{page}: no module {words[2]}"
            return
        known = next((key for size in (3, 2, 1) if (key := " ".join(words[:size])) in RUN_BY or key in NOT_RUN), None)
        assert known is not None, f"{page}: no test is named for {command!r}"
        if known in RUN_BY:
            file, name = RUN_BY[known].split("::")
            assert f"def {name or 'test_'}" in (TESTS / file).read_text("utf-8"), f"{RUN_BY[known]} is not there"


def _check_variables(words: list[str]) -> None:
    """Champion's variables are those of the settings, or of the deployment files."""
    from champion_assets.settings import Settings

    known = {str(choice) for field in Settings.model_fields.values() for choice in field.validation_alias.choices}  # type: ignore[union-attr]
    files = "".join(path.read_text("utf-8") for path in (ROOT / "deploy").rglob("*.yaml"))
    for name in (word.split("=")[0] for word in words if word.startswith("CHAMPION_")):
        assert name in known or name in files, name


def _parse(words: list[str]) -> None:
    """Let click read the words as the program would, and do nothing."""
    command: click.Command = main
    words = [PLACES.get(word, word) for word in words if word != "..."]
    path = "champion"
    while isinstance(command, click.Group) and words:
        found = command.commands.get(words[0])
        assert found is not None, f"{path} has no command {words[0]}"
        path, command, words = f"{path} {words[0]}", found, words[1:]
    if words or not isinstance(command, click.Group):
        needed = [each for each in command.params if isinstance(each, click.Argument) and each.required]
        if words or not needed:  # a command that is only named has no arguments
            command.make_context(path, list(words))


@pytest.mark.parametrize(
    "words",
    [["backfil"], ["backfill", "START", "END", "--refech"], ["ui", "--mlflow-ports", "1"], ["quarantine", "lists"]],
)
def test_a_wrong_command_would_be_found(words: list[str]) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        _parse(words)
