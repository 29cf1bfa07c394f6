"""Trials in memory beside the same strategies built as the daily pipeline builds them, on the lake of the settings.

python -m champion_assets_tests.benchmarks.experiments [TRIALS=5]

Each strategy has another RISK_AVERSION. The first one is also built the pipeline's way, planned and written day by day
into a lake of its own in a temporary folder, and its account and days must be the same in every column. Printed are CPU
seconds and files: of the pipeline's way, of what all trials of a process have in common, and of one more trial. Nothing
is left in the lake.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from champion_assets.catalog import open_workspace
from champion_assets.common.dates import calendar_days
from champion_assets.experiments.plan import Trial, changed
from champion_assets.experiments.trial import on_overlay, own_tables, run_trial, span
from champion_assets.experiments.workbench import Workbench
from champion_assets.lake.build import build_range
from champion_assets.lake.overlay import OverlayLake
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import get_settings


def the_pipelines_way(base: Workspace, trial: Trial, root: Path) -> Workspace:
    """The tables of a trial, planned and written day by day into a lake at `root`."""
    begin, end = span(base, trial)
    own = own_tables(base.tables, base.settings, trial.settings)
    others = [name for name in base.tables if name not in {table.name for table in own}]
    place = replace(base, settings=trial.settings, begin=begin, lake=OverlayLake(str(root), base.lake, others))
    for table in own:
        before = place.window_before(begin) if table.group == "features" else None
        report = build_range(table, place, calendar_days(before or begin, end))
        if report.failed:
            raise min(report.failed.items())[1]
    return place


def measured(work: Callable[[], object]) -> float:
    """CPU seconds of this process for `work`."""
    started = time.process_time()
    work()
    return time.process_time() - started


def files(folder: Path) -> int:
    """How many there are."""
    return sum(path.is_file() for path in folder.rglob("*"))


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(count: int) -> None:
    """See the module."""
    base = open_workspace(get_settings())
    trials = [Trial(f"risk aversion {each}", changed(base.settings, {"risk_aversion": float(each)}, "benchmark"))
              for each in range(1, count + 1)]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        results = OverlayLake(f"{folder}/trials", base.lake, list(base.tables))
        own = replace(base, lake=results)
        begin, end = span(own, trials[0])
        dates = base.sessions(begin, end)
        say(f"{len(dates)} sessions from {begin} to {end}")
        whole = measured(lambda: the_pipelines_way(own, trials[0], Path(folder, "pipeline")))
        say(f"the daily pipeline's way: {whole:.1f} s of CPU, {files(Path(folder, 'pipeline'))} files, without a page")
        bench = Workbench(own)
        first = measured(lambda: run_trial(own, "benchmark", trials[0], bench))
        more = measured(lambda: [run_trial(own, "benchmark", each, bench) for each in trials[1:]]) / max(1, count - 1)
        written = files(Path(folder, "trials/experiments/benchmark")) / count
        say(f"the first trial of a process: {first:.1f} s of CPU, of which {first - more:.1f} s are for all of them")
        say(f"one more trial: {more:.2f} s of CPU, {written:.0f} files, with its page")
        say(f"ratio: {whole / more:.1f}; 100 trials in two processes: {first - more + 50 * more:.0f} s in each")
        expected = the_pipelines_way(own, trials[0], Path(folder, "pipeline")).lake
        found = on_overlay(own, "benchmark", trials[0], begin, bench).lake
        for table in ("portfolio/account", "backtest/daily"):
            if not expected.read(table, dates).equals(found.read(table, dates)):
                raise SystemExit(f"{table} is not the same")
        say("account and days are the same in every column")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
