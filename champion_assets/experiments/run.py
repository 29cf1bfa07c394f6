"""All trials of an experiment: side by side in processes, compared on one page, kept in MLflow.

What belongs here: the order of these steps. The more trials were ever made, the less the best one means: every Sharpe
ratio is deflated for all of them, those of earlier days and of experiments with other names included.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from champion_assets.backtest.daily import NAME as DAILY
from champion_assets.backtest.tear_sheet import HTML_KEY, index_beside, taxes_of
from champion_assets.backtest.tear_sheet_figures import figures
from champion_assets.catalog import open_workspace
from champion_assets.clients.mlflow import TrackedRun, Tracking, TrackingUnreachable
from champion_assets.experiments.luck import Luck, luck_of
from champion_assets.experiments.luck_words import summary
from champion_assets.experiments.plan import Trial
from champion_assets.experiments.results import FOLDER, TrialResult, every_result
from champion_assets.experiments.sensitivity import in_words
from champion_assets.experiments.trial import TRADES, on_overlay, span
from champion_assets.experiments.variants import variants_of
from champion_assets.experiments.workbench import Workbench
from champion_assets.experiments.workers import Done, run_trials
from champion_assets.lake.workspace import Workspace
from champion_assets.portfolio.target_weights import NAME as WEIGHTS
from champion_assets.settings import Settings


@dataclass(frozen=True)
class Outcome:
    """What an experiment came to.

    Attributes:
        results: in the order of the trials.
        page: address of the page that compares them.
        luck: what the trials say about luck, in a sentence.
        untracked: why MLflow does not have all of them; empty if it has.
        variants: of the best trial, if its file asks for them; they count as no trials.
        sensitivity: what they say, in a sentence.
    """

    results: list[TrialResult]
    page: str
    luck: str
    untracked: str = ""
    variants: list[TrialResult] = field(default_factory=list)
    sensitivity: str = ""


def run_experiment(
    settings: Settings, name: str, trials: Sequence[Trial], jobs: int = 0, done: Done = lambda _: None
) -> Outcome:
    """Run `trials`, `jobs` at a time (0: as many as there are processors), write the comparison, record all in MLflow.

    Args:
        settings: of the daily portfolio, whose lake the trials read.
        name: the experiment.
        trials: each with its own settings.
        jobs: processes.
        done: called for each trial as it ends.

    Raises:
        ExperimentError: the lake lacks what a trial reads.
    """
    base = open_workspace(settings)
    bench = Workbench(base)
    jobs = jobs or os.cpu_count() or 1
    results = run_trials(bench, name, trials, jobs, done)
    bench.refresh()
    sharpes = [ratio for each in every_result(base.lake) if (ratio := each.sharpe) is not None]
    told = [_deflated(bench, name, trial, result, sharpes) for trial, result in zip(trials, results, strict=True)]
    final = [result for result, _ in told]
    luck = luck_of(base.lake, name, {each.identity for each in final}, len(sharpes))
    chosen = best_of(trials, final)
    variants = [] if chosen is None else run_trials(bench, name, _variants(bench, name, trials[chosen]), jobs, done)
    page = _compare(
        base, name, final, [days for _, days in told], luck, None if chosen is None else (final[chosen], variants)
    )
    outcome = Outcome(
        final, page, summary(luck), "", variants, "" if chosen is None else in_words(final[chosen], variants)
    )
    try:
        _record(bench, name, trials, final, [days for _, days in told])
    except TrackingUnreachable as error:
        return replace(outcome, untracked=f"{error}; everything else is done, and a repetition records it")
    return outcome


def best_of(trials: Sequence[Trial], results: Sequence[TrialResult]) -> int | None:
    """The position of the trial with the highest Sharpe ratio among those whose file has `sensitivity`.

    Args:
        trials: of the experiment.
        results: of these trials.

    Returns:
        The position, or None without such a trial.
    """
    found = [(ratio, -place) for place, (trial, result) in enumerate(zip(trials, results, strict=True))
             if trial.sensitivity is not None and (ratio := result.sharpe) is not None]  # fmt: skip
    return -max(found)[1] if found else None


def _variants(bench: Workbench, name: str, trial: Trial) -> list[Trial]:
    begin, end = span(bench.base, trial)
    sessions = [date for date in bench.base.lake.dates(TRADES) if begin <= date <= end]
    return variants_of(on_overlay(bench.base, name, trial, begin, bench), trial, sessions)


def _deflated(
    bench: Workbench, name: str, trial: Trial, result: TrialResult, sharpes: list[float]
) -> tuple[TrialResult, pl.DataFrame]:
    """The result with its Sharpe ratio judged among all trials, and its days."""
    if result.error:
        return result, pl.DataFrame()
    begin, end = span(bench.base, trial)
    workspace = on_overlay(bench.base, name, trial, begin, bench)
    days = workspace.lake.read(DAILY, workspace.sessions(begin, end))
    table = figures(days, sharpes, index_beside(workspace, days), taxes_of(workspace, days))
    return replace(result, figures=dict(table.select("metric", "value").iter_rows())), days


def _compare(
    base: Workspace,
    name: str,
    results: Sequence[TrialResult],
    days: Sequence[pl.DataFrame],
    luck: Luck,
    sensitivity: tuple[TrialResult, Sequence[TrialResult]] | None,
) -> str:
    from champion_assets.experiments.comparison_page import render

    key = f"{FOLDER}/{name}/comparison.html"
    base.lake.put(key, render(name, results, days, luck, sensitivity).encode())
    return base.lake.uri(key)


def _record(
    bench: Workbench, name: str, trials: Sequence[Trial], results: Sequence[TrialResult], days: Sequence[pl.DataFrame]
) -> None:
    base, tracking = bench.base, Tracking(bench.base.settings)
    for trial, result, history_of in zip(trials, results, days, strict=True):
        tags = {"champion.label": result.label, "champion.begin": result.begin, "champion.end": result.end}
        identity = {"champion.trial": result.identity, "champion.fingerprint": result.fingerprint or "failed"}
        if result.error:
            tracking.record(
                name,
                TrackedRun(
                    result.label, identity, result.parameters, tags=tags | {"error": result.error[:5000]}, failed=True
                ),
            )
            continue
        workspace = on_overlay(base, name, trial, span(base, trial)[0], bench)
        series = [
            (column, step, int(value_date.timestamp() * 1000), value)
            for column in ("value", "portfolio_return", "benchmark_return", "overnight_return")
            for step, (value_date, value) in enumerate(
                history_of.select(pl.col("trade_date").cast(pl.Datetime), column).iter_rows()
            )
        ]
        tracking.record(
            name,
            TrackedRun(
                result.label,
                identity,
                result.parameters,
                result.figures,
                tags,
                series,
                {
                    "tear_sheet.html": workspace.lake.get(HTML_KEY) or b"",
                    "weights.parquet": _weights(workspace, history_of),
                },
            ),
        )


def _weights(workspace: Workspace, days: pl.DataFrame) -> bytes:
    """All decisions as one Parquet file."""
    rows = workspace.lake.read(WEIGHTS, days["trade_date"].to_list())
    buffer = io.BytesIO()
    rows.filter(pl.col("decided_on") == pl.col("trade_date")).write_parquet(buffer)
    return buffer.getvalue()
