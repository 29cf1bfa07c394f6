"""Reading a range of days from a lake on S3 against the same from a local folder: the first time, and again.

The days of a local lake (`DATA_DIR`, as after `champion backfill`) are copied to the bucket `champion` of the server at
CHAMPION_S3_ENDPOINT; without that a moto server is started, which is slower than a real one. Best of five, all in one
run.

    DATA_DIR=data CHAMPION_S3_ENDPOINT=http://127.0.0.1:9000 AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… \\
        python -m champion_assets_tests.benchmarks.remote_reads 2016-01-01 2016-12-31
"""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from champion_assets.lake.open import open_lake
from champion_assets.lake.store import Lake
from champion_assets.settings import Settings, get_settings
from champion_assets_tests.helpers import copy_days
from champion_assets_tests.servers.run import s3_server

TABLES = {
    "silver/equity_eod": None,
    "silver/equity_eod: 3 columns": ["trade_date", "symbol", "close"],
    "features/returns": None,
    "checks/results": None,
}


@contextmanager
def endpoint(settings: Settings, folder: Path) -> Iterator[Settings]:
    """The settings with a bucket to copy to."""
    if settings.s3_endpoint:
        yield settings.model_copy(
            update={"lake": f"s3://champion/benchmark-{uuid.uuid4().hex[:8]}", "data_dir": folder / "far"}
        )
        return
    (folder / "s3").mkdir()
    with s3_server(folder / "s3") as server:
        server.make_bucket("champion")
        yield settings.model_copy(update=server.settings("champion", "benchmark") | {"data_dir": folder / "far"})


def seconds(action: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """The least of five."""
    taken = []
    for _ in range(5):
        before()
        started = time.perf_counter()
        action()
        taken.append(time.perf_counter() - started)
    return min(taken)


def compare(
    near: Lake, far: Lake, asset: str, dates: list[dt.date], columns: list[str] | None
) -> tuple[float, float, float, float]:
    """Seconds: local, remote without any copy, remote again; and asking for all footers again."""
    if far.cache is None:
        raise SystemExit("CHAMPION_LAKE_CACHE_GB is 0: there is nothing to compare")
    folder = far.cache.folder
    if not far.read(asset, dates, columns).equals(near.read(asset, dates, columns)):
        raise SystemExit(f"{asset}: the two lakes differ")
    local = seconds(lambda: near.read(asset, dates, columns))
    first = seconds(lambda: far.read(asset, dates, columns), before=lambda: shutil.rmtree(folder, ignore_errors=True))
    return local, first, seconds(lambda: far.read(asset, dates, columns)), seconds(lambda: far.infos(asset, dates))


def main(start: dt.date, end: dt.date) -> None:
    settings = get_settings()
    near = open_lake(settings)
    with tempfile.TemporaryDirectory() as folder, endpoint(settings, Path(folder)) as there:
        far = open_lake(there)
        print(f"{'table':30} {'days':>5} {'local s':>8} {'S3 first':>9} {'S3 again':>9} {'ratio':>6} {'footers':>8}")  # noqa: T201
        for title, columns in TABLES.items():
            asset = title.split(":")[0]
            dates = [date for date in near.dates(asset) if start <= date <= end]
            copy_days(near, far, asset, dates)
            local, first, again, infos = compare(near, far, asset, dates, columns)
            print(f"{title:30} {len(dates):5} {local:8.3f} {first:9.3f} {again:9.3f} {again / local:6.2f} {infos:8.3f}")  # noqa: T201


if __name__ == "__main__":
    main(*(dt.date.fromisoformat(text) for text in sys.argv[1:3]))
