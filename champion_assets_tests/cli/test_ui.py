"""`champion ui`: a used port is one sentence at once; MLflow's page stands beside it and ends with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from champion_assets.cli.main import main
from champion_assets.cli.ui import _mlflow_page, _run
from champion_assets.clients.mlflow import TrackedRun, Tracking
from champion_assets.settings import Settings, get_settings

Put = Callable[[str, str], None]


@pytest.fixture
def used_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield int(holder.getsockname()[1])


@pytest.mark.parametrize("option", ["--port", "--mlflow-port"])
def test_a_used_port_is_one_sentence_at_once(environment: Put, settings: Settings, used_port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    arguments = ["ui", "--mlflow", option, str(used_port)] + (
        ["--port", str(free)] if option == "--mlflow-port" else []
    )
    started = time.monotonic()
    outcome = CliRunner().invoke(main, arguments)
    assert outcome.exit_code == 1
    assert (
        outcome.output.strip() == f"Error: port {used_port} is in use or not allowed "
        f"(Address already in use); choose another one with {option}"
    )
    assert time.monotonic() - started < 5
    assert not (settings.data_dir / "dagster").exists()


def test_mlflows_page_shows_the_default_store_and_ends_with_the_block(environment: Put, settings: Settings) -> None:
    run = TrackedRun("a run", identity={"champion.test": "1"}, metrics={"sharpe": 1.5})
    Tracking(settings).record("an experiment", run)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with _mlflow_page(get_settings(), port):
        deadline = time.monotonic() + 120
        while True:
            try:
                found = requests.get(
                    f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search?max_results=10", timeout=10
                ).json()
                page = requests.get(f"http://127.0.0.1:{port}/", timeout=10)
                break
            except requests.RequestException:
                assert time.monotonic() < deadline
                time.sleep(0.5)
        assert "an experiment" in [each["name"] for each in found["experiments"]]
        assert "<html" in page.text.lower()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/health", timeout=5)


def test_dagster_is_told_to_end_when_we_are(tmp_path: Path) -> None:
    """With MLflow beside it Dagster is a child: a signal to us reaches it, and its exit code is ours."""
    child = (
        f"import pathlib, time\npathlib.Path({str(tmp_path / 'up')!r}).touch()\n"
        "try: time.sleep(60)\nexcept KeyboardInterrupt: raise SystemExit(7)"
    )
    program = (
        "import signal, sys\nfrom champion_assets.cli import ui\nsignal.signal(signal.SIGTERM, ui._interrupt)\n"
        f"sys.exit(ui._run([sys.executable, '-c', {child!r}]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "up").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.terminate()
    assert process.wait(30) == 7


def test_the_exit_code_is_dagsters() -> None:
    assert _run([sys.executable, "-c", "raise SystemExit(3)"]) == 3
