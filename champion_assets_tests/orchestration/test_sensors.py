"""Sensors by themselves: what they ask for, when, and when not. With the real daemon they are played in
end_to_end/test_soak.py."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from champion_assets.lake.workspace import Workspace
from champion_assets.nse.endings import COLUMNS as ENDING_COLUMNS
from champion_assets.nse.errors import Holiday
from champion_assets.nse.names import udiff_bhavcopy
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.orchestration.publication import due_sessions, published
from champion_assets.orchestration.reporting_sensors import closed_days_sensor
from champion_assets.orchestration.run_requests import ASKED, ATTEMPTS, RANGE_END
from champion_assets.orchestration.sensors import (
    catch_up_schedule,
    drop_folder_sensor,
    publication_sensor,
    republish_sensor,
)
from champion_assets_tests.helpers import build_until, drop_days

START = dt.date(2024, 1, 1)
Put = Callable[[str, str], None]


@pytest.fixture
def stage(
    environment: Put, workspace: Workspace, tmp_path: Path, exchange: Exchange
) -> tuple[Callable[[str], None], Path]:
    """A clock to move, and a folder of the exchange's files of the first days of 2024."""
    source = tmp_path / "source"
    source.mkdir()
    for day in ("20240101", "20240102", "20240103"):
        shutil.copy(exchange.folder / udiff_bhavcopy(dt.date.fromisoformat(day)).path, source)
    clock = tmp_path / "clock"
    clock.write_text("2024-01-03T15:00:00+00:00")
    for name, value in (
        ("CHAMPION_SOURCE", str(source)),
        ("CHAMPION_CLOCK", str(clock)),
        ("CHAMPION_START_DATE", "2024-01-01"),
    ):
        environment(name, value)

    def set_clock(instant: str) -> None:
        clock.write_text(instant)

    return set_clock, source


