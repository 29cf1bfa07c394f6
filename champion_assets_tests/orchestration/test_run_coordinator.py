"""The run queue whose daemon looks often."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from dagster._daemon import controller

from champion_assets.orchestration.dagster_home import instance_yaml
from champion_assets.orchestration.run_coordinator import PromptRunCoordinator


@pytest.mark.parametrize(("version", "seconds"), [("1.13.27", 2), ("1.14.0", 30)])
def test_the_daemon_looks_at_backfills_as_often_as_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, seconds: int
) -> None:
    monkeypatch.setattr(controller, "DEFAULT_DAEMON_INTERVAL_SECONDS", 30)
    monkeypatch.setattr(dg, "__version__", version)
    (tmp_path / "dagster.yaml").write_text(instance_yaml())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        coordinator = instance.run_coordinator
        assert isinstance(coordinator, PromptRunCoordinator)
        assert coordinator.dequeue_interval_seconds == 1
        assert seconds == controller.DEFAULT_DAEMON_INTERVAL_SECONDS
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 2  # type: ignore[union-attr]
