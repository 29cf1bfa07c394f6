"""One trial: the tables that its parameters change, built on an overlay of the lake by the daily portfolio's own code.

What belongs here: which tables a trial computes for itself, for which days, and what is kept of it. A trial can be
interrupted and repeated; what it has is left alone, and days added to the lake are added to it. Under
`experiments/<name>/<trial>/` lie its tables and its tear sheet, in `experiments/<name>/trials/<trial>.json` its
parameters and figures.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from graphlib import TopologicalSorter

from champion_assets.backtest.attribution import NAME as ATTRIBUTION
from champion_assets.backtest.daily import NAME as DAILY
from champion_assets.backtest.executions import NAME as EXECUTIONS
from champion_assets.backtest.tear_sheet import HTML_KEY, history, index_beside, page, taxes_of
from champion_assets.backtest.tear_sheet_figures import figures
from champion_assets.common.dates import calendar_days
from champion_assets.experiments.plan import ExperimentError, Trial
from champion_assets.experiments.results import FOLDER, TrialResult, keep
from champion_assets.experiments.variants import with_delay
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import BuildError, MissingInput
from champion_assets.lake.fingerprints import recipe_of
from champion_assets.lake.overlay import OverlayLake
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace
from champion_assets.portfolio.account import NAME as ACCOUNT
from champion_assets.portfolio.audit import NAME as AUDIT
from champion_assets.portfolio.target_weights import NAME as WEIGHTS
from champion_assets.settings import Settings

ALWAYS = (ACCOUNT, WEIGHTS, AUDIT, DAILY, EXECUTIONS, ATTRIBUTION)
STAGES = ("features", "portfolio", "backtest")
TRADES = "features/returns"


def own_tables(tables: Mapping[str, DailyTable], base: Settings, trial: Settings) -> list[DailyTable]:
    """The tables that a trial computes for itself, inputs first.

    Portfolio and backtest, and every feature that differs.
    """
    candidates = {name: table for name, table in tables.items() if table.group in STAGES}
    graph = {
        name: {wanted.table for wanted in table.inputs(trial) if wanted.table in candidates} - {name}
        for name, table in candidates.items()
    }
    own: list[str] = []
    for name in TopologicalSorter({name: sorted(graph[name]) for name in sorted(graph)}).static_order():
        differs = recipe_of(candidates[name], base) != recipe_of(candidates[name], trial)
        if name in ALWAYS or differs or graph[name] & set(own):
            own.append(name)
    return [candidates[name] for name in own]


def span(workspace: Workspace, trial: Trial) -> tuple[dt.date, dt.date]:
    """First and last session of a trial.

    Raises:
        ExperimentError: the lake has no returns, or none in the trial's range.
    """
    built = workspace.lake.dates(TRADES)
    wanted = [
        date
        for date in built
        if (trial.start is None or date >= trial.start) and (trial.end is None or date <= trial.end)
    ]
    if not wanted:
        has = (
            f"the lake has {TRADES} from {built[0]} to {built[-1]}"
            if built
            else "the lake is empty: run `champion backfill` first"
        )
        raise ExperimentError(
            f"{trial.label}: no session from {trial.start or 'the first'} to {trial.end or 'the last'}; {has}"
        )
    return wanted[0], wanted[-1]


def on_overlay(base: Workspace, experiment: str, trial: Trial, begin: dt.date) -> Workspace:
    """The workspace of a trial: its own tables in its folder, the others those of `base`."""
    delay = trial.variant.rebalance_delay if trial.variant else 0
    tables = with_delay(base.tables, delay) if delay else base.tables
    own = {table.name for table in own_tables(tables, base.settings, trial.settings)}
    root = base.lake.uri(f"{FOLDER}/{experiment}/{trial.identity(begin)}")
    return replace(
        base,
        settings=trial.settings,
        begin=begin,
        tables=tables,
        lake=OverlayLake(root, base.lake, [name for name in tables if name not in own]),
    )


def run_trial(base: Workspace, experiment: str, trial: Trial) -> TrialResult:
    """Bring a trial up to date and keep its tear sheet and result; a variant has no tear sheet.

    What the strategy itself makes impossible is told in `error`.

    Raises:
        ExperimentError: see `span`; or the lake lacks what the trial reads.
    """
    begin, end = span(base, trial)
    workspace = on_overlay(base, experiment, trial, begin)
    empty = TrialResult(trial.identity(begin), trial.label, trial.parameters, begin.isoformat(), end.isoformat(),
                        variant=trial.variant.kind if trial.variant else "")  # fmt: skip
    try:
        _build(workspace, own_tables(workspace.tables, base.settings, trial.settings), begin, end)
        days, fingerprint = history(workspace, end)
    except MissingInput as error:
        raise ExperimentError(str(error)) from error
    except BuildError as error:
        return keep(base.lake, experiment, replace(empty, error=str(error)))
    table = figures(days, index=index_beside(workspace, days), taxes=taxes_of(workspace, days))
    if trial.variant is None:
        note = f"trial {empty.identity}, fingerprint {fingerprint}"
        workspace.lake.put(HTML_KEY, page(workspace, days, table, note, trial.label).encode())
    found = dict(table.select("metric", "value").iter_rows())
    return keep(base.lake, experiment, replace(empty, fingerprint=fingerprint, figures=found))


def _build(workspace: Workspace, tables: list[DailyTable], begin: dt.date, end: dt.date) -> None:
    for table in tables:
        before = workspace.window_before(begin) if table.group == "features" else None  # some tables read yesterday's
        report = build_range(table, workspace, calendar_days(before or begin, end))
        if report.failed:
            date, error = min(report.failed.items())
            raise (type(error) if isinstance(error, MissingInput) else BuildError)(
                f"{table.name} {date}: {error}"
            ) from error
