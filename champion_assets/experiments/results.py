"""What became of trials, and which trials were ever made.

What belongs here: stored results, `experiments/<name>/trials/<identity>.json`; those of
variants lie beside them, in `variants/`, and count nowhere. A trial counts once, whatever the experiments are called in
which it was made, and under whatever identity an earlier release stored it: its parameters say which trial it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from champion_assets.experiments.identity import identity_of
from champion_assets.lake.store import Lake

FOLDER = "experiments"


@dataclass(frozen=True)
class TrialResult:
    """What became of a trial.

    `error` says why there are no figures, `variant` what it varies of another trial, for one that counts
    as none. Dates are ISO, figures are those of the tear sheet.
    """

    identity: str
    label: str
    parameters: dict[str, Any]
    begin: str
    end: str
    fingerprint: str = ""
    figures: dict[str, float | None] = field(default_factory=dict)
    error: str = ""
    variant: str = ""

    @property
    def sharpe(self) -> float | None:
        """The Sharpe ratio, None if the trial failed or never invested."""
        return self.figures.get("sharpe")


def keep(lake: Lake, experiment: str, result: TrialResult) -> TrialResult:
    """Store a result; it replaces an earlier one of the same trial.

    Args:
        lake: where experiments are stored.
        experiment: name of the experiment.
        result: of a trial.
    """
    content = json.dumps(asdict(result), indent=1, sort_keys=True, default=str).encode()
    lake.put(f"{_folder(experiment, 'variants' if result.variant else 'trials')}/{result.identity}.json", content)
    return result


def kept_result(lake: Lake, experiment: str, like: TrialResult) -> TrialResult | None:
    """The stored result of the trial that `like` is of, if there is one."""
    body = lake.get(f"{_folder(experiment, 'variants' if like.variant else 'trials')}/{like.identity}.json")
    return None if body is None else TrialResult(**json.loads(body))


def kept_results(lake: Lake, experiment: str) -> list[TrialResult]:
    """All trials that were ever run under a name, without variants.

    Args:
        lake: where experiments are stored.
        experiment: name of the experiment.
    """
    return [TrialResult(**json.loads(lake.get(key) or b"")) for key in lake.keys(_folder(experiment))]


def every_result(lake: Lake) -> list[TrialResult]:
    """All trials that were ever run under any name, each once.

    Args:
        lake: where experiments are stored.
    """
    return once(result for name in lake.folders(FOLDER) for result in kept_results(lake, name))


def once(results: Iterable[TrialResult]) -> list[TrialResult]:
    """One result per trial: one with figures if there is any, and of these the one with the latest day.

    Args:
        results: may contain a trial several times.
    """
    found: dict[str, TrialResult] = {}
    for result in results:
        key = identity_of(result.parameters, result.begin)
        if key not in found or _rank(result) > _rank(found[key]):
            found[key] = result
    return list(found.values())


def _rank(result: TrialResult) -> tuple[bool, str]:
    return result.sharpe is not None, result.end


def _folder(experiment: str, kind: str = "trials") -> str:
    return f"{FOLDER}/{experiment}/{kind}"
