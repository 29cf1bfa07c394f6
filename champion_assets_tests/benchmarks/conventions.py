"""What each convention of the backtest is worth: the default portfolio again, with one of them as it was before, in one
table.

Every variant is built on a copy of a built lake: the raw to feature tables are linked, the portfolio and its results
are made anew. The conventions that only read the results (excess returns, the calendar, the yardstick's dividends and
costs) need no other portfolio. A lake that an earlier version of Champion built of the same files can be named last;
its row holds all conventions of that version at once.

    DATA_DIR=data CHAMPION_START_DATE=2016-01-01 python -m champion_assets_tests.benchmarks.conventions 2016-01-01
    2020-12-31 [OLD/lake]
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import polars as pl

from champion_assets.backtest.tear_sheet_figures import invested_days, session_before
from champion_assets.catalog import TABLES, open_workspace
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.indices import index_id
from champion_assets.quant.metrics import calendar_years
from champion_assets.settings import get_settings
from champion_assets_tests.helpers import ORDER

REMADE = ("silver/endings", "portfolio/account", "portfolio/target_weights", "backtest/executions", "backtest/daily")


@contextmanager
def copy_of(workspace: Workspace, **changed: object) -> Iterator[Workspace]:
    """The workspace on a lake of its own, which has all but what is to be made anew."""
    with tempfile.TemporaryDirectory(dir=workspace.settings.data_dir) as folder:
        root = Path(workspace.lake.root)
        for name in ORDER:
            for table in (name, f"quarantine/{name}"):
                if name not in REMADE and not name.startswith("warehouse/") and (root / table).is_dir():
                    shutil.copytree(root / table, Path(folder, "lake", table), copy_function=os.link)
        settings = workspace.settings.model_copy(update={"data_dir": Path(folder), **changed})
        yield replace(workspace, lake=Lake(f"{folder}/lake"), settings=settings)


def results(workspace: Workspace, start: dt.date, end: dt.date) -> pl.DataFrame:
    """`backtest/daily` of the workspace, made anew."""
    for name in ORDER:
        if name in REMADE:
            report = build_range(TABLES[name], workspace, calendar_days(start, end))
            if report.failed:
                raise SystemExit(f"{name}: {len(report.failed)} days failed, {next(iter(report.failed.values()))}")
    return workspace.lake.read("backtest/daily", workspace.sessions(start, end))


def told(what: str, days: pl.DataFrame, *, excess: bool = True, by_calendar: bool = True) -> float:
    """Print a row of the table; the growth a year."""
    mine = invested_days(days)
    own = mine["portfolio_return"].to_numpy()
    years = calendar_years(session_before(days, mine), mine["trade_date"][-1]) if by_calendar else own.size / 252
    risk_free = (
        mine["overnight_return"].to_numpy() if excess and "overnight_return" in mine.columns else np.zeros(own.size)
    )
    growth = float(np.prod(1 + own))
    grown = growth ** (1 / years) - 1
    scale = np.sqrt(own.size / years)
    sharpe = float((own - risk_free).mean() / own.std(ddof=1) * scale)
    wealth = np.concatenate([[1.0], np.cumprod(1 + own)])
    worst = float((wealth / np.maximum.accumulate(wealth) - 1).min())
    print(  # noqa: T201
        f"{what:74} {grown:>8.2%} {own.std(ddof=1) * scale:>8.2%} {sharpe:>7.3f} {worst:>8.1%} "
        f"{mine['value'][-1]:>14,.0f}",
        flush=True,
    )
    return float(grown)


def yardsticks(workspace: Workspace, days: pl.DataFrame) -> None:
    """Growth a year of what the portfolio is held against, with and without what the old yardsticks left out."""
    mine = invested_days(days)
    years = calendar_years(session_before(days, mine), mine["trade_date"][-1])
    chosen = pl.col("index_id") == index_id(workspace.settings.benchmark)
    index = workspace.lake.read("silver/index_total_return", mine["trade_date"].to_list()).filter(chosen)
    gross, cost = mine["benchmark_return"].to_numpy(), mine["benchmark_cost"].to_numpy()
    lines = {
        f"{workspace.settings.benchmark}, price": index["price_return"].to_numpy(),
        f"{workspace.settings.benchmark}, total return": index["total_return"].drop_nulls().to_numpy(),
        "equal-weight universe, gross": gross,
        "equal-weight universe, net of its costs": (1 + gross) * (1 - cost) - 1,
        "overnight deposit": mine["overnight_return"].to_numpy(),
    }
    for name, each in lines.items():
        print(f"{name:74} {np.prod(1 + each) ** (1 / years) - 1:>8.2%}   {each.size} sessions")  # noqa: T201


def main(start: dt.date, end: dt.date, old: str | None = None) -> None:
    """Print the table."""
    workspace = open_workspace(get_settings())
    print(f"{'':74} {'CAGR':>8} {'vol.':>8} {'Sharpe':>7} {'drawdown':>8} {'last value':>14}")  # noqa: T201
    base = workspace.lake.read("backtest/daily", workspace.sessions(start, end))
    told("as it is", base)
    without = mock.patch("champion_assets.silver.endings.endings_of", return_value=())
    with copy_of(workspace) as there, without:
        told("2. no documents: what ended stands at its last price", results(there, start, end))
    with copy_of(workspace, delisting_recovery=0.0) as there, without:
        told("2. no documents: what ended is worth nothing (before)", results(there, start, end))
    with copy_of(workspace, cash_rate=0.0) as there:
        told("3. cash earns nothing (before)", results(there, start, end))
    told("3. Sharpe of whole returns, not of those above the overnight rate (before)", base, excess=False)
    told("3. years of 252 sessions (before)", base, by_calendar=False)
    with copy_of(workspace, delisting_recovery=0.0, cash_rate=0.0) as there, without:
        told("2 and 3 together as before; what is missing to all conventions before is 4",
             results(there, start, end), excess=False, by_calendar=False)  # fmt: skip
    with copy_of(workspace, unfilled="carry") as there:
        told("4. open orders are tried again (a choice)", results(there, start, end))
    with copy_of(workspace, usable_proceeds="settled") as there:
        told("2. proceeds are spent when they are settled (a choice)", results(there, start, end))
    if old is not None:
        told_of_files(Path(old), start, end)
    yardsticks(workspace, base)


def told_of_files(old: Path, start: dt.date, end: dt.date) -> None:
    """The same of a lake of one object per day."""
    files = sorted((old / "backtest" / "daily").rglob("*.parquet"))
    days = pl.concat([pl.read_parquet(file) for file in files]).filter(pl.col("trade_date").is_between(start, end))
    told("all conventions before", days, excess=False, by_calendar=False)


if __name__ == "__main__":
    main(dt.date.fromisoformat(sys.argv[1]), dt.date.fromisoformat(sys.argv[2]), *sys.argv[3:])
