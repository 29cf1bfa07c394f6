"""Throughput with one and two Celery workers: raw and bronze of six fictional months in runs of sixteen days, on a cluster on one machine.

Each worker works on one run at a time; S3 (moto, one process), Postgres and the workers share the cores, so the speed-up is a lower
bound of what separate machines give.

    python -m champion_assets_tests.benchmarks.workers
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import time
from pathlib import Path

from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.synthetic.exchange import write_exchange
from champion_assets_tests.conftest import END, START
from champion_assets_tests.deploy.cluster import cluster
from champion_assets_tests.helpers import ORDER

CHUNK = 16
FILES = [name for name in ORDER if name.startswith(("raw/", "bronze/"))]
BUSY = {"QUEUED", "NOT_STARTED", "STARTING", "STARTED"}


def seconds(exchange: Path, names: tuple[str, ...]) -> tuple[float, int]:
    """From the first launch to the last success, and the number of runs."""
    ours = {"CHAMPION_SOURCE": str(exchange), "CHAMPION_ESG": str(exchange / "esg"), "CHAMPION_START_DATE": str(START)}
    with tempfile.TemporaryDirectory() as name, cluster(Path(name), ours, names, concurrency=1) as there:
        there.launch(FILES, START, START)  # the workers import what they need
        while BUSY & set(there.runs()):
            time.sleep(0.2)
        clock = time.perf_counter()
        for number in range(1, (END - START).days + 1, CHUNK):
            first = START + dt.timedelta(days=number)
            there.launch(FILES, first, min(END, first + dt.timedelta(days=CHUNK - 1)))
        while BUSY & set(runs := there.runs()):
            time.sleep(0.2)
        assert set(runs) == {"SUCCESS"}, runs
        return time.perf_counter() - clock, len(runs) - 1


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        exchange = write_exchange(Path(name) / "exchange", load_calendar(), START, END, seed=11)
        days = (END - START).days
        base = None
        for names in (("one",), ("one", "two")):
            wall, runs = seconds(exchange.folder, names)
            base = base or wall
            rate = days * len(FILES) / wall
            words = f"{len(names)} worker(s): {runs} runs in {wall:.1f} s, {rate:.0f} asset-days/s"
            print(f"{words}, {base / wall:.2f} x ({os.cpu_count()} cores)")  # noqa: T201


if __name__ == "__main__":
    main()
