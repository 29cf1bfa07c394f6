"""Our own MLflow file, looked at without MLflow: the same verdicts as MLflow's own."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from mlflow.store.db.utils import _get_latest_schema_revision

from champion_assets.clients.mlflow import Tracking, TrackingUnreachable, store_uri
from champion_assets.clients.mlflow_file import look_at_file, newest_version
from champion_assets.settings import Settings
from champion_assets_tests.clients.test_mlflow import RUN, _overwritten, _scratched, _version, store


def test_the_newest_version_is_what_mlflow_itself_calls_it() -> None:
    assert newest_version() == _get_latest_schema_revision()


def test_a_store_in_order_is_silent_whether_or_not_the_experiment_exists(settings: Settings) -> None:
    Tracking(settings).record("x", RUN)
    look_at_file(store_uri(settings), "x")
    look_at_file(store_uri(settings), "not yet")


@pytest.mark.parametrize(("damage", "words"), [
    (_version("ffffffffffff"), "of another version of MLflow: upgrade it, or use that version"),
    (_version("451aebb31d03"), "of another version of MLflow: upgrade it, or use that version"),
    (_overwritten, "file is not a database. If the file is damaged, move it away"),
    (_scratched, "database disk image is malformed"),
    (Path.unlink, "unable to open database file. If the file is damaged, move it away"),
])  # fmt: skip
def test_a_damaged_store_is_named_in_the_words_of_mlflow(
    settings: Settings, tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    Tracking(settings).record("x", RUN)
    there = settings.model_copy(update={"data_dir": tmp_path / "there"})
    path = store(there)
    path.parent.mkdir(parents=True)
    shutil.copy(store(settings), path)
    damage(path)
    with pytest.raises(TrackingUnreachable) as caught:
        look_at_file(store_uri(there), "x")
    assert words in str(caught.value)


def test_a_deleted_experiment_is_named(settings: Settings) -> None:
    Tracking(settings).record("x", RUN)
    with closing(sqlite3.connect(store(settings))) as database:
        database.execute("UPDATE experiments SET lifecycle_stage = 'deleted' WHERE name = 'x'")
        database.commit()
    with pytest.raises(TrackingUnreachable) as told:
        look_at_file(store_uri(settings), "x")
    with pytest.raises(TrackingUnreachable) as by_mlflow:
        Tracking(settings).look("x")
    assert str(told.value) == str(by_mlflow.value)
