"""A ClickHouse server for the tests of the warehouses, and a database of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from pydantic import SecretStr

from champion_assets.catalog import open_workspace
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings
from champion_assets_tests.servers.run import ClickHouse, clickhouse_server

_numbers = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    with clickhouse_server(tmp_path_factory.mktemp("clickhouse")) as running:
        yield running


def on_server(settings: Settings, server: ClickHouse, database: str) -> Settings:
    return settings.model_copy(
        update={
            "clickhouse_host": "127.0.0.1",
            "clickhouse_port": server.port,
            "clickhouse_user": server.user,
            "clickhouse_password": SecretStr(server.password),
            "clickhouse_database": database,
            "load_to_clickhouse": True,
        }
    )


@pytest.fixture
def clickhouse_workspace(settings: Settings, server: ClickHouse) -> Workspace:
    return open_workspace(on_server(settings, server, f"champion_{next(_numbers)}"))
