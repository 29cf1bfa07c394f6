"""Fixtures: the genuine files if they are here, a synthetic exchange otherwise, and workspaces over them."""

from __future__ import annotations

import datetime as dt
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("champion", deadline=None)  # how long an example takes is no property of the code
hypothesis.settings.load_profile("champion")
os.environ["CHAMPION_RETRY_DELAY_SCALE"] = (
    "0"  # read when the assets are defined: retries happen, without their minutes
)
if "PYTEST_XDIST_WORKER" in os.environ:  # several processes share the cores; more threads would wait for each other
    os.environ.setdefault("POLARS_MAX_THREADS", "1")

from champion_assets.catalog import open_workspace
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.synthetic.exchange import Exchange, write_exchange
from champion_assets.settings import Settings, get_settings
from champion_assets_tests.helpers import one_at_a_time

REAL = Path(os.environ.get("CHAMPION_REAL_FILES", Path(__file__).parents[2] / "shared" / "data" / "nse"))
START, END = dt.date(2023, 11, 1), dt.date(2024, 4, 30)


LONG = (
    "deploy/test_celery.py",
    "end_to_end/test_no_look_ahead.py",
    "lake/test_build.py",
    "ui/test_ui.py",
    "warehouse/test_duckdb.py",
    "end_to_end/test_soak.py",
    "orchestration/test_backfill.py",
    "backtest/test_daily.py",
    "deploy/test_compose.py",
    "warehouse/test_engines.py",
    "end_to_end/test_doors.py",
    "end_to_end/test_real_quarter.py",
    "warehouse/test_damage.py",
    "warehouse/test_clickhouse_server.py",
    "warehouse/test_duckdb_file.py",
    "orchestration/test_helpers_behind.py",
    "operations/test_history.py",
)
"""Files that take long or wait for processes: begun first, so that the others fill the time and no long one is the
last. Those with many processes of their own do not stand side by side, lest their time limits be met by load."""

UNTRACED = (
    *LONG,
    "backtest/test_independent_simulator.py",
    "checks/test_results.py",
    "cli/test_bring.py",
    "end_to_end/test_secrets.py",
    "experiments/test_luck.py",
    "experiments/test_run.py",
    "experiments/test_variants.py",
    "lake/test_care.py",
    "lake/test_s3.py",
    "lake/test_store.py",
    "orchestration/test_sensors.py",
    "portfolio/test_target_weights.py",
    "research/test_documented_python.py",
    "research/test_notebooks.py",
    "silver/test_corporate_actions.py",
    "silver/test_endings.py",
    "silver/test_esg_scores.py",
    "test_extending.py",
    "test_pipeline_fuzz.py",
    "warehouse/test_checksum.py",
    "warehouse/test_clickhouse.py",
    "warehouse/test_crashes.py",
    "warehouse/test_queries.py",
)
"""Files that build whole lakes again and again: tracing lines doubles or triples their time, and what they run other
tests trace, too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if str(item.path).endswith(UNTRACED):
            item.add_marker(pytest.mark.no_cover)
    items.sort(
        key=lambda item: next((place for place, name in enumerate(LONG) if str(item.path).endswith(name)), len(LONG))
    )
    if REAL.is_dir():
        return
    reason = (
        f"the genuine files of NSE are not in {REAL}; they may not be redistributed. Name their folder "
        f"in CHAMPION_REAL_FILES"
    )
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def real() -> Path:
    return REAL


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    """Six fictional months over the switch from legacy to UDiFF, a Muhurat and two special Saturdays.

    Written once, by the first of the processes that run the tests.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    told = shared / "exchange.pickle"
    with one_at_a_time(shared / "exchange.lock"):
        if not told.is_file():
            written = write_exchange(shared / "exchange" / "source", load_calendar(), START, END, seed=11)
            told.write_bytes(pickle.dumps(written))
    found: Exchange = pickle.loads(told.read_bytes())
    return found


def settings_in(folder: Path, exchange: Exchange) -> Settings:
    """Small windows on the synthetic exchange, everything in `folder`."""
    return Settings(
        data_dir=folder / "data",
        source=str(exchange.folder),
        esg_folder=exchange.folder / "esg",
        start_date=START,
        cov_window_days=40,
        expected_return_lookback=40,
        universe_warmup=20,
        universe_size=60,
        retry_delay_scale=0,
        http_interval_seconds=0,
    )


@pytest.fixture
def settings(tmp_path: Path, exchange: Exchange) -> Settings:
    """Small windows on the synthetic exchange, everything in a folder of this test."""
    return settings_in(tmp_path, exchange)


@pytest.fixture
def workspace(settings: Settings) -> Workspace:
    return open_workspace(settings)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Callable[[str, str], None]]:
    """The settings of `settings` as environment variables, for code that reads the environment; more can be set."""

    def put(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        get_settings.cache_clear()

    for field, value in settings.model_dump(exclude_none=True, exclude_defaults=True).items():
        alias = Settings.model_fields[field].validation_alias
        put(str(alias.choices[0]), str(value))  # type: ignore[union-attr]
    monkeypatch.setenv("DAGSTER_HOME", "")
    yield put
    monkeypatch.undo()
    get_settings.cache_clear()
