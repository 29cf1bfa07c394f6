"""The limits, tables and words of a module as values, for the fingerprints of the tables that use them.

What belongs here: from a module to values that a hash can be made of. A table names the modules in its `constants`;
whoever changes a number there has every day computed again that rests on it, whether or not a code version was raised.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from types import ModuleType
from typing import Any

_PACKAGE = "champion_assets."
LONGEST = 80
"""Characters up to which a value is given as it is."""


def values_of(module: ModuleType, *names: str) -> dict[str, Any]:
    """The constants of a module under its name without the package; of long ones the hash.

    Args:
        module: numbers, texts, expressions and tables of these under names in capitals.
        names: only these; by default all that the module has, private ones included, but for types and functions.

    Example:
        >>> values_of(thresholds, "BAND")
        {'checks.thresholds': {'BAND': 0.205}}
    """
    chosen = names or sorted(constants_in(module))
    return {module.__name__.removeprefix(_PACKAGE): {name: _short(plain(getattr(module, name))) for name in chosen}}


def _short(value: Any) -> Any:
    text = json.dumps(value)
    return value if len(text) <= LONGEST else hashlib.sha256(text.encode()).hexdigest()[:16]


def constants_in(module: ModuleType) -> set[str]:
    """The names in capitals that a module has and whose values say something by themselves."""
    return {
        name for name, value in vars(module).items() if re.fullmatch(r"_?[A-Z][A-Z0-9_]*", name) and not _is_code(value)
    }


def plain(value: Any) -> Any:
    """A value as JSON can write it, the same in every process."""
    if isinstance(value, re.Pattern):
        return [value.pattern, value.flags]
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(plain(each) for each in value)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    return value if isinstance(value, (bool, int, float, str, type(None))) else str(value)


def _is_code(value: Any) -> bool:
    inner = next(iter(value.values()), None) if isinstance(value, Mapping) else value
    return callable(inner) or isinstance(inner, ModuleType)
