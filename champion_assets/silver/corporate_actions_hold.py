"""Whether the factor of an event is applied.

What the market says of it, and what keeps it back until a person confirms it.

What belongs here: the decision of `silver/corporate_actions` on one event. What does not: verdicts and bounds as such
(`nse/actions/price_check.py`). A held event has `held` (why), `f_proposed` (the factor it would have) and factors of
1; a line `confirm` of the user applies it, a line `cancel` drops it, a line `factor` states another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from champion_assets.checks.thresholds import BAND, STEP
from champion_assets.nse.actions.factors import Factor
from champion_assets.nse.actions.price_check import (
    ORDINARY_PAUSE,
    Verdict,
    contradiction,
    is_testable,
    verdict,
    verdict_by_open,
)
from champion_assets.silver.corporate_actions_listing import Told
from champion_assets.silver.corporate_actions_market import Trade
from champion_assets.silver.corporate_actions_overrides import STATED

HELD: Mapping[str, float] = {"f_capital": 1.0, "f_capital_special": 1.0, "f_total_return": 1.0, "q": 1.0}
"""The numbers of a leg that is held."""
_BY_OPEN = frozenset({"demerger", "scheme"})
"""Kinds whose factor is the open of the ex-date over the last cum close."""


def ask_market(
    good: Sequence[tuple[Told, Factor]], stated: Sequence[Factor], trade: Trade
) -> tuple[Verdict | None, float]:
    """The witness's verdict on all factors of an event, and their product at the level `capital_special`.

    Returns:
        (None, 1.0) if none of them moves the price.
    """
    moving = [factor for factor in (*(each for _, each in good), *stated) if factor.capital_special != 1.0]
    total = math.prod(factor.capital_special or 1.0 for factor in moving)
    if not moving:
        return None, total
    by_open = math.prod(factor.capital or 1.0 for row, factor in good if row.leg.kind in _BY_OPEN)
    if trade.witness is not None and by_open != 1.0:
        return ("ratio_mismatch" if by_open > 1.0 else verdict_by_open(trade.witness * by_open / total, BAND)), total
    return verdict(trade.witness, total), total


def is_withdrawn(rows: Sequence[Told], judged: Verdict | None, total: float, actions: AbstractSet[str]) -> bool:
    """True if the newest bundle no longer lists the event, the market did not move by it either, and no person
    confirms it.
    """
    return all(row.is_gone for row in rows) and "confirm" not in actions and not (judged == "ok" and is_testable(total))


def hold(good: Sequence[tuple[Told, Factor]], total: float, trade: Trade, actions: AbstractSet[str]) -> str | None:
    """Why the event is not applied, or None.

    Args:
        good: its legs with their factors.
        total: their product.
        trade: the instrument's last cum close and its open on the ex-date.
        actions: what the user's lines on the event do.
    """
    if not good or "confirm" in actions or actions & STATED.keys():
        return None
    if any(row.is_gone for row, _ in good):
        return f"{good[0][0].doubt}, but the market moved by it"
    if doubt := next((row.doubt for row, _ in good if row.doubt), ""):
        return doubt
    if _raises(good):
        return f"a demerger cannot raise the price, and it opened at {trade.open:g} after {trade.last:g}"
    if any(row.leg.kind in _BY_OPEN for row, _ in good) or trade.last is None or trade.open is None:
        return None
    if trade.days is None or trade.days > ORDINARY_PAUSE:
        return None
    return contradiction(total, trade.last, trade.open, band=BAND, step=STEP) or None


def settled(row: Told, factor: Factor) -> Factor:
    """The factor of a leg that is applied.

    That of a demerger never raises the price, not even if a person confirms the move.
    """
    if row.leg.kind in _BY_OPEN and factor.capital is not None and factor.capital > 1.0:
        return replace(factor, capital=1.0, capital_special=1.0, total_return=1.0)
    return factor


def _raises(good: Sequence[tuple[Told, Factor]]) -> bool:
    return any(row.leg.kind in _BY_OPEN and factor.capital is not None and factor.capital > 1.0 for row, factor in good)
