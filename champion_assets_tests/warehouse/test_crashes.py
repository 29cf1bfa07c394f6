"""A load that is killed leaves each day once: neither doubled nor lost. The long form is
`benchmarks/clickhouse_kills.py`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from champion_assets.lake.workspace import Workspace
from champion_assets.silver.equity_eod import TABLE
from champion_assets_tests.helpers import build_until
from champion_assets_tests.servers.run import ClickHouse
from champion_assets_tests.warehouse.crashes import prepare, trial

START, END = dt.date(2023, 11, 1), dt.date(2024, 2, 29)


def test_kill_9_of_client_and_server(clickhouse_workspace: Workspace, server: ClickHouse, tmp_path: Path) -> None:
    workspace = clickhouse_workspace
    build_until(workspace, TABLE.name, START, END)
    versions = prepare(workspace.settings, workspace.lake.read(TABLE.name, workspace.sessions(START, END)), tmp_path)
    victims = {trial(server, workspace.settings, versions, seed) for seed in range(6)}
    assert victims == {"client", "server"}
