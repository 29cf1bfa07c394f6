"""Every way into Champion, as a process in a clean checkout, with DAGSTER_HOME unset, empty, a new folder, and a
prepared one.

Each command runs once, two at a time, before the first test looks at the outcome. `probe.py` tells which event log a
command opened.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
import yaml

from champion_assets.lake.store import Lake
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.synthetic.exchange import write_exchange
from champion_assets.orchestration.dagster_home import instance_yaml, workspace_yaml
from champion_assets.orchestration.in_process_run import LOCATION

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
DAY, NEXT = "2024-01-15", "2024-01-16"
MODULE = ("-m", "champion_assets.definitions")
MATERIALIZE = ("probe", "dagster", "asset", "materialize", *MODULE, "--select")
NOTEBOOK = (
    "import dagster as dg; from champion_assets.definitions import defs; "
    "print(defs.resolve_job_def('nse_daily').execute_in_process(instance=dg.DagsterInstance.get(), "
    "partition_key='2024-01-15', "
    "asset_selection=[dg.AssetKey(['raw', 'bhavcopy'])]).success)"
)
DOORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "validate": ("unset", ("dagster", "definitions", "validate")),
    "check": ("unset", ("dg", "check", "defs")),
    "list": ("unset", ("dg", "list", "defs", "--json")),
    "assets": ("empty", ("dagster", "asset", "list", *MODULE)),
    "one day": ("unset", (*MATERIALIZE, "*", "--partition", DAY)),
    "range": ("empty", (*MATERIALIZE, "*", "--partition-range", f"{DAY}...{NEXT}")),
    "new folder": ("folder", (*MATERIALIZE, "raw/bhavcopy", "--partition", DAY)),
    "prepared": ("prepared", (*MATERIALIZE, "raw/bhavcopy", "--partition", DAY)),
    "champion": ("unset", ("champion", "backfill", DAY, DAY, "--assets", "raw/bhavcopy")),
    "champion in a new folder": ("folder", ("champion", "backfill", DAY, DAY, "--assets", "raw/bhavcopy")),
    "launch": (
        "prepared",
        ("dagster", "job", "launch", "-j", "nse_daily", "--tags", json.dumps({"dagster/partition": DAY})),
    ),
    "backfill": ("prepared", ("dagster", "job", "backfill", "-j", "nse_daily", "--partitions", DAY, "--noprompt")),
    "notebook": ("folder", ("python", "-W", "ignore", "-c", NOTEBOOK)),
}


@dataclass(frozen=True)
class Outcome:
    code: int
    text: str
    home: Path | None
    data: Path

    def event_logs(self) -> set[str]:
        return {line.removeprefix("event log: ") for line in self.text.splitlines() if line.startswith("event log: ")}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that git knows or would add, and no other."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> dict[str, str]:
    """The environment of a user who has set nothing but what makes the market small."""
    folder = tmp_path_factory.mktemp("user")
    source = write_exchange(
        folder / "source", load_calendar(), dt.date(2024, 1, 1), dt.date(2024, 1, 31), seed=11
    ).folder
    ours = ("CHAMPION", "DAGSTER", "MLFLOW", "DATA_DIR", "COVERAGE", "PYTEST")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "HOME": str(folder),
        "PYTHONPATH": str(checkout),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CHAMPION_SOURCE": str(source),
        "CHAMPION_START_DATE": DAY,
        "UNIVERSE_WARMUP": "2",
        "CHAMPION_TRACK": "false",
        "COLUMNS": "200",
    }


def _run(door: str, checkout: Path, base: dict[str, str], folder: Path) -> Outcome:
    kind, words = DOORS[door]
    environment = base | {"DATA_DIR": str(folder / "data")}
    home = folder / "home" if kind in ("folder", "prepared") else None
    if home is not None:
        home.mkdir(parents=True)
        environment["DAGSTER_HOME"] = str(home)
    if kind == "prepared":
        shutil.copy(checkout / "dagster.yaml", home or "")
    if kind == "empty":
        environment["DAGSTER_HOME"] = ""
    start = (
        [sys.executable, str(ROOT / "champion_assets_tests/end_to_end/probe.py")]
        if words[0] == "probe"
        else [str(BIN / words[0])]
    )
    done = subprocess.run(
        [*start, *words[1:]], cwd=checkout, env=environment, capture_output=True, text=True, timeout=280
    )
    return Outcome(done.returncode, done.stdout + done.stderr, home, folder / "data")


@pytest.fixture(scope="module")
def outcomes(
    checkout: Path, base: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Outcome]]]:
    with ThreadPoolExecutor(2) as pool:
        yield {door: pool.submit(_run, door, checkout, base, tmp_path_factory.mktemp("door")) for door in DOORS}


@pytest.mark.parametrize("door", DOORS)
def test_the_door_opens(outcomes: dict[str, Future[Outcome]], door: str) -> None:
    outcome = outcomes[door].result()
    assert outcome.code == 0, outcome.text[-3000:]
    assert "Traceback" not in outcome.text


@pytest.mark.parametrize("door", ["one day", "range", "new folder", "prepared"])
def test_the_fast_event_log_is_used(outcomes: dict[str, Future[Outcome]], door: str) -> None:
    assert outcomes[door].result().event_logs() == {"BatchedSqliteEventLogStorage"}


def test_a_folder_without_configuration_is_told_once_with_what_to_do(outcomes: dict[str, Future[Outcome]]) -> None:
    assert outcomes["new folder"].result().text.count("`champion prepare` puts the file there") == 1
    for door in ("one day", "range", "prepared"):
        assert "champion prepare" not in outcomes[door].result().text


def test_champion_configures_a_new_folder(outcomes: dict[str, Future[Outcome]], checkout: Path) -> None:
    outcome = outcomes["champion in a new folder"].result()
    assert outcome.home is not None
    assert (outcome.home / "dagster.yaml").read_text() == (checkout / "dagster.yaml").read_text()
    assert (outcome.home / "history/runs/index.db").exists()


def test_what_the_doors_built(outcomes: dict[str, Future[Outcome]]) -> None:
    for door, table, days in (
        ("one day", "backtest/daily", 1),
        ("range", "backtest/daily", 2),
        ("champion", "raw/bhavcopy", 1),
    ):
        assert len(Lake(str(outcomes[door].result().data / "lake")).dates(table)) == days, door
    assert "True" in outcomes["notebook"].result().text
    assert '"silver/equity_eod"' in outcomes["list"].result().text
    assert "silver/equity_eod" in outcomes["assets"].result().text


def test_nothing_is_left_in_the_checkout(outcomes: dict[str, Future[Outcome]], checkout: Path) -> None:
    for outcome in outcomes.values():
        outcome.result()
    known = {path.name for path in ROOT.iterdir()}
    assert {path.name for path in checkout.iterdir()} <= known


def test_usage_data_is_mentioned_at_no_door_of_dagster(outcomes: dict[str, Future[Outcome]]) -> None:
    for door in ("validate", "assets", "one day", "range", "prepared", "champion", "launch", "backfill"):
        assert "telemetry" not in outcomes[door].result().text.lower(), door


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def collector() -> Iterator[tuple[str, list[str]]]:
    """A server in the place of the one that gets Dagster's usage data."""
    taken: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.path)
            self.send_response(200)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/actions", taken
    server.shutdown()


