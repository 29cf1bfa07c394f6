"""How the servers and files beside the lake are: the source, DuckDB, ClickHouse, MLflow.

What belongs here: asking each, and wording the answer for `champion doctor`. What does not: loading (`warehouse/`),
sending (`orchestration/run_tracking.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from champion_assets.clients.clickhouse import clickhouse
from champion_assets.clients.duckdb import connect
from champion_assets.clients.mlflow import Tracking, has_store, store_uri
from champion_assets.clients.mlflow_file import look_at_file
from champion_assets.common.errors import HelperUnavailable
from champion_assets.nse.source.base import Source
from champion_assets.nse.source.http import HttpSource
from champion_assets.settings import Settings


def does_not_answer(source: Source) -> str:
    """Why a server of the exchange's files cannot be used; nothing if it answers, or if the source is no server."""
    return source.probe() if isinstance(source, HttpSource) else ""


def states(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each helper that the settings ask for: what it says of itself, and why it cannot be used (empty if it can)."""
    if settings.load_to_duckdb and settings.duckdb_path.exists():
        try:
            with connect(settings.duckdb_path, read_only=True) as connection:
                ((days,),) = connection.execute("SELECT count(DISTINCT trade_date) FROM meta.loads").fetchall()
            yield f"DuckDB {settings.duckdb_path}: {days} days", ""
        except HelperUnavailable as error:
            yield "DuckDB", str(error)
    if settings.load_to_clickhouse:
        place = f"ClickHouse {settings.clickhouse_host}:{settings.clickhouse_port}"
        try:
            with clickhouse(settings, database=False) as client:
                ((version,),) = client.execute("SELECT version()")
            yield f"{place} answers, version {version}", ""
        except HelperUnavailable as error:
            yield f"{place}: {type(error).__name__}", str(error)
    if settings.track and has_store(settings):
        try:
            if settings.mlflow_tracking_uri:
                Tracking(settings).look(settings.mlflow_experiment)
            else:  # without importing MLflow
                look_at_file(store_uri(settings), settings.mlflow_experiment)
            yield f"MLflow {store_uri(settings)} answers", ""
        except HelperUnavailable as error:
            yield "MLflow", str(error)
