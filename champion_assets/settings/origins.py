"""Where the value of each setting came from.

What belongs here: asking the sources in their order. What does not: printing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import SecretStr

from champion_assets.common.address import Address
from champion_assets.settings.config_file import FOUND, ConfigFile, config_file, dotenv_file
from champion_assets.settings.environment import GROUPS, Settings
from champion_assets.settings.faults import names_of


@dataclass(frozen=True)
class Shown:
    """A setting for a person.

    Its group and field, its variables, its value without secrets, and where that came from.
    """

    group: str
    field: str
    variables: tuple[str, ...]
    value: str
    origin: str
    description: str


def settings_file() -> Path | None:
    """The `champion.toml` that this process reads; None if there is none.

    Raises:
        ConfigurationError: CHAMPION_CONFIG names no file.
    """
    return config_file(os.environ)


def origins(settings: Settings) -> list[Shown]:
    """Every setting with its value and the origin of the value, by group.

    Args:
        settings: the settings to describe.
    """
    file = ConfigFile(Settings, settings_file(), GROUPS)
    environment = {name.upper() for name, value in os.environ.items() if value}
    path = dotenv_file()
    dotenv = {name.upper() for name, value in (dotenv_values(path) if path else {}).items() if value}
    shown = []
    for group, fields in GROUPS.items():
        for field, info in fields.model_fields.items():
            names = tuple(names_of(Settings, field))
            if name := next((each for each in names if each.upper() in environment), ""):
                origin = f"environment variable {name}"
            elif name := next((each for each in names if each.upper() in dotenv), ""):
                origin = f"{path}: {name}"
            elif field in file.values:
                origin = str(file.path)
            elif field == "data_dir" and file.path is not None:
                origin = f"default, beside {file.path}"
            elif field in settings.model_fields_set:
                origin = f"{settings.data_dir / FOUND}: found by the first backfill"
            else:
                origin = "default"
            shown.append(Shown(group, field, names, _words(getattr(settings, field)), origin, info.description or ""))
    return shown


def _words(value: Any) -> str:
    if value is None or value == "":
        return "not set"
    if isinstance(value, SecretStr):
        return "***" if value.get_secret_value() else "not set"
    return str(Address(", ".join(map(str, value)) if isinstance(value, tuple) else str(value)))
