"""An S3 server for the tests of the lake, and settings with a lake of their own on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from champion_assets.settings import Settings
from champion_assets_tests.servers.run import S3, s3_server


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.make_bucket("champion")
        yield server


@pytest.fixture
def remote(settings: Settings, s3: S3, tmp_path: Path) -> Settings:
    return settings.model_copy(update=s3.settings("champion", tmp_path.name))
