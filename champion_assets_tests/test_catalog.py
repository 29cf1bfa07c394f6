"""The one list: a table is its module and its line in the catalog, and everything else finds it there."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import dagster as dg
import polars as pl
import pytest

import champion_assets
from champion_assets import research
from champion_assets.catalog import HISTORY_TABLES, LAKE_TABLES, TABLES, enabled_tables, open_workspace
from champion_assets.checks.registry import RULES
from champion_assets.clients.duckdb import connect
from champion_assets.common.dates import calendar_days
from champion_assets.common.errors import ConfigurationError
from champion_assets.lake.build import build_range
from champion_assets.lake.place import Input
from champion_assets.lake.table import DailyTable, Group, HistoryTable
from champion_assets.operations.data_dictionary import data_dictionary
from champion_assets.orchestration.assets import asset_checks_of, assets_of
from champion_assets.orchestration.resources import resources_of
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until, in_catalog

START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 3)
STAGES = get_args(Group)
TOY = '''
"""`features/breadth`: how many instruments rose on a day."""

import pandera.polars as pa
import polars as pl

from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable

NAME = "features/breadth"


class Breadth(TableModel):
    """A day's breadth."""

    trade_date: pl.Date = pa.Field(unique=True, description="Session")
    rising: pl.Int64 = pa.Field(ge=0, description="Instruments that closed above the day before")


def compute(inputs, dates):
    rows = inputs.read("silver/equity_eod", ["trade_date", "close", "prev_close"])
    rising = (pl.col("close") > pl.col("prev_close")).sum().cast(pl.Int64)
    return Computed(rows.group_by("trade_date", maintain_order=True).agg(rising=rising))


TABLE = DailyTable(
    name=NAME, description="How many instruments rose.", model=Breadth, code_version="1", compute=compute,
    inputs=lambda _: (Input("silver/equity_eod"),), in_warehouse=True,
)
'''


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DailyTable]:
    """A table in a package of its own, of which nothing in Champion knows."""
    package = tmp_path / "toy_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "breadth.py").write_text(TOY)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("toy_package.breadth").TABLE
    for name in ("toy_package", "toy_package.breadth"):
        importlib.sys.modules.pop(name)  # type: ignore[attr-defined]


def graph_of(settings: Settings) -> dg.AssetGraph:
    """As definitions.py makes it."""
    definitions = dg.Definitions(
        assets_of(settings), asset_checks=asset_checks_of(settings), resources=resources_of(settings)
    )
    dg.Definitions.validate_loadable(definitions)
    return definitions.resolve_asset_graph()  # type: ignore[return-value]


@pytest.mark.parametrize("is_loaded", [True, False])
def test_a_line_in_the_catalog_is_all_that_a_table_needs(settings: Settings, toy: DailyTable, is_loaded: bool) -> None:
    toy = replace(toy, in_warehouse=is_loaded)
    with in_catalog(toy):
        graph = graph_of(settings)
        key = dg.AssetKey(["features", "breadth"])
        assert graph.get(key).parent_keys == {dg.AssetKey(["silver", "equity_eod"])}
        assert {each.name for each in graph.asset_check_keys if each.asset_key == key} == {"schema", "fresh"}
        assert (key in graph.get(dg.AssetKey(["warehouse", "duckdb"])).parent_keys) == is_loaded
        page = data_dictionary()
        in_sql = " In SQL: `features.breadth`." if is_loaded else ""
        assert f"## features/breadth\n\nHow many instruments rose.{in_sql}\n" in page
        assert (
            "| `rising` | Int64 |  | greater_than_or_equal_to(0) | Instruments that closed above the day before |"
            in page
        )
        workspace = open_workspace(settings)
        for table in workspace.tables.values():
            assert not build_range(table, workspace, calendar_days(START, END)).failed, table.name
        stored = workspace.lake.read(toy.name, workspace.sessions(START, END))
        assert stored["rising"].min() > 0  # type: ignore[operator]
        found = "SELECT schema_name, table_name FROM duckdb_tables()"
        with connect(settings.duckdb_path, read_only=True) as connection:
            names = {f"{stage}.{name}" for stage, name in connection.execute(found).fetchall()}
            assert ("features.breadth" in names) == is_loaded
            if is_loaded:
                assert connection.execute("SELECT * FROM features.breadth ORDER BY 1").fetchall() == stored.rows()
    assert "features/breadth" not in data_dictionary()


def test_the_research_api_reads_it(settings: Settings, toy: DailyTable, environment: object) -> None:
    build_until(open_workspace(settings), "silver/equity_eod", START, END)
    with in_catalog(toy):
        assert not build_range(toy, open_workspace(settings), calendar_days(START, END)).failed
        found = research.table("features/breadth", START, END)
        assert found.schema == {"trade_date": pl.Date, "rising": pl.Int64}
        assert found["trade_date"].to_list() == open_workspace(settings).sessions(START, END)
    with pytest.raises(KeyError, match="features/breadth"):
        research.table("features/breadth", START, END)


def test_every_module_that_declares_a_table_has_its_line() -> None:
    declared = {}
    for stage in STAGES:
        package = importlib.import_module(f"champion_assets.{stage}")
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            table = getattr(importlib.import_module(module.name), "TABLE", None)
            if isinstance(table, DailyTable | HistoryTable):
                declared[module.name] = table
    listed = {table.name: table for table in (*LAKE_TABLES, *HISTORY_TABLES)}
    assert declared == {f"{champion_assets.__name__}.{name.replace('/', '.')}": table for name, table in listed.items()}


def test_every_input_stands_before_what_reads_it(settings: Settings) -> None:
    places = {name: place for place, name in enumerate(TABLES)}
    for name, table in TABLES.items():
        late = [each.table for each in table.inputs(settings) if places[each.table] > places[name]]
        assert not late, f"{name} stands before {late} in catalog.py"


def test_every_table_that_a_check_judges_is_one() -> None:
    assert {rule.asset for rule in RULES} <= set(TABLES)


def test_an_input_that_is_no_table_is_named_with_the_nearest(settings: Settings, toy: DailyTable) -> None:
    wrong = replace(toy, inputs=lambda _: (Input("silver/equity_oed"),))
    with pytest.raises(
        ConfigurationError, match=r"features/breadth reads silver/equity_oed, .* did you mean silver/equity_eod\?"
    ):
        enabled_tables(settings, TABLES | {wrong.name: wrong})
