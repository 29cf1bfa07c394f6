"""Every error of a command ends in the boundary: words, and an exit code that means one thing."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from champion_assets.cli import operations, output
from champion_assets.cli.boundary import CommandBoundary
from champion_assets.cli.main import main
from champion_assets.common.errors import ChampionError
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.operations.doctor import Report, _coverage
from champion_assets.operations.doctor_findings import Finding
from champion_assets.settings import get_settings


def _fails_with(error: BaseException) -> Result:
    @click.group(cls=CommandBoundary)
    def group() -> None:
        pass

    @group.command()
    def work() -> None:
        raise error

    return CliRunner().invoke(group, ["work"])


def test_an_error_of_ours_is_its_sentence() -> None:
    done = _fails_with(ChampionError("the lake [/x] is empty; run `champion backfill`"))
    assert done.exit_code == 1
    assert done.output == "Error: the lake [/x] is empty; run `champion backfill`\n"


def test_an_unexpected_error_shows_where_it_came_from_and_where_to_report() -> None:
    done = _fails_with(ZeroDivisionError("seven by nothing"))
    assert done.exit_code == 70
    assert "Traceback" in done.output
    assert "ZeroDivisionError: seven by nothing" in done.output
    assert "issue tracker" in done.output


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_disk_that_is_full_or_refuses_is_said_in_words(number: int) -> None:
    done = _fails_with(OSError(number, os.strerror(number), "/data/lake/x"))
    assert done.exit_code == 1
    assert f"/data/lake/x: {os.strerror(number)}; see DATA_DIR" in done.output
    assert "Traceback" not in done.output


def test_a_database_that_the_system_refuses_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError) as refused:
        sqlite3.connect(tmp_path / "no" / "runs.db")
    wrapped = RuntimeError("of a library")
    wrapped.__cause__ = refused.value
    done = _fails_with(wrapped)
    assert done.exit_code == 1
    assert "a database under DATA_DIR: unable to open database file; is the folder read-only" in done.output
    assert "Traceback" not in done.output
    assert _fails_with(sqlite3.OperationalError("no such table: runs")).exit_code == 70


def test_other_errors_of_the_system_are_unexpected() -> None:
    assert _fails_with(OSError(errno.EIO, "Input/output error", "/x")).exit_code == 70


def test_an_interruption_has_no_traceback() -> None:
    import dagster as dg

    for error in (KeyboardInterrupt(), dg.DagsterExecutionInterruptedError()):
        done = _fails_with(error)
        assert done.exit_code == 130
        assert done.output == "interrupted; finished days are kept, the same command continues with the rest\n"


def test_usage_and_chosen_exit_codes_are_left_alone() -> None:
    assert CliRunner().invoke(main, ["backfill", "yesterday", "today"]).exit_code == 2
    assert CliRunner().invoke(main, ["no-such-command"]).exit_code == 2
    assert _fails_with(SystemExit(2)).exit_code == 2


def _begun(folder: Path, exchange: Exchange) -> subprocess.Popen[str]:
    """A backfill of the whole exchange, as soon as it has written its first day."""
    program = [sys.executable, "-W", "ignore", "-m", "champion_assets.cli", "backfill", "2023-11-01", "2024-04-30"]
    ours = {"DATA_DIR": str(folder), "CHAMPION_SOURCE": str(exchange.folder), "CHAMPION_START_DATE": "2023-11-01"}
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # workers of pytest-xdist ignore it, and children inherit that
    process = subprocess.Popen(
        program, env=os.environ | ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 240
    while not list(folder.glob("lake/raw/bhavcopy/_delta_log/*.json")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_real_command(number: signal.Signals, code: int, tmp_path: Path, exchange: Exchange) -> None:
    process = _begun(tmp_path, exchange)
    process.send_signal(number)
    _, said = process.communicate(timeout=240)
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert "ending after the current block" in said
    assert "interrupted; finished days are kept" in said
    assert not list(tmp_path.glob("lake/backtest/daily/*"))


PROGRAM = """
import signal, sys, time
import click
from champion_assets.cli.boundary import CommandBoundary
from champion_assets.cli.stopping import check

@click.group(cls=CommandBoundary)
def group():
    pass

@group.command()
def swallows():
    # as Dagster's handler does where a signal comes between two steps
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: None)
    print("up", flush=True)
    for _ in range(600):
        time.sleep(0.05)
        check()

@group.command()
def deaf():
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: None)
    print("up", flush=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.05)

group()
"""


def _started(command: str) -> subprocess.Popen[str]:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_that_somebody_else_swallows_ends_the_command_at_the_next_block(
    number: signal.Signals, code: int
) -> None:
    process = _started("swallows")
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert said.splitlines() == [
        "ending after the current block; a second signal ends at once",
        "interrupted; finished days are kept, the same command continues with the rest",
    ]  # fmt: skip


def test_a_second_signal_ends_at_once() -> None:
    process = _started("deaf")
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("ending after the current block")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130


def test_square_brackets_in_a_finding_are_no_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(operations, "console", Console(width=200))
    operations._print(Report([Finding("checks", "error", "a file [/x] of [bold]", "mend [/y]")], _coverage({})))
    printed = capsys.readouterr().out
    assert "a file [/x] of [bold]" in printed
    assert "mend [/y]" in printed


def test_what_is_said_is_no_markup(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(output, "console", Console(width=200))
    output.say("/data/[/x]/lake")
    assert capsys.readouterr().out == "/data/[/x]/lake\n"


COMMANDS = [
    "backfill 2024-01-01 2024-01-02",
    "doctor",
    "prepare",
    "settings",
    "calendar 2024-01-01",
    "audit 2024-01-01 2024-01-02",
    "quarantine list",
    "versions 2024-01-01",
    "ui",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_answers_a_wrong_setting_with_a_traceback(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("WEIGHT_CAP", "abc")
    get_settings.cache_clear()
    try:
        done = CliRunner().invoke(main, command.split())
    finally:
        get_settings.cache_clear()
    assert done.exit_code == (2 if command == "doctor" else 1)  # of the doctor 1 means warnings
    assert done.output.startswith("Error: WEIGHT_CAP=abc")
    assert len(done.output.splitlines()) == 1
