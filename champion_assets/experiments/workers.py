"""Trials side by side in processes.

What belongs here: which process runs which trial. What does not: the trial (`trial.py`). A process that has made the
features of some settings is given the other trials of these settings first, so that they are made once where they can.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context

from champion_assets.catalog import open_workspace
from champion_assets.experiments.plan import Trial
from champion_assets.experiments.results import TrialResult
from champion_assets.experiments.trial import own_tables, run_trial
from champion_assets.experiments.workbench import Workbench, sources_of
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings

Features = tuple[str, ...]
Done = Callable[[TrialResult], None]


def run_trials(bench: Workbench, name: str, trials: Sequence[Trial], jobs: int, done: Done) -> list[TrialResult]:
    """Run trials, `jobs` at a time.

    Args:
        bench: of this process, which runs them itself if it is to run one at a time.
        name: the experiment.
        trials: each with its own settings.
        jobs: processes.
        done: called for each trial as it ends.

    Returns:
        The results, in the order of the trials.
    """
    features = [features_of(bench.base, trial) for trial in trials]
    found: dict[int, TrialResult] = {}
    if jobs == 1 or len(trials) <= 1:
        for number in sorted(range(len(trials)), key=lambda each: features[each]):
            found[number] = run_trial(bench.base, name, trials[number], bench)
            done(found[number])
    else:
        _side_by_side(bench.base.settings, name, trials, features, min(jobs, len(trials)), found, done)
    return [found[number] for number in range(len(trials))]


def features_of(base: Workspace, trial: Trial) -> Features:
    """What trials have in common that share their features: the same for both."""
    return tuple(sorted(sources_of(own_tables(base.tables, base.settings, trial.settings), trial.settings).values()))


def next_trial(
    waiting: Sequence[int], features: Sequence[Features], mine: Features | None, others: set[Features]
) -> int:
    """Which of the trials that wait a process runs next.

    Args:
        waiting: numbers of trials, one at least.
        features: of all trials.
        mine: of the process's last trial; None before its first.
        others: those of the trials that run elsewhere.
    """
    return min(waiting, key=lambda number: (features[number] != mine, features[number] in others, number))


def _side_by_side(
    settings: Settings,
    name: str,
    trials: Sequence[Trial],
    features: Sequence[Features],
    jobs: int,
    found: dict[int, TrialResult],
    done: Done,
) -> None:
    pools = [ProcessPoolExecutor(1, get_context("spawn"), initializer=_begin, initargs=(settings,))
             for _ in range(jobs)]  # fmt: skip
    waiting, last = list(range(len(trials))), dict[int, Features]()
    running: dict[Future[TrialResult], tuple[int, int]] = {}

    def give(process: int) -> None:
        elsewhere = {features[number] for number, _ in running.values()}
        number = next_trial(waiting, features, last.get(process), elsewhere)
        waiting.remove(number)
        last[process] = features[number]
        running[pools[process].submit(_in_process, name, trials[number])] = number, process

    try:
        for process in range(jobs):
            give(process)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number, process = running.pop(future)
                found[number] = future.result()
                if waiting:
                    give(process)
                done(found[number])
    except BaseException:
        for pool in pools:
            for worker in list(pool._processes.values()):  # noqa: SLF001  # a trial without its list is none
                worker.terminate()
        raise
    finally:
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)


_BENCHES: list[Workbench] = []
"""That of a process that was started for trials; it has one."""


def _begin(settings: Settings) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    _BENCHES.append(Workbench(open_workspace(settings)))


def _in_process(name: str, trial: Trial) -> TrialResult:
    return run_trial(_BENCHES[0].base, name, trial, _BENCHES[0])
