"""What a person may edit or drop while the daemon runs, as a list that changes when any of it does.

What belongs here: which files these are. What does not: reading them, or deciding to run (`sensors.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from champion_assets.lake.workspace import Workspace
from champion_assets.settings import settings_files, source_folder


def edited(workspace: Workspace) -> list[tuple[str, str]]:
    """Path and SHA-256 of every file that a person edits.

    Settings, calendar, corporate actions, identities, endings, checks.
    """
    settings = workspace.settings
    named = (
        settings.action_overrides,
        settings.identity_overrides,
        settings.check_overrides,
        settings.endings,
        settings.calendar,
    )
    paths = [*settings_files(), *(each.expanduser() for each in named if each is not None)]
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    return [(str(path), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files if path.is_file()]


def dropped(workspace: Workspace) -> list[tuple[str, int, int]]:
    """Path, size and time of every file in the folders of the source and of ESG ratings."""
    settings = workspace.settings
    folders = [each for each in (settings.esg_folder, source_folder(settings.source)) if each is not None]
    paths = [path for folder in folders for path in sorted(_visible(folder.expanduser()))]
    return [(str(path), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in paths if path.is_file()]


def _visible(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path
