"""What a corporate action consists of: legs, each of one kind, with the numbers its text gives.

What belongs here: the kinds and the record. What does not: reading them (`grammar.py`) or what they do to a price
(`factors.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "split",
    "consolidation",
    "bonus",
    "bonus_other",
    "rights",
    "rights_other",
    "dividend",
    "distribution",
    "demerger",
    "scheme",
    "capital_reduction",
    "merger",
    "buyback",
    "interest",
    "redemption",
    "meeting",
    "book_closure",
    "notice",
]
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]

CAPITAL_KINDS: frozenset[Kind] = frozenset(
    {"split", "consolidation", "bonus", "rights", "demerger", "capital_reduction"}
)
"""Kinds that move the price of a share by themselves at the level `capital`."""
CASH_KINDS: frozenset[Kind] = frozenset({"dividend", "distribution"})
"""Kinds that pay cash a share or unit."""
UNPRICED_KINDS: frozenset[Kind] = frozenset({"bonus_other", "rights_other", "demerger", "scheme"})
"""Kinds that hand out something whose value is not in the text."""
SILENT: frozenset[Kind] = frozenset({"meeting", "book_closure", "notice", "interest", "redemption"})
"""Kinds that say nothing of a price."""
Legs = frozenset[tuple[Any, ...]]
"""What legs say, comparable between texts, see `content`."""


@dataclass(frozen=True)
class Leg:
    """One part of an action.

    Attributes:
        kind: see `Kind`. `bonus_other` and `rights_other` hand out something that is no ordinary share (preference
            shares, debentures, shares with differential votes); `scheme` is an arrangement whose text does not say what
            happens.
        flavour: what a text adds: interim, final, special, distribution's components, ncrps, debenture, dvr,
            partly_paid.
        a, b: `a` new for `b` held (bonus, rights).
        fv_from, fv_to: face values in rupees (split, consolidation, reduction).
        cash: rupees a share or unit (dividend, distribution).
        percent: percent of the face value at the date, if the text states the dividend so.
        premium: rupees above face value (rights); `issue_price` is given instead where the text names the whole price.
        problem: why the leg cannot be turned into numbers although its kind is clear, or "".
        components: of a distribution: interest, dividend, return of capital, other, in rupees.
    """

    kind: Kind
    flavour: str = ""
    a: float | None = None
    b: float | None = None
    fv_from: float | None = None
    fv_to: float | None = None
    cash: float | None = None
    percent: float | None = None
    premium: float | None = None
    issue_price: float | None = None
    problem: str = ""
    components: tuple[tuple[str, float], ...] = ()

    @property
    def numbers(self) -> tuple[float, ...]:
        """All numbers of the text that the leg holds, except components."""
        every = (self.a, self.b, self.fv_from, self.fv_to, self.cash, self.percent, self.premium, self.issue_price)
        return tuple(each for each in every if each is not None)

    @property
    def hands_out_value(self) -> bool:
        """True if holders get something of value that has no number in the text.

        Preference shares, debentures, warrants, a part of the company: the price falls by what nobody stated, so a fall
        that no factor explains is not a loss.
        """
        return self.kind in UNPRICED_KINDS


@dataclass(frozen=True)
class Subject:
    """A read text.

    Its legs in order, whether NSE marked it as revised, and why it could not be read (then without legs).
    """

    legs: tuple[Leg, ...]
    is_revised: bool = False
    reason: str = ""

    @property
    def is_classified(self) -> bool:
        """True if every part of the text was recognised; a leg may still lack a number (`Leg.problem`)."""
        return not self.reason


def moving(subject: Subject) -> tuple[Leg, ...]:
    """The legs of a text that say something of a price and have their numbers."""
    return tuple(leg for leg in subject.legs if leg.kind not in SILENT and not leg.problem)


def content(legs: Iterable[Leg]) -> Legs:
    """What makes legs the same: all but whether a dividend is called interim or final."""
    return frozenset(
        (leg.kind, leg.flavour if leg.kind != "dividend" or leg.flavour == "special" else "", *leg.numbers, leg.problem)
        for leg in legs
    )
