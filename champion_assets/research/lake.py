"""A lake by its place, for a notebook that reads several, or one that no settings name.

What belongs here: binding the functions of `research` to a place. What does not: what they do (`api.py` and its
neighbours).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from champion_assets.research import api, frontier, listing, parquet, provenance, risk
from champion_assets.research.errors import NoLake
from champion_assets.research.opening import reading, require_lake
from champion_assets.settings import Settings, current_settings

if TYPE_CHECKING:
    from typing import Self

P = ParamSpec("P")
R = TypeVar("R")
_STAGES = ("raw", "bronze", "silver")


class _Bound(Generic[P, R]):
    """A function of `research` as a method that asks the lake at hand."""

    def __init__(self, function: Callable[P, R]) -> None:
        self._function = function
        update_wrapper(self, function)  # type: ignore[arg-type]

    @overload
    def __get__(self, lake: None, owner: type) -> Callable[Concatenate[Any, P], R]: ...
    @overload
    def __get__(self, lake: Lake, owner: type) -> Callable[P, R]: ...
    def __get__(self, lake: Lake | None, owner: type) -> Any:
        if lake is None:
            return self._function

        def call(*arguments: P.args, **named: P.kwargs) -> R:
            with reading(lake.settings):
                return self._function(*arguments, **named)

        return update_wrapper(call, self._function)


class Lake:
    """A lake at a place, with every question of `research` as a method.

    Args:
        place: a folder (DATA_DIR, or the lake in it) or an `s3://` URL.
        settings: any settings by their names in `champion settings`, such as `s3_endpoint` or `risk_aversion`; the
            others are those of the environment. Without `start_date` the history begins with the first day of the lake.

    Raises:
        NoLake: there is no lake at `place`.
        ConfigurationError: a setting is unknown or wrong.

    Example:
        >>> lake = research.Lake("data")
        >>> lake.prices("2024-01-01", "2024-03-28", symbols="INFY")
        >>> lake.tables()
    """

    table = _Bound(api.table)
    prices = _Bound(api.prices)
    instruments = _Bound(api.instruments)
    instrument_history = _Bound(api.instrument_history)
    covariance = _Bound(risk.covariance)
    esg_frontier = _Bound(frontier.esg_frontier)
    files = _Bound(parquet.files)
    tables = _Bound(listing.tables)
    provenance = _Bound(provenance.provenance)

    def __init__(self, place: str | Path, **settings: Any) -> None:
        self.settings = _settings_of(place, settings)

    def __repr__(self) -> str:
        """The place."""
        return f"Lake({self.settings.lake_root!r})"

    def with_settings(self, **settings: Any) -> Self:
        """The same lake under other settings."""
        made = type(self).__new__(type(self))
        made.settings = self.settings.changed(**settings)
        return made


def _settings_of(place: str | Path, more: dict[str, Any]) -> Settings:
    from champion_assets.catalog import open_workspace

    base, where = current_settings(), _where(place)
    settings = base.changed(**where, **more)
    require_lake(settings)
    if "start_date" not in more:
        lake = open_workspace(settings).lake
        days = lake.dates("raw/bhavcopy") or lake.dates("silver/equity_eod")
        if not days:
            raise NoLake(f"the lake {settings.lake_root} has no session; `champion backfill START END` builds one")
        settings = settings.changed(start_date=days[0])
    return settings


def _where(place: str | Path) -> dict[str, Any]:
    """The settings that a place stands for."""
    if "://" in str(place):
        return {"lake": str(place)}
    folder = Path(place).expanduser().absolute()
    if not (folder / "lake").is_dir() and any((folder / stage).is_dir() for stage in _STAGES):
        return {"lake": str(folder), "data_dir": folder.parent}
    return {"lake": "", "data_dir": folder}
