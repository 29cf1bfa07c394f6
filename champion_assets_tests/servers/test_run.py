"""Tests that start servers can be left out by the variable of the pipelines before Champion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from champion_assets_tests.servers.run import (
    clickhouse_server,
    postgres_server,
    redis_server,
    s3_server,
    unless_skipped,
)


@pytest.mark.parametrize("server", [clickhouse_server, postgres_server, redis_server, s3_server])
@pytest.mark.parametrize("value", ["true", "1", "TRUE"])
def test_no_server_starts_if_the_variable_says_so(server: Callable[[Path], object], value: str, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("SKIP_INTEGRATION_TESTS", value)
    with pytest.raises(pytest.skip.Exception, match="SKIP_INTEGRATION_TESTS is set"), server(tmp_path):  # type: ignore[attr-defined]
        pytest.fail("it started")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", ["", "false", "0"])
def test_another_value_leaves_them_in(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKIP_INTEGRATION_TESTS", value)
    unless_skipped("anything")