def tick(sensor, instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult:  # type: ignore[no-untyped-def]
    with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
        return sensor(context)  # type: ignore[no-any-return]


def span(request: dg.RunRequest) -> tuple[str, str]:
    return request.tags["dagster/asset_partition_range_start"], request.tags["dagster/asset_partition_range_end"]


def test_nothing_is_asked_before_the_evening_and_the_day_when_its_file_is_there(stage) -> None:  # type: ignore[no-untyped-def]
    set_clock, _ = stage
    with dg.DagsterInstance.ephemeral() as instance:
        set_clock("2024-01-01T12:00:00+00:00")  # 17:30 in India
        assert not tick(publication_sensor, instance).run_requests
        set_clock("2024-01-01T12:31:00+00:00")
        (request,) = tick(publication_sensor, instance).run_requests or []
        assert request.partition_key == "2024-01-01"
        assert request.tags["nse"] == request.tags["production"] == "true"
        assert (
            request.run_key == (tick(publication_sensor, instance).run_requests or [])[0].run_key
        )  # the same content, the same run


def test_days_that_wait_go_in_one_run_and_none_after_one_that_is_not_out(stage, workspace: Workspace) -> None:  # type: ignore[no-untyped-def]
    set_clock, source = stage
    set_clock("2024-01-08T13:00:00+00:00")  # the daemon was down for a week
    with dg.DagsterInstance.ephemeral() as instance:
        result = tick(publication_sensor, instance)
        (request,) = result.run_requests or []
        assert request.tags["dagster/asset_partition_range_start"] == "2024-01-01"
        assert request.tags["dagster/asset_partition_range_end"] == "2024-01-03"
        (source / udiff_bhavcopy(START).name).write_bytes(b"<html>try again</html>")
        garbage = tick(publication_sensor, instance)
        assert not garbage.run_requests
        assert "HtmlPayload" in str(garbage.skip_reason)
        tick(publication_sensor, instance, garbage.cursor)
    lines = [
        json.loads(line) for line in (workspace.settings.data_dir / "logs/champion.jsonl").read_text().splitlines()
    ]
    assert [each["day"] for each in lines if each["event"] == "file not usable"] == [
        "2024-01-01"
    ]  # once, though looked at twice


def test_a_late_file_is_told_once(stage, workspace: Workspace) -> None:  # type: ignore[no-untyped-def]
    set_clock, source = stage
    (source / udiff_bhavcopy(START).name).unlink()
    log = workspace.settings.data_dir / "logs/champion.jsonl"
    with dg.DagsterInstance.ephemeral() as instance:
        set_clock("2024-01-01T13:00:00+00:00")
        early = tick(publication_sensor, instance)
        assert not log.exists()
        set_clock("2024-01-01T15:01:00+00:00")  # 20:31 in India
        late = tick(publication_sensor, instance, early.cursor)
        again = tick(publication_sensor, instance, late.cursor)
    alarms = [json.loads(line) for line in log.read_text().splitlines()]
    assert [each["title"] for each in alarms] == ["the bhavcopy of 2024-01-01 is late"]
    assert "NotYetPublished" in str(again.skip_reason)


def test_a_run_under_way_is_waited_for_and_failed_ones_are_repeated_three_times_at_most(stage) -> None:  # type: ignore[no-untyped-def]
    set_clock, _ = stage
    set_clock("2024-01-01T13:00:00+00:00")
    with dg.DagsterInstance.ephemeral() as instance:
        (request,) = tick(publication_sensor, instance).run_requests or []
        asked, keys = {ASKED: request.tags[ASKED]}, [request.run_key]
        for number in range(ATTEMPTS):
            run = instance.add_run(
                dg.DagsterRun("nse_daily", f"run{number}", status=dg.DagsterRunStatus.STARTED, tags=asked)
            )
            assert "in progress" in str(tick(publication_sensor, instance).skip_reason)
            instance.report_run_failed(run)
            result = tick(publication_sensor, instance)
            keys += [each.run_key for each in result.run_requests or []]
    assert len(set(keys)) == ATTEMPTS
    assert "champion backfill 2024-01-01 2024-01-01" in str(result.skip_reason)


def test_a_file_that_changed_rebuilds_its_day_and_those_after(stage, workspace: Workspace, exchange: Exchange) -> None:  # type: ignore[no-untyped-def]
    set_clock, source = stage
    from champion_assets.catalog import open_workspace
    from champion_assets.settings import get_settings

    mine = open_workspace(get_settings())
    build_until(mine, "warehouse/duckdb", START, dt.date(2024, 1, 3))
    set_clock("2024-01-03T14:00:00+00:00")
    with dg.DagsterInstance.ephemeral() as instance:
        assert "no file has changed" in str(tick(republish_sensor, instance).skip_reason)
        assert "every session is built" in str(tick(publication_sensor, instance).skip_reason)
        body = (exchange.folder / udiff_bhavcopy(dt.date(2024, 1, 2)).path).read_bytes()
        (source / udiff_bhavcopy(dt.date(2024, 1, 2)).name).write_bytes(_other(body))
        (request,) = tick(republish_sensor, instance).run_requests or []
        assert (
            request.tags["dagster/asset_partition_range_start"],
            request.tags["dagster/asset_partition_range_end"],
        ) == (
            "2024-01-02",
            "2024-01-03",
        )
        (source / udiff_bhavcopy(dt.date(2024, 1, 2)).name).write_bytes(b"<html></html>")
        assert not tick(republish_sensor, instance).run_requests  # garbage is no new version
    lines = [
        json.loads(line) for line in (workspace.settings.data_dir / "logs/champion.jsonl").read_text().splitlines()
    ]
    assert [(each["event"], each["days"]) for each in lines] == [("rebuild asked for", ["2024-01-02"])]


def test_a_change_that_was_not_carried_through_is_asked_for_when_no_run_works(stage) -> None:  # type: ignore[no-untyped-def]
    """A run was killed after it had taken a corrected file: the file is no news any more, the days after it are
    stale."""
    set_clock, source = stage
    from champion_assets.catalog import TABLES, open_workspace
    from champion_assets.lake.build import build_range
    from champion_assets.settings import get_settings

    mine, day = open_workspace(get_settings()), dt.date(2024, 1, 2)
    build_until(mine, "warehouse/duckdb", START, dt.date(2024, 1, 3))
    set_clock("2024-01-03T14:00:00+00:00")
    path = source / udiff_bhavcopy(day).name
    path.write_bytes(_other(path.read_bytes()))
    for name in ("raw/bhavcopy", "bronze/bhavcopy"):
        build_range(TABLES[name], mine, [day])
    with dg.DagsterInstance.ephemeral() as instance:
        working = instance.add_run(
            dg.DagsterRun("nse_daily", "works", status=dg.DagsterRunStatus.STARTED, tags={ASKED: "x"})
        )
        assert not tick(republish_sensor, instance).run_requests
        instance.report_run_failed(working)
        (request,) = tick(republish_sensor, instance).run_requests or []
        assert request.tags["champion/why"] == "stale"
        assert span(request) == ("2024-01-02", "2024-01-03")


def _other(body: bytes) -> bytes:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(archive.namelist()[0])  # the same rows, not zipped: another file


def test_a_dropped_file_is_noticed_once(stage, tmp_path: Path, environment: Put) -> None:  # type: ignore[no-untyped-def]
    set_clock, source = stage
    set_clock("2024-01-03T14:00:00+00:00")
    from champion_assets.catalog import open_workspace
    from champion_assets.settings import get_settings

    build_until(open_workspace(get_settings()), "warehouse/duckdb", START, dt.date(2024, 1, 3))
    with dg.DagsterInstance.ephemeral() as instance:
        first = tick(drop_folder_sensor, instance)
        assert not first.run_requests
        assert not tick(drop_folder_sensor, instance, first.cursor).run_requests
        (source / "CF-CA-equities-new.csv").write_text("x")
        found = tick(drop_folder_sensor, instance, first.cursor)
        assert (found.run_requests or [])[0].tags["dagster/asset_partition_range_start"] == "2024-01-01"
        assert not tick(drop_folder_sensor, instance, found.cursor).run_requests


def test_closed_days_are_recorded_with_their_reason_in_their_evening(stage) -> None:  # type: ignore[no-untyped-def]
    set_clock, _ = stage
    with dg.DagsterInstance.ephemeral() as instance:
        set_clock("2024-01-26T10:00:00+00:00")
        early = tick(closed_days_sensor, instance)
        assert "2024-01-26" not in {event.partition for event in early.asset_events}
        set_clock("2024-01-26T13:00:00+00:00")
        found = tick(closed_days_sensor, instance, early.cursor)
        reasons = {event.metadata["reason"].value for event in found.asset_events}
        assert any("Republic Day" in str(each) for each in reasons)
        assert not tick(closed_days_sensor, instance, found.cursor).asset_events


def test_the_catch_up_asks_for_gaps(stage) -> None:  # type: ignore[no-untyped-def]
    set_clock, _ = stage
    set_clock("2024-01-07T02:00:00+00:00")
    from champion_assets.catalog import open_workspace
    from champion_assets.settings import get_settings

    build_until(open_workspace(get_settings()), "warehouse/duckdb", START, dt.date(2024, 1, 2))
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=dt.datetime(2024, 1, 7, 1, tzinfo=dt.UTC)
        )
        request = catch_up_schedule(context)
    assert isinstance(request, dg.RunRequest)
    assert (request.tags["dagster/asset_partition_range_start"], request.tags["dagster/asset_partition_range_end"]) == (
        "2024-01-03",
        "2024-01-05",
    )


