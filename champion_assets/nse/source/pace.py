"""Turns to ask a server.

Two requests begin at least an interval apart, whichever thread or process of this machine makes them.

What belongs here: waiting for a turn. Other machines are not known: docs/deployment.md says what to set.
"""

from __future__ import annotations

import time
from pathlib import Path

from champion_assets.common import system


class Pace:
    """Turns `interval` seconds apart among all who use `file`.

    Without a file among the callers of this object, who come one at a time.
    """

    def __init__(self, interval: float, file: Path | None) -> None:
        self._interval, self._file, self._next = interval, file, 0.0

    def wait(self) -> float:
        """Wait for the turn; returns the instant at which it came, on the monotonic clock."""
        if self._file is not None and self._interval:
            return self._wait_for_others(self._file)
        time.sleep(max(0.0, self._next - time.monotonic()))
        began = time.monotonic()
        self._next = began + self._interval
        return began

    def _wait_for_others(self, file: Path) -> float:
        """The file says when the last turn was; who holds its lock is next."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a+") as lock:
            system.lock(lock)
            lock.seek(0)
            last = float(lock.read() or 0.0)
            wait = min(
                last + self._interval - time.time(), self._interval
            )  # a clock that was set back costs one interval
            time.sleep(max(0.0, wait))
            began, now = time.monotonic(), time.time()
            with file.open("r+") as text:  # always as long: whenever this is interrupted, the file holds a number
                text.write(f"{now:020.6f}")
        return began
