"""All settings of a process: from the environment, `.env`, `champion.toml`, in this order.

What belongs here: the groups together, pairs of settings of several groups, and the one instance of the process. What
does not: the fields, which stand in the module of their group.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from dotenv import dotenv_values
from pydantic import BaseModel, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from champion_assets.common.address import Address
from champion_assets.common.errors import ConfigurationError
from champion_assets.common.redaction import remember
from champion_assets.settings.automation import AutomationSettings
from champion_assets.settings.config_file import FOUND, ConfigFile, DotenvFile, FoundHistory, config_file, dotenv_file
from champion_assets.settings.faults import sentences
from champion_assets.settings.foreign import refused_variables
from champion_assets.settings.history import HistorySettings
from champion_assets.settings.lake import LakeSettings
from champion_assets.settings.services import ServiceSettings
from champion_assets.settings.simulation import SimulationSettings
from champion_assets.settings.source import SourceSettings
from champion_assets.settings.strategy import Strategy
from champion_assets.settings.universe import UniverseSettings
from champion_assets.settings.unknown import nearest, unknown_variables

GROUPS: dict[str, type[BaseModel]] = {
    "source": SourceSettings,
    "lake": LakeSettings,
    "history": HistorySettings,
    "universe": UniverseSettings,
    "strategy": Strategy,
    "simulation": SimulationSettings,
    "services": ServiceSettings,
    "automation": AutomationSettings,
}
"""Sections of `champion.toml`."""


class Settings(
    BaseSettings,
    SourceSettings,
    LakeSettings,
    HistorySettings,
    UniverseSettings,
    SimulationSettings,
    ServiceSettings,
    AutomationSettings,
    Strategy,
):
    """All settings, validated. Each field's description names its unit and its default's reason."""

    model_config = SettingsConfigDict(
        frozen=False,
        extra="ignore",
        populate_by_name=True,
        env_ignore_empty=True,
        enable_decoding=False,
        allow_inf_nan=False,
        env_file_encoding="utf-8",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, `.env`, `champion.toml`, and last what a backfill found about the
        history.
        """
        _ = file_secret_settings, dotenv_settings
        dotenv = DotenvFile(settings_cls, dotenv_file())
        file = ConfigFile(settings_cls, config_file(os.environ), GROUPS)
        return (
            init_settings,
            env_settings,
            dotenv,
            file,
            FoundHistory(settings_cls, [init_settings, env_settings, dotenv, file]),
        )

    @field_validator("*", mode="before")
    @classmethod
    def _addresses_stand_where_they_belong(cls, value: object, info: ValidationInfo) -> object:
        """Paths are of this machine, and only settings that are made for it may hold a password."""
        kind = str(cls.model_fields[str(info.field_name)].annotation)
        if not isinstance(value, str) or "Address" in kind or "Secret" in kind:
            return value
        if "Path" in kind and "://" in value:
            raise ValueError("this must be a path on this machine, not a URL")
        if Address(value).has_secrets:
            raise ValueError("an address with a password is not allowed here")
        return value

    @model_validator(mode="after")
    def _groups_agree(self) -> Self:
        """Pairs of settings of several groups.

        Raises:
            ValueError: names the settings.
        """
        if self.end_date is not None and self.end_date < self.start_date:
            raise ValueError(f"CHAMPION_END_DATE={self.end_date} is before CHAMPION_START_DATE={self.start_date}")
        if self.late_at <= self.published_at:
            raise ValueError(
                f"CHAMPION_LATE_AT={self.late_at} must be later than CHAMPION_PUBLISHED_AT={self.published_at}"
            )
        names = min(self.universe_size, len(self.universe) or self.universe_size)
        invested = 1.0 - self.cash_weight
        if names * self.weight_cap < invested - 1e-9:
            raise ValueError(
                f"{names} names (UNIVERSE_SIZE, UNIVERSE) at WEIGHT_CAP={self.weight_cap} hold "
                f"{names * self.weight_cap:.4g} at most, and "
                f"{invested:.4g} must be invested; raise WEIGHT_CAP or CASH_WEIGHT"
            )
        if names * self.weight_floor > invested + 1e-9:
            raise ValueError(
                f"{names} names (UNIVERSE_SIZE, UNIVERSE) at WEIGHT_FLOOR={self.weight_floor} and "
                f"CASH_WEIGHT={self.cash_weight} are more "
                "than the whole portfolio; lower one of them"
            )
        return self

    def changed(self, **values: Any) -> Settings:
        """These settings with others in the place of some.

        Args:
            values: by the names of the fields, such as `data_dir`; checked as the environment's are.

        Raises:
            ConfigurationError: an unknown name, with the nearest one, or a wrong value.

        Example:
            >>> get_settings().changed(risk_aversion=8.0).risk_aversion
            8.0
        """
        for name in values:
            if name not in Settings.model_fields:
                near = nearest(name, set(Settings.model_fields))
                raise ConfigurationError(
                    f"there is no setting {name}; "
                    + (f"did you mean {near}?" if near else "`champion settings` lists all")
                )
        kept = {name: getattr(self, name) for name in self.model_fields_set}
        try:
            return Settings(**(kept | values))
        except ValidationError as error:
            raise ConfigurationError("\n".join(sentences(error, Settings))) from error

    @property
    def strategy(self) -> Strategy:
        """The strategy of the daily portfolio."""
        return Strategy.model_validate({name: getattr(self, name) for name in Strategy.model_fields})

    @property
    def lake_root(self) -> str:
        """The lake's root as a URL or a path."""
        return self.lake or str(self.data_dir / "lake")

    @property
    def duckdb_path(self) -> Path:
        """The DuckDB file of `warehouse/duckdb`."""
        return self.duckdb or self.data_dir / "champion.duckdb"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once. Tests call `get_settings.cache_clear()` after changing the environment.

    Raises:
        ConfigurationError: unknown names, wrong values, variables of other libraries that would change a result; one
            line for each.
    """
    path = dotenv_file()
    faults = unknown_variables({**(dotenv_values(path) if path else {}), **os.environ}, Settings)
    faults += refused_variables(os.environ)
    try:
        settings = Settings()
    except ValidationError as error:
        faults += sentences(error, Settings)
    except ConfigurationError as error:
        faults.append(str(error))
    if faults:
        raise ConfigurationError("\n".join(faults))
    remember(_secrets(settings))
    return settings


def _secrets(settings: Settings) -> Iterator[str]:
    """Every secret that the settings or the environment hold, those of other programs' addresses among them."""
    for field in Settings.model_fields:
        value = getattr(settings, field)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
            yield from Address(value.get_secret_value()).secrets
        elif isinstance(value, Address):
            yield from value.secrets
    for value in os.environ.values():
        if "://" in value and "@" in value:
            yield from Address(value).secrets


_State = tuple[object, ...]
_seen: dict[str, _State] = {}


def current_settings() -> Settings:
    """The settings, read anew if what they depend on has changed since the last call.

    For processes that stay, as notebooks do.

    Raises:
        ConfigurationError: unknown names and wrong values, one line for each.
    """
    before = _state()
    if _seen.get("before") != before or _seen.get("after") != _found(get_settings()):
        _seen.clear()
        get_settings.cache_clear()
        settings = get_settings()
        _seen.update(before=before, after=_found(settings))
    return get_settings()


def settings_files() -> list[Path]:
    """The files that the settings of this process come from: `champion.toml` and `.env`, those that are there."""
    return [path for path in (config_file(os.environ), dotenv_file()) if path is not None]


def _state() -> _State:
    here = Path.cwd()
    return (here, dict(os.environ), _stamp(config_file(os.environ)), _stamp(dotenv_file()))


def _found(settings: Settings) -> _State:
    return _stamp(settings.data_dir / FOUND)


def _stamp(path: Path | None) -> _State:
    """What changes when somebody writes the file."""
    if path is None or not path.is_file():
        return (path,)
    status = path.stat()
    return (path, status.st_mtime_ns, status.st_size, status.st_ino)
