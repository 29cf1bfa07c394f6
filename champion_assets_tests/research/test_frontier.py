"""The frontier of a day of the lake: its own data, its plot, its refusals."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from champion_assets import research
from champion_assets.catalog import open_workspace
from champion_assets.common.errors import RequestError
from champion_assets.settings import get_settings
from champion_assets_tests.helpers import put_day

DAY = "2024-04-30"


def test_the_frontier_is_that_of_the_days_universe(lake: Path) -> None:
    found = research.esg_frontier(DAY)
    lake_of = open_workspace(get_settings()).lake
    members = lake_of.read("features/universe", [found.date])
    scores = lake_of.read("features/esg", [found.date]).filter(pl.col("provider") == "blend")
    assert (found.members, found.scored) == (members.height, scores.height)
    assert set(found.weights["symbol"]) <= set(members["symbol"])
    assert found.tangency["floor"].null_count() == 1
    assert found.tangency.height > 5
    with_floor = found.weights.filter(pl.col("floor").is_not_null())
    assert set(with_floor["instrument_id"]) <= set(scores["instrument_id"])
    two = research.esg_frontier(DAY, floors=[50, 60])
    assert two.table["floor"].to_list() == [None, 50.0, 60.0] * 2


def test_the_plot_has_a_curve_for_each_objective(lake: Path) -> None:
    found = research.esg_frontier(DAY, floors=[50, 60])
    figure = found.plot()
    assert [trace.name for trace in figure.data] == ["highest Sharpe ratio (tangency portfolio)", "minimum variance"]
    assert sorted(figure.data[0].y) == sorted(found.tangency["sharpe"])
    assert "the floor costs" in figure.data[0].text[0]


def test_what_cannot_be_answered_is_told(lake: Path) -> None:
    with pytest.raises(research.NotASession, match="2024-04-28"):
        research.esg_frontier("2024-04-28")
    with pytest.raises(research.NotBuilt, match="champion backfill"):
        research.esg_frontier("2024-05-02")
    with pytest.raises(RequestError, match="the universe is empty"):
        research.esg_frontier("2023-11-02")


def test_a_day_without_scores_is_an_error_in_words(
    lake: Path, environment: Callable[[str, str], None], tmp_path: Path
) -> None:
    shutil.copytree(lake.parent, tmp_path / "copy")
    environment("DATA_DIR", str(tmp_path / "copy"))
    stored = open_workspace(get_settings()).lake
    (date,) = [each for each in stored.dates("features/esg") if str(each) == DAY]
    put_day(stored, "features/esg", date, stored.read("features/esg", [date]).clear())
    with pytest.raises(RequestError, match="has an ESG score"):
        research.esg_frontier(DAY)
