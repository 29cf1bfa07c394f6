"""Every exception that the package defines is a ChampionError."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import champion_assets
from champion_assets.common.errors import ChampionError, NothingStored
from champion_assets.lake.errors import LakeRefused, LakeUnreachable
from champion_assets.lake.ports import is_retryable
from champion_assets.research import NotCovered


def _own_exceptions() -> dict[str, type[BaseException]]:
    found = {}
    for module in pkgutil.walk_packages(champion_assets.__path__, "champion_assets."):
        if module.name.endswith("__main__"):
            continue
        try:
            content = vars(importlib.import_module(module.name))
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("champion_assets"):
                raise
            continue  # of an extra that is not installed: dagster_postgres, dagster_k8s
        for value in content.values():
            if (
                inspect.isclass(value)
                and issubclass(value, BaseException)
                and value.__module__.startswith("champion_assets")
            ):
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return found


def test_every_exception_of_the_package_has_one_root() -> None:
    found = _own_exceptions()
    assert len(found) > 35
    assert [name for name, kind in found.items() if not issubclass(kind, ChampionError)] == []


def test_built_in_bases_that_callers_rely_on_are_kept() -> None:
    assert issubclass(NotCovered, LookupError)
    assert issubclass(LakeUnreachable, ConnectionError)
    assert is_retryable(LakeUnreachable("gone"))
    assert not is_retryable(LakeRefused("no such bucket"))


def test_a_message_is_shown_as_it_was_written() -> None:
    class Absent(NothingStored, KeyError):
        pass

    with pytest.raises(ChampionError) as caught:
        raise Absent("no table 'x'")
    assert str(caught.value) == "no table 'x'"
