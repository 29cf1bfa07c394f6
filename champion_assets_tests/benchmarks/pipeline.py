"""The graph against a plain Polars script that does the same reads and writes, on the same files, in one run.

Baseline: read every bhavcopy of the range from the same source, write bronze, silver (equity series) and returns as one
Parquet file a day, without identity, checks, provenance, fingerprints or Dagster.

    CHAMPION_SOURCE=../shared/data/nse python -m champion_assets_tests.benchmarks.pipeline 2016-01-01 2016-12-31
"""

import datetime as dt
import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.container import csv_text
from champion_assets.nse.names import bhavcopy_files
from champion_assets.nse.source.base import Fetched
from champion_assets.nse.source.folder import FolderSource


def plain(source: Path, folder: Path, start: dt.date, end: dt.date) -> int:
    """The baseline: rows read."""
    total = 0
    for name in ("bronze", "silver", "returns"):
        (folder / name).mkdir(parents=True)
    for date, found in FolderSource(source).fetch(load_calendar().sessions_between(start, end), bhavcopy_files):
        assert isinstance(found, Fetched), found
        floats = dict.fromkeys(("OPEN", "HIGH", "LOW", "CLOSE", "LAST", "PREVCLOSE", "TOTTRDVAL"), pl.Float64)
        bronze = pl.read_csv(csv_text(found.body, found.name), schema_overrides=floats)
        total += bronze.height
        silver = bronze.filter(pl.col("SERIES").is_in(["EQ", "BE", "BZ", "SM", "ST"]))
        returns = silver.select("SYMBOL", (pl.col("CLOSE") / pl.col("PREVCLOSE") - 1).alias("r"))
        for name, frame in (("bronze", bronze), ("silver", silver), ("returns", returns)):
            frame.write_parquet(folder / name / f"{date}.parquet", compression="zstd", compression_level=1)
    return total


def champion(folder: Path, start: dt.date, end: dt.date, assets: str) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of `champion backfill` in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter()
    environment = os.environ | {"DATA_DIR": str(folder), "DAGSTER_HOME": ""}
    command = [sys.executable, "-m", "champion_assets.cli", "backfill", str(start), str(end), "--assets", assets]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - wall, cpu, after.ru_maxrss / 1024


_LINE = re.compile(r'"user_message": "(\S+): \d+ days written[^"]*total ([\d.]+) s; CPU ([\d.]+) s, peak (\d+) MB')


def by_stage(folder: Path) -> dict[str, list[float]]:
    """Wall seconds, CPU seconds and peak megabytes of each stage's own loop, from the log lines of all runs."""
    found: dict[str, list[float]] = {}
    for shard in (folder / "dagster/history/runs").glob("*.db"):
        with sqlite3.connect(shard) as connection:
            for (event,) in connection.execute("SELECT event FROM event_logs WHERE dagster_event_type IS NULL"):
                for name, wall, cpu, peak in _LINE.findall(event):
                    old = found.get(name, [0.0, 0.0, 0.0])
                    found[name] = [old[0] + float(wall), old[1] + float(cpu), max(old[2], float(peak))]
    return found


def main() -> None:
    """Print the table."""
    start, end = (dt.date.fromisoformat(text) for text in sys.argv[1:3])
    source = Path(os.environ["CHAMPION_SOURCE"])
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        wall, cpu = time.perf_counter(), time.process_time()
        rows = plain(source, folder / "plain", start, end)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"plain Polars, bronze + silver + returns: {rows} rows, wall {wall:.1f} s, CPU {cpu:.1f} s")  # noqa: T201
        steps = [
            ("raw and the same three stages", "+features/returns"),
            ("the rest of the graph", "*"),
            ("everything again", "*"),
        ]
        for title, assets in steps:
            seconds, used, peak = champion(folder / "champion", start, end, assets)
            ratio = seconds / wall
            print(f"champion, {title}: wall {seconds:.1f} s ({ratio:.2f} x), CPU {used:.1f} s, peak {peak:.0f} MB")  # noqa: T201
        for table, (seconds, used, peak) in by_stage(folder / "champion").items():
            print(f"    {table:26} wall {seconds:5.1f} s  CPU {used:5.1f} s  peak {peak:4.0f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
