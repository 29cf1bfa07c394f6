"""Which lake a notebook reads, what it says where there is none, and that reading creates nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from champion_assets import research
from champion_assets.settings import Settings, get_settings
from champion_assets_tests.research.conftest import END

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without settings, and an empty folder to start in."""
    for name in [*os.environ]:
        if any(name in field.validation_alias.choices for field in Settings.model_fields.values()):  # type: ignore[union-attr]
            monkeypatch.delenv(name)
    monkeypatch.delenv("CHAMPION_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()
    return tmp_path


def _toml(folder: Path, data: str) -> None:
    lines = ['[history]\nstart_date = "2023-11-01"', "[universe]\nuniverse_size = 60"]
    (folder / "champion.toml").write_text("\n".join([*lines, f'[lake]\ndata_dir = "{data}"' if data else ""]))


@pytest.mark.parametrize("call", [
    lambda: research.prices("2024-01-01", "2024-01-31"),
    lambda: research.table("silver/equity_eod", "2024-01-01", "2024-01-31"),
    lambda: research.instrument_history("2024-01-31"), lambda: research.covariance("2024-01-31"),
])  # fmt: skip
def test_without_a_lake_it_is_said_where_it_was_looked_for(bare: Path, call: Callable[[], object]) -> None:
    with pytest.raises(research.NoLake) as caught:
        call()
    words = str(caught.value)
    origin = f"DATA_DIR=data, default; no champion.toml in {bare} or above it"
    assert f"there is no lake in {bare}/data/lake ({origin})" in words
    assert "CHAMPION_CONFIG" in words
    assert "`champion backfill START END`" in words
    assert list(bare.iterdir()) == []


def test_a_mistyped_data_dir_is_named_and_not_made(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = lake.parent
    for typed in (data.with_name("dta"), data / "lake"):
        before = sorted(data.parent.rglob("*"))
        monkeypatch.setenv("DATA_DIR", str(typed))
        words = f"{typed}/lake .*environment variable DATA_DIR.*Did you mean DATA_DIR={data}[?]"
        with pytest.raises(research.NoLake, match=words):
            research.covariance(END)
        assert sorted(data.parent.rglob("*")) == before
    monkeypatch.setenv("CHAMPION_LAKE", str(tmp_path / "elsewhere"))
    with pytest.raises(research.NoLake, match=f"no lake in {tmp_path}/elsewhere .CHAMPION_LAKE="):
        research.covariance(END)
    assert not (tmp_path / "elsewhere").exists()
    monkeypatch.delenv("CHAMPION_LAKE")
    monkeypatch.setenv("DATA_DIR", str(data))  # in the next cell, without a restart
    assert len(research.covariance(END)[1]) == 60


def test_a_folder_that_is_no_lake_has_no_day(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data" / "lake").mkdir(parents=True)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    with pytest.raises(research.NotBuilt, match=f"The lake {tmp_path}/data/lake has no day of this table"):
        research.prices("2024-01-01", "2024-01-31")
    assert list((tmp_path / "data").rglob("*")) == [tmp_path / "data" / "lake"]


def test_a_notebook_below_champion_toml_finds_it(
    bare: Path,
    data_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inner = bare / "notebooks" / "deep"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    _toml(bare, str(data_folder))
    assert research.prices("2024-01-01", "2024-01-31", symbols="aranyastee").height == 22
    _toml(bare, "")
    (bare / "data").symlink_to(data_folder)  # where `champion backfill`, started beside champion.toml, puts it
    assert research.prices("2024-01-01", "2024-01-31", symbols="aranyastee").height == 22
    assert list(inner.iterdir()) == []


def test_a_notebook_elsewhere_finds_champion_config(
    bare: Path,
    data_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home, elsewhere = bare / "home", bare / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    _toml(home, "mine")
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("CHAMPION_CONFIG", str(home / "champion.toml"))
    words = f"{home}/mine/lake .*settings from {home}/champion.toml"
    with pytest.raises(research.NoLake, match=words):
        research.prices("2024-01-01", "2024-01-31")
    (home / "mine").symlink_to(data_folder)
    assert research.prices("2024-01-01", "2024-01-31", symbols="aranyastee").height == 22
    assert list(elsewhere.iterdir()) == []


def test_the_import_is_light_and_days_of_pandas_need_no_pandas(lake: Path) -> None:
    heavy = ("dagster", "pandas", "mlflow", "pyarrow", "scipy", "matplotlib", "plotly")
    code = (
        "import sys, champion_assets.research\n"
        f"print(sorted(name for name in sys.modules if name.split('.')[0] in {heavy}))\n"
        "from champion_assets.research.arguments import as_day\n"
        "as_day('2024-01-15', 'start')\n"
        "print('pandas' in sys.modules)\n"
        "champion_assets.research.prices('2024-01-01', '2024-01-31', symbols='aranyastee')\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'dagster', 'mlflow'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == ["[]", "False", "[]"], done.stderr
