"""A cluster on one machine: Celery workers in network namespaces, lake on S3, events in Postgres, queue in Redis, all
real.

What belongs here: starting it, and giving it runs as a backfill does. The configuration is that of `deploy/celery`.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

from champion_assets_tests.servers.run import (
    ROOT,
    S3,
    accepts,
    free_port,
    hosts,
    postgres_server,
    process,
    redis_server,
    s3_server,
    wait_for,
)

BIN = Path(sys.executable).parent
SMALL = {"UNIVERSE_WARMUP": "20", "COV_WINDOW_DAYS": "40", "EXPECTED_RETURN_LOOKBACK": "40", "UNIVERSE_SIZE": "60"}
PATIENCE = 20
"""Seconds after which a silent worker is taken for dead, instead of an hour."""
LAUNCH = """mutation ($p: ExecutionParams!) { launchRun(executionParams: $p) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on PipelineNotFoundError { message } } }"""
RUNS = "query { runsOrError { ... on Runs { results { runId status tags { key value } } } } }"


@dataclass
class Cluster:
    """What runs where."""

    folder: Path
    s3: S3
    page: str
    workers: dict[str, subprocess.Popen[bytes]]

    def ask(self, query: str, variables: dict[str, Any]) -> Any:
        answer = requests.post(f"{self.page}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def launch(self, tables: Sequence[str], first: dt.date, last: dt.date) -> None:
        """A run of these tables over a range of days, as a backfill launches it."""
        tags = {
            "dagster/asset_partition_range_start": first.isoformat(),
            "dagster/asset_partition_range_end": last.isoformat(),
        }
        selector = {"repositoryLocationName": "champion", "repositoryName": "__repository__", "jobName": "nse_daily",
                    "assetSelection": [{"path": name.split("/")} for name in tables]}  # fmt: skip
        parameters = {
            "selector": selector,
            "runConfigData": {},
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
        }
        found = self.ask(LAUNCH, {"p": parameters})["launchRun"]
        assert found["__typename"] == "LaunchRunSuccess", found

    def runs(self) -> list[str]:
        """The status of every run, retries included."""
        return [run["status"] for run in self.ask(RUNS, {})["runsOrError"]["results"]]

    def log(self, name: str, words: str) -> bool:
        """True if a worker's log has these words."""
        return words.encode() in (self.folder / f"worker-{name}.log").read_bytes()


@contextmanager
def cluster(folder: Path, settings: dict[str, str], names: Sequence[str], concurrency: int = 2) -> Iterator[Cluster]:
    """A cluster with a worker on each of the hosts `names`; `settings` are environment variables for all."""
    with ExitStack() as stack:
        here, there = stack.enter_context(hosts(*names))
        s3 = stack.enter_context(s3_server(folder, here))
        s3.make_bucket("champion")
        redis = stack.enter_context(redis_server(folder, here))
        url = stack.enter_context(postgres_server(folder, here))
        bare = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CHAMPION", "DAGSTER", "AWS", "COVERAGE"))
        }
        environment = (
            bare
            | SMALL
            | settings
            | {
                "PATH": f"{BIN}:{os.environ['PATH']}",
                "C_FORCE_ROOT": "1",
                "DAGSTER_HOME": str(_home(folder)),
                "PYTHONWARNINGS": "ignore",
                "CHAMPION_POSTGRES_URL": url,
                "CHAMPION_CELERY_BROKER": f"{redis}/0",
                "CHAMPION_CELERY_BACKEND": f"{redis}/1",
                "CHAMPION_LAKE": "s3://champion/lake",
                "CHAMPION_S3_ENDPOINT": s3.endpoint,
                "AWS_ACCESS_KEY_ID": s3.key,
                "AWS_SECRET_ACCESS_KEY": s3.secret,
                "LOAD_TO_DUCKDB": "false",
                "CHAMPION_TRACK": "false",
                "CHAMPION_RETRY_DELAY_SCALE": "0.1",
            }
        )
        control = environment | {"DATA_DIR": str(folder / "data-control")}
        made = subprocess.run([str(BIN / "champion"), "prepare"], env=control, capture_output=True, text=True)
        assert made.returncode == 0, made.stdout + made.stderr
        config = _impatient(ROOT / "deploy/celery/worker.yaml", folder / "worker.yaml", "execution")
        workers = {}
        for name, prefix in there.items():
            command = [
                *prefix,
                str(BIN / "dagster-celery"),
                "worker",
                "start",
                "-A",
                "dagster_celery.app",
                "-y",
                str(config),
                "-n",
                name,
                "--",
                "--concurrency",
                str(concurrency),
                "--loglevel",
                "info",
            ]
            own = environment | {"DATA_DIR": str(folder / f"data-{name}")}
            workers[name] = stack.enter_context(process(command, folder / f"worker-{name}.log", own, folder))
        page = _control(stack, folder, control)
        for name in there:
            log = folder / f"worker-{name}.log"
            wait_for(f"worker {name} is ready", lambda log=log: b"ready." in log.read_bytes(), 90)
        yield Cluster(folder, s3, page, workers)


def _control(stack: ExitStack, folder: Path, environment: dict[str, str]) -> str:
    """Code server, web page and daemon; returns the page's address."""
    code, web = free_port(), free_port()
    location = {"host": "127.0.0.1", "port": code, "location_name": "champion"}
    workspace = folder / "workspace.yaml"
    workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": location}]}))
    for name, port, words in (
        (
            "code",
            code,
            ["dagster", "api", "grpc", "-m", "champion_assets.definitions", "-h", "127.0.0.1", "-p", str(code)],
        ),
        ("web", web, ["dagster-webserver", "-h", "127.0.0.1", "-p", str(web), "-w", str(workspace)]),
    ):
        stack.enter_context(process([str(BIN / words[0]), *words[1:]], folder / f"{name}.log", environment, folder))
        wait_for(f"{name} answers", lambda port=port: accepts(port), 90)
    stack.enter_context(
        process([str(BIN / "dagster-daemon"), "run", "-w", str(workspace)], folder / "daemon.log", environment, folder)
    )
    return f"http://127.0.0.1:{web}"


def _home(folder: Path) -> Path:
    home = folder / "home"
    home.mkdir()
    _impatient(ROOT / "deploy/celery/dagster.yaml", home / "dagster.yaml", "run_launcher")
    return home


def _impatient(source: Path, target: Path, part: str) -> Path:
    config = yaml.safe_load(source.read_text())
    options = config[part]["config"]["config_source"]["broker_transport_options"]
    assert options["visibility_timeout"] == 3600
    options["visibility_timeout"] = PATIENCE
    target.write_text(yaml.safe_dump(config))
    return target
