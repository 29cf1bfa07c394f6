"""The subject text of a corporate action, read clause by clause into legs.

What belongs here: the words. A text is cut at its heads ("Bonus", "Face Value Split", "Special Dividend", ...); each
clause is read by the rule of its head alone, so a number can never wander from one clause to another. What no rule
reads is refused with the reason; nothing is guessed, and no leg gets a number that its own clause does not state.
Payments have modules of their own (`dividends.py`, `unit_payments.py`). Strings seen: 4,406 of the exports of 2016 to
2026.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

from champion_assets.nse.actions.dividends import dividends, with_special_part
from champion_assets.nse.actions.legs import Kind, Leg, Subject
from champion_assets.nse.actions.unit_payments import is_unit_payment, leading_money, unit_payment
from champion_assets.nse.actions.vocabulary import (
    CURRENCY,
    HEADS,
    LONGEST,
    MENDED,
    MONEY,
    NOTE,
    NUMBER,
    PAPER,
    RATIO,
    SHARE_WORDS,
    UNCOUNTED,
    UNCOUNTED_IN_SPLIT,
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
            if match.start() < match.end() and not any(
                match.start() < end and start < match.end() for start, end, _ in taken
            ):
                taken.append((match.start(), match.end(), kind))
    return sorted(taken)


@lru_cache(maxsize=65536)
def read_subject(text: str) -> Subject:
    """Read the subject text of one row of a corporate-action feed.

    Args:
        text: SUBJECT or PURPOSE as published.

    Returns:
        Its legs. A text with a part that no rule reads has `reason` and no legs; a leg whose number is absent has
        `problem`.
    """
    if len(text) > LONGEST:
        return Subject(
            (), False, f"a text of {len(text):,} characters; the longest genuine ones have fewer than {LONGEST}"
        )
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
    if (lost := stripped[: heads[0][0]].strip(" /-+&.(")) and re.search(r"[a-z]{4,}|\d", UNCOUNTED.sub(" ", lost)):
        return Subject((), is_revised, f"words before the first kind of action: {lost!r}")
    if any(kind == "distribution" for _, _, kind in heads) or is_unit_payment(stripped, heads):
        return unit_payment(stripped, heads, is_revised=is_revised)
    return _clauses(stripped, heads, is_revised=is_revised)


def _clauses(text: str, heads: list[tuple[int, int, Kind]], *, is_revised: bool) -> Subject:
    legs: list[Leg] = []
    named: list[str] = []
    for number, (start, end, kind) in enumerate(heads):
        stop, following = heads[number + 1][::2] if number + 1 < len(heads) else (len(text), None)
        body, head = text[end:stop], text[start:end]
        if kind == "dividend" and number and re.search(r"inclu\w+ (?:of )?(?:a |an )?$", text[:start]):
            read = with_special_part(legs, body)
            if isinstance(read, str):
                return Subject((), is_revised, read)
            legs = read
            continue
        if kind == following == "dividend" and not re.search(r"\d|inclu|nil", body):
            named.append(head)
            continue
        clause = _uncounted(kind, body)
        read = dividends([*named, head], clause) if kind == "dividend" else _READERS[kind](head, clause)
        named = []
        if not isinstance(read, str):
            read = _unread(kind, body, read) or read
        if isinstance(read, str):
            return Subject((), is_revised, read)
        legs += read
    return Subject(tuple(_without_occasion(legs)), is_revised)


_UNTOLD: frozenset[Kind] = frozenset({"interest", "redemption", "buyback"})
"""Kinds whose numbers no price of a share depends on: coupons and instalments of debt securities, the terms of an offer
to buy."""
_UNIT_PART = re.compile(r"(?:return (?:of|on) capital|repayment|interest|dividend).*\b(?:per|pr) un")


def _uncounted(kind: Kind, body: str) -> str:
    """The clause without the numbers that say nothing of the action.

    A split is made of the face values that others refer to.
    """
    if kind == "meeting":
        body = re.sub(r"^\s*(?:no\.?\s*)?\d{1,3}\s*(?=$|[/&+](?!\s*-))", " ", body)
    return (UNCOUNTED_IN_SPLIT if kind in ("split", "consolidation", "capital_reduction") else UNCOUNTED).sub(" ", body)


def _unread(kind: Kind, body: str, legs: list[Leg]) -> str:
    """What a clause says and its legs do not hold, or "".

    A number or a word of another action that no rule has read.
    """
    if kind not in _UNTOLD and not any(leg.problem for leg in legs):
        held = Counter(number for leg in legs for number in leg.numbers)
        told = Counter(float(number) for number in NUMBER.findall(_uncounted(kind, body)))
        if extra := sorted((told - held).elements()):
            return (
                f"the clause of the {kind} also says {', '.join(f'{number:g}' for number in extra)}: {body.strip()!r}"
            )
    words = UNREAD.findall(body)
    if kind in ("bonus", "rights") and not any(leg.problem or leg.kind.endswith("_other") for leg in legs):
        words += [
            word
            for word in re.findall(r"[a-z]+", _uncounted(kind, body))
            if SHARE_WORDS.fullmatch(word) is None and word not in words
        ]
    if words and not (kind in ("bonus", "rights") and legs[0].kind.endswith("_other")):
        return f"the clause of the {kind} also says {', '.join(words)!r}, which no rule reads"
    return ""


def _without_occasion(legs: list[Leg]) -> list[Leg]:
    """A scheme whose text says what it does (a bonus of debentures, a dividend, a demerger) is only the occasion of
    that.
    """
    said = [leg for leg in legs if leg.kind not in ("scheme", "meeting", "book_closure", "notice")]
    return [leg for leg in legs if leg.kind != "scheme"] if said else legs


def _face_values(kind: Kind, body: str) -> list[Leg] | str:
    numbers = [float(match.group(1)) for match in MONEY.finditer(body)]
    if (ratio := RATIO.search(body)) is not None:
        return [
            Leg(
                kind,
                a=float(ratio.group(1)),
                b=float(ratio.group(2)),
                problem="a ratio without face values: it can be read both ways",
            )
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
        if pattern.search(text) is not None and not (
            name == "dvr" and re.search(r"\b(?:equity|ordinary)\b[a-z ]*(?:\band\b|&|/)", text)
        ):
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
    ratios = list(RATIO.finditer(body))
    paper = _paper(body)
    if ratios and (paper or re.search(r"\b(?:with|along|and|plus)\b.*\bwarrants?\b", body)) and "premium" in body:
        new, held = (float(each) for each in ratios[0].groups())
        return [
            Leg(
                "rights",
                "with_" + (paper or "warrant"),
                a=new,
                b=held,
                premium=leading_money(body[ratios[0].end() :])[0],
                problem=f"rights with a {paper or 'warrant'}, whose value is not in the text",
            )
        ]
    if paper:
        words = WORDED_RATIO.search(body) or RATIO.search(body)
        a, b = (float(each) for each in words.groups()) if words else (None, None)
        return [Leg("rights_other", paper, a=a, b=b)]
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
    if flavour:
        problem = "partly paid shares: what is paid on application is not in the text"
        return Leg("rights", flavour, a=a, b=b, premium=leading_money(clause)[0], problem=problem)
    if re.search(r"\bat par\b|@ par\b", clause):
        return Leg("rights", flavour, a=a, b=b, premium=0.0, issue_price=leading_money(clause)[0])
    price, rest = leading_money(clause)
    if price is None:
        return Leg("rights", flavour, a=a, b=b, problem="no issue price in the text")
    second, _ = leading_money(rest)
    if "premium" in clause[: len(clause) - len(rest)]:
        return Leg("rights", flavour, a=a, b=b, premium=price, issue_price=second if "price" in rest else None)
    return Leg("rights", flavour, a=a, b=b, issue_price=price, premium=second if "premium" in rest else None)


def _silent(kind: Kind) -> Callable[[str, str], list[Leg] | str]:
    """A kind without numbers of its own: money in its clause belongs to nobody, so the text is refused."""

    def read(head: str, body: str) -> list[Leg] | str:
        if kind in ("meeting", "book_closure", "scheme", "demerger") and re.search(
            rf"{CURRENCY}[\s.:-]*\d|\d\s*/-", body
        ):
            return f"an amount without its purpose: {(head + body).strip()!r}"
        ratio = RATIO.search(body) if kind in ("demerger", "scheme") else None
        return [Leg(kind) if ratio is None else Leg(kind, a=float(ratio.group(1)), b=float(ratio.group(2)))]

    return read


_READERS: dict[Kind, Callable[[str, str], list[Leg] | str]] = {
    "split": _split,
    "consolidation": _consolidation,
    "capital_reduction": _reduction,
    "bonus": _bonus,
    "rights": _rights,
    **{
        kind: _silent(kind)
        for kind in ("demerger", "scheme", "buyback", "redemption", "interest", "meeting", "book_closure", "notice")
    },
}
