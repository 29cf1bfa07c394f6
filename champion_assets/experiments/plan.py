"""From strategy files to trials.

What belongs here: the file's form, the grid, a trial's name. A file is YAML:

    name: caps                          # else the file's name
    start: 2016-07-01                   # first and last day of the trials, else the whole lake
    end: 2020-12-31
    strategy: {weight_cap: 0.05}        # fields of settings.Strategy; the others are as in the daily portfolio
    simulation: {fill: vwap}            # fields of SimulationSettings
    grid:                               # every combination is a trial; without it there is one
      risk_aversion: [1, 5, 20]
      sector_cap: [null, 0.3]
    sensitivity: {universes: 20, slippage_bps: [0, 20], start_delay: [21], rebalance_delay: [1, 5]}   # see
    sensitivity.py
"""

from __future__ import annotations

import datetime as dt
import difflib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from champion_assets.common.errors import ChampionError
from champion_assets.experiments.identity import identity_of, parameters_of
from champion_assets.experiments.sensitivity import Sensitivity, Variant
from champion_assets.settings import Settings
from champion_assets.settings.simulation import SimulationSettings
from champion_assets.settings.strategy import Strategy


class ExperimentError(ChampionError, ValueError):
    """A strategy file is invalid."""


class ExperimentFile(BaseModel):
    """See the module."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    strategy: dict[str, Any] = {}
    simulation: dict[str, Any] = {}
    grid: dict[str, list[Any]] = {}
    sensitivity: Sensitivity | None = None


@dataclass(frozen=True)
class Trial:
    """A strategy to be tried.

    Attributes:
        label: what tells it from the others of its file.
        settings: all settings, the strategy's and the simulator's among them.
        start, end: first and last day, None for those of the lake.
        sensitivity: what is perturbed about it if it is the best of its experiment.
        variant: what makes it a variant of another trial; None for a trial that counts.
    """

    label: str
    settings: Settings
    start: dt.date | None = None
    end: dt.date | None = None
    sensitivity: Sensitivity | None = None
    variant: Variant | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything that a trial is made of, and nothing else."""
        return parameters_of(self.settings)

    def identity(self, begin: dt.date) -> str:
        """See `identity_of`."""
        delay = self.variant.rebalance_delay if self.variant else 0
        own = self.parameters | ({"rebalance_delay": delay} if delay else {})
        return identity_of(own, begin.isoformat(), type(self.settings))


def read_trials(paths: Sequence[Path], settings: Settings) -> tuple[str, list[Trial]]:
    """The trials of some strategy files.

    Args:
        paths: YAML files.
        settings: defaults of every trial.

    Returns:
        The experiment's name (that of the first file) and the trials of all files.

    Raises:
        ExperimentError: a file is not a strategy file, or has an unknown field or an invalid value; names file and
            field.
    """
    trials, names = [], []
    for path in paths:
        try:
            text = path.read_text("utf-8")
        except OSError as error:
            raise ExperimentError(f"{path}: {error.strerror}") from error
        name, found = parse_trials(text, path.name, path.stem, settings)
        names.append(name)
        trials += [(name, each) for each in found]
    if len(names) > 1:
        return names[0], [replace(each, label=f"{name}: {each.label}") for name, each in trials]
    return names[0], [each for _, each in trials]


def parse_trials(text: str, origin: str, default_name: str, settings: Settings) -> tuple[str, list[Trial]]:
    """The trials of one file.

    Args:
        text: its YAML text.
        origin: name of the file, for errors.
        default_name: name of the experiment if the text has none.
        settings: defaults of every trial.

    Returns:
        The experiment's name, and its trials.

    Raises:
        ExperimentError: see `read_trials`.
    """
    import yaml

    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ExperimentError(f"{origin}: not YAML: {error}") from error
    try:
        parsed = ExperimentFile.model_validate(content if content is not None else {})
    except ValidationError as error:
        raise ExperimentError(
            f"{origin}: {_words(error)}; a strategy file has name, start, end, strategy, simulation, grid, sensitivity"
        ) from error
    combinations = [dict(zip(parsed.grid, values, strict=True)) for values in itertools.product(*parsed.grid.values())]
    trials = []
    for each in combinations:
        label = ", ".join(f"{field}={'none' if value is None else value}" for field, value in each.items())
        own = changed(settings, parsed.strategy | parsed.simulation | each, origin)
        _refuse_delay(parsed.sensitivity, own, origin)
        trials.append(Trial(label or parsed.name or default_name, own, parsed.start, parsed.end, parsed.sensitivity))
    if not trials:
        raise ExperimentError(f"{origin}: a field of the grid has no value")
    return parsed.name or default_name, trials


def _refuse_delay(block: Sensitivity | None, settings: Settings, origin: str) -> None:
    if block is not None and block.rebalance_delay and settings.rebalance in ("daily", "band"):
        raise ExperimentError(
            f"{origin}: rebalance_delay has no meaning for rebalance={settings.rebalance}, where any day may be one"
        )


def changed(settings: Settings, changes: dict[str, Any], origin: str) -> Settings:
    """Settings with other values of the strategy or the simulator.

    Args:
        settings: the original settings.
        changes: new values by field.
        origin: name of the file, for errors.

    Raises:
        ExperimentError: an unknown field or an invalid value.
    """
    allowed = [*Strategy.model_fields, *SimulationSettings.model_fields]
    for name in changes:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, 1)
            raise ExperimentError(
                f"{origin}: {name!r} is not a setting of the strategy or the simulator{f'; {near[0]}?' if near else ''}"
            )
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    try:
        return Settings(**(values | changes))
    except ValidationError as error:
        raise ExperimentError(f"{origin}: {_words(error)}") from error


def _words(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
