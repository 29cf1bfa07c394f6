"""MLflow: runs with parameters, metrics and files, in a store of our own or on a server.

What belongs here: reaching MLflow within bounded time, writing a run in few requests, and saying in words why it will
not: no server, a database of another version, a damaged file, a deleted experiment, an address that is none. What does
not: what is worth writing. The import of MLflow takes a second, so it happens here and only when needed. Without
MLFLOW_TRACKING_URI the store is a SQLite file under DATA_DIR, which `mlflow ui --backend-store-uri` shows.
"""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from champion_assets.common.address import Address
from champion_assets.common.errors import HelperUnavailable
from champion_assets.settings import Settings

BATCH = 1000
"""MLflow takes so many metrics, and a tenth of it in parameters and tags, in a request."""


_STATEMENT = re.compile(r" \[SQL: .*| \(Background on this error .*")
"""What SQLAlchemy adds to the words of a database."""
_DATABASE_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}


class TrackingUnreachable(HelperUnavailable):
    """MLflow did not answer in time, or refused; the message says where and what to do."""


@dataclass
class TrackedRun:
    """What a run is to hold.

    Attributes:
        name: shown to people.
        identity: tags that tell it from all others; a run that has them is not written twice.
        parameters, metrics, tags: values by name; None is left out.
        series: (name, step, epoch milliseconds, value).
        files: body by path.
        failed: shows the run as failed.
    """

    name: str
    identity: Mapping[str, str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    series: Sequence[tuple[str, int, int, float]] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    failed: bool = False


class Tracking:
    """MLflow as the settings name it; `place` is where, for people."""

    def __init__(self, settings: Settings) -> None:
        """Reach the store or server.

        Raises:
            TrackingUnreachable: it cannot be used.
        """
        self.place = Address(store_uri(settings))
        self._artifacts = (
            None if settings.mlflow_tracking_uri else (settings.data_dir / "mlflow" / "artifacts").resolve().as_uri()
        )
        with _in_words(self.place, "cannot be used"):
            _must_answer(self.place, settings.mlflow_timeout)
            self._client = _client(self.place.reveal(), settings.mlflow_timeout)

    def look(self, experiment: str) -> None:
        """Ask for an experiment, which need not exist.

        Raises:
            TrackingUnreachable: no run could be recorded in it.
        """
        with _in_words(self.place, "does not answer"):
            self._must_live(self._client.get_experiment_by_name(experiment))

    def record(self, experiment: str, run: TrackedRun) -> str:
        """Write a run once; one with the same identity gets the metrics that have changed. Returns its id.

        Raises:
            TrackingUnreachable: the server did not answer in time, or refused.
        """
        with _in_words(self.place, f"did not take run {run.name!r}"):
            return self._record(experiment, run)

    def _record(self, experiment: str, run: TrackedRun) -> str:
        place = self._place(experiment)
        wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in run.identity.items())
        found = self._client.search_runs([place], wanted, max_results=1)
        metrics = {name: float(value) for name, value in run.metrics.items() if value is not None}
        if found and found[0].info.status in ("FINISHED", "FAILED"):
            run_id = str(found[0].info.run_id)
            changed = {name: value for name, value in metrics.items() if found[0].data.metrics.get(name) != value}
            self._log(run_id, changed, {}, {}, ())
            return run_id
        run_id = str(self._client.create_run(place, run_name=run.name).info.run_id)
        self._log(run_id, metrics, run.parameters, run.tags, run.series)
        for path, body in run.files.items():
            self._put(run_id, path, body)
        # the identity comes last: a run that was cut off has none, and is written again
        self._log(run_id, {}, {}, run.identity, ())
        self._client.set_terminated(run_id, "FAILED" if run.failed else "FINISHED")
        return run_id

    def _place(self, experiment: str) -> str:
        found = self._client.get_experiment_by_name(experiment)
        self._must_live(found)
        return str(found.experiment_id if found else self._client.create_experiment(experiment, self._artifacts))

    def _must_live(self, experiment: Any) -> None:
        if experiment is not None and experiment.lifecycle_stage == "deleted":
            raise deleted_experiment(self.place, experiment.name, experiment.experiment_id)

    def _log(
        self, run_id: str, metrics: Mapping[str, float], parameters: Mapping[str, Any], tags: Mapping[str, str],
        series: Sequence[tuple[str, int, int, float]],
    ) -> None:  # fmt: skip
        import time

        from mlflow.entities import Metric, Param, RunTag

        now = int(time.time() * 1000)
        values = [Metric(name, value, now, 0) for name, value in metrics.items()]
        values += [Metric(name, value, instant, step) for name, step, instant, value in series]
        settings = [Param(name, str(value)) for name, value in parameters.items() if value is not None]
        marks = [RunTag(name, value) for name, value in tags.items()]
        for start in range(0, max(len(values), 1), BATCH):
            first = start == 0
            if values or settings or marks:
                self._client.log_batch(
                    run_id, values[start : start + BATCH], settings if first else (), marks if first else (),
                    synchronous=True,  # MLFLOW_ENABLE_ASYNC_LOGGING would lose what fails
                )  # fmt: skip

    def _put(self, run_id: str, path: str, body: bytes) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / Path(path).name
            file.write_bytes(body)
            self._client.log_artifact(run_id, str(file), str(Path(path).parent) if "/" in path else None)


