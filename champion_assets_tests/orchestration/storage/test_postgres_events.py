"""The batched event log in Postgres against Dagster's own: the same answers to the same questions, on a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as db

import champion_assets
from champion_assets.orchestration.storage.postgres_events import BatchedPostgresEventLogStorage
from champion_assets_tests.orchestration.storage.test_sqlite_events import _answers, _run
from champion_assets_tests.servers.run import postgres_server


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres_server(tmp_path_factory.mktemp("pg")) as address:
        yield address


def _database(url: str, name: str) -> str:
    engine = db.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(db.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE", "CHAMPION_POSTGRES_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE")


def _instance(folder: Path, url: str, *, batched: bool) -> dg.DagsterInstance:
    folder.mkdir()
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["CHAMPION_POSTGRES_URL"] = url
    text = f"telemetry: {{enabled: false}}\nstorage: {{postgres: {{postgres_url: '{url}'}}}}\n"
    if batched:
        text = (Path(champion_assets.__file__).parent / "orchestration/instance.server.yaml").read_text()
    (folder / "dagster.yaml").write_text(text)
    return dg.DagsterInstance.from_config(str(folder))


def test_the_same_questions_get_the_same_answers(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {}
    for name in ("shipped", "batched"):
        monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
        with _instance(tmp_path / name, _database(url, name), batched=name == "batched") as instance:
            assert isinstance(instance.event_log_storage, BatchedPostgresEventLogStorage) == (name == "batched")
            _run(instance, "2024-01-05", "2024-01-20")
            _run(instance, "2024-01-15", "2024-01-31")
            _run(instance, "2024-02-05", "2024-02-15")
            answers[name] = _answers(instance)
    for question, answer in answers["shipped"].items():
        assert answers["batched"][question] == answer, question
    assert len(answers["batched"]["first partitions"]) == 38
    assert len(answers["batched"]["second failed"]) == 11


def test_connections_are_few_and_survive_a_broken_one(tmp_path: Path, url: str) -> None:
    with _instance(tmp_path / "few", _database(url, "few"), batched=True) as instance:
        _run(instance, "2024-01-05", "2024-01-20")
        engine = db.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            count = connection.execute(
                db.text("SELECT count(*) FROM pg_stat_activity WHERE datname = 'few'")
            ).scalar_one()
            connection.execute(db.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'few'"))
        engine.dispose()
        assert count <= 4
        _run(instance, "2024-01-21", "2024-01-22")
        assert len(instance.get_materialized_partitions(dg.AssetKey("first"))) == 18