FORTNIGHTS = [dt.date(2024, 1, day) for day in (8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 20, 23, 24, 25)]
"""Fourteen sessions; the 20th is a Saturday, and Monday the 22nd was closed."""


def publish(exchange: Exchange, source: Path, days: list[dt.date]) -> None:
    for day in days:
        shutil.copy(exchange.folder / udiff_bhavcopy(day).path, source)


def build_mine(last: dt.date) -> Workspace:
    """The lake of the processes of this test, built from the first day up to `last`."""
    from champion_assets.catalog import open_workspace
    from champion_assets.settings import get_settings

    mine = open_workspace(get_settings())
    build_until(mine, "warehouse/duckdb", START, last)
    return mine


def test_after_fourteen_sessions_the_first_that_is_missing_comes_first(stage, exchange: Exchange) -> None:  # type: ignore[no-untyped-def]
    set_clock, source = stage
    publish(exchange, source, [dt.date(2024, 1, 4), dt.date(2024, 1, 5), *FORTNIGHTS])
    build_mine(dt.date(2024, 1, 5))
    set_clock("2024-01-25T13:00:00+00:00")
    with dg.DagsterInstance.ephemeral() as instance:
        (request,) = tick(publication_sensor, instance).run_requests or []
    assert span(request) == ("2024-01-08", "2024-01-25")


