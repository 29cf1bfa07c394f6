"""What a command costs: CPU seconds of a process from its start to its end, as a ratio to `python -c "import dagster,
polars"`.

The lake is a fictional exchange of six months; no source of NSE is needed. Each figure is the least of several runs;
one new day is built once on each of as many copies of the lake.

    python -m champion_assets_tests.benchmarks.commands
"""

import datetime as dt
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.synthetic.exchange import write_exchange

START, LAST = dt.date(2023, 11, 1), dt.date(2024, 4, 30)
RUNS = 3
BASELINE = ("-c", "import dagster, polars")
COMMANDS: dict[str, tuple[str, ...]] = {
    "champion --help": ("-m", "champion_assets.cli", "--help"),
    "champion calendar": ("-m", "champion_assets.cli", "calendar", LAST.isoformat()),
    "champion doctor": ("-m", "champion_assets.cli", "doctor"),
    "import champion_assets.research": ("-c", "import champion_assets.research"),
    "import champion_assets.definitions": ("-c", "import champion_assets.definitions"),
}
RUN = ("-m", "champion_assets.cli", "run", "--quiet")


def cpu(arguments: tuple[str, ...], folder: Path, codes: tuple[int, ...] = (0,)) -> float:
    """CPU seconds of a Python process and its children; `folder` is its DATA_DIR."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("CHAMPION_", "DAGSTER", "MLFLOW"))
    } | {
        "DATA_DIR": str(folder),
        "CHAMPION_LAKE": str(folder / "lake"),
        "CHAMPION_SOURCE": str(folder.parent / "exchange"),
        "CHAMPION_ESG": str(folder.parent / "exchange" / "esg"),
        "CHAMPION_START_DATE": START.isoformat(),
        "UNIVERSE_SIZE": "100",
        "UNIVERSE_WARMUP": "30",
        "COV_WINDOW_DAYS": "40",
        "EXPECTED_RETURN_LOOKBACK": "40",
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *arguments], env=environment, check=False, capture_output=True, text=True)
    if done.returncode not in codes:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def figures(folder: Path) -> dict[str, float]:
    """CPU seconds by what is measured, the baseline first."""
    write_exchange(folder / "exchange", load_calendar(), START, LAST, 7)
    before, work = folder / "before", folder / "work"
    day_before = LAST - dt.timedelta(days=1)
    cpu(("-m", "champion_assets.cli", "backfill", START.isoformat(), day_before.isoformat(), "--quiet"), before)
    found = {"import dagster, polars": min(cpu(BASELINE, before) for _ in range(RUNS))}
    days = []
    for _ in range(RUNS):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(before, work)
        days.append(cpu(RUN, work))
    found["champion run, one new day"] = min(days)
    found["champion run, nothing to do"] = min(cpu(RUN, work) for _ in range(RUNS))
    for name, arguments in COMMANDS.items():
        codes = (0, 1, 2) if "doctor" in arguments else (0,)  # it finds sessions overdue
        found[name] = min(cpu(arguments, work, codes) for _ in range(RUNS))
    return found


def main() -> None:
    """The table."""
    with tempfile.TemporaryDirectory() as folder:
        found = figures(Path(folder))
    baseline = next(iter(found.values()))
    print(f"{'':36} CPU s  ratio")  # noqa: T201
    for name, seconds in found.items():
        print(f"{name:36} {seconds:5.2f}  {seconds / baseline:5.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
