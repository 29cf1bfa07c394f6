"""Six weeks of a daemon's life in compressed time: what a person edits, what the exchange does, what machines do.

python -m champion_assets_tests.benchmarks.six_weeks [SEED=1]

A closure that nobody announced, a Saturday that no list has, three weeks down, republished and late files, garbage,
edited decisions and settings, a dead MLflow the whole time, DuckDB open elsewhere, killed runs and daemons. The lake
must come out as if there had been no fault, and each alarm must have been given once. Takes some ten minutes; the short
soak of CI is `end_to_end/test_soak.py`.
"""

from __future__ import annotations

import datetime as dt
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from champion_assets.lake.store import Lake
from champion_assets.nse.calendar import load_calendar
from champion_assets_tests.benchmarks.soak import LEFT_OUT
from champion_assets_tests.end_to_end.rehearsal import Rehearsal, play, reference, rehearse, settle
from champion_assets_tests.helpers import content

HEAD = "date,status,reason,open,close,evidence\n"
CLOSED, SATURDAY = dt.date(2024, 1, 11), dt.date(2024, 1, 13)
MOURNING, EXTRA = (
    f"{CLOSED},closed,state mourning,,,circular\n",
    f"{SATURDAY},special,live session from the other site,,,circular\n",
)
BACK = dt.date(2024, 2, 2)
"""The daemon is down from the evening of the special Saturday until here."""
END = dt.date(2024, 2, 9)
HOLD = "import duckdb, sys; duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


