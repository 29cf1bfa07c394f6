"""Every table of Champion in the order of the graph: the one list.

What belongs here: which tables there are. What a table is, whether it goes to the warehouse, how much memory it needs,
stands in its own declaration (`lake/table.py`). To add a table write its module and put its `TABLE` here; a daily file
of a project of your own needs no line here (`own_tables`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib.metadata import entry_points

from champion_assets.backtest import attribution, daily, executions, tax, tear_sheet
from champion_assets.bronze import (
    adjusted_extremes,
    bundle_bands,
    bundle_lists,
    bundle_prices,
    market_lists,
    participant_open_interest,
    published_volatility,
    series_changes,
    symbol_changes,
)
from champion_assets.bronze import bhavcopy as bronze_bhavcopy
from champion_assets.bronze import board_meetings as bronze_board_meetings
from champion_assets.bronze import corporate_actions as bronze_corporate_actions
from champion_assets.bronze import delivery as bronze_delivery
from champion_assets.bronze import derivatives as bronze_derivatives
from champion_assets.bronze import earnings as bronze_earnings
from champion_assets.bronze import esg_scores as bronze_esg_scores
from champion_assets.bronze import index_close as bronze_index_close
from champion_assets.bronze import index_constituents as bronze_index_constituents
from champion_assets.bronze import price_bands as bronze_price_bands
from champion_assets.bronze import shares_outstanding as bronze_shares_outstanding
from champion_assets.checks import index_replication, results
from champion_assets.common.errors import ConfigurationError
from champion_assets.features import (
    characteristics,
    covariance,
    esg,
    expected_returns,
    factor_returns,
    returns,
    universe,
)
from champion_assets.lake.open import open_lake
from champion_assets.lake.table import DailyTable, HistoryTable
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.calendar import SessionCalendar, load_calendar
from champion_assets.nse.calendar_files import CONFIRMED_FROM
from champion_assets.nse.daily_file import DailyFile
from champion_assets.nse.source.folder import FolderSource
from champion_assets.portfolio import account, audit, target_weights
from champion_assets.raw import bhavcopy as raw_bhavcopy
from champion_assets.raw import bundle_members
from champion_assets.raw import corporate_actions as raw_corporate_actions
from champion_assets.raw import delivery as raw_delivery
from champion_assets.raw import derivatives as raw_derivatives
from champion_assets.raw import esg_scores as raw_esg_scores
from champion_assets.raw import index_close as raw_index_close
from champion_assets.raw import index_constituents as raw_index_constituents
from champion_assets.raw import market_lists as raw_market_lists
from champion_assets.raw import security_master as raw_security_master
from champion_assets.settings import Settings, require_files, source_folder
from champion_assets.silver import (
    board_meetings,
    corporate_actions,
    derivatives,
    doubts,
    earnings,
    endings,
    equity_eod,
    esg_scores,
    index_eod,
    index_total_return,
    instruments,
    price_bands,
    rates,
    security_status,
    shares_outstanding,
    suspects,
    trading_activity,
)
from champion_assets.silver.daily_file import tables_of
from champion_assets.warehouse import clickhouse, duckdb

DAILY_FILES = "champion_assets.daily_files"
"""Entry points of installed projects that add tables: each names a `DailyFile`, or a tuple of `DailyTable`."""


def own_tables() -> tuple[DailyTable, ...]:
    """The tables of installed projects, in the order of their entry points' names.

    Raises:
        ConfigurationError: an entry point cannot be loaded, or names something else.
    """
    found: list[DailyTable] = []
    for point in sorted(entry_points(group=DAILY_FILES), key=lambda each: each.name):
        try:
            loaded = point.load()
        except Exception as error:
            raise ConfigurationError(
                f"the entry point {point.name} = {point.value} cannot be loaded: {type(error).__name__}: {error}"
            ) from error
        tables = tables_of(loaded) if isinstance(loaded, DailyFile) else loaded
        if not isinstance(tables, tuple) or not all(isinstance(each, DailyTable) for each in tables):
            raise ConfigurationError(
                f"the entry point {point.name} = {point.value} names neither a DailyFile nor a tuple of tables"
            )
        found += tables
    return tuple(found)


LAKE_TABLES: tuple[DailyTable, ...] = (
    raw_bhavcopy.TABLE,
    raw_delivery.TABLE,
    raw_index_close.TABLE,
    raw_index_constituents.TABLE,
    raw_security_master.TABLE,
    raw_corporate_actions.TABLE,
    bundle_members.TABLE,
    raw_market_lists.TABLE,
    raw_derivatives.TABLE,
    raw_esg_scores.TABLE,
    bronze_bhavcopy.TABLE,
    bronze_delivery.TABLE,
    bronze_index_close.TABLE,
    bronze_index_constituents.TABLE,
    symbol_changes.TABLE,
    bronze_corporate_actions.TABLE,
    bundle_prices.TABLE,
    bundle_bands.TABLE,
    bundle_lists.TABLE,
    bronze_shares_outstanding.TABLE,
    bronze_earnings.TABLE,
    bronze_board_meetings.TABLE,
    market_lists.TABLE,
    participant_open_interest.TABLE,
    adjusted_extremes.TABLE,
    bronze_price_bands.TABLE,
    series_changes.TABLE,
    published_volatility.TABLE,
    bronze_derivatives.TABLE,
    bronze_esg_scores.TABLE,
    instruments.TABLE,
    endings.TABLE,
    equity_eod.TABLE,
    index_eod.TABLE,
    rates.TABLE,
    derivatives.TABLE,
    price_bands.TABLE,
    security_status.TABLE,
    shares_outstanding.TABLE,
    index_total_return.TABLE,
    corporate_actions.TABLE,
    earnings.TABLE,
    board_meetings.TABLE,
    trading_activity.TABLE,
    suspects.TABLE,
    doubts.TABLE,
    esg_scores.TABLE,
    *own_tables(),
    results.TABLE,
    index_replication.TABLE,
    returns.TABLE,
    universe.TABLE,
    esg.TABLE,
    expected_returns.TABLE,
    covariance.TABLE,
    factor_returns.TABLE,
    characteristics.TABLE,
    account.TABLE,
    target_weights.TABLE,
    audit.TABLE,
    executions.TABLE,
    tax.TABLE,
    attribution.TABLE,
    daily.TABLE,
)
HISTORY_TABLES: tuple[HistoryTable, ...] = (tear_sheet.TABLE,)
"""Tables of the whole history, without a day."""


def all_tables(lake_tables: tuple[DailyTable, ...] = LAKE_TABLES) -> dict[str, DailyTable]:
    """Every daily table by name, with the warehouses last: each warehouse contains what the tables before it declare.

    Args:
        lake_tables: tables of the lake, in the order of the graph.

    Raises:
        ConfigurationError: two tables have the same name.
    """
    names = [table.name for table in lake_tables]
    if len(set(names)) < len(names):
        raise ConfigurationError(f"two tables have the name {next(name for name in names if names.count(name) > 1)}")
    return {
        table.name: table for table in (*lake_tables, duckdb.table_of(lake_tables), clickhouse.table_of(lake_tables))
    }


TABLES = all_tables()


def enabled_tables(settings: Settings, tables: dict[str, DailyTable] | None = None) -> dict[str, DailyTable]:
    """The tables that the settings enable.

    Args:
        settings: may disable warehouses and name features (TILTS).
        tables: by default those of the catalog.

    Raises:
        ConfigurationError: a declaration or a setting names an input that does not exist.
    """
    enabled = {
        name: table for name, table in (TABLES if tables is None else tables).items() if table.is_enabled(settings)
    }
    for table in enabled.values():
        if unknown := sorted({wanted.table for wanted in table.inputs(settings)}.difference(enabled)):
            near = get_close_matches(unknown[0], enabled, 1)
            raise ConfigurationError(
                f"{table.name} reads {unknown[0]}, which is not a table{f'; did you mean {near[0]}?' if near else ''}"
            )
    return enabled


def open_calendar(settings: Settings, built: Callable[[], Sequence[dt.date]] = tuple) -> SessionCalendar:
    """The session calendar that the settings describe.

    Before 2011, where the calendar is not confirmed, files decide: those of a folder, which can be listed, and those in
    the lake.

    Args:
        settings: what names the calendar's files and the source.
        built: the days of which the lake has a bhavcopy; asked for only if the history begins before 2011.
    """
    folder = source_folder(settings.source)
    folder = folder if folder is not None and folder.is_dir() else None
    calendar = load_calendar(settings.calendar, folder)
    if settings.start_date >= CONFIRMED_FROM:
        return calendar
    calendar = calendar.decided_by(frozenset(built()), complete=False)
    listed = [] if folder is None else FolderSource(folder, settings.data_dir / "cache").price_days()
    return calendar.decided_by(frozenset(listed))


def open_workspace(settings: Settings, tables: dict[str, DailyTable] | None = None) -> Workspace:
    """The workspace of some settings.

    Args:
        settings: where the lake and the files are.
        tables: by default those of the catalog; only enabled ones are used.

    Raises:
        ConfigurationError: see `enabled_tables`.
        FolderAbsent: a file or folder in a setting does not exist.
        LakeRefused: the lake does not exist, or refuses the key.
        LakeUnreachable: its server does not answer.
    """
    require_files(settings)
    lake = open_lake(settings)
    calendar = open_calendar(settings, lambda: lake.dates("raw/bhavcopy"))
    return Workspace(settings, lake, calendar, tables=enabled_tables(settings, tables))
