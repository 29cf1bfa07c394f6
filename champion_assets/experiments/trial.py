"""One trial: the tables that its parameters change, made in memory by the daily portfolio's own code.

What belongs here: which tables a trial computes for itself, for which days, and what is kept of it. Under
`experiments/<name>/<trial>/` lie its tables, a file each, and its tear sheet, in
`experiments/<name>/trials/<trial>.json` its parameters and figures. A trial is computed as a whole: one that is
complete and rests on what it rested on is left alone, one that was killed leaves nothing that counts, and if the lake
has changed it is computed anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter
from itertools import groupby

import polars as pl

from champion_assets.backtest.attribution import NAME as ATTRIBUTION
from champion_assets.backtest.daily import NAME as DAILY
from champion_assets.backtest.executions import NAME as EXECUTIONS
from champion_assets.backtest.tear_sheet import HTML_KEY, history, index_beside, page, taxes_of
from champion_assets.backtest.tear_sheet_figures import figures
from champion_assets.experiments.marks import mark_of, require
from champion_assets.experiments.memory import TrialShared
from champion_assets.experiments.plan import ExperimentError, Trial
from champion_assets.experiments.results import FOLDER, TrialResult, keep, kept_result
from champion_assets.experiments.stored import Stored, info_of, remove, write
from champion_assets.experiments.trial_lake import TrialLake
from champion_assets.experiments.variants import with_delay
from champion_assets.experiments.workbench import Workbench
from champion_assets.lake.build import invalid_days
from champion_assets.lake.errors import BuildError, InvalidRows, MissingInput
from champion_assets.lake.fingerprints import recipe_of
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import DayFacts, Workspace, day_facts_of, open_inputs
from champion_assets.portfolio.account import NAME as ACCOUNT
from champion_assets.portfolio.audit import NAME as AUDIT
from champion_assets.portfolio.target_weights import NAME as WEIGHTS
from champion_assets.settings import Settings

ALWAYS = (ACCOUNT, WEIGHTS, AUDIT, DAILY, EXECUTIONS, ATTRIBUTION)
STAGES = ("features", "portfolio", "backtest")
TRADES = "features/returns"
BLOCKS_AT_ONCE = 5
"""Blocks of a table without state that are computed together: what bounds them is the market, and they hold none."""


def own_tables(tables: Mapping[str, DailyTable], base: Settings, trial: Settings) -> list[DailyTable]:
    """The tables that a trial computes itself, inputs first: portfolio, backtest, and every feature that differs.

    Args:
        tables: all tables.
        base: settings of the lake.
        trial: settings of the trial.
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

    Args:
        workspace: where the lake is.
        trial: may limit the range.

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


def on_overlay(
    base: Workspace, experiment: str, trial: Trial, begin: dt.date, bench: Workbench | None = None
) -> Workspace:
    """The workspace of a trial: its own tables as they were stored, the others those of `base`.

    `bench` is what its process has in common with other trials.
    """
    bench = bench or Workbench(base)
    delay = trial.variant.rebalance_delay if trial.variant else 0
    tables = with_delay(base.tables, delay) if delay else base.tables
    own = own_tables(tables, base.settings, trial.settings)
    features = bench.features(own, trial.settings)
    mine = {table.name for table in own}
    root = base.lake.uri(f"{FOLDER}/{experiment}/{trial.identity(begin)}")
    lake = TrialLake(root, bench.below, [name for name in tables if name not in mine], bench.memory, features)
    sources = {table.name: features[table.name].source if table.name in features else None for table in own}
    workspace = replace(
        base,
        settings=trial.settings,
        begin=begin,
        tables=tables,
        lake=lake,
        shared=TrialShared(bench.memory, sources),
    )
    lake.made_by(lambda table, dates: _computed(table, workspace, dates))
    return workspace


