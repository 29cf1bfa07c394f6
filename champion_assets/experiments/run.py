"""All trials of an experiment: side by side in processes, compared on one page, kept in MLflow.

What belongs here: the order of these steps. The more trials were ever made, the less the best one means: every Sharpe
ratio is deflated for all of them, those of earlier days and of experiments with other names included.
"""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

import polars as pl

from champion_assets.backtest.tear_sheet import HTML_KEY, history, index_beside, taxes_of
from champion_assets.backtest.tear_sheet_figures import figures
from champion_assets.catalog import open_workspace
from champion_assets.clients.mlflow import TrackedRun, Tracking, TrackingUnreachable
from champion_assets.experiments.luck import Luck, luck_of
from champion_assets.experiments.luck_words import summary
from champion_assets.experiments.plan import Trial
from champion_assets.experiments.results import FOLDER, TrialResult, every_result
from champion_assets.experiments.sensitivity import in_words
from champion_assets.experiments.trial import TRADES, on_overlay, run_trial, span
from champion_assets.experiments.variants import variants_of
from champion_assets.lake.workspace import Workspace
from champion_assets.portfolio.target_weights import NAME as WEIGHTS
from champion_assets.settings import Settings

Done = Callable[[TrialResult], None]


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
    results = _run(base, name, trials, jobs or os.cpu_count() or 1, done)
    sharpes = [ratio for each in every_result(base.lake) if (ratio := each.sharpe) is not None]
    told = [_deflated(base, name, trial, result, sharpes) for trial, result in zip(trials, results, strict=True)]
    final = [result for result, _ in told]
    luck = luck_of(base.lake, name, {each.identity for each in final}, len(sharpes))
    chosen = best_of(trials, final)
    variants = (
        []
        if chosen is None
        else _run(base, name, _variants(base, name, trials[chosen]), jobs or os.cpu_count() or 1, done)
    )
    page = _compare(
        base, name, final, [days for _, days in told], luck, None if chosen is None else (final[chosen], variants)
    )
    outcome = Outcome(
        final, page, summary(luck), "", variants, "" if chosen is None else in_words(final[chosen], variants)
    )
    try:
        _record(base, name, trials, final, [days for _, days in told])
    except TrackingUnreachable as error:
        return replace(outcome, untracked=f"{error}; everything else is done, and a repetition records it")
    return outcome


def best_of(trials: Sequence[Trial], results: Sequence[TrialResult]) -> int | None:
    """Place of the trial with the highest Sharpe ratio among those whose file asks for variants; None without any."""
    found = [(ratio, -place) for place, (trial, result) in enumerate(zip(trials, results, strict=True))
             if trial.sensitivity is not None and (ratio := result.sharpe) is not None]  # fmt: skip
    return -max(found)[1] if found else None


def _variants(base: Workspace, name: str, trial: Trial) -> list[Trial]:
    begin, end = span(base, trial)
    sessions = [date for date in base.lake.dates(TRADES) if begin <= date <= end]
    return variants_of(on_overlay(base, name, trial, begin), trial, sessions)


def _run(base: Workspace, name: str, trials: Sequence[Trial], jobs: int, done: Done) -> list[TrialResult]:
    if jobs == 1 or len(trials) <= 1:
        results = []
        for trial in trials:
            results.append(run_trial(base, name, trial))
            done(results[-1])
        return results
    found: dict[int, TrialResult] = {}
    with ProcessPoolExecutor(
        min(jobs, len(trials)), mp_context=get_context("spawn"), initializer=_leave_ctrl_c_to_the_parent
    ) as pool:
        waiting = {pool.submit(_in_process, base.settings, name, trial): number for number, trial in enumerate(trials)}
        try:
            for future in as_completed(waiting):
                found[waiting[future]] = future.result()
                done(found[waiting[future]])
        except BaseException:
            for worker in list(pool._processes.values()):  # noqa: SLF001  # a trial may take minutes; what it wrote is whole
                worker.terminate()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [found[number] for number in range(len(trials))]


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _in_process(settings: Settings, name: str, trial: Trial) -> TrialResult:

    return run_trial(open_workspace(settings), name, trial)


def _deflated(
    base: Workspace, name: str, trial: Trial, result: TrialResult, sharpes: list[float]
) -> tuple[TrialResult, pl.DataFrame]:
    """The result with its Sharpe ratio judged among all trials, and its days."""
    if result.error:
        return result, pl.DataFrame()
    begin, end = span(base, trial)
    workspace = on_overlay(base, name, trial, begin)
    days, _ = history(workspace, end)
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
    base: Workspace, name: str, trials: Sequence[Trial], results: Sequence[TrialResult], days: Sequence[pl.DataFrame]
) -> None:
    tracking = Tracking(base.settings)
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
        workspace = on_overlay(base, name, trial, span(base, trial)[0])
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
