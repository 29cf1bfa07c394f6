"""The assets of the graph: one per table of the catalog that the settings enable."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from champion_assets.catalog import HISTORY_TABLES, enabled_tables
from champion_assets.lake.table import DailyTable
from champion_assets.orchestration.asset_factory import daily_asset
from champion_assets.orchestration.check_results import result_checks
from champion_assets.orchestration.history_asset import history_asset
from champion_assets.orchestration.replication_check import replication_checks
from champion_assets.settings import Settings


def assets_of(settings: Settings, tables: Iterable[DailyTable] | None = None) -> list[dg.AssetsDefinition]:
    """The daily assets, those of `tables` or of the catalog, and after them the tables of the whole history."""
    chosen = enabled_tables(settings).values() if tables is None else tables
    return [*(daily_asset(table) for table in chosen), *map(history_asset, HISTORY_TABLES)]


def asset_checks_of(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """The asset checks beside those of their table's own run: the rules of the check table, and the replication."""
    tables = enabled_tables(settings)
    return [*result_checks(tables), *replication_checks(tables)]
