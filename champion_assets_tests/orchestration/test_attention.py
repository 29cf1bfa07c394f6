"""What a daemon that lives for years tells a person: the end of its calendar, files that cannot be read, settings that
wait."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.nse.names import udiff_bhavcopy
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.operations.doctor import examine
from champion_assets.orchestration import reporting_sensors
from champion_assets.orchestration.freshness import freshness
from champion_assets.orchestration.reporting_sensors import attention_sensor
from champion_assets.orchestration.sensors import publication_sensor
from champion_assets.settings import Settings, get_settings
from champion_assets_tests.helpers import put_day

Put = Callable[[str, str], None]


@pytest.fixture
def at(environment: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the clock; the code location was loaded with the settings of this test."""
    clock = tmp_path / "clock"
    source = tmp_path / "source"
    source.mkdir()
    environment("CHAMPION_CLOCK", str(clock))
    environment("CHAMPION_SOURCE", str(source))
    clock.write_text("2024-01-01T13:00:00+00:00")
    monkeypatch.setattr(reporting_sensors, "LOADED", get_settings())

    def set_clock(instant: str) -> None:
        clock.write_text(instant)

    return set_clock


def look(cursor: str | None = None) -> dg.SensorResult:
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(instance=instance, cursor=cursor) as context,
    ):
        result = attention_sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result


def log(settings: Settings) -> list[dict[str, str]]:
    path = settings.data_dir / "logs/champion.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_end_of_the_calendar_is_a_warning_in_december_and_an_alarm_in_january_each_once(
    at: Callable[[str], None],
) -> None:
    settings, cursor = get_settings(), None
    for instant in ("2026-11-30", "2026-12-01", "2026-12-02", "2026-12-31", "2027-01-01", "2027-01-05", "2027-02-01"):
        at(f"{instant}T13:00:00+00:00")
        cursor = look(cursor).cursor
    warning, told = log(settings)
    assert warning["level"] == "warning"
    assert "ends on 2026-12-31" in warning["event"]
    assert told["event"] == "alarm"
    assert "ended on 2026-12-31" in told["title"]
    for words in (
        "holiday-master_2027.json",
        "2027-01-26,closed,Republic Day",
        "CHAMPION_CALENDAR",
        "nseindia.com/api/holiday-master",
    ):
        assert words in told["text"]


def test_in_the_new_year_no_door_says_that_all_is_well(at: Callable[[str], None], environment: Put) -> None:
    environment("CHAMPION_START_DATE", "2026-12-31")
    at("2027-01-05T13:00:00+00:00")
    workspace = open_workspace(get_settings())
    (finding,) = [each for each in examine(workspace).findings if each.part == "calendar"]
    assert finding.level == "error"
    assert "holiday-master_2027.json" in finding.do

    def stands_for_the_day(table: str) -> None:
        put_day(workspace.lake, table, dt.date(2026, 12, 31), pl.DataFrame({"trade_date": [dt.date(2026, 12, 31)]}))

    stands_for_the_day("bronze/bhavcopy")
    found = freshness(TABLES["bronze/bhavcopy"], workspace)
    assert found.missing == 0
    assert not found.passed
    assert "ended on 2026-12-31" in str(found)
    for name in ("backtest/daily", "warehouse/duckdb"):
        stands_for_the_day(name)
    with dg.DagsterInstance.ephemeral() as instance, dg.build_sensor_context(instance=instance) as context:
        reason = str(publication_sensor(context).skip_reason)  # type: ignore[union-attr]
    assert "ended on 2026-12-31" in reason
    assert "every session is built" not in reason


def test_nses_list_in_the_source_folder_ends_the_matter_at_the_next_look(at: Callable[[str], None]) -> None:
    at("2027-01-05T13:00:00+00:00")
    first = look()
    rows = [{"tradingDate": "26-Jan-2027", "description": "Republic Day"}]
    path = Path(get_settings().source) / "holiday-master_2027.json"
    path.write_text(json.dumps({"CM": rows}))
    second = look(first.cursor)
    assert "nothing needs attention" in str(second.skip_reason)
    path.write_text("<html>")
    third = look(second.cursor)
    assert "left out" in str(third.skip_reason)
    look(look(third.cursor).cursor)
    assert [line["event"] for line in log(get_settings())][-2:] == [
        "a file in the source is left out",
        "alarm",
    ]  # told again: it came back


def test_a_line_that_cannot_be_meant_so_is_an_alarm_and_not_only_a_tick_that_failed(
    at: Callable[[str], None], environment: Put, tmp_path: Path
) -> None:
    calendar = tmp_path / "calendar.csv"
    calendar.write_text("date,status,reason,open,close,evidence\n2024-01-15,shut,,,,\n")
    environment("CHAMPION_CALENDAR", str(calendar))
    first = look()
    look(first.cursor)
    (told,) = log(get_settings())
    assert told["event"] == "alarm"
    assert "line 2" in told["text"]
    calendar.write_text("date,status,reason,open,close,evidence\n2024-01-15,closed,,,,\n")
    assert "nothing needs attention" in str(look(first.cursor).skip_reason)


def test_a_session_that_no_list_has_is_told_as_soon_as_its_file_is_there(
    at: Callable[[str], None], environment: Put, tmp_path: Path, exchange: Exchange
) -> None:
    calendar, day = tmp_path / "calendar.csv", dt.date(2024, 1, 3)
    calendar.write_text(f"date,status,reason,open,close,evidence\n{day},closed,thought to be a holiday,,,\n")
    environment("CHAMPION_CALENDAR", str(calendar))
    at("2024-01-04T13:00:00+00:00")
    first = look()
    assert "nothing needs attention" in str(first.skip_reason)
    shutil.copy(exchange.folder / udiff_bhavcopy(day).path, get_settings().source)
    second = look(first.cursor)
    look(second.cursor)
    (told,) = log(get_settings())
    assert told["title"] == "2024-01-03 is closed by the calendar, and its file is there"
    assert "2024-01-03,special," in told["text"]


def test_settings_that_cannot_be_read_are_told_with_those_that_were_loaded(
    at: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "champion.toml").write_text("[strategy]\nweight_cap = 'much'\n")
    look()
    (told,) = log(reporting_sensors.LOADED)
    assert "weight_cap" in told["text"].lower()


def test_settings_that_shape_the_graph_wait_for_a_restart_and_that_is_said_once(
    at: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "champion.toml").write_text("[automation]\nsensor_seconds = 7\n[strategy]\nrisk_aversion = 3.0\n")
    first = look()
    look(first.cursor)
    (told,) = log(get_settings())
    assert told["title"] == "changed settings need a restart"
    assert "CHAMPION_SENSOR_SECONDS" in told["text"]
    assert "RISK_AVERSION" not in told["text"]


def test_the_whole_of_a_finished_history_needs_no_longer_calendar(at: Callable[[str], None], environment: Put) -> None:
    environment("CHAMPION_END_DATE", "2024-03-28")
    at("2027-01-05T13:00:00+00:00")
    assert "nothing needs attention" in str(look().skip_reason)
    assert freshness(TABLES["bronze/bhavcopy"], open_workspace(get_settings())).ended == ""
    assert dt.date(2026, 12, 31) == open_workspace(get_settings()).calendar.last
