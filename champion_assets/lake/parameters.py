"""The parameters of a table: what its rows depend on beside data, and which of them differ from the defaults.

What belongs here: values by name, and the comparison. Which parameters a table has stands in its declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from champion_assets.lake.errors import UndeclaredInput
from champion_assets.settings import Settings


class Parameters(Mapping[str, Any]):
    """Declared parameters by name, as `parameters["size"]` or `parameters.size`."""

    def __init__(self, table: str, values: Mapping[str, Any]) -> None:
        self._table, self._values = table, dict(values)

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise UndeclaredInput(
                f"{self._table} asks for the parameter {name!r}; name it in the `parameters` of its declaration"
            )
        return self._values[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values


Declared = Callable[[Settings], Mapping[str, Any]]


@lru_cache(maxsize=256)
def defaults_of(parameters: Declared, kind: type[Settings]) -> Mapping[str, Any]:
    """The parameters under the settings as the code has them, whatever the environment says."""
    return parameters(kind.model_construct())


def differing(parameters: Declared, settings: Settings) -> dict[str, Any]:
    """The parameters whose value under `settings` is not that of the defaults.

    Only they are part of a fingerprint. So a new setting that is left at its default changes no stored day; whoever
    changes a default raises the code version of the tables that have it.
    """
    usual, absent = defaults_of(parameters, type(settings)), object()
    return {name: value for name, value in parameters(settings).items() if usual.get(name, absent) != value}
