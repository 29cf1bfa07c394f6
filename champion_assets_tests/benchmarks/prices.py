"""How fast prices are adjusted and identities resolved, against a plain Polars scan of the same objects, in one
process.

    CHAMPION_SOURCE=... DATA_DIR=... python -m champion_assets_tests.benchmarks.prices 2016-01-01 2020-12-31

The lake must hold the range (`champion backfill`). Each figure is the best of three.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable

import polars as pl

from champion_assets import research
from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.workspace import Workspace, open_inputs
from champion_assets.settings import get_settings


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of three runs."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def silver(workspace: Workspace, dates: list[dt.date]) -> None:
    """Registry and silver rows of `dates`, computed from bronze in the stages' blocks, without writing."""
    for name in ("silver/instruments", "silver/equity_eod"):
        table = TABLES[name]
        size = table.block_size(workspace.settings)
        for start in range(0, len(dates), size):
            block = dates[start : start + size]
            table.compute(open_inputs(table, workspace, block), block)


def main(start: str, end: str) -> None:
    """Print the figures and their ratios."""
    workspace = open_workspace(get_settings())
    dates = workspace.sessions(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    bronze = best(lambda: workspace.lake.read("bronze/bhavcopy", dates))
    scan = best(lambda: workspace.lake.read("silver/equity_eod", dates))
    rows = workspace.lake.read("silver/equity_eod", dates, ["trade_date"]).height
    panel = best(lambda: research.prices(start, end, adjust="total_return"))
    made = best(lambda: silver(workspace, dates))
    lines = [
        f"{len(dates)} sessions, {rows} rows; polars {pl.__version__}",
        (
            f"plain scan of bronze {bronze:.2f} s; to silver with identity {made:.2f} s: {made / bronze:.1f} "
            f"x, {rows / made:,.0f} rows/s"
        ),
        (
            f"plain scan of silver {scan:.2f} s; adjusted price panel {panel:.2f} s: {panel / scan:.1f} x, "
            f"{rows / panel:,.0f} rows/s"
        ),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
