"""The whole graph over a range with Dagster's history in SQLite and in Postgres: wall and CPU an asset-day, in one
table.

CPU is that of `champion backfill` and its children; that of the Postgres server stands beside it.

    CHAMPION_SOURCE=../shared/data/nse python -m champion_assets_tests.benchmarks.storage 2016-01-01 2016-12-31
"""

from __future__ import annotations

import datetime as dt
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from champion_assets_tests.servers.run import ROOT, postgres_server

FILES = {"embedded (SQLite)": "instance.yaml", "server (Postgres)": "instance.server.yaml"}


def backfill(folder: Path, file: str, url: str, start: dt.date, end: dt.date) -> tuple[float, float, int]:
    """Wall and CPU seconds, and assets."""
    home = folder / "home"
    home.mkdir(parents=True)
    shutil.copy(ROOT / "champion_assets/orchestration" / file, home / "dagster.yaml")
    environment = os.environ | {
        "DATA_DIR": str(folder / "data"),
        "DAGSTER_HOME": str(home),
        "CHAMPION_POSTGRES_URL": url,
        "CHAMPION_TRACK": "false",
    }
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-W", "ignore", "-m", "champion_assets.cli", "backfill", str(start), str(end)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - wall
    return (
        wall,
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        int(done.stdout.split(" assets", 1)[0].split()[-1]),
    )


def server_seconds(folder: Path) -> float:
    """CPU seconds of the Postgres server under `folder` and of its processes, those that have ended included."""
    main = int((folder / "postgres/data/postmaster.pid").read_text().split()[0])
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(path.parent.name) == main:
            total += sum(map(int, fields[11:15]))  # itself and its children that have ended
        elif int(fields[1]) == main:
            total += sum(map(int, fields[11:13]))
    return total / os.sysconf("SC_CLK_TCK")


def main(start: dt.date, end: dt.date) -> None:
    days = (end - start).days + 1
    print(  # noqa: T201
        f"{'history':20} {'wall s':>8} {'CPU s':>8} {'ms wall':>8} {'ms CPU':>8} {'ms CPU server':>14}   an asset-day"
    )
    for name, file in FILES.items():
        with tempfile.TemporaryDirectory() as folder, postgres_server(Path(folder)) as url:
            idle = server_seconds(Path(folder))
            wall, cpu, assets = backfill(Path(folder) / "run", file, url, start, end)
            server = server_seconds(Path(folder)) - idle
        count = days * assets
        print(  # noqa: T201
            f"{name:20} {wall:8.1f} {cpu:8.1f} {1000 * wall / count:8.2f} {1000 * cpu / count:8.2f} "
            f"{1000 * server / count:14.2f}"
        )


if __name__ == "__main__":
    main(*(dt.date.fromisoformat(text) for text in sys.argv[1:3]))
