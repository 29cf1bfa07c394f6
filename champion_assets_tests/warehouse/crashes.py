"""Kill -9 of the client or of the server at random moments of a load, and what is then on the server.

What belongs here: one trial, for the short test and for the long run (`benchmarks/clickhouse_kills.py`). The loads
rewrite two versions of the same days in turns, so at any moment each day must be there once, in one version, whole.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from champion_assets.clients.clickhouse import clickhouse
from champion_assets.settings import Settings
from champion_assets.silver.equity_eod import TABLE
from champion_assets.warehouse.checksum import held
from champion_assets.warehouse.clickhouse_load import held as held_there
from champion_assets.warehouse.clickhouse_load import load_days
from champion_assets_tests.servers.run import ClickHouse

LOADER = """
import sys, polars as pl
from champion_assets.settings import Settings
from champion_assets.silver.equity_eod import TABLE
from champion_assets.warehouse.checksum import held
from champion_assets.warehouse.clickhouse_load import load_days
frames = [pl.read_parquet(path) for path in sys.argv[1:3]]
print("begun", flush=True)
number = int(sys.argv[3])
while True:
    number += 1
    frame = frames[number % 2]
    days = frame["trade_date"].unique()
    chosen = sorted(days.sample(max(1, len(days) // 3), seed=number))
    rows = frame.filter(pl.col("trade_date").is_in(chosen))
    load_days(Settings(), TABLE, rows, held(rows))
"""


def trial(server: ClickHouse, settings: Settings, versions: tuple[Path, Path], seed: int) -> str:
    """One load that is killed; returns who was. Afterwards every day must be there, once, in one of its versions.

    Raises:
        AssertionError: names the days that are doubled, lost or mixed.
    """
    chance = random.Random(seed)
    environment = {**os.environ, **server.environment(settings.clickhouse_database)}
    command = [sys.executable, "-c", LOADER, *map(str, versions), str(seed)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as loader:
        assert loader.stdout is not None
        loader.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.7))
        victim = chance.choice(("client", "server"))
        if victim == "server":
            server.kill()
            server.start()
        loader.send_signal(signal.SIGKILL)
    verify(settings, versions)
    return victim


def verify(settings: Settings, versions: tuple[Path, Path]) -> None:
    """Each day is there once, whole, in one version; and a load after the crash finds its way."""
    one, other = (held(pl.read_parquet(path)) for path in versions)
    with clickhouse(settings) as client:
        found = held_there(client, TABLE, min(one), max(one))
    wrong = sorted(day for day, each in found.items() if each not in (one[day], other[day]))
    assert not wrong, f"doubled, torn or mixed: {wrong}"
    assert found.keys() == one.keys(), f"lost: {sorted(one.keys() - found.keys())}"


def prepare(settings: Settings, frame: pl.DataFrame, folder: Path) -> tuple[Path, Path]:
    """Two versions of the same days as files, the first of them loaded."""
    from champion_assets.warehouse.clickhouse_schema import migrate

    paths = folder / "one.parquet", folder / "two.parquet"
    frame.write_parquet(paths[0])
    frame.with_columns(pl.col("volume") * 2).write_parquet(paths[1])
    with clickhouse(settings, database=False) as client:
        client.execute(f"CREATE DATABASE {settings.clickhouse_database}")
    with clickhouse(settings) as client:
        migrate(client, TABLE)
    load_days(settings, TABLE, frame, held(frame))
    return paths
