"""Throughput with one, two and three Celery workers: raw and bronze of six fictional months in runs of sixteen days, on
one machine.

Each worker works on one run at a time and gets SHARE of a core (a CPU quota of Linux' control groups, as root), so that
more workers mean more CPU and do not take it from each other; S3 (moto, one process), Postgres, Redis and Dagster's
services share what is left. With SHARE 0 the workers have no quota.

    python -m champion_assets_tests.benchmarks.workers [SHARE=0.3]
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.synthetic.exchange import write_exchange
from champion_assets_tests.conftest import END, START
from champion_assets_tests.deploy.cluster import cluster
from champion_assets_tests.helpers import ORDER

CHUNK = 16
CONTROL = Path("/sys/fs/cgroup/cpu")
FILES = [name for name in ORDER if name.startswith(("raw/", "bronze/"))]
BUSY = {"QUEUED", "NOT_STARTED", "STARTING", "STARTED"}


@contextmanager
def quota(process: int, name: str, share: float) -> Iterator[None]:
    """Give a process and all that it has started or will start `share` of a core."""
    folder, period = CONTROL / f"champion-{os.getpid()}-{name}", 100_000
    folder.mkdir()
    try:
        (folder / "cpu.cfs_period_us").write_text(str(period))
        (folder / "cpu.cfs_quota_us").write_text(str(int(share * period)))
        for each in [process, *descendants(process)]:
            (folder / "cgroup.procs").write_text(str(each))
        yield
        for each in (folder / "cgroup.procs").read_text().split():
            (CONTROL / "cgroup.procs").write_text(each)
    finally:
        folder.rmdir()


def descendants(process: int) -> list[int]:
    """The processes that `process` and its children have started."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [found for child in map(int, text.split()) for found in (child, *descendants(child))]


def seconds(exchange: Path, names: tuple[str, ...], share: float) -> tuple[float, int]:
    """From the first launch to the last success, and the number of runs."""
    ours = {"CHAMPION_SOURCE": str(exchange), "CHAMPION_ESG": str(exchange / "esg"), "CHAMPION_START_DATE": str(START)}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        there = stack.enter_context(cluster(folder, ours, names, concurrency=1))
        there.launch(FILES, START, START)  # the workers import what they need
        while BUSY & set(there.runs()):
            time.sleep(0.2)
        for name, worker in there.workers.items() if share else ():
            stack.enter_context(quota(worker.pid, name, share))
        clock = time.perf_counter()
        for number in range(1, (END - START).days + 1, CHUNK):
            first = START + dt.timedelta(days=number)
            there.launch(FILES, first, min(END, first + dt.timedelta(days=CHUNK - 1)))
        while BUSY & set(runs := there.runs()):
            time.sleep(0.2)
        assert set(runs) == {"SUCCESS"}, runs
        return time.perf_counter() - clock, len(runs) - 1


def main(share: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        exchange = write_exchange(Path(name) / "exchange", load_calendar(), START, END, seed=11)
        days = (END - START).days
        base = None
        for count in (1, 2, 3):
            names = ("one", "two", "three")[:count]
            wall, runs = seconds(exchange.folder, names, share)
            base = base or wall
            rate = days * len(FILES) / wall
            words = f"{len(names)} worker(s): {runs} runs in {wall:.1f} s, {rate:.0f} asset-days/s"
            print(f"{words}, {base / wall:.2f} x ({share or 'no'} quota, {os.cpu_count()} cores)", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.3)
