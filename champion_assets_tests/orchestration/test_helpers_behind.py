"""A helper that cannot be had costs a backfill nothing but itself: all is built, it is said, and caught up by the next
run."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable

import dagster as dg
import duckdb
import pytest

from champion_assets.lake.open import open_lake
from champion_assets.orchestration import reporting_sensors
from champion_assets.orchestration.resources import default_resources
from champion_assets.orchestration.run_tracking import pending
from champion_assets.settings import Settings, get_settings

Put = Callable[[str, str], None]
RANGE = ("backfill", "2023-11-01", "2023-11-03")


def champion(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-W", "ignore", "-m", "champion_assets.cli", *arguments]
    return subprocess.run(
        program, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "200"} | more
    )


def test_duckdb_in_use_and_mlflow_of_another_version(environment: Put, settings: Settings) -> None:
    """With the usual waits between attempts: a person who waits for the command must not wait for a helper."""
    environment("CHAMPION_PARTITIONS_PER_RUN", "2")
    settings.data_dir.mkdir(exist_ok=True)
    store = settings.data_dir / "mlflow" / "mlflow.db"
    store.parent.mkdir()
    with sqlite3.connect(store) as database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('ffffffffffff')")
        database.execute("CREATE TABLE experiments (experiment_id INTEGER)")
    database.close()
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); c.execute('CREATE TABLE mine (a INT)'); "
        "print(1, flush=True); "
        "sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(settings.duckdb_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "1\n"
    done = champion(*RANGE, CHAMPION_RETRY_DELAY_SCALE="1")
    other.communicate()
    said = done.stdout + done.stderr
    assert done.returncode == 3, said
    assert "Traceback" not in said
    assert "failed" not in said
    assert re.search(
        r"warehouse/duckdb is behind; the next backfill brings it up to date: "
        rf".*is open for writing in .*\(PID {other.pid}\)",
        said,
    )
    assert "MLflow is behind; the next backfill brings it up to date: 2 run(s) wait to be sent." in said
    assert "of another version of MLflow" in said
    lake = open_lake(get_settings())
    assert len(lake.dates("backtest/daily")) == 3
    assert lake.exists("backtest/tear_sheet/tear_sheet.html")
    assert lake.dates("warehouse/duckdb") == []
    store.unlink()
    again = champion(*RANGE)
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(lake.dates("warehouse/duckdb")) == 3
    assert pending(lake) == {}
    with duckdb.connect(str(settings.duckdb_path), read_only=True) as connection:
        assert connection.execute("SELECT count(DISTINCT trade_date) FROM silver.equity_eod").fetchone() == (3,)
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)


def test_a_person_is_told_once_that_mlflow_fails(environment: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    found = ["no answer"]
    monkeypatch.setattr(reporting_sensors, "alarm", lambda _settings, title, text: told.append(f"{title}: {text}"))
    monkeypatch.setattr("champion_assets.orchestration.run_tracking.send_pending", lambda *_: (0, 2, found[0]))
    with dg.DagsterInstance.ephemeral() as instance:

        def look(cursor: str | None) -> str | None:
            context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=default_resources())
            result = reporting_sensors.tracking_sensor._raw_fn(
                context
            )  # its own call would hand the resources on as arguments
            assert isinstance(result, dg.SensorResult)
            return result.cursor

        cursor = look(look(None))
        assert told == ["2 run(s) wait to be sent to MLflow: no answer"]
        found[0] = ""
        cursor = look(cursor)
        found[0] = "no answer"
        look(cursor)
    assert len(told) == 2
