"""`champion ui`: Dagster's web page and daemon, and MLflow's page beside them.

What belongs here: the arguments, and starting and ending the processes. What does not: what the pages show.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from champion_assets.cli.stopping import check

HOST = "127.0.0.1"
GRACE_SECONDS = 20


@click.command()
@click.option(
    "--port",
    default=3000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port of the web page, on this machine only.",
)
@click.option("--mlflow", "with_mlflow", is_flag=True, help="Also show MLflow's page with runs and experiments.")
@click.option(
    "--mlflow-port", default=5000, show_default=True, type=click.IntRange(1, 65535), help="Port of MLflow's page."
)
def ui(port: int, with_mlflow: bool, mlflow_port: int) -> None:
    """Open Dagster's web page and daemon on the lake that the settings name."""
    from champion_assets.orchestration.dagster_home import prepare_dagster_home, workspace_yaml
    from champion_assets.settings import get_settings

    settings = get_settings()
    _check_free(port, "--port")
    if with_mlflow:
        _check_free(mlflow_port, "--mlflow-port")
    home = prepare_dagster_home(settings)
    click.echo(f"http://{HOST}:{port}  (runs in {home}; stop with Ctrl-C)")
    command = [_program("dagster"), "dev", "-w", str(workspace_yaml()), "-h", HOST, "-p", str(port)]
    if not with_mlflow:
        os.execv(command[0], command)  # noqa: S606
    click.echo(f"http://{HOST}:{mlflow_port}  (MLflow)")
    signal.signal(signal.SIGTERM, _interrupt)
    with _mlflow_page(settings, mlflow_port):
        code = _run(command)
    check()
    sys.exit(code)


def _check_free(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just given back is free
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise click.ClickException(
                f"port {port} is in use or not allowed ({error.strerror}); choose another one with {option}"
            ) from error


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@contextmanager
def _mlflow_page(settings: Any, port: int) -> Iterator[None]:
    """MLflow's server on the store of the settings; it and its workers end with the block."""
    from champion_assets.clients.mlflow import store_uri

    command = [_program("mlflow"), "ui", "--host", HOST, "--port", str(port), "--workers", "1"]
    quiet = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_BACKEND_STORE_URI": store_uri(settings).reveal(),
    }  # everybody on the machine sees arguments
    server = subprocess.Popen(command, env=os.environ | quiet, start_new_session=True, stdin=subprocess.DEVNULL)  # noqa: S603
    try:
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def _run(command: list[str]) -> int:
    """Run Dagster until it ends, or until this process is told to.

    Then Dagster is told, too, and ends its own processes.
    """
    process = subprocess.Popen(command, start_new_session=True)  # noqa: S603
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        return process.wait()


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
