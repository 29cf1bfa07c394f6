"""`champion demo`: a fictional exchange, the whole graph on it, and where to look.

What belongs here: the demo's steps and what it prints.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

START, END = dt.date(2023, 7, 3), dt.date(2024, 12, 31)


def run_demo(folder: Path, seed: int, console: Console, check: Callable[[], None] = lambda: None) -> list[str]:
    """Everything below `folder`: the exchange's files, the lake, DuckDB, Dagster's runs. Repeating it changes nothing.

    Args:
        folder: made if absent.
        seed: of the fictional market.
        console: where to print.
        check: called after every block of days; raises if the demo is to end.

    Returns:
        Which helpers are behind, and why; none if all is well.

    Raises:
        SystemExit: a stage failed; the reason was printed.
    """
    from champion_assets.nse.calendar import load_calendar
    from champion_assets.nse.synthetic.exchange import write_exchange

    folder = folder.resolve()
    started = time.perf_counter()
    exchange = write_exchange(folder / "exchange", load_calendar(), START, END, seed)
    market = exchange.market
    _say(
        console,
        f"1. A fictional exchange (seed {seed}): {len(market.companies)} invented instruments, "
        f"{len(market.sessions)} sessions, "
        f"{START} to {END}, in NSE's formats under {exchange.folder}",
    )
    os.environ.update(_environment(folder))
    from champion_assets.orchestration import backfill as work
    from champion_assets.orchestration.dagster_home import prepare_dagster_home
    from champion_assets.settings import get_settings

    get_settings.cache_clear()
    prepare_dagster_home(get_settings())
    import dagster as dg

    keys = work.select("*")
    _say(console, f"2. The graph: {len(keys)} assets over {(END - START).days + 1} calendar days")
    columns = (
        TextColumn("   {task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with dg.DagsterInstance.get() as instance, Progress(*columns, console=console) as progress:
        bar = progress.add_task("planning", total=None)

        def advance(table: str, days: int) -> None:
            progress.update(bar, advance=days, description=table)
            check()

        watcher = work.Watcher(
            lambda _first, _last, amount: progress.update(
                bar, total=((progress.tasks[bar].total or 0) + amount) or None
            ),
            advance,
        )
        results = work.backfill(START, END, keys, instance, watcher=watcher)
        behind = work.behind(results, instance)
    errors = [error for result in results for error in result.errors]
    if errors:
        console.print("\n".join(errors), style="red", markup=False)
        raise SystemExit(1)
    _show(folder, keys, results, console)
    _say(console, f"Done in {time.perf_counter() - started:.0f} s.")
    return behind


def _say(console: Console, text: str) -> None:
    """Print without breaking lines, so that paths and commands can be copied."""
    console.print(text, soft_wrap=True)


def _environment(folder: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(folder), "CHAMPION_LAKE": str(folder / "lake"), "CHAMPION_SOURCE": str(folder / "exchange"),
        "CHAMPION_ESG": str(folder / "exchange" / "esg"), "CHAMPION_START_DATE": START.isoformat(),
        "DAGSTER_HOME": "", "UNIVERSE_SIZE": "100", "UNIVERSE_WARMUP": "60",
        "COV_WINDOW_DAYS": "120", "EXPECTED_RETURN_LOOKBACK": "120", "CHAMPION_CALENDAR": "",
    }  # fmt: skip


def _show(folder: Path, keys: list, results: list, console: Console) -> None:  # type: ignore[type-arg]  # AssetKey and ChunkResult are imported lazily
    from champion_assets.backtest.tear_sheet import HTML_KEY, read_figures
    from champion_assets.catalog import open_workspace
    from champion_assets.settings import get_settings

    workspace = open_workspace(get_settings())
    built = sum(result.sessions for result in results if result.assets)
    closed = sum(result.closed for result in results)
    _say(
        console,
        f"3. {'Built' if built else 'Nothing had changed; checked'} "
        f"{built or sum(result.sessions for result in results)} "
        f"sessions; {closed} closed days recorded with their reason",
    )
    table = Table("table", "days", "rows of the last day", box=None, pad_edge=False)
    for name in (key.to_user_string() for key in keys):
        dates = workspace.lake.dates(name)
        if not dates:
            continue
        info = workspace.lake.info(name, dates[-1])
        table.add_row(name, str(len(dates)), str(info.rows) if info else "-")
    console.print(table)
    figures = read_figures(workspace)
    shown = ", ".join(
        f"{name} {figures[name]:.2f}"
        for name in ("cagr", "volatility", "sharpe", "max_drawdown")
        if figures.get(name) is not None
    )
    _say(console, f"4. The portfolio on fictional prices: {shown}")
    _say(console, f"   Tear sheet: {workspace.lake.uri(HTML_KEY)}")
    _say(console, f"   SQL:        duckdb {get_settings().duckdb_path}")
    variables = " ".join(f"{name}={value}" for name, value in _environment(folder).items() if value)
    _say(console, f"   Web page:   {variables} champion ui")
