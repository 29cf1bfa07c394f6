"""DAGSTER_HOME as Champion's commands make it ready: new ones are configured, those in use are left alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from champion_assets.orchestration.dagster_home import instance_yaml, prepare_dagster_home
from champion_assets.settings import Settings

Put = Callable[[str, str], None]


def test_without_a_home_it_is_in_the_data_folder(environment: Put, settings: Settings) -> None:
    assert prepare_dagster_home(settings) == (settings.data_dir / "dagster").resolve()
    assert (settings.data_dir / "dagster/dagster.yaml").read_text() == instance_yaml()
    assert os.environ["DAGSTER_HOME"] == str((settings.data_dir / "dagster").resolve())


def test_an_absent_and_an_empty_folder_are_configured(environment: Put, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("absent", "empty"):
        environment("DAGSTER_HOME", str(tmp_path / name))
        assert prepare_dagster_home(settings) == tmp_path / name
        assert (tmp_path / name / "dagster.yaml").read_text() == instance_yaml()


def test_a_relative_home_becomes_absolute_as_dagster_demands(
    environment: Put, settings: Settings, tmp_path: Path
) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        environment("DAGSTER_HOME", "relative")
        assert prepare_dagster_home(settings) == tmp_path / "relative"
    finally:
        os.chdir(here)


def test_a_folder_in_use_is_configured_only_on_demand(environment: Put, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "used/history").mkdir(parents=True)
    environment("DAGSTER_HOME", str(tmp_path / "used"))
    prepare_dagster_home(settings)
    assert not (tmp_path / "used/dagster.yaml").exists()
    prepare_dagster_home(settings, configure=True)
    assert (tmp_path / "used/dagster.yaml").read_text() == instance_yaml()


def test_the_users_file_stays_and_old_places_in_it_are_mended(
    environment: Put, settings: Settings, tmp_path: Path
) -> None:
    environment("DAGSTER_HOME", str(tmp_path))
    file = tmp_path / "dagster.yaml"
    file.write_text("nux: {enabled: true}\n")
    prepare_dagster_home(settings, configure=True)
    assert file.read_text() == "nux: {enabled: true}\n"
    file.write_text(
        "# mine\nevent_log_storage: {module: champion_assets.resources.sqlite_events, class: "
        "BatchedSqliteEventLogStorage}\n"
    )
    prepare_dagster_home(settings)
    assert file.read_text() == (
        "# mine\nevent_log_storage: {module: champion_assets.orchestration.storage.event_log, class: SqliteEventLog}\n"
    )
