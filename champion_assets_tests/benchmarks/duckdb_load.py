"""What a load of one more day costs in DuckDB, on a lake of some hundred days: seconds, and bytes written.

    python -m champion_assets_tests.benchmarks.duckdb_load 2023-01-02 2024-04-30 20

Builds the fictional exchange until that day, loads all but the last N sessions at once and then these one by one.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.synthetic.exchange import write_exchange
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until


def written() -> int:
    """Bytes that this process handed to the system so far."""
    return int(
        next(line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("wchar")).split()[1]
    )


def main(start: dt.date, end: dt.date, last: int) -> None:
    """Print the medians."""
    with tempfile.TemporaryDirectory() as name:
        folder, table = Path(name), TABLES["warehouse/duckdb"]
        exchange = write_exchange(folder / "exchange", load_calendar(), start, end, seed=11)
        settings = Settings(data_dir=folder / "data", source=str(exchange.folder), start_date=start, cov_window_days=40,
                            expected_return_lookback=40, universe_warmup=20, universe_size=60)  # fmt: skip
        workspace = open_workspace(settings)
        build_until(workspace, "backtest/daily", start, end)
        days = workspace.sessions(start, end)
        clock = time.perf_counter()
        build_range(table, workspace, calendar_days(start, days[-last - 1]))
        print(f"{len(days) - last} days at once: {time.perf_counter() - clock:.2f} s, "  # noqa: T201
              f"{settings.duckdb_path.stat().st_size / 1e6:.1f} MB")  # fmt: skip
        seconds, sizes = [], []
        for day in days[-last:]:
            clock, before = time.perf_counter(), written()
            report = build_range(table, workspace, [day])
            assert report.count("written") == 1, report
            seconds.append(time.perf_counter() - clock)
            sizes.append((written() - before) / 1e6)
        first = ", ".join(f"{size:.1f}" for size in sizes[:3])
        print(  # noqa: T201
            f"{last} days one by one: the first three wrote {first} MB; then median {median(seconds[3:]):.2f} s, "
            f"{median(sizes[3:]):.2f} MB; the file has {settings.duckdb_path.stat().st_size / 1e6:.1f} MB"
        )
        clock = time.perf_counter()
        assert build_range(table, workspace, calendar_days(start, end)).count("unchanged") == len(days)
        print(f"nothing to do, {len(days)} days looked at: {time.perf_counter() - clock:.2f} s")  # noqa: T201


if __name__ == "__main__":
    main(dt.date.fromisoformat(sys.argv[1]), dt.date.fromisoformat(sys.argv[2]), int(sys.argv[3]))
