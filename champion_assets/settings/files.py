"""Files and folders that settings name: whether they are there.

What belongs here: looking. What does not: reading any of them.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from champion_assets.common.errors import FolderAbsent
from champion_assets.settings.environment import Settings

_NAMED = (
    "calendar",
    "identity_overrides",
    "action_overrides",
    "check_overrides",
    "rates",
    "endings",
    "esg_folder",
    "clock",
)


def source_folder(source: str) -> Path | None:
    """The folder of a source.

    Args:
        source: value of CHAMPION_SOURCE.

    Returns:
        The folder; None for a bucket or a server.
    """
    if source.startswith("file://"):
        return Path(unquote(urlsplit(source).path))
    return None if "://" in source else Path(source).expanduser()


def require_files(settings: Settings, *, source: bool = False) -> None:
    """Make sure that every file and folder that a setting names is there.

    Args:
        settings: what names them.
        source: whether the source is needed, too; a lake can be read without it.

    Raises:
        FolderAbsent: one sentence for each that is absent.
    """
    fields, absent = type(settings).model_fields, []
    for name in _NAMED:
        path: Path | None = getattr(settings, name)
        if path is not None and not path.expanduser().exists():
            variable = fields[name].validation_alias.choices[0]  # type: ignore[union-attr]
            absent.append(f"{variable}: there is no {path}; correct the path, or leave the setting out")
    if source and (folder := source_folder(settings.source)) is not None and not folder.is_dir():
        absent.append(f"CHAMPION_SOURCE: there is no folder {folder}; name the folder that holds NSE's files")
    if absent:
        raise FolderAbsent("\n".join(absent))
