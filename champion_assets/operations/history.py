"""Where a history begins, and what a range of it is too short for: said before the first run, not after it.

What belongs here: asking a folder which days it has. A source that is a server or a bucket cannot be listed; its
history begins where CHAMPION_START_DATE says.
"""

from __future__ import annotations

import datetime as dt
import os

from champion_assets.catalog import open_workspace
from champion_assets.nse import file_kinds
from champion_assets.nse.source.folder import FolderSource
from champion_assets.settings import Settings, get_settings, source_folder
from champion_assets.settings.config_file import FOUND

_ACTION_KINDS = {file_kinds.ACTIONS, file_kinds.BC, file_kinds.PR}


def find_history(settings: Settings, start: dt.date, end: dt.date) -> tuple[Settings, str]:
    """The settings with the first day of history, and a sentence if it was found just now.

    If no setting names the first day and nothing is built yet, history begins at the first price file of the folder
    from `start` to `end`. It is kept in DATA_DIR, so that every later process begins there, too.

    Args:
        settings: those of the process.
        start: first day asked for.
        end: last day asked for.
    """
    days = price_days(settings)
    if days is None or "start_date" in settings.model_fields_set or open_workspace(settings).lake.dates("raw/bhavcopy"):
        return settings, ""
    first = next((day for day in days if start <= day <= end), None)
    if first is None or first <= settings.start_date:
        return settings, ""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / FOUND
    temporary = path.with_suffix(f".{os.getpid()}.part")
    temporary.write_text(
        f"# The first price file of the first backfill. CHAMPION_START_DATE wins over it.\nstart_date = {first}\n",
        "utf-8",
    )
    temporary.replace(path)
    get_settings.cache_clear()
    return (
        get_settings(),
        (
            f"history begins on {first}, with the first price file in {settings.source}; to begin elsewhere "
            f"set CHAMPION_START_DATE"
        ),
    )


def too_short_for(settings: Settings, end: dt.date) -> list[str]:
    """What the history is too short for, one sentence each with the setting that matters.

    Args:
        settings: of the lake.
        end: last day of the history.
    """
    workspace = open_workspace(settings)
    sessions = len(workspace.sessions(settings.start_date, end))
    found = []
    if sessions < settings.universe_warmup:
        found.append(
            f"no portfolio: the history has {sessions} sessions up to {end}, and the first universe needs "
            f"{settings.universe_warmup} "
            "(UNIVERSE_WARMUP); give more files, or set it lower"
        )
    folder = source_folder(settings.source)
    if folder is not None and not _ACTION_KINDS & FolderSource(folder, settings.data_dir / "cache").kinds():
        found.append(
            "no adjusted prices: the source has no corporate actions; put an export of NSE's "
            "corporate-actions page (CF-CA-equities-….csv) "
            "or PR bundles beside the bhavcopies (CHAMPION_SOURCE)"
        )
    return found


def price_days(settings: Settings) -> list[dt.date] | None:
    """The days of which the source has a price file, in order; None if it is no folder and cannot be listed."""
    folder = source_folder(settings.source)
    return None if folder is None else FolderSource(folder, settings.data_dir / "cache").price_days()
