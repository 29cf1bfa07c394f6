"""Runs in MLflow: the old pipeline's names, a run a Dagster run, days as steps; a dead server costs a run nothing."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import dagster as dg
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.open import open_lake
from champion_assets.lake.range_report import DayOutcome, RangeReport
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.backfill import behind
from champion_assets.orchestration.run_tracking import SENT_TOGETHER, may_wait, note, pending, send_pending
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until, drop_days
from champion_assets_tests.servers.run import s3_server

START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 10)
ONE_DAY = RangeReport("raw/bhavcopy", {START: DayOutcome("written", "x", 1, 1)}, {}, {"total": 1.0})
NAMES = {
    "scrape_duration_seconds",
    "parse_duration_seconds",
    "raw_rows_parsed",
    "normalize_duration_seconds",
    "normalized_rows",
    "filtered_rows",
    "write_duration_seconds",
    "parquet_size_mb",
    "rows_written",
    "load_duration_seconds",
    "rows_loaded",
    "flow_duration_seconds",
}


def runs(settings: Settings):  # type: ignore[no-untyped-def]
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{settings.data_dir.resolve()}/mlflow/mlflow.db")
    return client, client.search_runs([client.get_experiment_by_name("nse-bhavcopy-pipeline").experiment_id])


def test_a_run_has_every_name_of_the_old_pipeline_and_its_days_as_steps(workspace: Workspace) -> None:
    reports = build_until(workspace, "warehouse/duckdb", START, END)
    for name in ("raw/bhavcopy", "bronze/bhavcopy", "silver/equity_eod"):
        drop_days(workspace.lake, name, workspace.lake.dates(name))
        reports[name] = build_range(TABLES[name], workspace, calendar_days(START, END))
    for report in reports.values():
        note(workspace.settings, workspace.lake, "a" * 32, report)
    with dg.DagsterInstance.ephemeral() as instance:
        assert send_pending(workspace.settings, instance) == (1, 0, "")
        assert send_pending(workspace.settings, instance) == (0, 0, "")
    client, (run,) = runs(workspace.settings)
    assert set(run.data.metrics) >= NAMES
    sessions = workspace.sessions(START, END)
    history = client.get_metric_history(run.info.run_id, "rows_written")
    assert [dt.date.fromordinal(each.step) for each in history] == sessions
    total = sum(outcome.rows for outcome in reports["silver/equity_eod"].outcomes.values())
    assert run.data.metrics["total_normalized_rows"] == total
    assert run.data.params["trade_date"] == f"{sessions[0]}..{sessions[-1]}"
    assert {"load_to_clickhouse", "clickhouse_table", "status", "error"} <= set(run.data.params)
    assert run.data.params["status"] == "success"


def test_a_failed_run_says_why(settings: Settings) -> None:
    note(
        settings,
        open_lake(settings),
        "b" * 32,
        RangeReport("raw/bhavcopy", {}, {START: ValueError("the file is not the file")}, {"total": 1.0}),
    )
    with dg.DagsterInstance.ephemeral() as instance:
        send_pending(settings, instance)
    _, (run,) = runs(settings)
    assert (run.info.status, run.data.params["status"]) == ("FAILED", "failed")
    assert "the file is not the file" in run.data.params["error"]


def test_a_dead_server_is_said_and_what_waits_is_sent_later(settings: Settings) -> None:
    dead = settings.model_copy(update={"mlflow_tracking_uri": "http://127.0.0.1:9", "mlflow_timeout": 1})
    for name in ("c" * 32, "d" * 32):
        note(dead, open_lake(dead), name, ONE_DAY)
    started = time.monotonic()
    with dg.DagsterInstance.ephemeral() as instance:
        sent, waiting, problem = send_pending(dead, instance)
        assert (sent, waiting) == (0, 2)
        assert "127.0.0.1:9" in problem
        assert time.monotonic() - started < 60
        assert send_pending(settings, instance)[0] == 2


def test_a_thousand_days_are_a_few_requests(settings: Settings) -> None:
    days = {
        dt.date(2016, 1, 1) + dt.timedelta(days=number): DayOutcome("written", "x", 1500, 90_000)
        for number in range(1000)
    }
    for table in ("raw/bhavcopy", "bronze/bhavcopy", "silver/equity_eod"):
        note(settings, open_lake(settings), "e" * 32, RangeReport(table, days, {}, {"total": 30.0, "write": 2.0}))
    started = time.monotonic()
    with dg.DagsterInstance.ephemeral() as instance:
        assert send_pending(settings, instance)[0] == 1
    assert time.monotonic() - started < 60
    client, (run,) = runs(settings)
    assert len(client.get_metric_history(run.info.run_id, "rows_written")) == 1000


def test_the_last_few_runs_of_our_own_store_may_wait_and_go_with_the_twentieth(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("champion_assets.orchestration.backfill.get_settings", lambda: settings)
    lake = open_lake(settings)
    with dg.DagsterInstance.ephemeral() as instance:
        for number in range(SENT_TOGETHER):
            assert may_wait(settings)
            assert behind([], instance, in_time=True) == []
            assert len(pending(lake)) == number
            note(settings, lake, f"{number:032d}", ONE_DAY)
        assert not may_wait(settings)
        assert behind([], instance, in_time=True) == []
    assert pending(lake) == {}
    assert len(runs(settings)[1]) == SENT_TOGETHER


def test_a_store_that_the_settings_name_is_sent_to_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = settings.model_copy(update={"mlflow_tracking_uri": "http://127.0.0.1:9", "mlflow_timeout": 1})
    monkeypatch.setattr("champion_assets.orchestration.backfill.get_settings", lambda: dead)
    note(dead, open_lake(dead), "i" * 32, ONE_DAY)
    with dg.DagsterInstance.ephemeral() as instance:
        (sentence,) = behind([], instance, in_time=True)
    assert "1 run(s) wait to be sent" in sentence


def test_it_can_be_switched_off(settings: Settings) -> None:
    note(settings.model_copy(update={"track": False}), open_lake(settings), "f" * 32, RangeReport("raw/bhavcopy"))
    assert not pending(open_lake(settings))


def test_a_running_run_is_not_sent_yet(settings: Settings) -> None:
    note(settings, open_lake(settings), "g" * 32, ONE_DAY)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_run(dg.DagsterRun("nse_daily", "g" * 32, status=dg.DagsterRunStatus.STARTED))
        assert send_pending(settings, instance) == (0, 1, "")


def test_another_machine_sends_what_a_worker_noted_on_a_lake_on_s3(settings: Settings, tmp_path: Path) -> None:
    with s3_server(tmp_path) as server:
        server.make_bucket("champion")
        worker = settings.model_copy(update=server.settings("champion", "lake") | {"data_dir": tmp_path / "pod"})
        note(worker, open_lake(worker), "h" * 32, ONE_DAY)
        sender = worker.model_copy(update={"data_dir": settings.data_dir})
        with dg.DagsterInstance.ephemeral() as instance:
            assert send_pending(sender, instance) == (1, 0, "")
        assert not pending(open_lake(worker))
    _, (run,) = runs(sender)
    assert run.data.tags["dagster_run"] == "h" * 32
