"""What the page shows of every asset: owners, tags, columns and where they come from, the module that makes it.

What belongs here: descriptions that follow from a table's declaration. What does not: the asset itself
(`asset_factory.py`).
"""

from __future__ import annotations

import importlib.metadata
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import dagster as dg

import champion_assets
from champion_assets.catalog import TABLES
from champion_assets.lake.table import DailyTable, HistoryTable
from champion_assets.orchestration.schema_check import column_schema

OWNERS: Mapping[str, str] = {
    "raw": "team:market-data", "bronze": "team:market-data", "silver": "team:market-data", "checks": "team:market-data",
    "warehouse": "team:market-data",
    "features": "team:research", "portfolio": "team:research", "backtest": "team:research",
}  # fmt: skip
DOMAINS: Mapping[str, str] = {
    "raw": "market-data",
    "bronze": "market-data",
    "silver": "market-data",
    "checks": "data-quality",
    "features": "research",
    "portfolio": "portfolio",
    "backtest": "portfolio",
    "warehouse": "serving",
}
TIERS: Mapping[str, str] = {
    "raw": "original",
    "bronze": "parsed",
    "silver": "trusted",
    "checks": "trusted",
    "features": "derived",
    "portfolio": "derived",
    "backtest": "derived",
    "warehouse": "served",
}
"""How far from the exchange's files: as received, parsed, checked, computed, copied for readers."""
PACKAGE = Path(champion_assets.__file__).parent


def owners_of(group: str) -> list[str]:
    """Who answers for the tables of a stage."""
    return [OWNERS[group]]


def tags_of(group: str) -> dict[str, str]:
    """`domain` and `tier`, to filter by on the page."""
    return {"domain": DOMAINS[group], "tier": TIERS[group]}


def metadata_of(table: DailyTable | HistoryTable, inputs: Collection[str]) -> dict[str, Any]:
    """Name in SQL, columns, where they come from, and the module that makes the table."""
    found: dict[str, Any] = {
        "dagster/column_schema": column_schema(table.model),
        "dagster/table_name": table.name.replace("/", "."),
    }
    if (lineage := column_lineage(table, inputs)) is not None:
        found["dagster/column_lineage"] = lineage
    with warnings.catch_warnings():  # code references are beta in Dagster; saying so once an asset helps nobody
        warnings.simplefilter("ignore", dg.BetaWarning)
        if (reference := code_reference(f"{PACKAGE.name}/{table.name}.py", PACKAGE.parent, source_url())) is not None:
            found["dagster/code_references"] = dg.CodeReferencesMetadataValue(code_references=[reference])
    return found


def column_lineage(table: DailyTable | HistoryTable, inputs: Collection[str]) -> dg.TableColumnLineage | None:
    """The columns that have the name of a column in a declared input: taken over from there, or matched by it.

    Nothing else is claimed: a column that is computed from others under a new name has no entry, nor has one of a table
    whose inputs have no such column.

    Args:
        table: whose columns.
        inputs: the tables that it reads for their rows.
    """
    columns = {
        name: set(TABLES[name].model.to_schema().columns) for name in inputs if name in TABLES and name != table.name
    }
    deps = {
        column: [
            dg.TableColumnDep(dg.AssetKey(name.split("/")), column)
            for name, known in columns.items()
            if column in known
        ]
        for column in table.model.to_schema().columns
    }
    found = {column: sources for column, sources in deps.items() if sources}
    return dg.TableColumnLineage(found) if found else None


def code_reference(module: str, root: Path, url: str | None) -> dg.LocalFileCodeReference | dg.UrlCodeReference | None:
    """Where the page finds a module.

    The file of a checkout, which an editor opens, else its address at the project's home, else nothing.

    An installed package has no path that would mean anything on another machine, so none is shown.

    Args:
        module: path from the root of the repository.
        root: the folder that holds the package.
        url: the project's home, for an installed package.
    """
    if (root / "pyproject.toml").exists() and (root / module).exists():
        return dg.LocalFileCodeReference(file_path=str(root / module), line_number=1, label=module)
    return dg.UrlCodeReference(url=f"{url.rstrip('/')}/{module}", label=module) if url else None


def source_url() -> str | None:
    """The `Source` among the project's addresses in the metadata of the installed package."""
    try:
        addresses = importlib.metadata.metadata("champion-assets").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next(
        (address for label, _, address in (each.partition(", ") for each in addresses) if label == "Source"), None
    )