def store_uri(settings: Settings) -> Address:
    """Where runs are kept.

    The server or store of the settings, or the SQLite file under DATA_DIR, whose folder is made.
    """
    if settings.mlflow_tracking_uri:
        return Address(settings.mlflow_tracking_uri)
    file = _own_store(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    return Address(f"sqlite:///{file}")


def has_store(settings: Settings) -> bool:
    """True if there is something to ask: the settings name a store, or a run was recorded in ours."""
    return bool(settings.mlflow_tracking_uri) or _own_store(settings).exists()


def _own_store(settings: Settings) -> Path:
    return (settings.data_dir / "mlflow").resolve() / "mlflow.db"


@contextmanager
def _in_words(place: Address, what: str) -> Iterator[None]:
    """Turn what MLflow and the libraries below it raise into one error; their own texts hold the address.

    Raises:
        TrackingUnreachable: see there.
    """
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, CommandError, OSError, ImportError, ValueError) as error:
        _let_go()
        raise unreachable(place, what, str(error) or type(error).__name__) from None


def unreachable(place: Address, what: str, words: str) -> TrackingUnreachable:
    """The error that says what MLflow or a library below it said, without secrets and statements, and what to do."""
    words = place.cleaned(_STATEMENT.sub("", " ".join(words.split())))[:500].rstrip(".")
    return TrackingUnreachable(f"MLflow at {place} {what}: {words}. {_advice(place, words)}, then repeat")


def deleted_experiment(place: Address, name: str, experiment_id: object) -> TrackingUnreachable:
    """The error that says that an experiment was deleted, and how to go on."""
    return TrackingUnreachable(
        f"MLflow at {place}: experiment {name!r} was deleted there. Restore it (mlflow experiments restore "
        f"--experiment-id {experiment_id}), or name another one in MLFLOW_EXPERIMENT_NAME"
    )


def _let_go() -> None:
    """Close what is open: a process that stays would else ask the old file for ever after somebody has mended it."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    for engine in list(SqlAlchemyStore._engine_map.values()):  # noqa: SLF001
        engine.dispose()


def _advice(place: Address, words: str) -> str:
    if "out-of-date database schema" in words or "locate revision" in words:
        return "The database is of another version of MLflow: upgrade it, or use that version"
    if place.startswith("sqlite:"):
        return "If the file is damaged, move it away: a new one is made, and what waits is sent to it"
    return "Look whether the server runs and takes this host (MLFLOW_TRACKING_URI)"


def _must_answer(place: Address, timeout: int) -> None:
    """For databases on a server: MLflow would ask ten times, for minutes, before it says that nobody is there."""
    parts = urlsplit(place.bare())
    port = _DATABASE_PORTS.get(parts.scheme.split("+")[0])
    if port is not None and parts.hostname:
        socket.create_connection((parts.hostname, parts.port or port), timeout).close()


def _client(uri: str, timeout: int) -> Any:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(timeout))
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    from mlflow.tracking import MlflowClient

    for name in ("mlflow", "alembic"):  # it sets its own level as it is imported
        logging.getLogger(name).setLevel(logging.WARNING)
    return MlflowClient(uri)
