"""A command of Dagster in this process, and at its end the class of every event log that it opened: `probe.py dagster
asset …`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

from dagster import DagsterInstance

PREFIX = "event log: "
_opened: list[Any] = []
_shipped_init = DagsterInstance.__init__


def _init(self: DagsterInstance, *arguments: Any, **named: Any) -> None:
    _shipped_init(self, *arguments, **named)
    _opened.append(self.event_log_storage)


if __name__ == "__main__":
    DagsterInstance.__init__ = _init  # type: ignore[method-assign]
    sys.argv = [str(Path(sys.executable).with_name(sys.argv[1])), *sys.argv[2:]]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        for storage in _opened:
            sys.stdout.write(f"{PREFIX}{type(storage).__name__}\n")