def test_a_warehouse_that_is_out_of_order_does_not_hold_up_the_data(stage, exchange: Exchange) -> None:  # type: ignore[no-untyped-def]
    set_clock, source = stage
    publish(exchange, source, [dt.date(2024, 1, 4), dt.date(2024, 1, 5), *FORTNIGHTS[:1]])
    mine = build_mine(dt.date(2024, 1, 5))
    drop_days(mine.lake, "warehouse/duckdb", [dt.date(2024, 1, 3)])
    set_clock("2024-01-08T13:00:00+00:00")
    with dg.DagsterInstance.ephemeral() as instance:
        (request,) = tick(publication_sensor, instance).run_requests or []
        assert request.partition_key == "2024-01-08"
        set_clock("2024-01-08T12:00:00+00:00")
        assert not tick(publication_sensor, instance).run_requests
        (request,) = tick(republish_sensor, instance).run_requests or []
        assert (request.tags["champion/why"], request.tags[RANGE_END]) == ("stale", "2024-01-05")


def test_what_was_missed_comes_in_bounded_runs(stage, exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    set_clock, source = stage
    publish(exchange, source, [dt.date(2024, 1, 4), dt.date(2024, 1, 5), *FORTNIGHTS])
    set_clock("2024-01-25T13:00:00+00:00")
    monkeypatch.setattr("champion_assets.orchestration.sensors.DAYS_A_RUN", 5)
    with dg.DagsterInstance.ephemeral() as instance:
        (request,) = tick(publication_sensor, instance).run_requests or []
        assert span(request) == ("2024-01-01", "2024-01-05")
        build_mine(dt.date(2024, 1, 5))
        (request,) = tick(publication_sensor, instance).run_requests or []
        assert span(request) == ("2024-01-08", "2024-01-12")


def test_days_behind_a_file_that_is_not_there_wait_and_no_run_is_asked_for(  # type: ignore[no-untyped-def]
    stage, exchange: Exchange, workspace: Workspace
) -> None:
    set_clock, source = stage
    publish(exchange, source, [dt.date(2024, 1, 4), dt.date(2024, 1, 5), *FORTNIGHTS[1:]])
    build_mine(dt.date(2024, 1, 5))
    set_clock("2024-01-25T13:00:00+00:00")
    cursor = None
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(3):
            result = tick(publication_sensor, instance, cursor)
            cursor = result.cursor
            assert not result.run_requests
            assert "2024-01-08" in str(result.skip_reason)
        publish(exchange, source, FORTNIGHTS[:1])
        (request,) = tick(publication_sensor, instance, cursor).run_requests or []
    assert span(request) == ("2024-01-08", "2024-01-25")
    lines = [
        json.loads(line) for line in (workspace.settings.data_dir / "logs/champion.jsonl").read_text().splitlines()
    ]
    assert [line["title"] for line in lines if line["event"] == "alarm"] == ["the bhavcopy of 2024-01-08 is late"]


def test_a_closure_that_is_written_into_the_calendar_is_seen_at_the_next_look(  # type: ignore[no-untyped-def]
    stage, exchange: Exchange, environment: Put, tmp_path: Path
) -> None:
    set_clock, source = stage
    calendar, head = tmp_path / "calendar.csv", "date,status,reason,open,close,evidence\n"
    calendar.write_text(head)
    environment("CHAMPION_CALENDAR", str(calendar))
    publish(exchange, source, [dt.date(2024, 1, 4), dt.date(2024, 1, 8)])
    build_mine(dt.date(2024, 1, 4))
    set_clock("2024-01-08T13:00:00+00:00")
    with dg.DagsterInstance.ephemeral() as instance:
        waits = tick(publication_sensor, instance)
        closed = tick(closed_days_sensor, instance)
        assert not waits.run_requests
        assert "2024-01-05" in str(waits.skip_reason)
        calendar.write_text(f"{head}2024-01-05,closed,state mourning,,,circular\n")
        (request,) = tick(publication_sensor, instance, waits.cursor).run_requests or []
        assert request.partition_key == "2024-01-08"
        events = tick(closed_days_sensor, instance, closed.cursor).asset_events
        assert {(event.partition, event.metadata["reason"].value) for event in events} == {
            ("2024-01-05", "state mourning")
        }
        calendar.write_text(f"{head}2024-01-06,special,test of the other site,,,circular\n")
        assert "2024-01-05" in str(tick(publication_sensor, instance, waits.cursor).skip_reason)


def test_a_run_under_way_is_waited_for_whatever_it_is_for(stage) -> None:  # type: ignore[no-untyped-def]
    set_clock, _ = stage
    set_clock("2024-01-01T13:00:00+00:00")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_run(dg.DagsterRun("nse_daily", "other", status=dg.DagsterRunStatus.STARTING, tags={ASKED: "x"}))
        for sensor in (publication_sensor, republish_sensor):
            result = tick(sensor, instance, "[]" if sensor is publication_sensor else "{}")
            assert "in progress" in str(result.skip_reason)
            assert result.cursor in ("[]", "{}")


def test_settings_that_reach_before_the_last_ten_sessions_rebuild_the_whole_history(  # type: ignore[no-untyped-def]
    stage, exchange: Exchange, environment: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run for the last ten alone could only fail: what they rest on is made by the settings of before."""
    set_clock, source = stage
    monkeypatch.chdir(tmp_path)
    publish(exchange, source, [dt.date(2024, 1, 4), dt.date(2024, 1, 5), *FORTNIGHTS])
    build_mine(FORTNIGHTS[-1])
    set_clock("2024-01-25T13:00:00+00:00")
    with dg.DagsterInstance.ephemeral() as instance:
        assert "no file has changed" in str(tick(republish_sensor, instance).skip_reason)
        noted = tick(drop_folder_sensor, instance)
        (tmp_path / "champion.toml").write_text("[strategy]\nrisk_aversion = 2.0\n")
        (request,) = tick(republish_sensor, instance).run_requests or []
        assert (request.tags["champion/why"], *span(request)) == ("stale", "2024-01-01", "2024-01-25")
        (request,) = tick(drop_folder_sensor, instance, noted.cursor).run_requests or []
        assert (request.tags["champion/why"], *span(request)) == ("dropped", "2024-01-01", "2024-01-25")


@pytest.mark.parametrize(("variable", "columns"), [
    ("CHAMPION_CORPORATE_ACTIONS", "symbol,ex_date,action,why"), ("CHAMPION_ENDINGS", ",".join(ENDING_COLUMNS)),
])  # fmt: skip
def test_an_edited_decision_is_noticed_even_if_size_and_time_stay(  # type: ignore[no-untyped-def]
    stage, environment: Put, tmp_path: Path, variable: str, columns: str
) -> None:
    set_clock, _ = stage
    path = tmp_path / "mine.csv"
    path.write_text(f"{columns}\n")
    stamp = path.stat()
    environment(variable, str(path))
    build_mine(dt.date(2024, 1, 3))
    set_clock("2024-01-03T14:00:00+00:00")
    with dg.DagsterInstance.ephemeral() as instance:
        noted = tick(drop_folder_sensor, instance)
        path.write_text(f"{columns}\r")
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        assert tick(drop_folder_sensor, instance, noted.cursor).run_requests


def test_the_catch_up_asks_for_no_gap_whose_file_is_not_there(stage, exchange: Exchange) -> None:  # type: ignore[no-untyped-def]
    set_clock, source = stage
    publish(exchange, source, [dt.date(2024, 1, 5)])
    build_mine(dt.date(2024, 1, 3))
    set_clock("2024-01-07T02:00:00+00:00")
    with dg.DagsterInstance.ephemeral() as instance:
        when = dt.datetime(2024, 1, 7, 1, tzinfo=dt.UTC)
        found = catch_up_schedule(dg.build_schedule_context(instance=instance, scheduled_execution_time=when))
    assert isinstance(found, dg.SkipReason)
    assert "NotYetPublished: 2024-01-04" in str(found)


def test_a_closed_day_is_never_asked_for(workspace: Workspace) -> None:
    with pytest.raises(Holiday, match="Republic Day"):
        published(workspace, "raw/bhavcopy", dt.date(2024, 1, 26))
    due = due_sessions(workspace, dt.datetime(2024, 1, 29, 13, tzinfo=dt.UTC), 3)
    assert due == [dt.date(2024, 1, 24), dt.date(2024, 1, 25), dt.date(2024, 1, 29)]
