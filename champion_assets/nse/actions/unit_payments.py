"""What the units of a REIT or an InvIT are paid: a distribution as one total, as components, or as both.

What belongs here: reading such a text. What does not: dividends of companies (`grammar.py`).
"""

from __future__ import annotations

import re
from collections import Counter

from champion_assets.nse.actions.legs import Kind, Leg, Subject
from champion_assets.nse.actions.vocabulary import COMPONENTS, MONEY, NUMBER, UNCOUNTED


def is_unit_payment(text: str, heads: list[tuple[int, int, Kind]]) -> bool:
    """True if the text lists the components of a distribution without that word."""
    kinds = {kind for _, _, kind in heads}
    per_unit = re.search(r"return (?:of|on) capital|(?:per|pr) un|/\s*unit", text) is not None
    return per_unit and bool(kinds & {"interest", "dividend", "redemption"}) and not kinds & _OTHERS


_OTHERS: frozenset[Kind] = frozenset({"split", "consolidation", "bonus", "rights", "demerger", "capital_reduction"})


def unit_payment(text: str, heads: list[tuple[int, int, Kind]], *, is_revised: bool) -> Subject:
    """Read the text of a distribution; every amount is its total or one of its components, or the text is refused."""
    if others := sorted({kind for _, _, kind in heads} & _OTHERS):
        return Subject(
            (), is_revised, f"a distribution together with {', '.join(others)}, which no rule reads: {text!r}"
        )
    start = next((end for _, end, kind in heads if kind == "distribution"), heads[0][0])
    legs = [Leg(kind) for begin, _, kind in heads if begin < start and kind in ("meeting", "book_closure")]
    body = re.sub(r"for the .*quarter.*|(?:fy|financial year) \d{2,4}-\d{2,4}", " ", text[start:])
    body = re.sub(r"\bper\b|\bpr\b|\bunits?\b|\bunt\b", " ", UNCOUNTED.sub(" ", body))
    total, rest = leading_money(body)
    is_listed = total is None or _has_component(body[: len(body) - len(rest)])
    parts = tuple(_components(body if is_listed else rest))
    said = Counter(float(number) for number in NUMBER.findall(body if is_listed else rest))
    if extra := sorted((said - Counter(amount for _, amount in parts)).elements()):
        return Subject(
            (), is_revised, f"the distribution also says {', '.join(f'{each:g}' for each in extra)}: {text!r}"
        )
    if parts and is_listed:
        total = round(sum(amount for _, amount in parts), 6)
    if total is None:
        legs.append(Leg("distribution", problem="no amount in the text"))
    elif parts and abs(sum(amount for _, amount in parts) - total) > max(0.02, 0.011 * total):
        problem = f"components of {sum(amount for _, amount in parts):g} for a total of {total:g}"
        legs.append(
            Leg("distribution", cash=total, components=parts, flavour="components do not add up", problem=problem)
        )
    else:
        legs.append(Leg("distribution", cash=total, components=parts))
    return Subject(tuple(legs), is_revised)


def leading_money(text: str) -> tuple[float | None, str]:
    """The first amount of a text in rupees, and what follows it; None and the whole text if it has none."""
    match = MONEY.search(text)
    return (None, text) if match is None else (float(match.group(1)), text[match.end() :])


def _has_component(text: str) -> bool:
    return any(pattern.search(text) for _, pattern in COMPONENTS)


_BETWEEN = re.compile(
    r"/(?!\s*-)|&|\+|,|(?<=\d)\s*and\b|\band\b(?=\s*(?:rs|re)\b)"
    r"|(?<=\d)\s+(?!as )(?=[a-z]*\s*(?:principal|other|dividend|interest|return|proceeds))"
)
"""What stands between two components."""


def _components(text: str) -> list[tuple[str, float]]:
    """(what, rupees): "Interest - Rs 1.66 / Dividend - Re 0.51", or the amount first.

    "Rs 1.70 Per Unit As Interest".
    """
    found: list[tuple[str, float]] = []
    for piece in _BETWEEN.split(text):
        amounts = [float(match.group(1)) for match in MONEY.finditer(piece)]
        names = [name for name, pattern in COMPONENTS if pattern.search(piece)]
        if len(amounts) == 1 and names:
            found.append((names[-1] if "repayment" in piece or "return" in piece else names[0], amounts[0]))
    return found
