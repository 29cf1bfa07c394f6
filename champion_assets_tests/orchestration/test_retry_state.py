"""What an attempt of a step knows of the attempt before it, in another process."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from champion_assets.catalog import open_workspace
from champion_assets.lake.store import Lake
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.names import udiff_bhavcopy
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.nse.synthetic.server import State, serve
from champion_assets.orchestration.retry_state import FOLDER, failed_days, forget_failed_days, keep_failed_days
from champion_assets.settings import get_settings

ATTEMPT = """
import json, sys
import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import create_execution_plan, execute_plan
from dagster._core.execution.plan.state import KnownExecutionState
from dagster._core.execution.retries import RetryMode
from champion_assets.definitions import defs

job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection={dg.AssetKey(["raw", "bhavcopy"])})
attempts = int(sys.argv[2])
with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    run = instance.get_run_by_id(sys.argv[3])
    known = KnownExecutionState(previous_retry_attempts={"raw__bhavcopy": attempts} if attempts else None)
    plan = create_execution_plan(job, known_state=known, tags=run.tags)
    events = execute_plan(plan, InMemoryJob(job), instance, run, retry_mode=RetryMode.DEFERRED)
    print(json.dumps([event.event_type_value for event in events]))
"""


def test_the_note_is_kept_read_and_forgotten(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    assert failed_days(lake, "one", "raw/bhavcopy") is None
    keep_failed_days(lake, "one", "raw/bhavcopy", [dt.date(2024, 1, 2), dt.date(2024, 1, 1)])
    assert failed_days(lake, "one", "raw/bhavcopy") == [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]
    assert failed_days(lake, "one", "raw/delivery") is None
    assert failed_days(lake, "two", "raw/bhavcopy") is None
    forget_failed_days(lake, "one", "raw/bhavcopy")
    assert failed_days(lake, "one", "raw/bhavcopy") is None


def test_an_attempt_in_another_process_asks_for_the_failed_days_only(
    environment: Callable[[str, str], None], exchange: Exchange, tmp_path: Path
) -> None:
    from champion_assets.definitions import defs

    name = udiff_bhavcopy(dt.date(2024, 1, 16)).name
    state = State(exchange.folder, load_calendar(), faults={name: "503"})
    home = tmp_path / "home"
    home.mkdir()
    with serve(state) as url, dg.DagsterInstance.from_config(str(home)) as instance:
        environment("CHAMPION_SOURCE", url)
        span = {"dagster/asset_partition_range_start": "2024-01-15", "dagster/asset_partition_range_end": "2024-01-17"}
        job = defs.resolve_implicit_global_asset_job_def().get_subset(
            asset_selection={dg.AssetKey(["raw", "bhavcopy"])}
        )
        run = instance.create_run_for_job(job, tags=span)
        first = _attempt(home, 0, run.run_id)
        lake = open_workspace(get_settings()).lake
        assert "STEP_UP_FOR_RETRY" in first
        assert failed_days(lake, run.run_id, "raw/bhavcopy") == [dt.date(2024, 1, 16)]
        state.faults.clear()
        state.requests.clear()
        second = _attempt(home, 1, run.run_id)
    assert "STEP_SUCCESS" in second
    assert [path.rsplit("/", 1)[-1] for path, _ in state.requests] == [name]
    assert lake.keys(FOLDER) == []


def _attempt(home: Path, number: int, run_id: str) -> list[str]:
    """One attempt of the step in a process of its own, as in a pod."""
    program = [sys.executable, "-W", "ignore", "-c", ATTEMPT, str(home), str(number), run_id]
    done = subprocess.run(program, capture_output=True, text=True, check=False, env=dict(os.environ), timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return list(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
