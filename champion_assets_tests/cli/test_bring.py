"""`champion run` and `champion backfill --json`: what waits is built, and a program can read what was done."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from champion_assets.cli.main import main
from champion_assets.lake.open import open_lake
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.operations.pending import pending_sessions
from champion_assets.operations.run_day import DayFailed, run_day
from champion_assets.settings import get_settings

Put = Callable[[str, str], None]
ASSETS = ("--assets", "raw/bhavcopy")
WEEK = [dt.date(2023, 11, day) for day in (1, 2, 3, 6, 7)]


@pytest.fixture
def week(tmp_path: Path, exchange: Exchange, environment: Put) -> Path:
    """A source with the price files of one week."""
    folder = tmp_path / "week"
    folder.mkdir()
    for day in WEEK:
        name = f"cm{day:%d%b%Y}bhav.csv.zip".replace("Nov", "NOV")
        shutil.copyfile(next(exchange.folder.rglob(name)), folder / name)
    environment("CHAMPION_SOURCE", str(folder))
    return folder


def champion(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def at(environment: Put, tmp_path: Path, instant: str) -> None:
    (tmp_path / "clock").write_text(instant)
    environment("CHAMPION_CLOCK", str(tmp_path / "clock"))


def test_run_builds_all_that_waits_then_nothing_then_what_came(week: Path, environment: Put, tmp_path: Path) -> None:
    at(environment, tmp_path, "2023-11-06T12:29:00+00:00")  # 17:59 in India: the day's file is not due
    first = champion("run", *ASSETS)
    assert first.exit_code == 0, first.output
    assert "1 assets, 2023-11-01 to 2023-11-03" in first.output
    assert open_lake(get_settings()).dates("raw/bhavcopy") == WEEK[:3]
    at(environment, tmp_path, "2023-11-06T12:31:00+00:00")
    assert "2023-11-01 to 2023-11-06" in champion("run", *ASSETS).output  # of the first days other assets are missing
    (week / "cm07NOV2023bhav.csv.zip").unlink()
    at(environment, tmp_path, "2023-11-08T12:31:00+00:00")
    late = champion("run", *ASSETS, "--json")
    assert late.exit_code == 0
    assert json.loads(late.stdout)["last"] == "2023-11-06"
    assert open_lake(get_settings()).dates("raw/bhavcopy") == WEEK[:4]


def test_what_is_no_file_under_a_bhavcopys_name_is_an_error_of_the_run(
    week: Path, environment: Put, tmp_path: Path
) -> None:
    (week / "cm07NOV2023bhav.csv.zip").write_bytes(b"<html>Access denied</html>")
    at(environment, tmp_path, "2023-11-08T12:31:00+00:00")
    pending = pending_sessions(get_settings())
    assert pending.last == WEEK[-1]
    assert not any("since then are out" in each for each in pending.said)
    failed = champion("run", *ASSETS)
    assert failed.exit_code == 1
    assert "2023-11-07: HtmlPayload" in failed.output
    assert "fetch it again" in failed.output


def test_a_file_that_came_late_or_was_published_again_is_read_by_the_next_run(
    week: Path, environment: Put, tmp_path: Path, exchange: Exchange
) -> None:
    at(environment, tmp_path, "2023-11-07T12:31:00+00:00")
    both = ("--assets", "raw/bhavcopy or raw/delivery")
    deliveries = {day: next(exchange.folder.rglob(f"sec_bhavdata_full_{day:%d%m%Y}.csv*")) for day in WEEK}
    for day in WEEK[:-1]:
        shutil.copyfile(deliveries[day], week / deliveries[day].name)
    first = champion("run", *both)
    assert first.exit_code == 0, first.output
    assert "raw/delivery has no file of 2023-11-07; 4 of the 4 sessions before it have one" in first.output
    assert "champion backfill 2023-11-01 2023-11-07 --refetch" in first.output
    assert not pending_sessions(get_settings()).refetch
    shutil.copyfile(deliveries[WEEK[-1]], week / deliveries[WEEK[-1]].name)
    pending = pending_sessions(get_settings())
    assert pending.refetch
    assert "2023-11-07: the file of raw/delivery came late or was published again; it is read again" in pending.said
    second = json.loads(champion("run", *both, "--json").stdout)
    assert second["left_out"] == []
    assert any("came late" in each for each in second["said"])
    assert not pending_sessions(get_settings()).refetch
    (week / deliveries[WEEK[3]].name).unlink()
    (week / "cm06NOV2023bhav.csv.zip").write_bytes(b"<html>Access denied</html>")
    kept = pending_sessions(get_settings())
    assert not kept.refetch
    assert any(each.startswith("2023-11-06: the lake keeps its file of raw/bhavcopy") for each in kept.said)


def test_the_range_that_waits_is_told_with_what_the_folder_lacks(week: Path, environment: Put, tmp_path: Path) -> None:
    at(environment, tmp_path, "2023-11-08T12:31:00+00:00")
    pending = pending_sessions(get_settings())
    assert (pending.first, pending.last) == (WEEK[0], WEEK[-1])
    ends, empty_lake = pending.said
    assert ends == f"{week} ends on 2023-11-07; 1 session(s) since then are out"
    assert "is empty, and a new one begins there on 2023-11-01; if it should hold days already" in empty_lake
    for path in week.iterdir():
        path.unlink()
    empty = champion("run")
    assert empty.exit_code == 1
    assert "no session to build: none from 2023-11-01 on is out and in" in empty.output


def test_json_is_one_object_also_of_a_failure(week: Path, environment: Put) -> None:
    done = champion("backfill", "2023-11-01", "2023-11-01", *ASSETS, "--json")
    account = json.loads(done.stdout)
    assert (account["status"], account["first"], account["behind"]) == ("success", "2023-11-01", [])
    assert account["rows"]["raw/bhavcopy"] > 100
    assert account["runs"][0]["assets"] == ["raw/bhavcopy"]
    quiet = champion("backfill", "2023-11-01", "2023-11-01", *ASSETS, "--quiet")
    assert (quiet.exit_code, quiet.output) == (0, "")
    (week / "cm02NOV2023bhav.csv.zip").write_bytes(b"<html>Access denied</html>")
    failed = champion("backfill", "2023-11-02", "2023-11-02", *ASSETS, "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["status"] == "failed"
    assert "2023-11-02" in json.loads(failed.stdout)["runs"][0]["errors"][0]


def test_a_day_from_python_with_settings_of_its_own(week: Path, environment: Put, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    done = run_day(WEEK[0], elsewhere)
    assert (done["first"], done["last"], done["status"]) == ("2023-11-01", "2023-11-01", "success")
    assert done["rows_processed"] == done["rows"]["bronze/bhavcopy"] > 100
    assert done["rows"]["silver/equity_eod"] > 100
    assert (elsewhere / "silver" / "equity_eod").is_dir()
    assert not open_lake(get_settings()).dates("raw/bhavcopy")
    with pytest.raises(DayFailed, match="2023-10-31 is before the first day of the history"):
        run_day("2023-10-31")
