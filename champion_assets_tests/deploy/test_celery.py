"""A backfill over two Celery workers on two hosts, one of which is killed in the middle: the lake is that of a single
process."""

from __future__ import annotations

import datetime as dt
import os
import signal
from pathlib import Path

import yaml

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.open import open_lake
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.settings import Settings
from champion_assets_tests.deploy.cluster import cluster
from champion_assets_tests.helpers import ORDER, build_until
from champion_assets_tests.servers.run import ROOT, wait_for

START, END, CHUNK = dt.date(2023, 11, 1), dt.date(2023, 12, 29), 12
FILES = [
    name for name in ORDER if name.startswith(("raw/", "bronze/")) and not TABLES[name].reads_other_days(Settings())
]
REST = [name for name in ORDER if name not in FILES and not name.startswith("warehouse/")]


def test_the_instance_is_that_of_one_server_but_for_who_runs_the_runs() -> None:
    server = yaml.safe_load((ROOT / "champion_assets/orchestration/instance.server.yaml").read_text())
    celery = yaml.safe_load((ROOT / "deploy/celery/dagster.yaml").read_text())
    different = {name for name in server.keys() | celery.keys() if server.get(name) != celery.get(name)}
    assert different == {"concurrency", "run_launcher", "run_monitoring", "run_retries"}


def test_a_worker_dies_and_the_lake_is_that_of_one_process(
    tmp_path: Path, exchange: Exchange, settings: Settings
) -> None:
    ours = {
        "CHAMPION_SOURCE": str(exchange.folder),
        "CHAMPION_ESG": str(exchange.folder / "esg"),
        "CHAMPION_START_DATE": str(START),
    }
    with cluster(tmp_path, ours, ("one", "two")) as there:
        for number in range(0, (END - START).days + 1, CHUNK):
            first = START + dt.timedelta(days=number)
            there.launch(FILES, first, min(END, first + dt.timedelta(days=CHUNK - 1)))
        wait_for(
            "both workers work, one in the middle of a run",
            lambda: there.log("one", "STEP_SUCCESS") and there.log("two", "RUN_START"),
            60,
        )
        os.killpg(there.workers["one"].pid, signal.SIGKILL)
        busy = {"QUEUED", "NOT_STARTED", "STARTING", "STARTED"}
        remote = open_lake(settings.model_copy(update=there.s3.settings("champion")))
        days = open_workspace(settings).sessions(START, END)
        wait_for(
            "the files are in", lambda: remote.dates("bronze/bhavcopy") == days and not busy & set(there.runs()), 240
        )
        there.launch(REST, START, END)
        wait_for(
            "the rest is built", lambda: remote.dates("backtest/daily") == days and not busy & set(there.runs()), 120
        )
        assert "FAILURE" in there.runs(), "the killed worker had nothing in hand"
        workspace = open_workspace(settings)
        build_until(workspace, "backtest/daily", START, END)
        for name in ORDER[: ORDER.index("backtest/daily") + 1]:
            if not name.startswith("raw/"):  # these hold the instant of receipt
                assert remote.infos(name, days) == workspace.lake.infos(name, days), name
