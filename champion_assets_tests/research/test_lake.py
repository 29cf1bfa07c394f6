"""Several lakes in one process, by their places: each answers for itself, and what is no lake is said."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from champion_assets import research
from champion_assets.common.errors import ConfigurationError
from champion_assets.settings import get_settings
from champion_assets_tests.research.conftest import END, START

DAYS = ("2024-04-01", "2024-04-30")


@pytest.fixture
def other(data_folder: Path, tmp_path: Path) -> Path:
    """A lake that has the prices of the first one, and nothing else."""
    for table in ("raw/bhavcopy", "silver/equity_eod", "silver/instruments"):
        shutil.copytree(data_folder / "lake" / table, tmp_path / "other" / "lake" / table)
    return tmp_path / "other"


@pytest.fixture
def nowhere(environment: Callable[[str, str], None], tmp_path: Path) -> None:
    """The environment names a lake that is not there."""
    environment("DATA_DIR", str(tmp_path / "nothing"))


@pytest.mark.usefixtures("nowhere")
def test_a_lake_is_found_by_its_folder_or_by_the_folder_above(data_folder: Path) -> None:
    for place in (data_folder, data_folder / "lake", str(data_folder)):
        lake = research.Lake(place)
        assert lake.prices(*DAYS).height > 100
        assert lake.settings.start_date == START
        assert repr(lake) == f"Lake('{data_folder / 'lake'}')"
    with pytest.raises(research.NoLake):
        research.prices(*DAYS)


@pytest.mark.usefixtures("nowhere")
def test_two_lakes_answer_each_for_itself(data_folder: Path, other: Path) -> None:
    first, second = research.Lake(data_folder), research.Lake(other)
    names = ["trade_date", "symbol", "close"]
    assert first.table("silver/equity_eod", *DAYS, columns=names).equals(
        second.table("silver/equity_eod", *DAYS, columns=names)
    )
    assert first.table("features/returns", *DAYS).height
    with pytest.raises(research.NotBuilt, match=f"lake {other}/lake has no day"):
        second.table("features/returns", *DAYS)
    days = dict(second.tables().select("table", "days").iter_rows())
    assert days["silver/equity_eod"] == len(second.table("silver/equity_eod", START, END)["trade_date"].unique())
    assert days["features/returns"] == 0


def test_a_lake_does_not_change_what_the_settings_name(lake: Path, other: Path) -> None:
    assert research.Lake(other).tables().height
    with pytest.raises(research.NotBuilt):
        research.Lake(other).covariance(END)
    assert research.table("features/returns", *DAYS).height
    assert str(get_settings().data_dir / "lake") == str(lake)


def test_settings_of_a_lake_are_checked(lake: Path) -> None:
    place = lake.parent
    assert research.Lake(place, risk_aversion=9).settings.risk_aversion == 9.0
    changed = research.Lake(place).with_settings(weight_cap=0.2)
    assert (changed.settings.weight_cap, changed.settings.data_dir) == (0.2, place)
    with pytest.raises(ConfigurationError, match="there is no setting wieght_cap; did you mean weight_cap"):
        research.Lake(place, wieght_cap=0.1)
    with pytest.raises(ConfigurationError, match="RISK_AVERSION"):
        research.Lake(place, risk_aversion="much")


def test_what_is_no_lake_is_said_and_not_made(tmp_path: Path, lake: Path) -> None:
    with pytest.raises(research.NoLake, match="there is no lake in"):
        research.Lake(tmp_path / "no such folder")
    assert not (tmp_path / "no such folder").exists()
    (tmp_path / "empty" / "lake").mkdir(parents=True)
    with pytest.raises(research.NoLake, match="has no session"):
        research.Lake(tmp_path / "empty")


def test_every_question_of_the_module_is_a_method_with_its_help() -> None:
    asked = {name for name in research.__all__ if inspect.isfunction(getattr(research, name))}
    assert asked == {name for name in vars(research.Lake) if not name.startswith("_")} - {"with_settings"}
    for name in asked:
        assert getattr(research.Lake, name).__doc__ == getattr(research, name).__doc__
        assert inspect.signature(getattr(research.Lake, name)) == inspect.signature(getattr(research, name))
