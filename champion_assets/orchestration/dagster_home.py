"""The folder in which Dagster keeps its books, made ready for Champion's commands.

What belongs here: where it is and that it has a `dagster.yaml`. What does not: what stands in that file
(`instance.yaml`).
"""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from champion_assets.settings import Settings

_MOVED = {
    "champion_assets.resources.sqlite_events": ("BatchedSqliteEventLogStorage", "SqliteEventLog"),
    "champion_assets.resources.postgres_events": ("BatchedPostgresEventLogStorage", "PostgresEventLog"),
}
"""Event logs by the module that named them in a `dagster.yaml` of an earlier version: old class, present one."""
_PRESENT = "champion_assets.orchestration.storage.event_log"


def prepare_dagster_home(settings: Settings, *, configure: bool = False) -> Path:
    """Make `DAGSTER_HOME`, by default DATA_DIR/dagster, ready for Dagster and return it.

    An absent or empty folder gets Champion's `dagster.yaml`. A folder in use gets one only if `configure` says so: it
    may be shared with other code. In a file of an earlier version the places of the event logs are mended.
    """
    named = os.environ.get("DAGSTER_HOME")
    home = (Path(named).expanduser() if named else settings.data_dir / "dagster").resolve()
    home.mkdir(parents=True, exist_ok=True)
    file = home / "dagster.yaml"
    if file.exists():
        _mend(file)
    elif configure or not named or not any(home.iterdir()):
        file.write_text(instance_yaml(), encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def instance_yaml() -> str:
    """Champion's `dagster.yaml` for one machine."""
    return resources.files("champion_assets.orchestration").joinpath("instance.yaml").read_text(encoding="utf-8")


def workspace_yaml() -> Path:
    """The packaged workspace file: one code location, named champion at every door."""
    return Path(str(resources.files("champion_assets.orchestration").joinpath("workspace.yaml")))


def _mend(file: Path) -> None:
    text = mended = file.read_text(encoding="utf-8")
    for module, (old, new) in _MOVED.items():
        if module in mended:
            mended = mended.replace(module, _PRESENT).replace(old, new)
    if mended != text:
        file.write_text(mended, encoding="utf-8")