class SixWeeks:
    """The scenes; each ends when the lake is as it should be."""

    def __init__(self, stage: Rehearsal, folder: Path) -> None:
        self.stage = stage
        self.calendar, self.actions, self.toml = (
            folder / "calendar.csv",
            folder / "actions.csv",
            stage.folder / "champion.toml",
        )
        self.settings: dict[str, object] = {"calendar": self.calendar, "action_overrides": self.actions}

    def alarms(self) -> list[str]:
        """The titles of all alarms so far."""
        return [str(line["title"]) for line in self.stage.log() if line["event"] == "alarm"]

    def evening(self, date: dt.date) -> None:
        """The exchange publishes the files of a day, and nothing more happens."""
        play(self.stage, date, "none")

    def unannounced_closure(self) -> None:
        """No file comes. A person hears of it, writes the line that the alarm advises, and the daemon goes on without a
        restart."""
        following = dt.date(2024, 1, 12)
        self.stage.clock(CLOSED, 16)
        self.stage.wait("the late file is told", lambda: any(str(CLOSED) in title for title in self.alarms()))
        self.stage.state.published_until = following
        self.stage.clock(following)
        time.sleep(5.0)
        assert not self.stage.is_built(following), "a day was built on one that is not there"
        self.calendar.write_text(HEAD + MOURNING)
        self.stage.happened.append((following, "unannounced closure before it"))
        self.stage.wait(f"{following} is built after the line was written", lambda: self.stage.is_built(following))

    def unlisted_saturday(self) -> None:
        """The exchange trades on a Saturday; the line is written in its evening."""
        self.stage.state.published_until = SATURDAY
        self.stage.clock(SATURDAY)
        self.calendar.write_text(HEAD + MOURNING + EXTRA)
        self.stage.happened.append((SATURDAY, "unlisted Saturday"))
        self.stage.wait(f"{SATURDAY} is built", lambda: self.stage.is_built(SATURDAY))

    def three_weeks_down(self) -> None:
        """The machine is off; when it is back, everything comes from the first missing session on."""
        self.stage.stop_daemon(signal.SIGKILL)
        self.stage.state.published_until = BACK
        self.stage.clock(BACK)
        self.stage.start_daemon()
        self.stage.happened.append((BACK, "three weeks down"))
        self.stage.wait(f"{BACK} is built", lambda: self.stage.is_built(BACK))

    def duckdb_open_elsewhere(self, date: dt.date) -> None:
        """Another program has the warehouse's file open for writing when the day comes out; the data is built all the
        same."""
        command = [sys.executable, "-c", HOLD, str(self.stage.folder / "data" / "champion.duckdb")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"open\n"
            self.stage.state.published_until = date
            self.stage.clock(date)
            lake = Lake(str(self.stage.lake))
            self.stage.wait(f"{date}: the data is built", lambda: lake.has("backtest/daily", date))
            time.sleep(5.0)
            holder.communicate()
        self.stage.happened.append((date, "DuckDB open elsewhere"))
        self.stage.wait(f"{date} is built", lambda: self.stage.is_built(date))

    def edited_decision(self) -> None:
        """A dividend that the feeds lack, of a day that is long built."""
        symbol = self.stage.exchange.market.companies[0].symbol
        self.actions.write_text(
            f"symbol,ex_date,action,cash,why,evidence\n{symbol},2024-01-04,dividend,1.5,not in the feed,circular\n"
        )
        settle(self.stage, self.settings)

    def edited_settings(self) -> None:
        """`champion.toml` appears while the daemon runs: the whole history is decided anew."""
        self.toml.write_text("[strategy]\nrisk_aversion = 2.0\n")
        self.settings["risk_aversion"] = 2.0
        settle(self.stage, self.settings)

    def scenes(self) -> list[tuple[str, Callable[[], None]]]:
        """What happens, in order."""

        def day(month: int, number: int, fault: str) -> tuple[str, Callable[[], None]]:
            date = dt.date(2024, month, number)
            return f"{date} {fault}", lambda: play(self.stage, date, fault)

        return [
            day(1, 1, "none"),
            day(1, 2, "html"),
            day(1, 3, "late delivery"),
            day(1, 4, "republish"),
            day(1, 5, "kill daemon"),
            day(1, 8, "late"),
            ("2024-01-09 DuckDB open elsewhere", lambda: self.duckdb_open_elsewhere(dt.date(2024, 1, 9))),
            day(1, 10, "none"),
            ("edited decision", self.edited_decision),
            ("unannounced closure", self.unannounced_closure),
            ("unlisted Saturday", self.unlisted_saturday),
            ("three weeks down", self.three_weeks_down),
            day(2, 5, "republish"),
            day(2, 6, "truncated"),
            ("edited settings", self.edited_settings),
            day(2, 7, "kill run"),
            day(2, 8, "yesterday"),
            day(2, 9, "none"),
        ]


def main(seed: int) -> None:
    """Play and compare; the exit code is 1 if an object differs, an alarm was given twice, or a run could only fail."""
    with tempfile.TemporaryDirectory(prefix="champion-six-weeks-") as name:
        folder, started = Path(name), time.monotonic()
        (folder / "true.csv").write_text(HEAD + MOURNING + EXTRA)
        (folder / "calendar.csv").write_text(HEAD)
        (folder / "actions.csv").write_text("symbol,ex_date,action,cash,why,evidence\n")
        more = {
            "CHAMPION_CALENDAR": str(folder / "calendar.csv"),
            "CHAMPION_CORPORATE_ACTIONS": str(folder / "actions.csv"),
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        }
        true = load_calendar(folder / "true.csv")
        with rehearse(folder / "stage", END + dt.timedelta(days=20), seed, true, more) as stage:
            stage.patience = 1800.0
            weeks = SixWeeks(stage, folder)
            for title, scene in weeks.scenes():
                begun = time.monotonic()
                scene()
                sys.stdout.write(f"{title}: {time.monotonic() - begun:.0f} s\n")
                sys.stdout.flush()
            stage.clock(END, 16)
            settle(stage, weeks.settings)
            given = [line for line in stage.log() if line["event"] == "alarm"]
            hopeless = [str(line["title"]) for line in given if "MissingInput" in str(line["text"])]
            alarms = Counter(re.sub(r"run \w{8} ", "run ", title) for title in weeks.alarms())
            events = Counter(str(line["event"]) for line in stage.log())
        mine = content(stage.lake, LEFT_OUT)
        theirs = content(reference(stage, folder / "reference", weeks.settings), LEFT_OUT)
        different = sorted({*mine, *theirs} - {key for key, value in mine.items() if theirs.get(key) == value})
    twice = {title: count for title, count in alarms.items() if count > (2 if title.startswith("run ") else 1)}
    sys.stdout.write(
        f"{time.monotonic() - started:.0f} s; log: {dict(sorted(events.items()))}\nalarms: "
        f"{dict(sorted(alarms.items()))}\n"
        f"{len(mine)} objects, {len(different)} differ {different[:5]}; too often: {twice}; hopeless: {hopeless}\n"
    )
    sys.exit(bool(different or twice or hopeless))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
