"""Variants of a trial.

The same strategy on a random half of the names, with other costs, from a later day, decided on another day.

What belongs here: making them, each a trial of its own on its own overlay. What does not: running them (`run.py`),
their spread (`sensitivity.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from champion_assets.experiments.plan import ExperimentError, Trial, changed
from champion_assets.experiments.sensitivity import (
    COSTS,
    REBALANCING,
    START,
    UNIVERSE,
    Sensitivity,
    Variant,
    is_in_sample,
)
from champion_assets.lake.place import Place
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace
from champion_assets.portfolio.account import NAME as ACCOUNT
from champion_assets.portfolio.schedule import is_rebalance


def variants_of(workspace: Workspace, trial: Trial, sessions: Sequence[dt.date]) -> list[Trial]:
    """The variants that the trial's block `sensitivity:` asks for, in its order.

    Args:
        workspace: the trial's own, see `trial.on_overlay`; its universe is built.
        trial: has a block.
        sessions: of the trial.

    Raises:
        ExperimentError: a delay is longer than the trial.
    """
    block = trial.sensitivity or Sensitivity()
    found = [
        _with(trial, UNIVERSE, f"sub-universe {number}", {"exclude": out})
        for number, out in _left_out(workspace, block, sessions)
    ]
    found += [
        _with(trial, COSTS, f"slippage {each:g} basis points", {"slippage_bps": each}) for each in block.slippage_bps
    ]
    for delay in block.start_delay:
        if delay >= len(sessions):
            raise ExperimentError(
                f"start_delay: {delay} sessions later the trial has ended; it has only {len(sessions)}"
            )
        found.append(replace(_with(trial, START, f"begun {delay} sessions later", {}), start=sessions[delay]))
    for delay in block.rebalance_delay:
        later = _with(trial, REBALANCING, f"decided {delay} sessions later", {})
        found.append(replace(later, variant=Variant(REBALANCING, delay)))
    return found


def _with(trial: Trial, kind: str, label: str, changes: dict[str, Any]) -> Trial:
    return replace(
        trial, label=label, settings=changed(trial.settings, changes, label), sensitivity=None, variant=Variant(kind)
    )


def _left_out(
    workspace: Workspace, block: Sensitivity, sessions: Sequence[dt.date]
) -> list[tuple[int, tuple[str, ...]]]:
    """By number of the sub-universe the instruments that it lacks, those that the strategy excludes among them."""
    if not block.universes:
        return []
    own, names = workspace.settings.exclude, workspace.lake.read("features/universe", sessions, ["instrument_id"])
    members = sorted(names["instrument_id"].unique())
    return [
        (
            number,
            (*own, *(name for name in members if not is_in_sample(block.seed, number, name, block.universe_share))),
        )
        for number in range(1, block.universes + 1)
    ]


def with_delay(tables: Mapping[str, DailyTable], sessions: int) -> dict[str, DailyTable]:
    """The tables with an account that decides later.

    Args:
        tables: all tables.
        sessions: number of sessions after each rebalance day.
    """
    return {**tables, ACCOUNT: replace(tables[ACCOUNT], day_facts=_delayed(sessions))}


def _delayed(sessions: int) -> Callable[[Place, Sequence[dt.date]], Mapping[dt.date, Any]]:
    def facts(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, Any]:
        earlier = {date: place.calendar.trailing_sessions(date, sessions + 1)[0] for date in dates}
        return {date: is_rebalance(place.calendar, earlier[date], place.settings.rebalance) for date in dates}

    return facts
