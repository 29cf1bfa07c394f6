"""`champion backfill`: builds, skips, resumes after kill -9, explains itself; the demo; the schedule; a fresh
instance."""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from champion_assets.catalog import enabled_tables, open_workspace
from champion_assets.cli.main import main
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.names import udiff_bhavcopy
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.orchestration.jobs import nse_daily_schedule
from champion_assets.settings import Settings, get_settings
from champion_assets_tests.helpers import content
from champion_assets_tests.servers.run import ROOT

Put = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def _untracked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No notes for MLflow, whose new database takes seconds a test; test_helpers_behind.py has backfills with them."""
    monkeypatch.setenv("CHAMPION_TRACK", "false")


def champion(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "champion_assets.cli", *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "200"})


def test_it_builds_then_finds_nothing_to_do(environment: Put, settings: Settings) -> None:
    environment("UNIVERSE_WARMUP", "5")
    environment("COV_WINDOW_DAYS", "10")
    environment("EXPECTED_RETURN_LOOKBACK", "10")
    environment("WEIGHT_CAP", "0.3")
    first = champion("backfill", "2023-11-01", "2023-12-05")
    assert first.returncode == 0, first.stdout + first.stderr
    sessions = len(load_calendar().sessions_between(dt.date(2023, 11, 1), dt.date(2023, 12, 5)))
    assert (
        f"{sessions} sessions, {35 - sessions} closed days; {len(enabled_tables(settings)) + 1} assets" in first.stdout
    )
    before = content(settings.data_dir, leave_out=())
    second = champion("backfill", "2023-11-01", "2023-12-05")
    assert second.returncode == 0
    assert "nothing had changed" in second.stdout
    after = content(settings.data_dir, leave_out=())
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert not [key for key in changed if not key.startswith("dagster/")]
    environment("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    with dg.DagsterInstance.get() as instance:
        assert len(instance.get_runs()) == 1  # the tear sheet goes with the days
        sheet = instance.get_latest_materialization_event(dg.AssetKey(["backtest", "tear_sheet"]))
        assert sheet is not None
        assert sheet.asset_materialization.partition is None
        assert len(instance.get_materialized_partitions(dg.AssetKey(["silver", "equity_eod"]))) == 35


def test_chunks_and_a_selection(environment: Put, settings: Settings) -> None:
    environment("CHAMPION_PARTITIONS_PER_RUN", "20")
    done = champion("backfill", "2023-11-01", "2023-12-10", "--assets", "+silver/equity_eod")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("8 assets") == 3  # the headline and two chunks
    workspace = open_workspace(get_settings())
    assert len(workspace.lake.dates("silver/equity_eod")) == 27
    assert not workspace.lake.dates("features/returns")


def test_killed_again_and_again_it_still_ends_with_the_same_lake(
    environment: Put, settings: Settings, tmp_path: Path
) -> None:
    environment("CHAMPION_PARTITIONS_PER_RUN", "15")
    arguments = ("backfill", "2023-11-01", "2023-12-15")
    environment("POLARS_MAX_THREADS", "4")
    clean = champion(*arguments)
    assert clean.returncode == 0, clean.stdout + clean.stderr
    environment("POLARS_MAX_THREADS", "1")  # nor do results depend on the number of threads
    expected = content(settings.data_dir / "lake")
    killed = tmp_path / "killed" / "lake"
    environment("DATA_DIR", str(killed.parent))
    chance, kills = random.Random(3), 0
    for _ in range(6):
        until = _objects(killed) + chance.randint(1, 150)  # a kill while it writes, not while Python starts
        process = subprocess.Popen(
            [sys.executable, "-m", "champion_assets.cli", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and _objects(killed) < until:
            time.sleep(0.02)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 3
    last = champion(*arguments)
    assert last.returncode == 0, last.stdout + last.stderr
    assert content(killed) == expected


def _objects(lake: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(lake))


def test_a_lost_history_of_runs_is_recorded_again_without_asking_the_source(
    environment: Put, settings: Settings
) -> None:
    import shutil

    assert champion("backfill", "2023-11-01", "2023-11-10").returncode == 0
    shutil.rmtree(settings.data_dir / "dagster")
    environment("CHAMPION_SOURCE", str(settings.data_dir))  # holds no file of NSE
    again = champion("backfill", "2023-11-01", "2023-11-10")
    assert again.returncode == 0, again.stdout
    environment("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    with dg.DagsterInstance.get() as instance:
        assert len(instance.get_materialized_partitions(dg.AssetKey(["raw", "bhavcopy"]))) == 10


def test_refetch_carries_a_republished_file_through(
    environment: Put, settings: Settings, exchange: Exchange, tmp_path: Path
) -> None:
    import shutil

    source = tmp_path / "source"
    shutil.copytree(settings.source, source)
    environment("CHAMPION_SOURCE", str(source))
    day = str(exchange.republished)
    environment("CHAMPION_START_DATE", day)
    assert champion("backfill", day, day).returncode == 0
    workspace = open_workspace(get_settings())
    before = workspace.lake.read("silver/equity_eod", [exchange.republished])
    file = udiff_bhavcopy(exchange.republished)
    shutil.copy(exchange.corrected / file.path, source / file.path)
    assert "nothing had changed" in champion("backfill", day, day).stdout
    assert champion("backfill", day, day, "--refetch").returncode == 0
    after = workspace.lake.read("silver/equity_eod", [exchange.republished])
    assert (before["volume"] != after["volume"]).sum() == 1
    assert workspace.lake.read("raw/bhavcopy", [exchange.republished]).height == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("2023-11-10", "2023-11-01"), "ends"),
        (("2015-01-01", "2015-02-01"), "CHAMPION_START_DATE=2015-01-01"),
        (("2023-11-01", "2999-01-01"), "future"),
        (("2023-11-01", "2023-11-02", "--assets", "silver/nothing"), "no asset"),
        (("yesterday", "2023-11-02"), "does not match"),
    ],
)
def test_bad_arguments_are_explained(environment: Put, arguments: tuple[str, ...], words: str) -> None:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(main, ["backfill", *arguments])
    assert done.exit_code != 0
    assert words in re.sub(r"\s+", " ", done.output)


def test_a_missing_file_fails_with_its_day_and_later_runs_go_on(
    environment: Put, settings: Settings, tmp_path: Path
) -> None:
    import shutil

    source = tmp_path / "incomplete"
    shutil.copytree(settings.source, source)
    names = ("cm08NOV2023bhav.csv.zip", "*sec_bhavdata_full_08112023*")
    bodies = {path: path.read_bytes() for name in names for path in source.rglob(name)}
    assert len(bodies) == 2  # the delivery file alone would serve as a price source
    for path in bodies:
        path.unlink()
    environment("CHAMPION_SOURCE", str(source))
    done = champion("backfill", "2023-11-01", "2023-11-15")
    assert done.returncode == 1
    assert "(2023-11-08), and nothing after such a day can be built" in done.stdout
    assert "CHAMPION_CALENDAR" in done.stdout
    assert open_workspace(get_settings()).lake.dates("silver/equity_eod")[-1] == dt.date(2023, 11, 7)
    for path, body in bodies.items():
        path.write_bytes(body)
    assert champion("backfill", "2023-11-01", "2023-11-15").returncode == 0


def test_one_day_on_a_fresh_instance_with_dagsters_own_command(
    environment: Put, settings: Settings, tmp_path: Path
) -> None:
    environment("CHAMPION_START_DATE", "2024-01-15")
    home = tmp_path / "home"
    home.mkdir()
    program = [
        str(Path(sys.executable).with_name("dagster")),
        "asset",
        "materialize",
        "-m",
        "champion_assets.definitions",
    ]
    done = subprocess.run(
        [*program, "--select", "*", "--partition", "2024-01-15"], capture_output=True, text=True, check=False,
        env=os.environ | {"DAGSTER_HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    workspace = open_workspace(get_settings())
    assert workspace.lake.read("silver/equity_eod", [dt.date(2024, 1, 15)]).height > 100
    assert workspace.lake.exists("backtest/tear_sheet/tear_sheet.html")


def test_the_schedule_runs_sessions_and_explains_closed_days() -> None:
    def tick(day: str) -> dg.RunRequest | dg.SkipReason:
        moment = dt.datetime.fromisoformat(f"{day}T12:30:00+00:00")
        return nse_daily_schedule(dg.build_schedule_context(scheduled_execution_time=moment))  # type: ignore[no-any-return]

    for session in ("2024-01-15", "2024-01-20", "2026-02-01"):
        request = tick(session)
        assert isinstance(request, dg.RunRequest)
        assert request.partition_key == session
        assert {"nse", "bhavcopy", "daily", "production"} <= set(request.tags)
    skipped = tick("2024-01-22")
    assert isinstance(skipped, dg.SkipReason)
    assert "Ram Mandir" in str(skipped.skip_message)


def test_help_calendar_and_settings() -> None:
    runner = CliRunner()
    assert "backfill" in runner.invoke(main, ["--help"]).output
    assert "muhurat" in runner.invoke(main, ["calendar", "2023-11-12"]).output
    assert "closed" in runner.invoke(main, ["calendar", "22-01-2024"]).output
    assert "CHAMPION_CALENDAR" in runner.invoke(main, ["calendar", "2030-01-01"]).output
    listed = runner.invoke(main, ["settings"]).output
    assert "RISK_AVERSION" in listed
    assert "WEIGHT_CAP" in listed


def test_the_readmes_demo_is_the_commands() -> None:
    said = subprocess.run(["make", "--dry-run", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == ".venv/bin/champion demo"


def test_the_demo_runs_offline_and_twice(tmp_path: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("CHAMPION", "DATA_DIR", "DAGSTER"))
    }
    program = [sys.executable, "-m", "champion_assets.cli", "demo", "--folder", str(tmp_path / "demo")]
    first = subprocess.run(program, capture_output=True, text=True, check=False, env=environment | {"COLUMNS": "200"})
    assert first.returncode == 0, first.stdout + first.stderr
    assert "373 sessions" in first.stdout
    page = (tmp_path / "demo/lake/backtest/tear_sheet/tear_sheet.html").read_text()
    assert "Growth of one rupee" in page
    assert re.findall(r"https?:|src=", page) == []
    before = content(tmp_path / "demo/lake", leave_out=())
    second = subprocess.run(program, capture_output=True, text=True, check=False, env=environment | {"COLUMNS": "200"})
    assert "Nothing had changed" in second.stdout
    assert content(tmp_path / "demo/lake", leave_out=()) == before


def test_everything_is_what_the_definitions_hold_in_an_order_of_the_graph(settings: Settings) -> None:
    from champion_assets.definitions import defs
    from champion_assets.orchestration.backfill import select

    graph, keys = defs.resolve_asset_graph(), select("*")
    assert sorted(keys) == sorted(graph.materializable_asset_keys)
    assert all(
        keys.index(parent) < keys.index(key) for key in keys for parent in graph.get(key).parent_keys if parent in keys
    )
