"""Settings come from the environment, under the names that users know, and are validated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

import champion_assets
from champion_assets.settings import Settings


def test_names_and_defaults_of_the_older_pipelines(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_DIR", "COV_WINDOW_DAYS", "EXPECTED_RETURN_LOOKBACK", "RISK_AVERSION", "WEIGHT_CAP"):
        monkeypatch.delenv(name, raising=False)
    assert (Settings().risk_aversion, Settings().weight_cap) == (5.0, 0.07)
    for name, value in (
        ("DATA_DIR", "elsewhere"),
        ("COV_WINDOW_DAYS", "20"),
        ("EXPECTED_RETURN_LOOKBACK", "60"),
        ("WEIGHT_CAP", "0.1"),
    ):
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.lake_root == str(Path("elsewhere/lake"))
    assert (settings.cov_window_days, settings.expected_return_lookback, settings.weight_cap) == (20, 60, 0.1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEIGHT_CAP", "7"),
        ("RISK_AVERSION", "-1"),
        ("CHAMPION_START_DATE", "1990-01-01"),
        ("COV_WINDOW_DAYS", "many"),
        ("REBALANCE", "hourly"),
    ],
)
def test_a_senseless_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name):
        Settings()


def test_minio_names_are_aliases(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "CHAMPION_S3_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MINIO_ENDPOINT", "localhost:9000")
    monkeypatch.setenv("MINIO_ACCESS_KEY", "me")
    monkeypatch.setenv("MINIO_SECRET_KEY", "hidden")
    settings = Settings()
    assert settings.s3_endpoint == "localhost:9000"
    assert settings.s3_secret_key is not None
    assert settings.s3_secret_key.get_secret_value() == "hidden"
    assert "hidden" not in repr(settings)


def test_the_environment_is_read_in_one_module_only() -> None:
    package = Path(champion_assets.__file__).parent
    readers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"os\.(environ\b(?!\[\"DAGSTER)|getenv)", path.read_text())
    }
    # DAGSTER_* and MLFLOW_* belong to these libraries; the others are set here for the settings to read
    libraries = {
        "orchestration/dagster_home.py",
        "orchestration/storage/event_log.py",
        "orchestration/storage/postgres_events.py",
        "orchestration/storage/sqlite_events.py",
        "clients/mlflow.py",
    }
    assert readers == libraries | {
        "operations/demo.py",
        "operations/run_day.py",
        "cli/bring.py",
        "cli/ui.py",
        "settings/environment.py",
        "settings/origins.py",
    }
