"""How much hangs on details: what is perturbed about a strategy, and how far its figures spread.

What belongs here: the block `sensitivity:` of a strategy file, and the spread of figures. What does not: making the
variants (`variants.py`), the page. A variant is the same strategy on other luck: nobody chooses among variants, so they
count for no deflation. Whoever keeps a variant because it looks better has made a trial, and puts it into a grid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from champion_assets.experiments.results import TrialResult

Delay = Annotated[int, Field(ge=1)]
UNIVERSE, COSTS, START, REBALANCING = "sub-universe", "slippage", "first day", "rebalancing day"
KINDS = (UNIVERSE, COSTS, START, REBALANCING)


class Sensitivity(BaseModel):
    """What is perturbed, one thing at a time."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    universes: int = Field(0, ge=0, le=1000)
    """Random sub-universes."""
    universe_share: float = Field(0.5, gt=0, lt=1)
    """Share of all names that each of them has, about."""
    seed: int = 1
    """Other seeds give other sub-universes; the same seed the same."""
    slippage_bps: list[Annotated[float, Field(ge=0)]] = []
    """Slippage instead of SLIPPAGE_BPS."""
    start_delay: list[Delay] = []
    """Sessions by which the first day is later."""
    rebalance_delay: list[Delay] = []
    """Sessions after the rebalancing day on which the portfolio is decided instead."""


@dataclass(frozen=True)
class Variant:
    """What makes a trial a variant of another: one of `KINDS`, and the sessions by which its decisions are later."""

    kind: str
    rebalance_delay: int = 0


def is_in_sample(seed: int, number: int, instrument_id: str, share: float) -> bool:
    """Whether an instrument is in a random sub-universe, by a hash of its id: nothing that happens later is used.

    Args:
        seed: of the experiment.
        number: of the sub-universe.
        instrument_id: of the instrument.
        share: expected fraction of all instruments in the sub-universe.
    """
    digest = hashlib.sha256(f"{seed} {number} {instrument_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


@dataclass(frozen=True)
class Spread:
    """A figure over the variants of one kind: how many have it, and its quartiles with least and largest."""

    kind: str
    variants: int
    least: float
    lower: float
    median: float
    upper: float
    largest: float


def spreads(variants: Sequence[TrialResult], figure: str) -> list[Spread]:
    """The spread of a figure by kind of variant; kinds without the figure are left out.

    Args:
        variants: results of the variants.
        figure: name of a figure of the tear sheet.
    """
    found = []
    for kind in KINDS:
        values = [
            value for each in variants if each.variant == kind and (value := each.figures.get(figure)) is not None
        ]
        if values:
            quartiles = [float(each) for each in np.quantile(np.array(values), [0.0, 0.25, 0.5, 0.75, 1.0])]
            found.append(Spread(kind, len(values), *quartiles))
    return found


def in_words(chosen: TrialResult, variants: Sequence[TrialResult]) -> str:
    """One line for the command.

    Args:
        chosen: result of the best trial.
        variants: results of its variants.
    """
    told = ", ".join(
        f"{each.kind} {each.least:.2f} to {each.largest:.2f} ({each.variants})" for each in spreads(variants, "sharpe")
    )
    failed = sum(bool(each.error) for each in variants)
    return f"Sharpe ratio of {chosen.label} {chosen.sharpe or 0.0:.2f}; of its variants: {told or 'none'}" + (
        f"; {failed} not possible" if failed else ""
    )
