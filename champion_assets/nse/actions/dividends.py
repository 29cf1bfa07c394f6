"""What a company pays its shareholders: the amounts of a clause of one or of several dividends.

What belongs here: reading such a clause. What does not: where it begins and ends (`grammar.py`), payments of trusts
(`unit_payments.py`).
"""

from __future__ import annotations

import re

from champion_assets.nse.actions.legs import Leg
from champion_assets.nse.actions.unit_payments import leading_money
from champion_assets.nse.actions.vocabulary import JUBILEE, MARKED, MONEY, NUMBER, PERCENT, UNCOUNTED

_SHORT_OF_A_POINT = re.compile(r"\b(?:rs|re|inr)\.0\d|\bre[\s-]*0\d|(?<!\.)\b0\d{2,}")
"""A leading zero that may stand for paise: "Rs.05", "Re 05", "Rs 0125"; "Rs 09" is nine rupees."""


def _dividend(head: str, body: str) -> list[Leg] | str:
    flavour = next(
        (word for word in ("special", "interim", "final") if word in head), "additional" if "additional" in head else ""
    )
    if re.search(JUBILEE, head):
        flavour = "special"
    if re.search(r"\b(?:usd|us|eur|gbp)\b|[$€£]", body):
        return [Leg("dividend", flavour, problem="an amount in a foreign currency")]
    tail = re.split(r"\bper\b(?! cent)|\bpr\b|/\s*sh", body, maxsplit=1)[0]
    if MARKED.search(body) is None and (percent := PERCENT.search(body)) is not None:
        return [Leg("dividend", flavour, percent=float(percent.group(1)))]
    amounts = [match.group(1) for match in MONEY.finditer(tail)]
    if len(amounts) > 1:  # "Interim Dividend 4 - Rs 3.50": the one with its currency
        amounts = [match.group(1) for match in MARKED.finditer(tail)] or amounts
    if not amounts and re.search(r"\bnil\b", tail):
        return [Leg("dividend", flavour, cash=0.0)]
    if not amounts:
        return [Leg("dividend", flavour, problem="no amount in the text")]
    if _SHORT_OF_A_POINT.search(tail):
        return [Leg("dividend", flavour, problem=f"the amount {amounts[0]} may lack its decimal point")]
    if len(amounts) > 1:
        return [Leg("dividend", flavour, problem=f"several amounts in one clause: {', '.join(amounts)}")]
    return [Leg("dividend", flavour, cash=float(amounts[0]))]


def dividends(heads: list[str], body: str) -> list[Leg] | str:
    """A clause of one dividend, or of several whose names come first.

    "Dividend / Special Dividend - Rs 35 / 5 Per Share".
    """
    if len(heads) == 1:
        return _dividend(heads[0], body)
    tail = re.split(r"\bper\b(?! cent)|\bpr\b|/\s*sh", body, maxsplit=1)
    pieces = re.split(r"\s*(?:\+|&|\band\b|/(?=\s*(?:rs|re)?\s*\d))\s*", tail[0].strip(" .:-"))
    if len(pieces) != len(heads):
        return [Leg("dividend", problem=f"{len(pieces)} amounts for {len(heads)} dividends: {body.strip()!r}")]
    legs: list[Leg] = []
    for head, piece in zip(heads, pieces, strict=True):
        read = _dividend(head, piece)
        if isinstance(read, str):
            return read
        legs += read
    return legs


def with_special_part(legs: list[Leg], body: str) -> list[Leg] | str:
    """Split a dividend of 8.50 "including special dividend of 2": the special part is inside the amount already."""
    amount, rest_of_text = leading_money(body)
    whole = legs[-1] if legs else Leg("dividend")
    if extra := NUMBER.findall(UNCOUNTED.sub(" ", rest_of_text)):
        return f"the part of the dividend also says {', '.join(extra)}: {body.strip()!r}"
    if amount is None or whole.cash is None or not 0 < amount <= whole.cash:
        return [*legs[:-1], Leg(whole.kind, whole.flavour, problem="the special part of the dividend is not readable")]
    rest = round(whole.cash - amount, 6)
    parts = [Leg("dividend", whole.flavour, cash=rest)] if rest > 0 else []
    return [*legs[:-1], *parts, Leg("dividend", "special", cash=amount)]