def run_trial(base: Workspace, experiment: str, trial: Trial, bench: Workbench | None = None) -> TrialResult:
    """Compute a trial if it is not complete and keep its tables, tear sheet and result; a variant has no tear sheet.

    What the strategy itself makes impossible is told in `error`.

    Raises:
        ExperimentError: see `span`; or the lake lacks what the trial reads.
    """
    bench = bench or Workbench(base)
    bench.refresh()
    begin, end = span(base, trial)
    workspace = on_overlay(base, experiment, trial, begin, bench)
    own = own_tables(workspace.tables, base.settings, trial.settings)
    dates = workspace.sessions(begin, end)
    empty = TrialResult(trial.identity(begin), trial.label, trial.parameters, begin.isoformat(), end.isoformat(),
                        variant=trial.variant.kind if trial.variant else "")  # fmt: skip
    lake = _trial_lake(workspace)
    try:
        require(workspace, bench.memory, own, dates)
        mark = mark_of(workspace, bench.memory, own, dates, trial.label)
        if lake.stored.mark == mark and (done := kept_result(base.lake, experiment, empty)) and not done.error:
            return done
        remove(lake, [table.name for table in own])
        lake.stored = Stored(lake)
        _build(workspace, own, dates, mark)
        days, fingerprint = history(workspace, end)
    except MissingInput as error:
        raise ExperimentError(str(error)) from error
    except BuildError as error:
        return keep(base.lake, experiment, replace(empty, error=str(error)))
    table = figures(days, index=index_beside(workspace, days), taxes=taxes_of(workspace, days))
    if trial.variant is None:
        note = f"trial {empty.identity}, fingerprint {fingerprint}"
        lake.put(HTML_KEY, page(workspace, days, table, note, trial.label).encode())
    kept = {each.name: each for each in own if each.group != "features"}
    write(lake, mark, dates, {name: (lake.rows(name), each.code_version, recipe_of(each, trial.settings))
                              for name, each in kept.items()})  # fmt: skip
    found = dict(table.select("metric", "value").iter_rows())
    return keep(base.lake, experiment, replace(empty, fingerprint=fingerprint, figures=found))


def _trial_lake(workspace: Workspace) -> TrialLake:
    if not isinstance(workspace.lake, TrialLake):
        raise TypeError(f"{workspace.lake.root} is the lake of no trial")
    return workspace.lake


def _build(workspace: Workspace, own: Sequence[DailyTable], dates: Sequence[dt.date], mark: str) -> None:
    """Make the own tables of portfolio and backtest for `dates`, in the order of the graph.

    Raises:
        BuildError: a day cannot be; names table and day.
    """
    lake = _trial_lake(workspace)
    for table in own:
        if table.gate is not None and (refused := table.gate(workspace, dates)):
            date, error = min(refused.items())
            raise BuildError(f"{table.name} {date}: {error}") from error
        if table.group == "features":
            continue
        info = info_of(mark, table.code_version, recipe_of(table, workspace.settings))
        facts = day_facts_of(table, workspace, dates)
        size = table.block_size(workspace.settings) * (1 if table.stateful else BLOCKS_AT_ONCE)
        try:
            for block in blocks(workspace, dates, size):
                lake.add(table.name, dict.fromkeys(block, info), _rows(table, workspace, block, facts))
        finally:  # a row that breaks the model comes before whatever it led to
            if table.name in lake.added:
                _must_be_valid(table, lake.rows(table.name))


def blocks(workspace: Workspace, dates: Sequence[dt.date], size: int) -> list[list[dt.date]]:
    """Sessions cut where every trial's are cut, on whatever day it begins, so that they have blocks in common."""
    before = len(workspace.sessions(workspace.settings.start_date, dates[0])) - 1
    parts = groupby(enumerate(dates, before), key=lambda each: each[0] // size)
    return [[date for _, date in part] for _, part in parts]


def _computed(table: DailyTable, workspace: Workspace, dates: Sequence[dt.date]) -> pl.DataFrame:
    """The rows of a feature on days."""
    size, facts = table.block_size(workspace.settings), day_facts_of(table, workspace, dates)
    parts = [dates[first : first + size] for first in range(0, len(dates), size)]
    found = pl.concat([_rows(table, workspace, part, facts) for part in parts])
    _must_be_valid(table, found)
    return found


def _rows(table: DailyTable, workspace: Workspace, block: Sequence[dt.date], facts: DayFacts) -> pl.DataFrame:
    """The rows of a table on days.

    Raises:
        BuildError: a day cannot be.
    """
    computed = table.compute(open_inputs(table, workspace, block, facts), block)
    failed = dict(computed.failed)
    if not table.may_be_empty:
        for date in sorted({*block} - {*computed.frame["trade_date"]} - {*failed}):
            failed[date] = InvalidRows(f"{table.name} {date}: no row came out")
    if failed:
        date, error = min(failed.items())
        raise BuildError(f"{table.name} {date}: {error}") from error
    return computed.frame


def _must_be_valid(table: DailyTable, rows: pl.DataFrame) -> None:
    """Refuse rows that break the table's model.

    Raises:
        BuildError: names the first day that has such rows.
    """
    if invalid := invalid_days(table, rows):
        date = min(invalid)
        raise BuildError(f"{table.name} {date}: {table.name} {date}: {invalid[date]}")
