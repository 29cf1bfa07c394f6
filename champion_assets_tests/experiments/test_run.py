"""Trials: the same numbers as the daily portfolio's, nothing of it touched, kept in a real MLflow store."""

from __future__ import annotations

import datetime as dt
import io
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from click.testing import CliRunner

from champion_assets.cli.main import main
from champion_assets.definitions import defs
from champion_assets.experiments.plan import ExperimentError, Trial, parse_trials
from champion_assets.experiments.results import every_result, keep, kept_results
from champion_assets.experiments.run import run_experiment
from champion_assets.experiments.trial import on_overlay, own_tables, run_trial
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until, content, drop_days
from champion_assets_tests.pages.parsed import parsed

START, END = dt.date(2023, 11, 1), dt.date(2024, 2, 15)
GRID = "start: 2024-01-01\ngrid: {weight_cap: [0.05, 0.12], expected_return_lookback: [40, 30]}\n"


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    build_until(workspace, "backtest/daily", START, END)
    return workspace


def client(workspace: Workspace):  # type: ignore[no-untyped-def]
    from mlflow.tracking import MlflowClient

    return MlflowClient(f"sqlite:///{workspace.settings.data_dir.resolve()}/mlflow/mlflow.db")


def test_a_trial_of_the_daily_strategy_is_the_daily_portfolio(built: Workspace) -> None:
    result = run_trial(built, "same", Trial("same", built.settings))
    assert not result.error
    trial = on_overlay(built, "same", Trial("same", built.settings), START)
    sessions = built.sessions(START, END)
    own = {
        "portfolio/account",
        "portfolio/target_weights",
        "portfolio/audit",
        "backtest/executions",
        "backtest/attribution",
        "backtest/daily",
        "backtest/tax",
    }
    for table in sorted(own):
        assert trial.lake.read(table, sessions).equals(built.lake.read(table, sessions)), table
    assert {table.name for table in own_tables(built.tables, built.settings, built.settings)} == own


def test_a_grid_from_a_later_day_touches_nothing_of_the_daily_portfolio(built: Workspace) -> None:
    root = Path(built.lake.root)
    before = content(root, ("experiments",))
    name, trials = parse_trials(GRID, "grid", "grid", built.settings)
    outcome = run_experiment(built.settings, name, trials, jobs=2)
    assert content(root, ("experiments",)) == before
    assert [each.error for each in outcome.results] == [""] * 4
    assert {each.begin for each in outcome.results} == {"2024-01-01"}
    assert len({each.figures["total_return"] for each in outcome.results}) == 4
    for trial in trials:
        days = on_overlay(built, name, trial, dt.date(2024, 1, 1)).lake.read("backtest/daily", [dt.date(2024, 1, 1)])
        assert days["flows"].item() == days["value"].item() == built.settings.initial_capital
    page = (root / "experiments/grid/comparison.html").read_text()
    assert all(f"{each.identity}/backtest/tear_sheet/tear_sheet.html" in page for each in outcome.results)
    found = parsed(page)
    assert sorted(found.column("trials-table", "Trial")) == sorted(each.label for each in outcome.results)
    assert sorted(found.column("trials-table", "Largest weight of a name")) == ["12 %", "12 %", "5 %", "5 %"]
    assert sorted(found.column("trials-table", "Window of expected returns")) == [
        "30 sessions",
        "30 sessions",
        "40 sessions",
        "40 sessions",
    ]
    ratios = [float(each.replace("−", "-")) for each in found.column("trials-table", "Sharpe ratio a year")]
    assert ratios == sorted(ratios, reverse=True)
    assert all(unit for _, unit, _ in found.figures)
    assert re.findall(r"https?:", page) == []
    assert set(re.findall(r"[a-z]+(?:_[a-z0-9]+)+", found.text)) - {"weight_cap", "expected_return_lookback"} == set()
    for each in outcome.results:
        sheet = (root / f"experiments/grid/{each.identity}/backtest/tear_sheet/tear_sheet.html").read_text()
        assert parsed(sheet).headings[0] == each.label
        assert len(sheet) < 3_000_000


def test_only_tables_that_differ_are_made_anew(built: Workspace) -> None:
    shorter = built.settings.model_copy(update={"cov_window_days": 30})
    names = [table.name for table in own_tables(built.tables, built.settings, shorter)]
    assert "features/covariance" in names
    assert "features/returns" not in names
    assert (
        names.index("features/universe") < names.index("features/covariance") < names.index("portfolio/target_weights")
    )


def test_a_trial_may_not_write_below_its_overlay(built: Workspace) -> None:
    trial = on_overlay(built, "x", Trial("x", built.settings), START)
    with pytest.raises(PermissionError, match="only reads"):
        trial.lake.put("silver/equity_eod/2023-11/x.parquet", b"")
    with pytest.raises(PermissionError, match="only reads"):
        drop_days(trial.lake, "quarantine/silver/equity_eod", [START])


