"""MLflow's SQLite file under DATA_DIR, looked at without MLflow, whose import takes seconds.

What belongs here: whether the next run could be recorded in our own store. What does not: recording (`mlflow.py`), and
stores that the settings name, which only MLflow can reach.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from champion_assets.clients.mlflow import TrackingUnreachable, deleted_experiment, unreachable
from champion_assets.common.address import Address

_MIGRATIONS = "store/db_migrations/versions"
_NAMED = re.compile(r"^(down_)?revision(?:\s*:[^=]+)?\s*=\s*[\"']([0-9a-f]+)[\"']", re.MULTILINE)


def look_at_file(place: Address, experiment: str) -> None:
    """Ask MLflow's file for an experiment, which need not exist.

    Args:
        place: `sqlite:///` and the path of a file that is there.
        experiment: its name.

    Raises:
        TrackingUnreachable: the file is damaged or of another version of MLflow, or the experiment was deleted.
    """
    file = Path(place.reveal().removeprefix("sqlite:///"))
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as database:
            ((state,),) = database.execute("PRAGMA quick_check(1)").fetchall()
            if state != "ok":
                raise sqlite3.DatabaseError(f"database disk image is malformed: {state}")
            versions = {version for (version,) in database.execute("SELECT version_num FROM alembic_version")}
            found = database.execute(
                "SELECT experiment_id, lifecycle_stage FROM experiments WHERE name = ?", [experiment]
            ).fetchone()
    except sqlite3.Error as error:
        raise unreachable(place, "cannot be used", str(error)) from None
    if versions != {newest_version()}:
        raise unreachable(place, "cannot be used", f"out-of-date database schema ({', '.join(sorted(versions))})")
    if found is not None and found[1] == "deleted":
        raise deleted_experiment(place, experiment, found[0])


def newest_version() -> str:
    """The version of the database that the installed MLflow makes: that migration which no other one follows.

    Raises:
        TrackingUnreachable: MLflow is not installed, or its migrations have two ends.
    """
    spec = find_spec("mlflow")
    if spec is None or not spec.submodule_search_locations:
        raise TrackingUnreachable(
            "MLflow is not installed: pip install champion-assets with it, or CHAMPION_TRACK=false"
        )
    made, followed = set[str](), set[str]()
    for is_parent, number in _revisions(Path(next(iter(spec.submodule_search_locations))) / _MIGRATIONS):
        (followed if is_parent else made).add(number)
    newest = made - followed
    if len(newest) != 1:
        raise TrackingUnreachable(f"MLflow's migrations end in {sorted(newest)}, where one end was expected")
    return newest.pop()


def _revisions(folder: Path) -> Iterator[tuple[bool, str]]:
    for file in folder.glob("*.py"):
        for down, number in _NAMED.findall(file.read_text(encoding="utf-8")):
            yield bool(down), number
