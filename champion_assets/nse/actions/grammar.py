"""The subject text of a corporate action, read clause by clause into legs.

What belongs here: the words. A text is cut at its heads ("Bonus", "Face Value Split", "Special Dividend", ...); each clause is read by
the rule of its head alone, so a number can never wander from one clause to another. What no rule reads is refused with the reason;
nothing is guessed, and no leg gets a number that its own clause does not state. Strings seen: 4,406 of the exports of 2016 to 2026.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from champion_assets.nse.actions.legs import Kind, Leg, Subject
from champion_assets.nse.actions.vocabulary import (
    COMPONENTS,
    CURRENCY,
    HEADS,
    JUBILEE,
    MARKED,
    MENDED,
    MONEY,
    NOTE,
    PAPER,
    PERCENT,
    RATIO,
    UNCOUNTED,
    UNREAD,
    WORDED_RATIO,
)  # fmt: skip


def _tidy(text: str) -> str:
    text = text.lower().strip()
    for pattern, replacement in MENDED:
        text = pattern.sub(replacement, text)
    return text


def _heads(text: str) -> list[tuple[int, int, Kind]]:
    """Non-overlapping heads in order; where two rules claim the same words the earlier rule of the table wins."""
    taken: list[tuple[int, int, Kind]] = []
    for kind, pattern in HEADS:
        for match in pattern.finditer(text):
            if match.start() < match.end() and not any(match.start() < end and start < match.end() for start, end, _ in taken):
                taken.append((match.start(), match.end(), kind))
    return sorted(taken)


@lru_cache(maxsize=65536)
def read_subject(text: str) -> Subject:
    """Read the subject text of one row of a corporate-action feed.

    Args:
        text: SUBJECT or PURPOSE as published.

    Returns:
        Its legs. A text with a part that no rule reads has `reason` and no legs; a leg whose number is absent has `problem`.
    """
    tidy = _tidy(text)
    stripped, notes = NOTE.subn(" ", tidy)
    is_revised = notes > 0 or "revised" in tidy
    stripped = stripped.replace(" revised", " ").strip(" .-/+&")
    if not stripped:
        return Subject((), is_revised, "the text is empty")
    heads = _heads(stripped)
    if not heads and _UNIT_PART.match(stripped) is not None:
        heads = [(0, 0, "distribution")]
    if not heads:
        return Subject((), is_revised, f"no known kind of action in {text.strip()!r}")
    if (lost := stripped[: heads[0][0]].strip(" /-+&.(")) and re.search(r"[a-z]{4,}|\d", lost):
        return Subject((), is_revised, f"words before the first kind of action: {lost!r}")
    if any(kind == "distribution" for _, _, kind in heads) or _is_unit_payment(stripped, heads):
        return _unit_payment(stripped, heads, is_revised)
    legs: list[Leg] = []
    for number, (start, end, kind) in enumerate(heads):
        stop = heads[number + 1][0] if number + 1 < len(heads) else len(stripped)
        body = stripped[end:stop]
        if kind == "dividend" and number and re.search(r"inclu\w+ (?:of )?(?:a |an )?$", stripped[:start]):
            legs = _with_special_part(legs, body)
            continue
        read = _READERS[kind](stripped[start:end], UNCOUNTED.sub(" ", body) if kind in _COUNTED else body)
        if not isinstance(read, str):
            read = _unread(kind, body, read) or read
        if isinstance(read, str):
            return Subject((), is_revised, read)
        legs += read
    return Subject(tuple(_without_occasion(legs)), is_revised)


_COUNTED: frozenset[Kind] = frozenset({"split", "consolidation", "capital_reduction", "bonus", "rights", "dividend"})
"""Kinds whose clause must say nothing but what its leg holds."""
_UNIT_PART = re.compile(r"(?:return (?:of|on) capital|repayment|interest|dividend).*\b(?:per|pr) un")


def _unread(kind: Kind, body: str, legs: list[Leg]) -> str:
    """What a clause says and its legs do not hold, or "": a number or a word of another action that no rule has read."""
    if kind in _COUNTED and not any(leg.problem for leg in legs):
        held = {
            value for leg in legs for value in (leg.a, leg.b, leg.fv_from, leg.fv_to, leg.cash, leg.percent, leg.premium, leg.issue_price)
        }
        numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?|\.\d+", UNCOUNTED.sub(" ", body))}
        if extra := sorted(numbers - held):
            return f"the clause of the {kind} also says {', '.join(f'{number:g}' for number in extra)}: {body.strip()!r}"
    words = UNREAD.findall(body)
    if words and not (kind in ("bonus", "rights") and legs[0].kind.endswith("_other")):
        return f"the clause of the {kind} also says {', '.join(words)!r}, which no rule reads"
    return ""


def _without_occasion(legs: list[Leg]) -> list[Leg]:
    """A scheme whose text says what it does (a bonus of debentures, a dividend, a demerger) is only the occasion of that."""
    said = [leg for leg in legs if leg.kind not in ("scheme", "meeting", "book_closure", "notice")]
    return [leg for leg in legs if leg.kind != "scheme"] if said else legs


def _is_unit_payment(text: str, heads: list[tuple[int, int, Kind]]) -> bool:
    """REITs and InvITs sometimes list the components without the word distribution."""
    kinds = {kind for _, _, kind in heads}
    return "interest" in kinds and re.search(r"return (?:of|on) capital|per unit|/\s*unit", text) is not None


def _unit_payment(text: str, heads: list[tuple[int, int, Kind]], is_revised: bool) -> Subject:
    start = next((end for begin, end, kind in heads if kind == "distribution"), heads[0][0])
    before = [kind for begin, _, kind in heads if begin < start and kind in ("meeting", "book_closure")]
    legs: list[Leg] = [Leg(kind) for kind in before]
    body = re.sub(r"for the .*quarter.*|(?:fy|financial year) \d{2,4}-\d{2,4}", " ", text[start:])
    body = re.sub(r"\bper\b|\bpr\b|\bunits?\b|\bunt\b", " ", body)
    total, rest = _leading_money(body)
    parts = tuple(_components(body if total is None or _has_component(body[: len(body) - len(rest)]) else rest))
    if parts and (total is None or _has_component(body[: len(body) - len(rest)])):
        total = round(sum(amount for _, amount in parts), 6)
    if total is None:
        legs.append(Leg("distribution", problem="no amount in the text"))
    elif parts and abs(sum(amount for _, amount in parts) - total) > max(0.02, 0.011 * total):
        legs.append(Leg("distribution", cash=total, components=parts, flavour="components do not add up"))
    else:
        legs.append(Leg("distribution", cash=total, components=parts))
    return Subject(tuple(legs), is_revised)


def _has_component(text: str) -> bool:
    return any(pattern.search(text) for _, pattern in COMPONENTS)


def _leading_money(text: str) -> tuple[float | None, str]:
    match = MONEY.search(text)
    return (None, text) if match is None else (float(match.group(1)), text[match.end() :])


def _components(text: str) -> list[tuple[str, float]]:
    """(what, rupees): "Interest - Rs 1.66 / Dividend - Re 0.51", or the amount first: "Rs 1.70 Per Unit As Interest"."""
    found: list[tuple[str, float]] = []
    for piece in re.split(r"/(?!\s*-)|(?<=\d)\s*and\b|,|(?<=\d)\s+(?!as )(?=[a-z]*\s*(?:principal|other|dividend|interest|return))", text):
        amounts = [float(match.group(1)) for match in MONEY.finditer(piece)]
        names = [name for name, pattern in COMPONENTS if pattern.search(piece)]
        if len(amounts) == 1 and names:
            found.append((names[-1] if "repayment" in piece or "return" in piece else names[0], amounts[0]))
    return found


def _dividend(head: str, body: str) -> list[Leg] | str:
    flavour = next((word for word in ("special", "interim", "final") if word in head), "additional" if "additional" in head else "")
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
    if not amounts:
        return [Leg("dividend", flavour, problem="no amount in the text")]
    if re.match(r"0\d", amounts[0]):
        return [Leg("dividend", flavour, problem=f"the amount {amounts[0]} may lack its decimal point")]
    if len(amounts) > 1:
        return [Leg("dividend", flavour, problem=f"several amounts in one clause: {', '.join(amounts)}")]
    return [Leg("dividend", flavour, cash=float(amounts[0]))]


def _with_special_part(legs: list[Leg], body: str) -> list[Leg]:
    """Split a dividend of 8.50 "including special dividend of 2": the special part is inside the amount already."""
    amount = _leading_money(body)[0]
    whole = legs[-1]
    if amount is None or whole.cash is None or not 0 < amount <= whole.cash:
        return [*legs[:-1], Leg(whole.kind, whole.flavour, problem="the special part of the dividend is not readable")]
    rest = round(whole.cash - amount, 6)
    parts = [Leg("dividend", whole.flavour, cash=rest)] if rest > 0 else []
    return [*legs[:-1], *parts, Leg("dividend", "special", cash=amount)]


def _face_values(kind: Kind, body: str) -> list[Leg] | str:
    numbers = [float(match.group(1)) for match in MONEY.finditer(body)]
    if (ratio := RATIO.search(body)) is not None:
        return [
            Leg(kind, a=float(ratio.group(1)), b=float(ratio.group(2)), problem="a ratio without face values: it can be read both ways")
        ]
    if len(numbers) != 2 or re.search(r"\bto\b", body) is None:
        return [Leg(kind, problem=f"{len(numbers)} amounts where face value from and to are expected")]
    old, new = numbers
    if old <= 0 or new <= 0 or old == new:
        return [Leg(kind, problem=f"face value from {old:g} to {new:g} changes nothing")]
    if kind != "capital_reduction":
        kind = "split" if new < old else "consolidation"
    elif new > old:
        return [Leg(kind, problem=f"a reduction from {old:g} up to {new:g}")]
    return [Leg(kind, fv_from=old, fv_to=new)]


def _split(_head: str, body: str) -> list[Leg] | str:
    return _face_values("split", body)


def _consolidation(_head: str, body: str) -> list[Leg] | str:
    return _face_values("consolidation", body)


def _reduction(_head: str, body: str) -> list[Leg] | str:
    if MONEY.search(body) is None:
        return [Leg("capital_reduction", problem="no terms in the text")]
    return _face_values("capital_reduction", body)


def _paper(text: str) -> str:
    """What is handed out if it is not an ordinary share. "Equity and DVR" is a bonus on both, hence an ordinary one."""
    for name, pattern in PAPER:
        if pattern.search(text) is not None and not (name == "dvr" and re.search(r"\b(?:equity|ordinary)\b[a-z ]*(?:\band\b|&|/)", text)):
            return name
    return ""


def _bonus(_head: str, body: str) -> list[Leg] | str:
    paper = _paper(body)
    ratio = RATIO.search(body)
    words = WORDED_RATIO.search(body)
    if ratio is None and words is None:
        return [Leg("bonus_other" if paper else "bonus", paper, problem="no ratio in the text")]
    a, b = (float(each) for each in (ratio or words).groups())  # type: ignore[union-attr]
    if a <= 0 or b <= 0:
        return [Leg("bonus", paper, problem=f"a ratio of {a:g}:{b:g}")]
    return [Leg("bonus_other" if paper else "bonus", paper, a=a, b=b)]


def _rights(_head: str, body: str) -> list[Leg] | str:
    paper = _paper(body)
    if paper:
        words = WORDED_RATIO.search(body) or RATIO.search(body)
        a, b = (float(each) for each in words.groups()) if words else (None, None)
        return [Leg("rights_other", paper, a=a, b=b)]
    ratios = list(RATIO.finditer(body))
    if not ratios:
        return [Leg("rights", problem="no ratio in the text")]
    legs = []
    for number, ratio in enumerate(ratios):
        clause = body[ratio.end() : ratios[number + 1].start() if number + 1 < len(ratios) else len(body)]
        legs.append(_rights_leg(float(ratio.group(1)), float(ratio.group(2)), clause))
    return legs


def _rights_leg(a: float, b: float, clause: str) -> Leg:
    flavour = "partly_paid" if "partly" in clause else ""
    if a <= 0 or b <= 0:
        return Leg("rights", flavour, a=a, b=b, problem=f"a ratio of {a:g}:{b:g}")
    if re.search(r"\bat par\b|@ par\b", clause):
        return Leg("rights", flavour, a=a, b=b, premium=0.0, issue_price=_leading_money(clause)[0])
    price, rest = _leading_money(clause)
    if price is None:
        return Leg("rights", flavour, a=a, b=b, problem="no issue price in the text")
    second, _ = _leading_money(rest)
    if "premium" in clause[: len(clause) - len(rest)]:
        return Leg("rights", flavour, a=a, b=b, premium=price, issue_price=second if "price" in rest else None)
    return Leg("rights", flavour, a=a, b=b, issue_price=price, premium=second if "premium" in rest else None)


def _silent(kind: Kind) -> Callable[[str, str], list[Leg] | str]:
    """A kind without numbers of its own: money in its clause belongs to nobody, so the text is refused."""

    def read(head: str, body: str) -> list[Leg] | str:
        if kind in ("meeting", "book_closure", "scheme", "demerger") and re.search(rf"{CURRENCY}[\s.:-]*\d|\d\s*/-", body):
            return f"an amount without its purpose: {(head + body).strip()!r}"
        return [Leg(kind)]

    return read


_READERS: dict[Kind, Callable[[str, str], list[Leg] | str]] = {
    "split": _split, "consolidation": _consolidation, "capital_reduction": _reduction, "bonus": _bonus, "rights": _rights,
    "dividend": _dividend,
    **{kind: _silent(kind) for kind in ("demerger", "scheme", "buyback", "redemption", "interest", "meeting", "book_closure", "notice")},
}  # fmt: skip
