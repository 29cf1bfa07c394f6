"""What of the package a table's rows rest on is in its fingerprint: limits and tables of code by their values, packaged
files by facts."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import champion_assets
from champion_assets.catalog import TABLES, open_workspace
from champion_assets.checks import thresholds
from champion_assets.lake.constants import constants_in, plain, values_of
from champion_assets.lake.fingerprints import recipe_of
from champion_assets.lake.workspace import Workspace, open_inputs
from champion_assets.nse import costs
from champion_assets.settings import Settings
from champion_assets_tests.helpers import template

PACKAGE = Path(champion_assets.__file__).parent
LIMITS = (
    "checks.thresholds",
    "nse.costs",
    "nse.trading_rules",
    "nse.actions.price_check",
    "nse.actions.factors",
    "nse.actions.overlap",
    "nse.actions.vocabulary",
    "nse.identity",
    "nse.indices",
    "nse.rates",
    "nse.capital_gains",
)
"""Modules of limits, charges, rules of the market and words."""
DAILY = [name for name in TABLES if not name.startswith(("raw/", "warehouse/"))]


def test_constants_of_a_module() -> None:
    assert values_of(thresholds, "BAND") == {"checks.thresholds": {"BAND": 0.205}}
    assert values_of(costs)["nse.costs"]["STAMP_BUY"] == [["1994-01-01", 0.0001], ["2020-07-01", 0.00015]]
    assert plain({"b": {2, 1}, "a": (re.compile("x", re.IGNORECASE), None)}) == {"b": [1, 2], "a": [["x", 34], None]}


@cache
def _used(module: str) -> dict[str, frozenset[str]]:
    """Of each module of limits the names that a module uses, itself or through modules that are no tables; all, if it
    takes a function."""
    found: dict[str, set[str]] = {}
    for name, taken in _imports(module):
        if name in LIMITS:
            mine, functions = constants_in(_loaded(name)), {each for each in taken if not each.isupper()}
            found.setdefault(name, set()).update(mine if functions else taken & mine)
        elif not hasattr(_loaded(name), "TABLE"):
            for limit, names in _used(name).items():
                found.setdefault(limit, set()).update(names)
    return {name: frozenset(names) for name, names in found.items()}


def _loaded(module: str) -> ModuleType:
    return importlib.import_module(f"champion_assets.{module}")


def _imports(module: str) -> Iterator[tuple[str, set[str]]]:
    """Modules of the package that a module imports from, with the names that it takes, or uses of a module that it
    takes whole."""
    tree = ast.parse(Path(_loaded(module).__file__ or "").read_text("utf-8"))
    attributes: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            attributes.setdefault(node.value.id, set()).add(node.attr)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("champion_assets."):
            inside = str(node.module).removeprefix("champion_assets.")
            for each in node.names:
                path = PACKAGE / inside.replace(".", "/") / f"{each.name}.py"
                if path.is_file():
                    yield f"{inside}.{each.name}", attributes.get(each.asname or each.name, set())
            names = {
                each.name
                for each in node.names
                if not (PACKAGE / inside.replace(".", "/") / f"{each.name}.py").is_file()
            }
            if names and inside.startswith(
                ("nse", "checks", "silver", "features", "portfolio", "simulation", "backtest", "bronze")
            ):
                yield inside, names


@pytest.mark.parametrize("name", DAILY)
def test_a_table_declares_the_limits_that_it_uses(name: str) -> None:
    declared = TABLES[name].constants
    for module, names in _used(TABLES[name].compute.__module__.removeprefix("champion_assets.")).items():
        held = declared.get(module, {})
        absent = sorted(names - set(held))
        assert not absent, (
            f"{name} uses {absent} of {module}: `constants` needs **values_of({module.rsplit('.', 1)[-1]}, ...)"
        )
        now = values_of(_loaded(module))[module]
        assert {each: held[each] for each in held} == {each: now[each] for each in held}


def test_another_limit_is_another_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    table, settings = TABLES["checks/results"], Settings.model_construct()
    before = recipe_of(table, settings)
    monkeypatch.setattr(thresholds, "BAND", 0.3)
    assert recipe_of(replace(table, constants=values_of(thresholds)), settings) != before


class _Net:
    """Catches the packaged files that are opened while it is out."""

    def __init__(self) -> None:
        self.caught: set[str] = set()
        self.is_out = False
        sys.addaudithook(self._hook)  # there is no way to take one away; it does nothing while the net is in

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_out and event == "open" and isinstance(arguments[0], (str, Path)):
            path = Path(arguments[0])
            if path.suffix not in {".py", ".pyc"} and path.is_relative_to(PACKAGE):
                self.caught.add(str(path.relative_to(PACKAGE)))

    def files(self, work: Callable[[], object]) -> set[str]:
        """What `work` opens."""
        _forget_what_was_read()
        self.caught, self.is_out = set(), True
        try:
            work()
        finally:
            self.is_out = False
        return self.caught


def _forget_what_was_read() -> None:
    """Empty every cache of the package, so that what is read is read; but those of the process, which others in it rest
    on."""
    for name, module in list(sys.modules.items()):
        if name.startswith("champion_assets."):
            for value in list(vars(module).values()):
                home = str(getattr(value, "__module__", ""))
                if hasattr(value, "cache_clear") and not home.startswith(
                    ("champion_assets.orchestration", "champion_assets.settings")
                ):
                    value.cache_clear()


def test_no_computation_opens_a_packaged_file(settings: Settings) -> None:
    """What a table needs of one comes by `day_facts`, `parameters` or `constants`, which are in the fingerprint."""
    lake, net = template(settings), _Net()
    workspace = Workspace(settings, lake, open_workspace(settings).calendar, tables=TABLES)
    seen = {}
    for name in DAILY:
        dates = lake.dates(name)[-2:]
        inputs = open_inputs(TABLES[name], workspace, dates)
        seen[name] = net.files(partial(TABLES[name].compute, inputs, dates))
    assert {name: files for name, files in seen.items() if files} == {}
    assert "nse/data/calendar.csv" in net.files(lambda: open_workspace(settings)), "the net catches something"
