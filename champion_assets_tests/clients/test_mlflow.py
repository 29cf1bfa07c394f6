"""Whatever is wrong with MLflow is one error in words, within seconds and without the address's secrets; afterwards the
run is recorded."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from champion_assets.clients.mlflow import TrackedRun, Tracking, TrackingUnreachable
from champion_assets.common.address import Address
from champion_assets.settings import Settings

RUN = TrackedRun("a run", {"champion.test": "1"}, metrics={"sharpe": 1.5})
SECRET = "Geheim77xyz"


def store(settings: Settings) -> Path:
    return settings.data_dir.resolve() / "mlflow" / "mlflow.db"


def refusal(settings: Settings) -> str:
    started = time.monotonic()
    with pytest.raises(TrackingUnreachable) as caught:
        Tracking(settings).record("x", RUN)
    assert time.monotonic() - started < 20
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert SECRET not in str(caught.value)
    return str(caught.value)


def _version(version: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with sqlite3.connect(path) as database:
            database.execute("UPDATE alembic_version SET version_num = ?", [version])
        database.close()

    return change


def _overwritten(path: Path) -> None:
    path.write_bytes(b"hello" * 1000)


def _scratched(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[4096 * 3 : 4096 * 40] = b"\xff" * (4096 * 37)
    path.write_bytes(body)


@pytest.mark.parametrize(("damage", "words"), [
    (_version("ffffffffffff"), "of another version of MLflow: upgrade it, or use that version"),
    (_version("451aebb31d03"), "of another version of MLflow: upgrade it, or use that version"),
    (_overwritten, "file is not a database. If the file is damaged, move it away"),
    (_scratched, "database disk image is malformed"),
])  # fmt: skip
def test_a_store_of_another_version_or_damaged(
    settings: Settings, tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    first = Tracking(settings).record("x", RUN)
    there = settings.model_copy(update={"data_dir": tmp_path / "there"})  # MLflow remembers a store by its address
    path = store(there)
    path.parent.mkdir(parents=True)
    shutil.copy(store(settings), path)
    damage(path)
    assert words in refusal(there)
    for each in path.parent.glob("mlflow.db*"):
        each.unlink()
    shutil.copy(store(settings), path)
    assert Tracking(there).record("x", RUN) == first


def test_a_deleted_experiment_is_named_with_what_brings_it_back(settings: Settings) -> None:
    tracking = Tracking(settings)
    tracking.record("x", RUN)
    place = tracking._client.get_experiment_by_name("x").experiment_id
    tracking._client.delete_experiment(place)
    assert f"mlflow experiments restore --experiment-id {place}" in refusal(settings)
    with pytest.raises(TrackingUnreachable, match="was deleted there"):
        tracking.look("x")
    tracking._client.restore_experiment(place)
    tracking.look("x")
    assert tracking.record("x", RUN)


@pytest.fixture
def dumb() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def take() -> None:
            try:
                while True:
                    held.append(server.accept()[0])
            except OSError:
                return

        threading.Thread(target=take, daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        for each in held:
            each.close()


@pytest.mark.parametrize("address", [
    f"http://me:{SECRET}@127.0.0.1:9", f"http://127.0.0.1:9/?token={SECRET}", f"http://me:{SECRET}@no.such.host.invalid:5000",
    f"http://me:{SECRET}@host:port", f"foo://me:{SECRET}@bar/x", f"postgresql://me:{SECRET}@127.0.0.1:9/db",
    f"postgresql+psycopg2://me:{SECRET}@127.0.0.1:9/db", f"mysql://me:{SECRET}@no.such.host.invalid/db", f"postgresql://me:{SECRET}/x@host/db",
    "not an address",
])  # fmt: skip
def test_an_address_that_leads_nowhere(settings: Settings, address: str) -> None:
    words = refusal(settings.model_copy(update={"mlflow_tracking_uri": Address(address), "mlflow_timeout": 1}))
    assert words.startswith(f"MLflow at {Address(address)} ")
    assert "MLFLOW_TRACKING_URI" in words


def test_a_server_that_never_answers_costs_seconds(
    settings: Settings, dumb: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(
        "MLFLOW_HTTP_REQUEST_TIMEOUT", raising=False
    )  # of the test before: MLflow reads it at every request
    assert "Read timed out" in refusal(
        settings.model_copy(update={"mlflow_tracking_uri": f"http://127.0.0.1:{dumb}", "mlflow_timeout": 1})
    )
