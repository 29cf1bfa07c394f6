"""The rules of the check table on the pages of the tables that they judge, in range runs, over the whole history."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from sqlalchemy import text

import champion_assets
from champion_assets.catalog import open_workspace
from champion_assets.checks.registry import BY_NAME, RULES
from champion_assets.checks.results import NAME
from champion_assets.definitions import defs
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.check_results import result_checks, verdicts
from champion_assets.settings import get_settings
from champion_assets_tests.helpers import build_until, put_day

START, BAD, END = dt.date(2023, 11, 1), dt.date(2023, 11, 3), dt.date(2023, 11, 10)
KEYS = [dg.AssetCheckKey(dg.AssetKey(rule.asset.split("/")), rule.name) for rule in RULES]


@pytest.fixture
def instance(
    tmp_path: Path, environment: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    """An instance with the event log that Champion's `dagster.yaml` names."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text(
        (Path(champion_assets.__file__).parent / "orchestration/instance.yaml").read_text()
    )
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance
    os.environ.pop("DAGSTER_EVENT_BATCH_SIZE", None)


@pytest.fixture
def judged(environment: Callable[[str, str], None]) -> Workspace:
    """A lake with results until END, in which the check `outliers` failed on BAD."""
    workspace = open_workspace(get_settings())
    build_until(workspace, NAME, START, END)
    failed = pl.col("check_name") == "outliers"
    rows = workspace.lake.read(NAME, [BAD]).with_columns(
        passed=pl.col("passed") & ~failed, rows=pl.when(failed).then(3).otherwise("rows"),
        sample=pl.when(failed).then(pl.lit("ABC +80 %")).otherwise("sample"),
    )  # fmt: skip
    put_day(workspace.lake, NAME, BAD, rows)
    return workspace


def run(instance: dg.DagsterInstance, start: dt.date, end: dt.date, *names: str) -> dg.ExecuteInProcessResult:
    job = defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={dg.AssetKey(name.split("/")) for name in names}
    )
    tags = {"dagster/asset_partition_range_start": str(start), "dagster/asset_partition_range_end": str(end)}
    return job.execute_in_process(instance=instance, tags=tags)


def executions(instance: dg.DagsterInstance) -> list[Any]:
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(text("SELECT check_name, execution_status, partition FROM asset_check_executions"))
        return [tuple(row) for row in rows.fetchall()]


def test_a_green_range_does_not_hide_an_earlier_failure(judged: Workspace, instance: dg.DagsterInstance) -> None:
    assert run(instance, dt.date(2023, 11, 6), END, NAME, "silver/equity_eod", "silver/index_eod").success
    chosen = [key for key in KEYS if key.asset_key.path[0] == "silver" and key.asset_key.path[1] != "corporate_actions"]
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(chosen)
    assert len(records) == len(chosen) == sum(rule.asset in ("silver/equity_eod", "silver/index_eod") for rule in RULES)
    outlier = next(record for key, record in records.items() if key.name == "outliers")
    assert outlier.evaluation is not None
    assert outlier.status.value == "FAILED"
    assert outlier.evaluation.severity == dg.AssetCheckSeverity.WARN
    assert outlier.evaluation.description == "Unresolved on 1 of 8 days; the worst is 2023-11-03: ABC +80 %"
    metadata = {name: value.value for name, value in outlier.evaluation.metadata.items()}
    assert metadata["worst_day"] == str(BAD)
    assert metadata["worst_rows"] == 3
    assert metadata["judged_until"] == str(END)
    assert "| 2023-11-03 | 3 | ABC +80 % |" in metadata["unresolved"]
    assert str(metadata["last_day"]).startswith("passed")


def test_a_range_run_leaves_one_row_for_each_check_and_none_planned(
    judged: Workspace, instance: dg.DagsterInstance
) -> None:
    for last in (9, 10):
        assert run(instance, dt.date(2023, 11, 6), dt.date(2023, 11, last), NAME, "silver/equity_eod").success
    rows = executions(instance)
    expected = sum(rule.asset == "silver/equity_eod" for rule in RULES) + 4  # `schema` and `fresh` of both tables
    assert len(rows) == 2 * expected
    assert {status for _, status, _ in rows} == {"SUCCEEDED", "FAILED"}
    assert {partition for *_, partition in rows} == {None}


def test_a_single_day_leaves_none_planned_either(judged: Workspace, instance: dg.DagsterInstance) -> None:
    job = defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={dg.AssetKey(["silver", "index_eod"])}
    )
    assert job.execute_in_process(instance=instance, partition_key=str(END)).success
    assert {status for name, status, _ in executions(instance) if name != "fresh"} == {"SUCCEEDED"}
    assert {status for name, status, _ in executions(instance) if name == "fresh"} == {"FAILED"}


def test_the_checks_come_after_the_table_of_results(judged: Workspace, instance: dg.DagsterInstance) -> None:
    steps = [
        event.step_key
        for event in run(instance, START, END, "silver/index_eod", NAME).all_events
        if event.is_step_success
    ]
    assert steps.index("check_results") > steps.index("checks__results") > steps.index("silver__index_eod")


def test_a_block_is_an_error_and_other_failures_are_warnings(judged: Workspace) -> None:
    found = {each.check_name: each for each in verdicts(judged, RULES)}
    assert set(found) == set(BY_NAME)
    for name, verdict in found.items():
        assert (verdict.severity == dg.AssetCheckSeverity.ERROR) == (BY_NAME[name].severity == "block")


def test_before_anything_is_judged_there_is_no_verdict(workspace: Workspace) -> None:
    assert verdicts(workspace, RULES) == []


def test_a_graph_without_the_results_has_no_such_checks() -> None:
    assert result_checks({"silver/equity_eod"}) == []
    (checks,) = result_checks({NAME, "silver/index_eod"})
    assert {key.asset_key.to_user_string() for key in checks.check_keys} == {"silver/index_eod"}