def test_mlflow_holds_parameters_figures_series_weights_and_tear_sheet_once(built: Workspace) -> None:
    name, trials = parse_trials("grid: {risk_aversion: [1, 10]}", "kept", "kept", built.settings)
    outcome = run_experiment(built.settings, name, trials, jobs=1)
    run_experiment(built.settings, name, trials, jobs=1)
    store = client(built)
    runs = store.search_runs([store.get_experiment_by_name("kept").experiment_id])
    assert len(runs) == 2
    for run, result in zip(
        sorted(runs, key=lambda each: float(each.data.params["risk_aversion"])), outcome.results, strict=True
    ):
        assert run.info.status == "FINISHED"
        assert run.data.params["weight_cap"] == "0.07"
        assert run.data.metrics["sharpe"] == pytest.approx(result.figures["sharpe"])
        history = store.get_metric_history(run.info.run_id, "value")
        assert len(history) > 40
        assert {each.path for each in store.list_artifacts(run.info.run_id)} == {"tear_sheet.html", "weights.parquet"}
        place = built.settings.data_dir / "mlflow/artifacts" / run.info.run_id / "artifacts"
        weights = pl.read_parquet(io.BytesIO((place / "weights.parquet").read_bytes()))
        assert weights.group_by("trade_date").agg(pl.col("weight").sum())["weight"].to_numpy() == pytest.approx(1.0)


def test_every_trial_ever_made_counts_once_whatever_its_experiment_is_called(built: Workspace) -> None:
    def run(name: str, values: str) -> list[float | None]:
        trials = parse_trials(f"grid: {{risk_aversion: {values}}}", "g", name, built.settings)[1]
        return [each.figures["trials"] for each in run_experiment(built.settings, name, trials, jobs=1).results]

    assert run("many", "[10]") == [1]
    assert run("many", "[1, 3]") == [3, 3]
    assert run("other", "[3, 4]") == [4, 4]  # 3 was made before, under another name
    old = kept_results(built.lake, "many")[0]
    keep(built.lake, "many", replace(old, identity="0123456789ab"))  # as a release stored it that hashed all parameters
    assert run("other", "[4]") == [4]
    assert len(kept_results(built.lake, "many")) == 4
    assert len(every_result(built.lake)) == 4


def test_an_impossible_trial_is_told_and_the_others_go_on(built: Workspace) -> None:
    _, trials = parse_trials("strategy: {weight_cap: 0.1}\ngrid: {esg_floor: [99.0, null]}", "g", "g", built.settings)
    outcome = run_experiment(built.settings, "hard", trials, jobs=1)
    assert "lower the floor on ESG" in outcome.results[0].error
    assert outcome.results[1].figures["sharpe"] is not None
    assert "lower the floor on ESG" in Path(outcome.page).read_text()
    store = client(built)
    assert sorted(
        run.info.status for run in store.search_runs([store.get_experiment_by_name("hard").experiment_id])
    ) == [
        "FAILED",
        "FINISHED",
    ]


def test_a_dead_mlflow_server_loses_nothing_and_is_told_in_time(built: Workspace) -> None:
    dead = built.settings.model_copy(update={"mlflow_tracking_uri": "http://127.0.0.1:9", "mlflow_timeout": 2})
    started = time.monotonic()
    outcome = run_experiment(dead, "dead", [Trial("only", dead)], jobs=1)
    assert "127.0.0.1:9" in outcome.untracked
    assert "a repetition records it" in outcome.untracked
    assert time.monotonic() - started < 120
    assert kept_results(built.lake, "dead")[0].figures["sharpe"] is not None


def test_a_range_without_sessions_and_a_stale_lake_are_told(built: Workspace) -> None:
    with pytest.raises(ExperimentError, match="no session from 2030-01-01"):
        run_trial(built, "x", Trial("x", built.settings, start=dt.date(2030, 1, 1)))
    other = replace(built, settings=built.settings.model_copy(update={"universe_size": 20}))
    with pytest.raises(ExperimentError, match="champion backfill"):
        run_trial(other, "x", Trial("x", other.settings))


def test_the_command_and_the_job(built: Workspace, environment: Callable[[str, str], None], tmp_path: Path) -> None:
    file = tmp_path / "brave.yaml"
    file.write_text("strategy: {risk_aversion: 1}\n")
    done = CliRunner().invoke(main, ["experiment", str(file), "--start", "2024-01-01", "--jobs", "1"])
    assert done.exit_code == 0, done.output
    assert "comparison: " in done.output
    assert "luck: not judged, because at least two trials are needed" in done.output
    wrong = CliRunner().invoke(main, ["experiment", str(tmp_path / "none.yaml")])
    assert wrong.exit_code == 1
    assert "none.yaml" in wrong.output
    config = {
        "ops": {"run_trials": {"config": {"text": "start: 2024-01-01\nstrategy: {risk_aversion: 2}", "name": "job"}}}
    }
    with dg.DagsterInstance.ephemeral() as instance:
        assert defs.resolve_job_def("experiment").execute_in_process(run_config=config, instance=instance).success
    assert len(kept_results(built.lake, "job")) == 1
