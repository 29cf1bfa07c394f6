"""The long soak: fictional days through the real daemon, a random fault on each; the lake must come out as if there had
been none.

python -m champion_assets_tests.benchmarks.soak [DAYS=60] [SEED=1]
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from champion_assets.nse.calendar import load_calendar
from champion_assets_tests.end_to_end.rehearsal import FAULTS, START, play, reference, rehearse, settle
from champion_assets_tests.helpers import content

LEFT_OUT = (
    "raw/",
    "warehouse/",
    "checks/",
    "quarantine/",
    "backtest/tear_sheet",
    "experiments/",
    "tracking/",
    "state/",
)


def main(days: int, seed: int) -> None:
    """Play and compare; the exit code is 1 if a byte differs."""
    sessions = load_calendar().sessions_between(START, START + dt.timedelta(days=2 * days + 10))[:days]
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="champion-soak-") as folder:
        started = time.monotonic()
        with rehearse(Path(folder) / "stage", sessions[-1] + dt.timedelta(days=20), seed) as stage:
            for date in sessions:
                fault = chance.choice(FAULTS)
                begun = time.monotonic()
                play(stage, date, fault)
                sys.stdout.write(f"{date} {fault}: built after {time.monotonic() - begun:.0f} s\n")
                sys.stdout.flush()
            settle(stage)
            events = Counter(line["event"] for line in stage.log())
        mine, theirs = content(stage.lake, LEFT_OUT), content(reference(stage, Path(folder) / "reference"), LEFT_OUT)
    different = sorted({*mine, *theirs} - {key for key, value in mine.items() if theirs.get(key) == value})
    told = ", ".join(f"{count} {event}" for event, count in sorted(events.items()))
    sys.stdout.write(
        f"{days} days, {dict(Counter(fault for _, fault in stage.happened))}, "
        f"{time.monotonic() - started:.0f} s; log: {told}; "
        f"{len(mine)} objects, {len(different)} differ {different[:5]}\n"
    )
    sys.exit(bool(different))


if __name__ == "__main__":
    main(*(int(each) for each in (sys.argv[1:] + ["60", "1"][len(sys.argv) - 1 :])))
