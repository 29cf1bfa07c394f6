"""`champion --help` shows every command once, under what a person wants; a shell can complete them."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from click.testing import CliRunner

from champion_assets.cli.groups import GROUPS
from champion_assets.cli.main import main


def test_every_command_is_shown_once_under_a_title() -> None:
    placed = [name for members in GROUPS.values() for name in members]
    assert sorted(placed) == sorted(main.commands)
    text = CliRunner().invoke(main, ["--help"]).output
    assert "Other:" not in text
    for title, members in GROUPS.items():
        assert f"{title}:" in text
        for name, sentence in members.items():
            assert f"  {name}" in text
            assert sentence in text  # whole, not cut off


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_a_shell_is_printed(shell: str) -> None:
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert "_CHAMPION_COMPLETE" in done.output
    if shell == "bash":
        assert subprocess.run(["bash", "-n"], input=done.output, text=True, check=False).returncode == 0
