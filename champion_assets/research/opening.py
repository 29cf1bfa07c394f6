"""From a notebook to its lake, by the settings as they are now; reading creates nothing.

What belongs here: finding the lake, and saying where it was looked for. What does not: opening it
(`catalog.open_workspace`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from champion_assets.research.errors import NoLake
from champion_assets.settings import Settings, current_settings
from champion_assets.settings.origins import origins, settings_file

if TYPE_CHECKING:
    from champion_assets.lake.workspace import Workspace


_chosen: ContextVar[Settings | None] = ContextVar("champion_lake", default=None)


@contextmanager
def reading(settings: Settings) -> Iterator[None]:
    """Inside the `with` block the lake of `settings` is read.

    Args:
        settings: those of the lake.
    """
    token = _chosen.set(settings)
    try:
        yield
    finally:
        _chosen.reset(token)


def open_for_reading() -> Workspace:
    """The workspace of the innermost `reading`, else the one that the environment, `.env` and `champion.toml` describe.

    They are read anew if they have changed, for a notebook changes variables and working directory while it stays.

    Raises:
        NoLake: the lake is a folder that does not exist.
        ConfigurationError: a setting is unknown or wrong.
        FolderAbsent: a file or folder that a setting names is not there.
    """
    settings = _chosen.get() or current_settings()
    require_lake(settings)
    from champion_assets.catalog import open_workspace

    return open_workspace(settings)


def require_lake(settings: Settings) -> None:
    """Check that the lake exists, if it is a folder; a bucket is checked when it is opened.

    Args:
        settings: those of the lake.

    Raises:
        NoLake: it does not exist; the message names the folder, the setting and the source of its value.
    """
    root = settings.lake_root
    if "://" in root or Path(root).expanduser().is_dir():
        return
    field = "lake" if settings.lake else "data_dir"
    shown = next(each for each in origins(settings) if each.field == field)
    file = settings_file()
    where = f"settings from {file}" if file else f"no champion.toml in {Path.cwd()} or above it"
    folder, name = Path(root).expanduser().absolute(), shown.variables[0]
    raise NoLake(
        f"there is no lake in {folder} ({name}={shown.value}, {shown.origin}; {where}). {_nearby(settings)}"
        f"To use another lake set {name}, name a champion.toml in CHAMPION_CONFIG, or start in its folder. "
        "To build this one: `champion backfill START END`"
    )


def _nearby(settings: Settings) -> str:
    """A guess at what DATA_DIR was meant to be: the folder above a lake, or one of a similar name that has a lake."""
    folder = settings.data_dir.expanduser().absolute()
    if settings.lake:
        return ""
    found = ""
    if folder.name == "lake" and folder.is_dir():
        found = str(folder.parent)
    elif folder.parent.is_dir():
        others = {path.parent.name for path in folder.parent.glob("*/lake")}
        found = next((str(folder.parent / name) for name in get_close_matches(folder.name, sorted(others), n=1)), "")
    return f"Did you mean DATA_DIR={found}? " if found else ""
