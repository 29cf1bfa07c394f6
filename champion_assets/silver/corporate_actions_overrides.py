"""The user's lines on corporate actions as factors and rows of `silver/corporate_actions`.

What belongs here: what each action of a line does. What does not: the file (`nse/actions/overrides.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from champion_assets.nse.actions.factors import (
    Factor,
    FactorError,
    capital_factor,
    demerger_by_child,
    dividend,
    reduction,
)
from champion_assets.nse.actions.legs import Kind
from champion_assets.nse.actions.overrides import Override
from champion_assets.silver.corporate_actions_market import Market

STATED: Mapping[str, str] = {
    "factor": "stated", "cost_of_acquisition": "cost of acquisition", "demerger_by_child": "child's first close",
    "capital_reduction": "shares cancelled pro rata",
}  # fmt: skip
"""Actions of the user that state the day's factor, and the method they are stored under."""


_KINDS: Mapping[str, Kind] = {
    "factor": "scheme",
    "cost_of_acquisition": "demerger",
    "demerger_by_child": "demerger",
    "capital_reduction": "capital_reduction",
    "merger": "merger",
    "dividend": "dividend",
    "special_dividend": "dividend",
}


def stated_leg(market: Market, line: Override, evening: dt.date) -> dict[str, Any]:
    """The columns of silver/corporate_actions that a line fills.

    `evening` is when it counts as known if it does not say.
    """
    kind = _KINDS.get(line.action, "notice")
    return {
        "feed_symbol": line.symbol,
        "kind": kind,
        "cash": line.cash,
        "ratio_a": line.ratio,
        "ratio_b": None if line.ratio is None else 1.0,
        "child_instrument_id": market.symbols.get(line.child) if line.child else None,
        "flavour": "special" if line.action == "special_dividend" else "",
        "known_on": line.known_on or evening,
        "known_basis": "override",
        "is_revised": False,
        "subject": line.why,
        "evidence": line.evidence,
        "source_sha256": "",
        "source_row": 0,
        "method": f"override: {STATED.get(line.action, line.action)}",
    }


def stated_factor(market: Market, line: Override, last: float | None) -> Factor:
    """The factor of a line; with `problem` if there is no price to compute it from."""
    try:
        return _factor(market, line, last)
    except FactorError as error:
        return Factor(None, None, None, None, problem=str(error))


def _factor(market: Market, line: Override, last: float | None) -> Factor:
    if line.action in ("factor", "cost_of_acquisition"):
        return capital_factor(line.f or 1.0, line.q or 1.0, STATED[line.action])
    if line.action == "merger":
        if line.child not in market.symbols:
            raise FactorError(f"nothing trades under {line.child}, the acquirer")
        return Factor(method="merged")
    if line.action == "capital_reduction":
        return capital_factor(*reduction(line.ratio or 1.0), STATED[line.action])
    if last is None or last <= 0:
        raise FactorError("no close before the ex-date")
    if line.action == "demerger_by_child":
        value = market.close.get(market.symbols.get(line.child, ""))
        if value is None:
            raise FactorError(f"{line.child} did not trade on {market.date}, the session of known_on")
        return capital_factor(demerger_by_child(last, value, line.ratio or 1.0), 1.0, STATED[line.action])
    f = dividend(last, line.cash or 0.0)
    return Factor(1.0, f if line.action == "special_dividend" else 1.0, f, 1.0, "payment over last close")
