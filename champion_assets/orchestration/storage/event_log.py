"""The event logs that a `dagster.yaml` names.

The fast ones on the version of Dagster that they were written for, else Dagster's own.

What belongs here: that choice, in words, and telling Dagster to send no usage data. What does not: how events are
stored (`sqlite_events.py`, `postgres_events.py`).

`SqliteEventLog` and `PostgresEventLog` are resolved when they are asked for, so that a machine without Postgres needs
no driver, and another version of Dagster imports none of the code that knows its internals. A `DAGSTER_HOME` without a
`dagster.yaml` gets Dagster's own log; `adopt_shipped_log` makes that one fast, too, in every process that loads the
definitions.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from pathlib import Path
from typing import Any

import dagster as dg

WRITTEN_FOR = "1.13.27"
"""The version of Dagster whose internals the fast logs use."""
_CLASSES = {
    "SqliteEventLog": (("sqlite_events", "BatchedSqliteEventLogStorage"), ("shipped", "ShippedSqliteEventLog")),
    "PostgresEventLog": (
        ("postgres_events", "BatchedPostgresEventLogStorage"),
        ("shipped_postgres", "ShippedPostgresEventLog"),
    ),
}
_warned: set[str] = set()


def is_known_version() -> bool:
    """True on the version of Dagster that the fast event logs were written for.

    On another one a warning says so, once a process.
    """
    if dg.__version__ == WRITTEN_FOR:
        return True
    _warn_once(
        f"Dagster {dg.__version__}: Champion's fast event log was written for {WRITTEN_FOR}. Dagster's "
        f"own, slower one is used instead; "
        f"nothing else changes. For the fast one: pip install dagster=={WRITTEN_FOR}"
    )
    return False


def send_no_usage_data() -> None:
    """Switch Dagster's telemetry off for this process and those that it starts."""
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")


def adopt_shipped_log() -> None:
    """Make Dagster's own SQLite log fast in this process.

    When it next connects it becomes the batched one, over the same files.

    Called as the definitions are imported, after Dagster's commands have opened the log, and again by each asset. Where
    no log has been loaded nothing happens, for loading one takes most of a second.
    """
    send_no_usage_data()
    if "dagster._core.storage.event_log.sqlite.sqlite_event_log" in sys.modules and is_known_version():
        from champion_assets.orchestration.storage.sqlite_events import adopt

        adopt(_say_how_to_configure)


def _say_how_to_configure() -> None:
    home = os.environ.get("DAGSTER_HOME")
    if home and not (Path(home) / "dagster.yaml").exists():
        _warn_once(
            f"{home} has no dagster.yaml: runs use Champion's fast event log all the same, but Dagster's "
            f"page and daemon use the slow one, "
            "and send usage data unless DAGSTER_DISABLE_TELEMETRY is set. `champion prepare` puts the file there."
        )


def _warn_once(text: str) -> None:
    if text not in _warned:
        _warned.add(text)
        logging.getLogger("dagster").warning(text)


def __getattr__(name: str) -> Any:
    """`SqliteEventLog` or `PostgresEventLog`.

    Raises:
        AttributeError: another name.
    """
    if name not in _CLASSES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    send_no_usage_data()
    module, chosen = _CLASSES[name][0 if is_known_version() else 1]
    return getattr(importlib.import_module(f"champion_assets.orchestration.storage.{module}"), chosen)
