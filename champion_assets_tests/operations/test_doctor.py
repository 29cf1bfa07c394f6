"""`champion doctor`: healthy when it is, and each illness is named with its cure."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from champion_assets.cli.main import main
from champion_assets.clients.mlflow import Tracking
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.operations.doctor import Report, examine
from champion_assets.operations.doctor_findings import LEVELS
from champion_assets.settings import Settings
from champion_assets_tests.clients.test_mlflow import RUN
from champion_assets_tests.helpers import build_until, drop_days, put_day
from champion_assets_tests.pages.parsed import parsed

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 15)


@pytest.fixture
def kept(workspace: Workspace, tmp_path: Path, environment: Callable[[str, str], None]) -> Workspace:
    build_until(workspace, "warehouse/duckdb", START, END)
    clock = tmp_path / "clock"
    clock.write_text("2023-12-15T16:00:00+00:00")
    environment("CHAMPION_CLOCK", str(clock))
    return replace(workspace, settings=workspace.settings.model_copy(update={"clock": clock}))


def said(report: Report, part: str, level: str) -> str:
    return "\n".join(
        f"{each.says} -> {each.do}" for each in report.findings if (each.part, each.level) == (part, level)
    )


def test_a_healthy_lake_has_no_warning(kept: Workspace) -> None:
    report = examine(kept)
    assert [each for each in report.findings if each.level in ("warning", "error")] == []
    assert "every asset has all 32 sessions" in said(report, "coverage", "ok")
    assert report.coverage["days"].unique().to_list() == [32]
    assert "2023-12-15, is built" in said(report, "freshness", "ok")


def test_holes_stale_days_and_late_ones_are_named_with_the_command_that_mends_them(
    kept: Workspace, exchange: Exchange, tmp_path: Path
) -> None:
    drop_days(kept.lake, "silver/equity_eod", [dt.date(2023, 12, 6)])
    report = examine(kept)
    assert report.level == "error"
    assert (
        "silver/equity_eod lacks 1 of 32 sessions, 2023-12-06 to 2023-12-06 -> champion backfill 2023-12-06 2023-12-06"
        in said(report, "coverage", "error")
    )
    assert "checks/results" in said(report, "staleness", "warning")
    for name in ("features/returns", "features/esg"):
        drop_days(kept.lake, name, [dt.date(2023, 12, 7)])
    together = said(examine(kept), "coverage", "error")
    assert "2 tables lack 1 of 32 sessions, 2023-12-07 to 2023-12-07: features/returns, features/esg -> " in together
    assert together.count("2023-12-07 to") == 1
    assert kept.settings.clock is not None
    kept.settings.clock.write_text("2023-12-18T16:00:00+00:00")
    late = said(examine(kept), "freshness", "error")
    assert "1 of the last 10 sessions are overdue, the first 2023-12-18; the last day that is built is" in late
    assert "CHAMPION_END_DATE" in late
    ended = tmp_path / "ended"
    ended.mkdir()
    shutil.copyfile(next(exchange.folder.rglob("cm15DEC2023bhav.csv.zip")), ended / "cm15DEC2023bhav.csv.zip")
    folder = replace(kept, settings=kept.settings.model_copy(update={"source": str(ended)}))
    words = said(examine(folder), "freshness", "error")
    assert f"{ended} ends on 2023-12-15; 1 of the last 10 sessions are overdue" in words
    assert "set CHAMPION_END_DATE=2023-12-15" in words
    other = replace(kept, settings=kept.settings.model_copy(update={"risk_aversion": 2.0}))
    assert "portfolio/target_weights: 32 days" in said(examine(other), "staleness", "warning")


def test_a_daily_file_that_did_not_come_is_named(kept: Workspace) -> None:
    day = dt.date(2023, 12, 15)
    put_day(kept.lake, "raw/delivery", day, kept.lake.read("raw/delivery", [day]).clear())
    words = said(examine(kept), "absent files", "warning")
    assert "raw/delivery has no file of 2023-12-15; 10 of the 10 sessions before it have one -> " in words
    assert "champion backfill 2023-12-15 2023-12-15 --refetch" in words


def test_services_that_do_not_answer_are_errors(kept: Workspace) -> None:
    gone = kept.settings.model_copy(
        update={"source": "http://127.0.0.1:9", "mlflow_tracking_uri": "http://127.0.0.1:9", "mlflow_timeout": 1}
    )
    words = said(examine(replace(kept, settings=gone)), "services", "error")
    assert "source http://127.0.0.1:9 -> http://127.0.0.1:9: ConnectionError" in words
    assert "MLflow at http://127.0.0.1:9 does not answer" in words
    nowhere = kept.settings.model_copy(update={"source": "/no/such/folder"})
    assert "set CHAMPION_SOURCE" in said(examine(replace(kept, settings=nowhere)), "services", "error")


def test_the_command_has_exit_codes_json_and_a_page(kept: Workspace, tmp_path: Path) -> None:
    page = tmp_path / "doctor.html"
    well = CliRunner().invoke(main, ["doctor", "--html", str(page)])
    assert well.exit_code == 0, well.output
    found = parsed(page.read_text())
    CliRunner().invoke(main, ["doctor", "--html", str(tmp_path / "state")])
    assert parsed((tmp_path / "state" / "index.html").read_text()).headings == found.headings
    assert (tmp_path / "state" / "quarantine.html").exists()
    assert found.headings[0].startswith("State of the lake: all is well")
    assert any("Every asset has all 32 sessions" in each for each in found.column("findings-table", "What"))
    assert (
        dict(zip(found.column("coverage-table", "Asset"), found.column("coverage-table", "2023"), strict=True))[
            "features/returns"
        ]
        == "32"
    )
    levels = found.column("findings-table", "Level")
    assert levels == sorted(levels, key=LEVELS.index, reverse=True)
    drop_days(kept.lake, "features/returns", [dt.date(2023, 12, 6)])
    ill = CliRunner().invoke(main, ["doctor", "--json"])
    assert ill.exit_code == 2
    told = json.loads(ill.output)
    assert told["level"] == "error"
    assert any("features/returns" in each["says"] for each in told["findings"])


def test_a_history_of_runs_that_cannot_be_opened_is_a_finding(
    workspace: Workspace, tmp_path: Path, environment: Callable[[str, str], None]
) -> None:
    (tmp_path / "home" / "history" / "runs.db").mkdir(parents=True)  # no file can be opened there, by root neither
    environment("DAGSTER_HOME", str(tmp_path / "home"))
    assert "Dagster's history cannot be opened" in said(examine(workspace), "runs", "error")


def test_an_empty_lake_says_how_to_begin(workspace: Workspace, environment: Callable[[str, str], None]) -> None:
    assert "champion backfill START END" in said(examine(workspace), "coverage", "error")


def test_days_that_nothing_confirms_are_counted(workspace: Workspace, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("2026-06-01T16:00:00+00:00")  # long before the calendar ends
    workspace = replace(workspace, settings=workspace.settings.model_copy(update={"clock": clock}))
    assert said(examine(workspace), "calendar", "ok") == "reaches 2026-12-31 -> "
    old = workspace.settings.model_copy(update={"start_date": dt.date(2010, 12, 27)})
    assert "5 weekdays from 2010-12-27 to 2010-12-31 are not confirmed as sessions; 0 of them count as closed" in said(
        examine(replace(workspace, settings=old)), "calendar", "note"
    )


_PROGRAM = """
import sys
from champion_assets.cli.main import main
from champion_assets.clients.mlflow import Tracking
try:
    main(["doctor", "--json"])
finally:
    assert not {"mlflow", "pandas", "hypothesis"} & sys.modules.keys(), "a package that the doctor does not need"
"""


def test_our_own_mlflow_file_is_looked_at_without_importing_mlflow(
    settings: Settings, environment: Callable[[str, str], None]
) -> None:
    environment("CHAMPION_TRACK", "true")
    Tracking(settings).record("x", RUN)
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert "AssertionError" not in done.stderr, done.stderr
    assert any(each["says"].startswith("MLflow sqlite:///") for each in json.loads(done.stdout)["findings"])
    assert done.returncode == 2  # the lake is empty
