"""`champion.toml`, `.env`, and what a backfill found about the history.

What belongs here: finding and reading these files, and refusing sections and keys that nobody reads. The environment
wins over all. A relative path in a file means a place beside that file, so that a process started in any folder below
finds the same lake.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource

from champion_assets.common.address import Address
from champion_assets.common.errors import ConfigurationError
from champion_assets.settings.unknown import nearest, variable_names

NAME = "champion.toml"
DOTENV = ".env"
FOUND = "history.toml"
"""In DATA_DIR: the first day of the source, written by the first backfill if CHAMPION_START_DATE is not set."""


def config_file(environment: Mapping[str, str]) -> Path | None:
    """The configuration file: CHAMPION_CONFIG, or `champion.toml` in the working directory or above it.

    Args:
        environment: environment variables.

    Returns:
        The file, or None if there is none.

    Raises:
        ConfigurationError: the file in CHAMPION_CONFIG does not exist.
    """
    if named := environment.get("CHAMPION_CONFIG"):
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigurationError(f"CHAMPION_CONFIG={Address(named)}: there is no such file")
        return path
    return _nearest(NAME)


def dotenv_file() -> Path | None:
    """`.env` in the working directory or the nearest folder above it."""
    return _nearest(DOTENV)


def _nearest(name: str) -> Path | None:
    here = Path.cwd()
    return next((folder / name for folder in (here, *here.parents) if (folder / name).is_file()), None)


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Args:
        path: the file.

    Raises:
        ConfigurationError: it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from error


class ConfigFile(PydanticBaseSettingsSource):
    """`champion.toml`: a section for each group of settings, a key for each field."""

    def __init__(
        self, settings_cls: type[BaseSettings], path: Path | None, groups: Mapping[str, type[BaseModel]]
    ) -> None:
        """Read `path`, if there is one.

        Raises:
            ConfigurationError: not TOML, or an unknown section or key; the nearest right name is given.
        """
        super().__init__(settings_cls)
        self.path = path
        self.values: dict[str, Any] = {} if path is None else self._flat(path, read_toml(path), groups)

    def _flat(self, path: Path, content: dict[str, Any], groups: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
        values, faults = {}, []
        for section, keys in content.items():
            if section not in groups or not isinstance(keys, dict):
                faults.append(f"{path}: there is no section [{section}]; there are {', '.join(groups)}")
                continue
            fields = groups[section].model_fields
            for key, value in keys.items():
                if key in fields:
                    values[key] = value
                    continue
                elsewhere = {each: f"[{name}] {each}" for name, group in groups.items() for each in group.model_fields}
                best = key if key in elsewhere else nearest(key, set(elsewhere))
                near = best if best in fields else elsewhere.get(best, "")
                faults.append(
                    f"{path}: [{section}] has no key {key}; "
                    + (f"did you mean {near}?" if near else "`champion settings` lists all")
                )
        if faults:
            raise ConfigurationError("\n".join(faults))
        return values

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """See pydantic-settings."""
        _ = field
        return self.values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """The values by field.

        Where the file does not name DATA_DIR, its default is the folder `data` beside the file.
        """
        if self.path is None:
            return {}
        return {"data_dir": str(self.path.parent / "data")} | {
            name: beside(self.path, self.settings_cls, name, value) for name, value in self.values.items()
        }


class DotenvFile(DotEnvSettingsSource):
    """`.env`: variables as in the environment."""

    def __init__(self, settings_cls: type[BaseSettings], path: Path | None) -> None:
        """Read `path`, if there is one."""
        self.path = path
        super().__init__(settings_cls, env_file=path)

    def __call__(self) -> dict[str, Any]:
        """The values by variable."""
        fields = variable_names(self.settings_cls)
        found = super().__call__()
        if self.path is None:
            return found
        return {
            name: beside(self.path, self.settings_cls, fields.get(name, name), value) for name, value in found.items()
        }


def beside(file: Path, settings: type[BaseSettings], field: str, value: Any) -> Any:
    """The value of a setting; a relative path is relative to the folder of its configuration file.

    Args:
        file: the configuration file.
        settings: class with the field.
        field: name of the field.
        value: its value in the file.
    """
    info = settings.model_fields.get(field)
    is_path = info is not None and ("Path" in str(info.annotation) or field in ("source", "lake"))
    if not is_path or not isinstance(value, str) or not value or "://" in value:
        return value
    return str(file.parent / Path(value).expanduser())


class FoundHistory(PydanticBaseSettingsSource):
    """`history.toml` in DATA_DIR; below all that a person sets."""

    def __init__(self, settings_cls: type[BaseSettings], above: Sequence[PydanticBaseSettingsSource]) -> None:
        """`above` are the sources that may name DATA_DIR."""
        super().__init__(settings_cls)
        self._above = above

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """See pydantic-settings."""
        _ = field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """`start_date`, if a backfill found it."""
        given: dict[str, Any] = {}
        for source in reversed(self._above):
            given |= source()
        path = Path(given.get("data_dir") or given.get("DATA_DIR") or "data") / FOUND
        return {"start_date": read_toml(path).get("start_date")} if path.is_file() else {}
