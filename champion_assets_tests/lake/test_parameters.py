"""Which parameters are part of a fingerprint: those that differ from the defaults."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.fingerprints import Fingerprints, expected_fingerprint, recipe_of
from champion_assets.lake.manifest import DayInfo
from champion_assets.lake.parameters import defaults_of, differing
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import DayFacts, Workspace
from champion_assets.settings import Settings
from champion_assets.settings.simulation import SimulationSettings
from champion_assets.settings.strategy import Strategy

NEUTRAL = {"patience": 0, "courage": None}
"""Of the strategy, and of the simulator."""


class NextStrategy(Strategy):
    """Of a next release."""

    patience: int = 0


class NextSettings(Settings):
    """Of a next release: one option of the strategy and one of the simulator more."""

    patience: int = 0
    courage: float | None = None

    @property
    def strategy(self) -> Strategy:
        """With the new option."""
        return NextStrategy.model_validate({name: getattr(self, name) for name in NextStrategy.model_fields})


def next_release(table: DailyTable) -> DailyTable:
    """The table as a next release declares it: the simulator's new option is a parameter of the backtest."""
    old = table.parameters
    return (
        replace(table, parameters=lambda each: {**old(each), "courage": each.courage})
        if table.name == "portfolio/account"
        else table
    )  # type: ignore[attr-defined]


def mark(table: DailyTable, workspace: Workspace) -> tuple[str, Any]:
    """Recipe, and fingerprint of a day whose inputs are all there and the same."""
    date = dt.date(2023, 11, 8)
    stored = Fingerprints(workspace.lake)
    for wanted in table.inputs(workspace.settings):
        for day in workspace.window(wanted, date):
            stored.settle(
                wanted.table,
                day,
                DayInfo("", "", content=f"{wanted.table} {day}", exact=f"exactly {wanted.table} {day}"),
            )
    return recipe_of(table, workspace.settings), expected_fingerprint(table, workspace, date, stored, DayFacts())


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("changed", [{}, {"risk_aversion": 2.0, "fill": "vwap"}])
def test_a_new_setting_at_its_default_changes_no_fingerprint(
    workspace: Workspace, name: str, changed: dict[str, Any]
) -> None:
    values = {field: getattr(workspace.settings, field) for field in Settings.model_fields} | changed
    today = replace(workspace, settings=Settings(**values))
    tomorrow = replace(workspace, settings=NextSettings(**values))
    assert mark(next_release(TABLES[name]), tomorrow) == mark(TABLES[name], today)


@pytest.mark.parametrize(("name", "field"), [("portfolio/account", "patience"), ("portfolio/account", "courage")])
def test_once_it_is_set_it_does(workspace: Workspace, name: str, field: str) -> None:
    values = {each: getattr(workspace.settings, each) for each in Settings.model_fields}
    usual, other = (replace(workspace, settings=NextSettings(**values, **more)) for more in ({}, {field: 1}))
    table = next_release(TABLES[name])
    assert set(table.parameters(usual.settings)) >= {field}
    recipes, fingerprints = zip(mark(table, usual), mark(table, other), strict=True)
    assert len(set(recipes)) == 2
    assert fingerprints[0] != fingerprints[1]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        (lambda settings: {"size": settings.universe_size}, {"size": 60}),
        (lambda settings: {"price": settings.universe_min_price}, {}),
    ],
)
def test_what_differs(
    settings: Settings, parameters: Callable[[Settings], dict[str, Any]], found: dict[str, Any]
) -> None:
    assert differing(parameters, settings) == found


def test_every_field_of_the_simulator_is_a_parameter_of_the_backtest() -> None:
    names = ("portfolio/account", "backtest/daily", "backtest/tax")
    of = {name: set(TABLES[name].parameters(Settings.model_construct())) for name in names}
    assert set.union(*of.values()) - set(Strategy.model_fields) == set(SimulationSettings.model_fields)
    assert set(Strategy.model_fields) < of["portfolio/account"]


@pytest.mark.parametrize("name", TABLES)
def test_the_working_directory_makes_no_difference(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default of DATA_DIR is relative: where it happens to mean the same folder it must not count as another
    default."""
    found = []
    (tmp_path / "elsewhere").mkdir()
    for folder in (tmp_path, tmp_path / "elsewhere"):
        monkeypatch.chdir(folder)
        defaults_of.cache_clear()  # as in another process
        workspace = open_workspace(
            Settings(data_dir=tmp_path / "data", load_to_clickhouse=name == "warehouse/clickhouse")
        )
        days = workspace.sessions(dt.date(2023, 11, 8), dt.date(2023, 11, 8))
        found.append((recipe_of(TABLES[name], workspace.settings), TABLES[name].day_facts(workspace, days)))
    assert found[0] == found[1]
