"""A rehearsal: fictional days in compressed time through the real daemon, against the exchange's server, with faults at
random.

What belongs here: the stage of `test_soak.py` (short, in CI), and of `benchmarks/soak.py` and `benchmarks/six_weeks.py`
(long). Nothing is simulated but the exchange and the clock: the daemon, its code server and the runs are processes of
their own, and they are killed for good.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.calendar import SessionCalendar, load_calendar
from champion_assets.nse.names import bhavcopy_files, delivery_file
from champion_assets.nse.synthetic.exchange import Exchange, write_exchange
from champion_assets.nse.synthetic.server import Fault, State, serve
from champion_assets.orchestration.publication import stale_days
from champion_assets.settings import Settings
from champion_assets_tests.helpers import ORDER

BIN = Path(sys.executable).parent
START = dt.date(2024, 1, 1)
FAULTS = (
    "html",
    "reset",
    "truncated",
    "empty",
    "xlsx",
    "503",
    "yesterday",
    "late",
    "busy",
    "kill run",
    "kill daemon",
    "republish",
    "late delivery",
    "cannot write",
    "none",
)


@dataclass
class Rehearsal:
    """The stage while it runs: paths, the environment of all processes, the server's state, and what happened."""

    folder: Path
    exchange: Exchange
    state: State
    environment: dict[str, str]
    happened: list[tuple[dt.date, str]] = field(default_factory=list)
    daemon: subprocess.Popen[bytes] | None = None
    killed: set[int] = field(default_factory=set)  # processes that were not asked to end
    patience: float = 240.0  # seconds after which a wait is given up

    @property
    def lake(self) -> Path:
        return self.folder / "data" / "lake"

    def clock(self, date: dt.date, hour: int = 13) -> None:
        """It is now `hour` UTC (13 UTC is 18:30 in India) of `date`."""
        path = self.folder / "clock"
        path.with_suffix(".new").write_text(dt.datetime.combine(date, dt.time(hour), dt.UTC).isoformat())
        path.with_suffix(".new").replace(path)

    def is_built(self, date: dt.date) -> bool:
        return all(Lake(str(self.lake)).has(name, date) for name in ("backtest/daily", "warehouse/duckdb"))

    def wait(self, what: str, condition) -> None:  # type: ignore[no-untyped-def]
        """Wait until something is so.

        Raises:
            TimeoutError: it never was; the message has the end of the daemon's log.
        """
        deadline = time.monotonic() + self.patience
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{what}: not after {self.patience:.0f} s\n{(self.folder / 'daemon.log').read_text()[-6000:]}"
                )
            time.sleep(0.3)

    def start_daemon(self) -> None:
        command = [str(BIN / "dagster-daemon"), "run", "-m", "champion_assets.definitions"]
        with (self.folder / "daemon.log").open("ab") as log:
            self.daemon = subprocess.Popen(
                command, env=self.environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )

    def stop_daemon(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the daemon and everything that it started."""
        if self.daemon is None:
            return
        if how == signal.SIGKILL:
            self.killed |= {self.daemon.pid, *self.code_servers()}
        self.killed |= set(self.workers())
        os.killpg(self.daemon.pid, how)
        self.daemon.wait(timeout=60)
        for process in self.workers() + self.code_servers():
            os.kill(process, signal.SIGKILL)
        self.daemon = None

    def workers(self) -> list[int]:
        """Processes that work on runs, by the marks they leave."""
        found = []
        for path in (self.folder / "data" / "runs").glob("*"):
            with suppress(FileNotFoundError):  # the run has just ended
                found.append(int(path.read_text().split()[1]))
        return [each for each in found if Path(f"/proc/{each}").exists()]

    def code_servers(self) -> list[int]:
        return self._processes("dagster api grpc") + self._processes("dagster code-server")

    def _processes(self, words: str) -> list[int]:
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                home = (path / "environ").read_bytes()
            except OSError:
                continue
            if words in command and str(self.folder).encode() in home:
                found.append(int(path.name))
        return found

    def log(self) -> list[dict[str, object]]:
        """The structured log."""
        path = self.folder / "data" / "logs" / "champion.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@contextmanager
def rehearse(
    folder: Path,
    end: dt.date,
    seed: int,
    calendar: SessionCalendar | None = None,
    more: Mapping[str, str] | None = None,
) -> Iterator[Rehearsal]:
    """A stage with a running daemon, under `folder`.

    `calendar` has the days on which the exchange really trades, by default those that Champion knows; `more` are
    further variables of the environment of all processes.
    """
    calendar = calendar or load_calendar()
    exchange = write_exchange(folder / "exchange", calendar, START, end, seed)
    for name in ("data", "dagster"):
        (folder / name).mkdir()
    shutil.copy(Path(__file__).parents[2] / "dagster.yaml", folder / "dagster")
    state = State(exchange.folder, calendar, published_until=START - dt.timedelta(days=1))
    with serve(state) as url:
        environment = (
            {
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("CHAMPION_", "DAGSTER", "MLFLOW", "COVERAGE"))
            }
            | {
                "DATA_DIR": str(folder / "data"),
                "DAGSTER_HOME": str(folder / "dagster"),
                "CHAMPION_SOURCE": url,
                "CHAMPION_CLOCK": str(folder / "clock"),
                "CHAMPION_START_DATE": str(START),
                "CHAMPION_AUTOMATION": "on",
                "CHAMPION_SENSOR_SECONDS": "1",
                "CHAMPION_REPUBLISH_SECONDS": "1",
                "CHAMPION_RETRY_DELAY_SCALE": "0.01",
                "CHAMPION_HTTP_INTERVAL_SECONDS": "0",
                "UNIVERSE_WARMUP": "3",
                "COV_WINDOW_DAYS": "10",
                "EXPECTED_RETURN_LOOKBACK": "10",
                "UNIVERSE_SIZE": "40",
                "REBALANCE": "weekly",
                "WEIGHT_CAP": "0.2",
                "PYTHONWARNINGS": "ignore",
                "CHAMPION_ESG": str(exchange.folder / "esg"),
            }
            | dict(more or {})
        )
        stage = Rehearsal(folder, exchange, state, environment)
        stage.clock(START - dt.timedelta(days=1))
        stage.start_daemon()
        try:
            yield stage
        finally:
            stage.stop_daemon(signal.SIGKILL)


SERVED: tuple[Fault, ...] = ("html", "reset", "truncated", "empty", "xlsx", "503", "yesterday", "late", "403")
"""What the server does to the day's bhavcopy until it is met."""


def play(stage: Rehearsal, date: dt.date, fault: str) -> None:
    """A day with a fault: it comes, it is met, it goes, and the day must be built."""
    stage.happened.append((date, fault))
    name, delivered = bhavcopy_files(date)[0].name, delivery_file(date).name
    before = len(stage.state.requests)
    if fault in SERVED:
        stage.state.faults[name] = fault
    elif fault == "late delivery":
        stage.state.faults[delivered] = "late"
    elif fault == "busy":
        stage.state.busy[name] = 2
    elif fault == "cannot write":
        _fill(stage, on=True)
    stage.state.published_until = date
    stage.clock(date)
    if fault in SERVED:
        stage.wait(
            f"{date}: {fault} was met", lambda: any(path.endswith(name) for path, _ in stage.state.requests[before:])
        )
        time.sleep(1.0)
        assert not stage.is_built(date), f"{date}: built although {fault}"
        stage.state.faults.pop(name)
    _harm(stage, date, fault)
    stage.wait(f"{date} ({fault}) is built", lambda: stage.is_built(date))
    if fault == "late delivery":
        stage.state.faults.pop(delivered)
        stage.clock(date, 15)  # files are looked at again every now and then
        stage.wait(f"{date}: the delivery came", lambda: _delivered(stage, date))
    elif fault == "republish":
        _republish(stage, date)


def _harm(stage: Rehearsal, date: dt.date, fault: str) -> None:
    """What is done while the day's run works."""
    if fault in ("kill run", "kill daemon"):
        stage.wait(f"{date}: a run works", stage.workers)
        time.sleep(random.uniform(0.0, 2.0))
    if fault == "kill run":
        for process in stage.workers():
            stage.killed.add(process)
            os.kill(process, signal.SIGKILL)
    elif fault == "kill daemon":
        stage.stop_daemon(signal.SIGKILL)
        stage.start_daemon()
    elif fault == "cannot write":
        stage.wait(f"{date}: a run failed", lambda: any(line["event"] == "alarm" for line in stage.log()))
        _fill(stage, on=False)


def _fill(stage: Rehearsal, *, on: bool) -> None:
    """The folder of a table cannot be written, whoever tries (a file lies in its place); stands for any failing
    disk."""
    place = stage.lake / "silver" / "equity_eod"
    if on:
        place.mkdir(parents=True, exist_ok=True)
        place.rename(place.with_name("equity_eod.aside"))
        place.write_text("in the way: no day can be written here")
    else:
        place.unlink()
        place.with_name("equity_eod.aside").rename(place)


def _delivered(stage: Rehearsal, date: dt.date) -> bool:
    lake = Lake(str(stage.lake))
    if not lake.has("silver/equity_eod", date):
        return False
    quantities = lake.read("silver/equity_eod", [date], ["delivery_qty"])["delivery_qty"]
    return quantities.null_count() < quantities.len()


def _republish(stage: Rehearsal, date: dt.date) -> None:
    """The exchange corrects a close of the day, without a word."""
    import polars as pl

    from champion_assets.nse.synthetic import files

    number = stage.exchange.market.sessions.index(date)
    rows = stage.exchange.market.rows(number)
    corrected = rows.with_columns(last=pl.when(pl.int_range(pl.len()) == 0).then(pl.col("low")).otherwise("last"))
    path = stage.exchange.folder / bhavcopy_files(date)[0].path
    name = path.name.removesuffix(".zip")
    path.with_suffix(".new").write_bytes(
        files.zipped(name, files.udiff(corrected, early=date < files.UDIFF_FINAL_HEADER_FROM))
    )
    path.with_suffix(".new").replace(path)
    stage.clock(date, 15)  # files are looked at again every now and then

    def taken() -> bool:
        raw, silver = (Lake(str(stage.lake)).read(name, [date]) for name in ("raw/bhavcopy", "silver/equity_eod"))
        return raw.height == 2 and silver["source_sha256"][0] == raw.filter("is_current")["sha256"][0]

    stage.wait(f"{date}: the corrected file is in silver", taken)


def workspace_of(stage: Rehearsal, folder: Path, source: str, more: Mapping[str, object] | None = None) -> Workspace:
    """The lake under `folder` with the settings of the daemon's processes; `more` are further ones, by field."""
    settings = Settings(
        data_dir=folder,
        source=source,
        start_date=START,
        universe_warmup=3,
        cov_window_days=10,
        expected_return_lookback=10,
        universe_size=40,
        rebalance="weekly",
        weight_cap=0.2,
        http_interval_seconds=0,
        retry_delay_scale=0.01,
        esg_folder=stage.exchange.folder / "esg",
    )
    return open_workspace(settings.model_copy(update=dict(more or {})))


def settle(stage: Rehearsal, more: Mapping[str, object] | None = None) -> None:
    """Wait until every day rests on what the lake has, whatever was killed or edited."""
    workspace = workspace_of(stage, stage.folder / "data", stage.environment["CHAMPION_SOURCE"], more)
    days = workspace.sessions(START, stage.happened[-1][0])
    stage.wait("nothing is stale", lambda: not stage.workers() and not stale_days(workspace, days))


def reference(stage: Rehearsal, folder: Path, more: Mapping[str, object] | None = None) -> Path:
    """A lake built from the same files without any fault, in one process; its root."""
    last = stage.happened[-1][0]
    with serve(State(stage.exchange.folder, stage.state.calendar, published_until=last)) as url:
        workspace = workspace_of(stage, folder, url, more)
        for name in ORDER[: ORDER.index("warehouse/duckdb")]:
            report = build_range(TABLES[name], workspace, calendar_days(START, last))
            assert not report.failed, report.failed
    return Path(workspace.lake.root)
