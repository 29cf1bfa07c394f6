"""Reaching ClickHouse: ports, passwords, TLS, a server that is down, and what users are told of each."""

from __future__ import annotations

import datetime as dt
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from champion_assets.catalog import TABLES
from champion_assets.clients.clickhouse import ClickHouseRefused, ClickHouseUnreachable, clickhouse
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.ports import is_retryable
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until
from champion_assets_tests.servers.run import ClickHouse, free_port

TABLE = TABLES["warehouse/clickhouse"]

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)


def _with(workspace: Workspace, **changes: Any) -> Any:
    return workspace.settings.model_copy(update=changes)


@pytest.mark.parametrize(("port", "native"), [(8123, "9000"), (8443, "9440")])
def test_the_http_port_is_named(port: int, native: str, clickhouse_workspace: Workspace) -> None:
    with pytest.raises(ClickHouseRefused, match=native), clickhouse(_with(clickhouse_workspace, clickhouse_port=port)):
        pass


def test_what_does_not_speak_the_protocol_is_named(clickhouse_workspace: Workspace, server: ClickHouse) -> None:
    settings = _with(clickhouse_workspace, clickhouse_port=server.http_port)
    with pytest.raises(ClickHouseRefused, match="native protocol"), clickhouse(settings, database=False) as client:
        client.execute("SELECT 1")


def test_a_wrong_password_is_said_without_it(clickhouse_workspace: Workspace) -> None:
    settings = _with(clickhouse_workspace, clickhouse_password=SecretStr("not-the-password"))
    with (
        pytest.raises(ClickHouseRefused, match="CLICKHOUSE_PASSWORD") as caught,
        clickhouse(settings, database=False) as client,
    ):
        client.execute("SELECT 1")
    assert "not-the-password" not in str(caught.value)
    assert not is_retryable(caught.value)


def test_a_server_that_is_down_fails_the_load_alone_and_may_be_tried_again(clickhouse_workspace: Workspace) -> None:
    workspace = replace(clickhouse_workspace, settings=_with(clickhouse_workspace, clickhouse_port=free_port()))
    build_until(workspace, "backtest/daily", START, dt.date(2023, 11, 3))
    with pytest.raises(ClickHouseUnreachable, match="does not answer") as caught:
        build_range(TABLE, workspace, calendar_days(START, dt.date(2023, 11, 3)))
    assert is_retryable(caught.value)


def test_a_server_that_takes_connections_and_says_nothing_costs_seconds(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("champion_assets.clients.clickhouse.CONNECT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as dumb:
        mute = settings.model_copy(update={"clickhouse_host": "127.0.0.1", "clickhouse_port": dumb.getsockname()[1]})
        started = time.monotonic()
        with pytest.raises(ClickHouseUnreachable, match="does not answer"), clickhouse(mute) as client:
            client.execute("SELECT 1")
        assert time.monotonic() - started < 60  # and not CLICKHOUSE_TIMEOUT, 300 s


def test_tls_with_an_authority_of_ones_own(clickhouse_workspace: Workspace, server: ClickHouse, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with _tls_proxy(context, server.port) as port:
        settings = _with(clickhouse_workspace, clickhouse_port=port, clickhouse_secure=True, clickhouse_ca=certificate)
        with clickhouse(settings, database=False) as client:
            assert client.execute("SELECT 1") == [(1,)]
        with (
            pytest.raises(ClickHouseUnreachable, match=r"(?i)certificate"),
            clickhouse(settings.model_copy(update={"clickhouse_ca": None}), database=False) as client,
        ):
            client.execute("SELECT 1")


class _tls_proxy:  # noqa: N801  (a context manager)
    """Ends TLS in front of the server's native port, as a load balancer does."""

    def __init__(self, context: ssl.SSLContext, target: int) -> None:
        self.context, self.target, self.listener = context, target, socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._accept, daemon=True).start()
        return int(self.listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            try:
                client = self.context.wrap_socket(raw, server_side=True)
            except (ssl.SSLError, OSError):
                continue
            upstream = socket.create_connection(("127.0.0.1", self.target))
            for source, sink in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while body := source.recv(65536):
                sink.sendall(body)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return


def test_the_asset_is_there_only_if_asked_for() -> None:
    script = (
        "from champion_assets.definitions import defs\n"
        "print(sum(key.path[-1] == 'clickhouse' for key in defs.resolve_asset_graph().get_all_asset_keys()))"
    )
    for asked, expected in (("", "0"), ("true", "1")):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            capture_output=True,
            text=True,
            env={**os.environ, "LOAD_TO_CLICKHOUSE": asked},
        )
        assert done.stdout.strip() == expected, done.stderr


def test_doctor_says_whether_the_server_answers(clickhouse_workspace: Workspace) -> None:
    from champion_assets.operations.helpers import states

    def found(workspace: Workspace) -> list[tuple[str, str]]:
        return [each for each in states(workspace.settings) if "ClickHouse" in each[0]]

    ((says, problem),) = found(clickhouse_workspace)
    assert ("answers, version 26.7" in says, problem) == (True, "")
    down = replace(clickhouse_workspace, settings=_with(clickhouse_workspace, clickhouse_port=free_port()))
    ((says, problem),) = found(down)
    assert "ClickHouseUnreachable" in says
    assert "does not answer" in problem


@pytest.mark.parametrize("name", ["x; DROP DATABASE y", "a.b", "`a`", "1st", ""])
def test_a_database_must_be_an_identifier(name: str) -> None:
    from pydantic import ValidationError

    from champion_assets.settings import Settings

    with pytest.raises(ValidationError, match="clickhouse_database"):
        Settings(clickhouse_database=name)


def test_a_backfill_with_the_server_down_builds_all_else_and_says_so(settings: Any) -> None:
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "champion_assets.cli",
        "backfill",
        "2023-11-01",
        "2023-11-06",
        "--load-to-clickhouse",
    ]
    environment = {
        **os.environ,
        "DATA_DIR": str(settings.data_dir),
        "CHAMPION_SOURCE": settings.source,
        "CHAMPION_START_DATE": "2023-11-01",
        "CHAMPION_RETRY_DELAY_SCALE": "0",
        "CHAMPION_TRACK": "false",
        "DAGSTER_HOME": "",
        "CLICKHOUSE_PORT": str(free_port()),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 3
    assert "warehouse/clickhouse is behind; the next backfill brings it up to date" in done.stdout
    assert "ClickHouseUnreachable" in done.stdout
    assert "CLICKHOUSE_HOST" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    for name in ("backtest/daily", "warehouse/duckdb"):
        assert len(Lake(str(settings.data_dir / "lake")).dates(name)) == 4
    assert not (settings.data_dir / "lake/warehouse/clickhouse").exists()


def test_a_server_that_refuses_does_not_stop_the_sensors_look(
    clickhouse_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from champion_assets.catalog import TABLES
    from champion_assets.orchestration.publication import stale_days

    monkeypatch.setitem(TABLES, TABLE.name, TABLE)
    build_until(clickhouse_workspace, "warehouse/duckdb", START, dt.date(2023, 11, 3))
    refused = replace(clickhouse_workspace, settings=_with(clickhouse_workspace, clickhouse_port=8123))
    assert stale_days(refused, refused.sessions(START, dt.date(2023, 11, 3))) == []
    assert "cannot be looked at" in (refused.settings.data_dir / "logs/champion.jsonl").read_text()
