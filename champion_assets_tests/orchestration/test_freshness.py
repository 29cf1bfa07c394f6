"""Fresh by the days that a table has, not by when it was last built; the same for the page and for `champion
doctor`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.common.clock import instant_in_india
from champion_assets.definitions import defs
from champion_assets.lake.workspace import Workspace
from champion_assets.operations.doctor import examine
from champion_assets.orchestration.freshness import freshness, overdue_sessions
from champion_assets.orchestration.reporting_sensors import freshness_sensor
from champion_assets.settings import get_settings
from champion_assets_tests.helpers import build_until

Put = Callable[[str, str], None]
START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 10)
TABLE = TABLES["bronze/bhavcopy"]


def at(date: dt.date, hour: int) -> dt.datetime:
    return instant_in_india(date, dt.time(hour))


def test_a_table_is_judged_by_its_last_session(workspace: Workspace) -> None:
    build_until(workspace, TABLE.name, START, END)
    assert freshness(TABLE, workspace, at(END, 22)).passed
    monday = dt.date(2023, 11, 13)
    assert freshness(
        TABLE, workspace, at(dt.date(2023, 11, 12), 12)
    ).passed  # the Muhurat session of that Sunday is not due at noon
    stale = freshness(TABLE, workspace, at(monday, 22))
    assert (stale.due, stale.last, stale.missing) == (monday, END, 2)
    assert str(stale) == "2 sessions are due after 2023-11-10, the last is 2023-11-13."
    assert freshness(TABLE, workspace, at(dt.date(2025, 11, 13), 22)).missing > 400


def test_an_empty_table_lacks_every_session(workspace: Workspace) -> None:
    found = freshness(TABLE, workspace, at(dt.date(2023, 11, 3), 22))
    assert (found.last, found.missing) == (None, 3)
    assert freshness(TABLE, workspace, at(dt.date(2023, 10, 31), 22)).passed


def test_a_history_that_ends_on_purpose_is_judged_by_its_last_day(workspace: Workspace) -> None:
    build_until(workspace, TABLE.name, START, END)
    ended = SimpleNamespace(
        **{name: getattr(workspace.settings, name) for name in ("start_date", "published_at", "late_at")}, end_date=END
    )
    place = Workspace(ended, workspace.lake, workspace.calendar, tables=workspace.tables)  # type: ignore[arg-type]
    assert overdue_sessions(place, at(dt.date(2025, 11, 13), 22), 2)[-1] == END
    assert freshness(TABLE, place, at(dt.date(2025, 11, 13), 22)).passed


def _tell_time(environment: Put, folder: Path, instant: dt.datetime) -> None:
    (folder / "clock").write_text(instant.isoformat())
    environment("CHAMPION_CLOCK", str(folder / "clock"))


def test_page_and_doctor_say_the_same(environment: Put, tmp_path: Path) -> None:
    build_until(open_workspace(get_settings()), "raw/bhavcopy", START, END)
    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection={dg.AssetKey(["bronze", "bhavcopy"])})
    for instant, passed in ((at(END, 22), True), (at(dt.date(2025, 11, 10), 22), False)):
        _tell_time(environment, tmp_path, instant)
        with dg.DagsterInstance.ephemeral() as instance:
            result = job.execute_in_process(instance=instance, partition_key=str(END))
        (check,) = [each for each in result.get_asset_check_evaluations() if each.check_name == "fresh"]
        assert check.passed == passed
        if not passed:
            assert check.metadata["last_session_built"].value == str(END)
            assert [
                each.level for each in examine(open_workspace(get_settings())).findings if each.part == "freshness"
            ] == ["error"]


def test_the_sensor_says_what_changes_between_two_runs(environment: Put, tmp_path: Path) -> None:
    build_until(open_workspace(get_settings()), TABLE.name, START, END)
    cursor = None
    told = []
    with dg.DagsterInstance.ephemeral() as instance:
        for instant in (at(END, 22), at(END, 23), at(dt.date(2023, 11, 13), 22)):
            _tell_time(environment, tmp_path, instant)
            result = freshness_sensor(dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs))
            assert isinstance(result, dg.SensorResult)
            cursor = result.cursor
            told.append({each.asset_key.to_user_string(): each.passed for each in result.asset_events})  # type: ignore[union-attr]
    assert told[0]["bronze/bhavcopy"]
    assert not told[0]["backtest/daily"]
    assert told[1] == {}
    assert not told[2]["bronze/bhavcopy"]
    assert set(json.loads(cursor or "")) == set(open_workspace(get_settings()).tables)


@pytest.mark.parametrize("name", ["backtest/daily", "raw/delivery"])
def test_each_daily_table_has_the_check(name: str) -> None:
    assert dg.AssetCheckKey(dg.AssetKey(name.split("/")), "fresh") in defs.resolve_asset_graph().asset_check_keys