def _until(answer: Callable[[], object], seconds: float) -> object:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if found := answer():
                return found
        except requests.RequestException:
            pass
        assert time.monotonic() < deadline, "no answer in time"
        time.sleep(0.5)


LOCATIONS = (
    "{workspaceOrError {... on Workspace {locationEntries {name locationOrLoadError {__typename}}}} instance {info}}"
)


def test_the_page_opens_with_one_location_and_sends_nothing(
    checkout: Path, base: dict[str, str], tmp_path: Path, collector: tuple[str, list[str]]
) -> None:
    """An earlier command of another project may have left usage data; a page or daemon would send it."""
    address, taken = collector
    logs = tmp_path / ".dagster/logs"
    logs.mkdir(parents=True)
    (logs / "event.log").write_text("{}\n")
    port = _free_port()
    environment = base | {"HOME": str(tmp_path), "DATA_DIR": str(tmp_path / "data"), "DAGSTER_TELEMETRY_URL": address}
    with (tmp_path / "log").open("w") as log:
        page = subprocess.Popen(
            [str(BIN / "dagster"), "dev", "-p", str(port)], cwd=checkout, env=environment, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:

            def answer() -> object:
                reply = requests.post(f"http://127.0.0.1:{port}/graphql", json={"query": LOCATIONS}, timeout=20).json()[
                    "data"
                ]
                return reply if reply["workspaceOrError"]["locationEntries"] else None

            reply = json.dumps(_until(answer, 150))
        finally:
            os.killpg(page.pid, signal.SIGINT)
            page.wait(90)
    assert '{"name": "champion", "locationOrLoadError": {"__typename": "RepositoryLocation"}}' in reply
    assert "BatchedSqliteEventLogStorage" in reply or "storage.event_log" in reply
    assert taken == []
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_the_code_location_has_one_name_at_every_door() -> None:
    """Dagster keeps which sensors are on by this name."""
    from dagster_dg_core.context import DgContext

    assert DgContext.for_project_environment(ROOT, {}).code_location_name == "champion"  # dg dev
    files = ("workspace.yaml", "champion_assets/orchestration/workspace.yaml", "deploy/workspace.yaml")
    entries = [entry for file in files for entry in yaml.safe_load((ROOT / file).read_text())["load_from"]]
    assert [value["location_name"] for entry in entries for value in entry.values()] == ["champion"] * 3
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["dagster"]["code_location_name"] == "champion"
    helm = yaml.safe_load((ROOT / "deploy/helm/values.yaml").read_text())
    assert [each["name"] for each in helm["dagster-user-deployments"]["deployments"]] == ["champion"]
    assert LOCATION == "champion"  # runs of `champion backfill`


def test_the_checkout_has_the_packaged_configuration() -> None:
    assert (ROOT / "dagster.yaml").read_text() == instance_yaml()
    assert (ROOT / "workspace.yaml").read_text() == workspace_yaml().read_text()
