"""Variables of Polars and Pandera: what may change a result is refused, the rest is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from champion_assets.common.errors import ConfigurationError
from champion_assets.settings import get_settings
from champion_assets.settings.foreign import refused_variables

CHANGING = [
    "POLARS_ENGINE_AFFINITY",
    "POLARS_IGNORE_TIMEZONE_PARSE_ERROR",
    "POLARS_PARQUET_BINARY_STATISTICS_TRUNCATE_LEN",
    "POLARS_NO_PARTITION",
    "POLARS_FORCE_PARTITION",
    "POLARS_IMPORT_INTERVAL_AS_STRUCT",
    "POLARS_GEOPARQUET_WRITE",
    "POLARS_FORCE_PKG",
    "POLARS_ROW_FMT_SORT",
    "POLARS_STRICT_MODE",
    "POLARS_WHATEVER_COMES_NEXT",
]


@pytest.mark.parametrize("name", CHANGING)
def test_a_variable_that_changes_results_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigurationError, match=f"^{name}: changes how Polars computes or writes"):
        get_settings()


@pytest.mark.parametrize(
    "name", ["POLARS_MAX_THREADS", "POLARS_FMT_MAX_ROWS", "POLARS_VERBOSE", "POLARS_TEMP_DIR", "POLARS_THP"]
)
def test_threads_memory_and_printing_are_the_users(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    assert get_settings() is not None


def test_what_polars_sets_itself_to_print_is_allowed() -> None:
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=100, fmt_str_lengths=50, tbl_hide_dataframe_shape=True):
        assert refused_variables(dict(os.environ)) == []


def test_an_empty_variable_and_the_usual_engine_count_as_not_set() -> None:
    assert (
        refused_variables(
            {"POLARS_STRICT_MODE": "", "POLARS_ENGINE_AFFINITY": "in-memory", "PANDERA_VALIDATION_DEPTH": "DATA_ONLY"}
        )
        == []
    )


def test_a_depth_that_pandera_cannot_read_is_said() -> None:
    (sentence,) = refused_variables({"PANDERA_VALIDATION_DEPTH": "deep"})
    assert sentence.startswith("PANDERA_VALIDATION_DEPTH: Pandera knows only")


def test_a_command_is_refused_before_it_writes_anything(tmp_path: Path) -> None:
    ours = {"DATA_DIR": str(tmp_path / "data"), "POLARS_ENGINE_AFFINITY": "streaming"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "champion_assets.cli", "settings"],
        env=os.environ | ours,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: POLARS_ENGINE_AFFINITY: changes how Polars computes or writes, and so what ends in the lake; unset it\n"
    )
    assert not (tmp_path / "data").exists()
