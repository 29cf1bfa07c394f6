"""What a trial is known by: its parameters that differ from the defaults, and its first day.

What belongs here: which parameters tell one trial from another. A new setting that is left at its default is in no
identity, so a new release neither renames a stored trial nor counts it twice. Whoever changes a default gives the
trials that rest on it another meaning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from champion_assets.settings import Settings
from champion_assets.settings.simulation import SimulationSettings


def parameters_of(settings: Settings) -> dict[str, Any]:
    """Everything except data that a trial depends on, as JSON values.

    Args:
        settings: those of the trial.
    """
    strategy = settings.strategy.model_dump(mode="json")
    return strategy | settings.model_dump(mode="json", include=set(SimulationSettings.model_fields))


def identity_of(parameters: Mapping[str, Any], begin: str, kind: type[Settings] = Settings) -> str:
    """Twelve hexadecimal digits: equal for equal parameters and first days.

    Args:
        parameters: as of `parameters_of`, in memory or read back from a stored trial.
        begin: the trial's first day, ISO.
        kind: whose defaults count.
    """
    usual, absent = _usual(kind), object()
    changed = {name: value for name, value in parameters.items() if usual.get(name, absent) != value}
    text = json.dumps([changed, begin], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@lru_cache(maxsize=8)
def _usual(kind: type[Settings]) -> Mapping[str, Any]:
    return parameters_of(kind.model_construct())
