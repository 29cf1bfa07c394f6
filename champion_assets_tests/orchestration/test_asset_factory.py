"""What Dagster is told: events a day, failures that are not repeated, failures that are, checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType

import dagster as dg
import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.definitions import defs
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.names import udiff_bhavcopy
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.nse.synthetic.server import State, serve
from champion_assets.orchestration.asset_failures import retry_policy
from champion_assets.settings import Settings, get_settings
from champion_assets_tests.helpers import ORDER

Put = Callable[[str, str], None]


class _Healing(list[tuple[str, int]]):
    """A server's log of requests that ends all faults with the first failure."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state

    def append(self, request: tuple[str, int]) -> None:
        super().append(request)
        if request[1] == 503:
            self._state.faults.clear()


def _job(*names: str) -> dg.JobDefinition:
    return defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={dg.AssetKey(name.split("/")) for name in names}
    )


def run(
    *names: str, start: str, end: str, instance: dg.DagsterInstance, tags: Mapping[str, str] = MappingProxyType({})
) -> dg.ExecuteInProcessResult:
    span = {"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end}
    return _job(*names).execute_in_process(instance=instance, tags={**span, **tags}, raise_on_error=False)


def events(instance: dg.DagsterInstance, name: str) -> dict[str, dict[str, object]]:
    records = instance.fetch_materializations(dg.AssetKey(name.split("/")), limit=1000).records
    return {
        record.partition_key: {key: value.value for key, value in record.asset_materialization.metadata.items()}
        for record in records
    }  # type: ignore[misc,union-attr]


def test_each_day_has_its_own_numbers_and_closed_days_their_reason(environment: Put) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert run("raw/bhavcopy", "bronze/bhavcopy", start="2023-11-09", end="2023-11-14", instance=instance).success
        bronze = events(instance, "bronze/bhavcopy")
    workspace = open_workspace(get_settings())
    assert sorted(bronze) == [f"2023-11-{day:02d}" for day in range(9, 15)]
    for day in (9, 10, 12, 13):
        rows = workspace.lake.read("bronze/bhavcopy", [dt.date(2023, 11, day)]).height
        assert bronze[f"2023-11-{day:02d}"]["dagster/partition_row_count"] == rows
        assert bronze[f"2023-11-{day:02d}"]["status"] == "written"
    assert bronze["2023-11-11"] == {"status": "closed", "reason": "Saturday", "dagster/partition_row_count": 0}
    assert bronze["2023-11-14"]["reason"] == "Diwali-Balipratipada"


def test_the_schema_check_reports_the_run(environment: Put) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = run("raw/bhavcopy", "bronze/bhavcopy", start="2023-11-09", end="2023-11-10", instance=instance)
        checks = {
            check.asset_key.to_user_string(): check
            for check in result.get_asset_check_evaluations()
            if check.check_name == "schema"
        }
    assert checks["bronze/bhavcopy"].passed
    assert checks["bronze/bhavcopy"].metadata["days_checked"].value == 2


def test_a_failed_day_fails_the_step_names_the_day_and_records_the_good_ones(
    environment: Put, exchange: Exchange, tmp_path
) -> None:  # type: ignore[no-untyped-def]
    import shutil

    from champion_assets.nse.names import legacy_bhavcopy

    folder = tmp_path / "two files of three"
    folder.mkdir()
    for day in (8, 10):
        shutil.copy(exchange.folder / legacy_bhavcopy(dt.date(2023, 11, day)).path, folder)
    environment("CHAMPION_SOURCE", str(folder))
    with dg.DagsterInstance.ephemeral() as instance:
        result = run("raw/bhavcopy", "bronze/bhavcopy", start="2023-11-08", end="2023-11-10", instance=instance)
        recorded = sorted(events(instance, "raw/bhavcopy"))
        failure = next(event for event in result.all_events if event.is_step_failure)
    assert not result.success
    assert recorded == ["2023-11-08", "2023-11-10"]
    assert "2023-11-09: NotYetPublished" in str(failure.step_failure_data.user_failure_data.description)  # type: ignore[union-attr]
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    assert not [event for event in result.all_events if event.is_step_success and event.step_key == "bronze__bhavcopy"]


def test_a_server_that_recovers_is_asked_again_for_the_failed_days_only(environment: Put, exchange: Exchange) -> None:
    name = udiff_bhavcopy(dt.date(2024, 1, 16)).name
    state = State(exchange.folder, load_calendar(), faults={name: "503"})
    with serve(state) as url, dg.DagsterInstance.ephemeral() as instance:
        environment("CHAMPION_SOURCE", url)
        state.requests = _Healing(state)
        result = run("raw/bhavcopy", start="2024-01-15", end="2024-01-17", instance=instance)
    assert result.success
    asked = [path.rsplit("/", 1)[-1] for path, _ in state.requests]
    assert sorted(asked) == sorted([udiff_bhavcopy(dt.date(2024, 1, day)).name for day in (15, 16, 17)] + [name])


def test_a_server_that_stays_away_is_asked_three_times_more(environment: Put, exchange: Exchange) -> None:
    name = udiff_bhavcopy(dt.date(2024, 1, 16)).name
    state = State(exchange.folder, load_calendar(), faults={name: "503"})
    with serve(state) as url, dg.DagsterInstance.ephemeral() as instance:
        environment("CHAMPION_SOURCE", url)
        result = run("raw/bhavcopy", start="2024-01-16", end="2024-01-16", instance=instance)
    assert not result.success
    assert len(state.requests) == 4 * 3  # each time the source itself asks three times


@pytest.mark.parametrize(
    ("group", "count", "delay"),
    [("raw", 3, 60), ("warehouse", 3, 60), ("bronze", 2, 30), ("silver", 2, 30), ("features", 2, 30)],
)
def test_retries_are_those_of_the_older_pipeline(group: str, count: int, delay: float) -> None:
    policy = retry_policy(group, Settings(retry_delay_scale=1.0))
    assert (policy.max_retries, policy.delay, policy.jitter) == (count, delay, dg.Jitter.PLUS_MINUS)


def test_rows_that_break_the_model_fail_the_check(environment: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    import polars as pl

    from champion_assets.features import returns

    def broken(*arguments):  # type: ignore[no-untyped-def]
        computed = returns.compute(*arguments)
        return type(computed)(computed.frame.with_columns(simple_return=pl.lit(-2.0)))

    table = TABLES["features/returns"]
    object.__setattr__(table, "compute", broken)
    try:
        with dg.DagsterInstance.ephemeral() as instance:
            result = run(
                *ORDER[: ORDER.index("features/returns") + 1],
                start="2023-11-01",
                end="2023-11-01",
                instance=instance,
            )
            checks = {
                check.asset_key.to_user_string(): check
                for check in result.get_asset_check_evaluations()
                if check.check_name == "schema"
            }
    finally:
        object.__setattr__(table, "compute", returns.compute)
    assert not result.success
    assert checks["silver/equity_eod"].passed
    assert not checks["features/returns"].passed
    assert "greater_than(-1)" in str(checks["features/returns"].metadata["failures"].value)


def test_waiting_is_told_to_whoever_watches(environment: Put, exchange: Exchange) -> None:
    from champion_assets.lake.progress import report_progress

    state = State(exchange.folder, load_calendar(), faults={udiff_bhavcopy(dt.date(2024, 1, 16)).name: "503"})
    heard: list[str] = []
    with (
        serve(state) as url,
        dg.DagsterInstance.ephemeral() as instance,
        report_progress(lambda *_: None, heard.append),
    ):
        environment("CHAMPION_SOURCE", url)
        run("raw/bhavcopy", start="2024-01-16", end="2024-01-16", instance=instance)
    assert len(heard) == 3
    assert "Unreachable" in heard[0]
    assert "retrying in about" in heard[0]
