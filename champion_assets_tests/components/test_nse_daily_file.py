"""The component: its `defs.yaml` in docs/extending.md is a declaration, and its assets build from the source to
silver."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest
import yaml
from dagster.components.testing import create_defs_folder_sandbox

import champion_assets
from champion_assets.catalog import open_workspace
from champion_assets.components import NseDailyFile
from champion_assets.components.nse_daily_file import FileColumn, FilePlace, FileTotals
from champion_assets.nse.daily_file import Member, Summary
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.orchestration.resources import resources_of
from champion_assets.settings import Settings
from champion_assets.silver.daily_file import tables_of
from champion_assets_tests.helpers import build_until

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
(TEXT,) = re.findall(r"^```yaml\n(# my_project/defs.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
DAY = dt.date(2023, 11, 1)
HEADER = "Date,Symbol,Close,Current Day Underlying Daily Volatility (E) = Sqrt(0.995*D*D + 0.005*C*C)"
NAMES = ["raw/nse_volatility", "bronze/nse_volatility", "silver/nse_volatility"]


def test_the_file_of_the_page_gives_assets_that_build(settings: Settings, exchange: Exchange, tmp_path: Path) -> None:
    symbols = [company.symbol for company in exchange.market.companies[:3]]
    source = tmp_path / "source"
    source.mkdir()
    lines = [f"01-NOV-2023,{symbol},1.00,0.02" for symbol in symbols]
    (source / "cmvolt_01112023.csv").write_text("\n".join([HEADER, *lines, ""]))
    build_until(open_workspace(settings), "silver/instruments", DAY, DAY)
    with create_defs_folder_sandbox() as sandbox:
        path = sandbox.scaffold_component(
            component_cls=NseDailyFile, defs_path="nse_volatility", defs_yaml_contents=yaml.safe_load(TEXT)
        )
        with sandbox.load_component_and_build_defs(defs_path=path) as (component, defs):
            declared = cast("NseDailyFile", component).declared()
            assets = [asset for asset in defs.assets or [] if isinstance(asset, dg.AssetsDefinition)]
            assert [asset.key.to_user_string() for asset in assets] == NAMES
            used = resources_of(settings.model_copy(update={"source": str(source)}))
            resources = {key: used[key] for key in ("lake", "source")}
            with dg.DagsterInstance.ephemeral() as instance:
                result = dg.materialize(assets, partition_key=str(DAY), resources=resources, instance=instance)
            assert result.success
    workspace = open_workspace(settings)
    rows = workspace.lake.read("silver/nse_volatility", [DAY])
    assert rows.select("symbol", "volatility").sort("symbol").rows() == sorted((symbol, 0.02) for symbol in symbols)
    assert [table.name for table in tables_of(declared)] == NAMES


def test_what_a_scaffold_writes_is_a_declaration() -> None:
    with create_defs_folder_sandbox() as sandbox:
        path = sandbox.scaffold_component(component_cls=NseDailyFile, defs_path="some_file")
        with sandbox.load_component_and_build_defs(defs_path=path) as (component, _):
            assert cast("NseDailyFile", component).declared().name == "some_file"


@pytest.mark.parametrize(
    ("place", "words"), [({}, "either"), ({"member": "HL", "name": "x"}, "either"), ({"name": "x"}, "either")]
)
def test_a_place_that_is_none_is_refused(place: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FilePlace(**place).declared()


def test_a_member_and_totals_are_declared() -> None:
    assert FilePlace(member="PE", separator="_").declared() == Member("PE", "_")
    columns = [
        FileColumn(header=each.upper(), name=each, kind="text", meaning=each) for each in ("kind", "symbol", "value")
    ]
    totals = FileTotals(blank="kind", label="symbol", total="value", of={"TOTAL": None})
    component = NseDailyFile(
        name="x", description="x", place=FilePlace(member="HL"), columns=columns, summary=totals, key=["symbol"]
    )
    declared = component.declared()
    assert declared.summary == Summary("kind", "symbol", "value", {"TOTAL": None})
    assert [table.name for table in tables_of(declared)] == ["bronze/x", "silver/x"]


def test_the_definitions_do_not_import_components() -> None:
    package = Path(champion_assets.__file__).parent
    importing = [
        path
        for path in package.rglob("*.py")
        if "champion_assets.components" in path.read_text("utf-8") and path.parent.name != "components"
    ]
    assert importing == []
