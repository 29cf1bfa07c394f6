"""A small lake of six fictional months, made once and only read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from champion_assets.backtest.tear_sheet import build
from champion_assets.catalog import open_workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2024, 4, 30)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Path:
    """DATA_DIR of the lake, with DuckDB and tear sheet."""
    folder = tmp_path_factory.mktemp("research") / "data"
    settings = Settings(
        data_dir=folder, source=str(exchange.folder), esg_folder=exchange.folder / "esg", start_date=START,
        cov_window_days=40, expected_return_lookback=40, universe_warmup=20, universe_size=60, retry_delay_scale=0,
        http_interval_seconds=0,
    )  # fmt: skip
    workspace = open_workspace(settings)
    build_until(workspace, "warehouse/duckdb", START, END)
    build(workspace)
    return folder


@pytest.fixture
def lake(environment: Callable[[str, str], None], data_folder: Path) -> Path:
    """The environment names the lake."""
    environment("DATA_DIR", str(data_folder))
    return data_folder / "lake"
