"""Which event log a `dagster.yaml` gets: the fast one on the known version of Dagster, else Dagster's own, and a
sentence."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

import champion_assets
from champion_assets.orchestration.storage import event_log, sqlite_events
from champion_assets.orchestration.storage.shipped import ShippedSqliteEventLog

YAML = (Path(champion_assets.__file__).parent / "orchestration/instance.yaml").read_text()


@pytest.fixture(autouse=True)
def _own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SqliteEventLogStorage, "_connect", sqlite_events._shipped_connect)
    monkeypatch.setattr(event_log, "_warned", set())


def _instance(folder: Path, text: str = YAML) -> dg.DagsterInstance:
    (folder / "dagster.yaml").write_text(text)
    return dg.DagsterInstance.from_config(str(folder))


def test_the_known_version_gets_the_fast_log_and_silence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with _instance(tmp_path) as instance:
        assert type(instance.event_log_storage).__name__ == "BatchedSqliteEventLogStorage"
    assert "slower" not in caplog.text


def test_another_version_gets_dagsters_own_log_and_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dg, "__version__", "1.14.0")
    with caplog.at_level(logging.WARNING, "dagster"), _instance(tmp_path) as instance:
        storage = instance.event_log_storage
        assert type(storage) is ShippedSqliteEventLog
        assert storage.store_event_batch.__func__ is SqliteEventLogStorage.store_event_batch  # type: ignore[attr-defined]

        @dg.asset
        def one() -> None: ...

        assert dg.materialize([one], instance=instance).success
        assert instance.get_latest_materialization_event(dg.AssetKey("one")) is not None
    assert caplog.text.count("Dagster 1.14.0: Champion's fast event log was written for 1.13.27") == 1
    event_log.adopt_shipped_log()
    assert SqliteEventLogStorage._connect is sqlite_events._shipped_connect


def test_telemetry_is_off_where_the_log_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_DISABLE_TELEMETRY", raising=False)
    with _instance(tmp_path) as instance:
        assert not instance.telemetry_enabled
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"]


def test_both_logs_are_named_and_no_other() -> None:
    pytest.importorskip("dagster_postgres")
    assert event_log.PostgresEventLog.__name__ == "BatchedPostgresEventLogStorage"
    with pytest.raises(AttributeError, match="has no attribute MysqlEventLog"):
        event_log.MysqlEventLog  # noqa: B018


def test_another_version_of_postgres_takes_the_same_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dagster_postgres")
    monkeypatch.setattr(dg, "__version__", "1.14.0")
    assert event_log.PostgresEventLog.__name__ == "ShippedPostgresEventLog"
    assert "batch_size" in event_log.PostgresEventLog.config_type()
