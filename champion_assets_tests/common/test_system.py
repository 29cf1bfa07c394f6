"""Importing Champion asks for nothing that only some systems have; what it needs of them is in one module."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

from champion_assets.common import system

PACKAGE = Path(system.__file__).parents[1]
OF_SOME_SYSTEMS = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "msvcrt", "winreg", "syslog"}


def _imports(module: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(module.read_text("utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}


def test_only_one_module_imports_what_some_systems_lack() -> None:
    found = [
        str(path.relative_to(PACKAGE)) for path in sorted(PACKAGE.rglob("*.py")) if _imports(path) & OF_SOME_SYSTEMS
    ]
    assert found == ["common/system.py"]


def test_without_them_it_is_imported_and_a_lock_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("fcntl", "resource"):
        monkeypatch.setitem(sys.modules, name, None)
    specification = importlib.util.spec_from_file_location("system_elsewhere", Path(system.__file__))
    assert specification is not None
    assert specification.loader is not None
    elsewhere = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(elsewhere)
    assert elsewhere.peak_megabytes() == 0.0
    with (tmp_path / "lock").open("w") as file, pytest.raises(elsewhere.SystemNotSupported, match="Linux and macOS"):
        elsewhere.lock(file)


def test_a_lock_excludes_a_second_holder(tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / "lock").open("w") as one, (tmp_path / "lock").open("w") as two:
        system.lock(one)
        with pytest.raises(BlockingIOError):
            fcntl.flock(two, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (tmp_path / "lock").open("w") as again:
        system.lock(again)  # closing has freed it


def test_the_peak_is_at_least_what_is_held() -> None:
    held = bytearray(64 * 1024 * 1024)
    assert system.peak_megabytes() > len(held) / 1024 / 1024
