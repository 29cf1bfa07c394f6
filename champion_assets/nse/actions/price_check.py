"""What the market says of an event: did the price open where the factor says?

What belongs here: verdicts, and the nearest simple ratio to an unexplained gap. A verdict never changes a factor by itself: it goes to
a person. `w` is open on the ex-date over the instrument's own last close.
"""

from __future__ import annotations

import math
from typing import Literal

Verdict = Literal["ok", "no_reprice", "ratio_mismatch", "untradable"]
VERDICTS: tuple[Verdict, ...] = Verdict.__args__  # type: ignore[attr-defined]
TOLERANCE = 0.15
"""Largest |ln(w / f)| that a genuine event shows, and smallest |ln f| at which "did not move" can be told from "moved"."""


def verdict(w: float | None, f: float) -> Verdict:
    """The witness's verdict on a price factor `f`.

    `no_reprice` if the price is nearer to where it was than to where the factor puts it (the absolute test, which finds events filed
    under the wrong company); `ratio_mismatch` if it is far from the factor. Where the factor is near 1
    (`is_testable` is False) only the second can be told: RELIANCE's rights of 2020 (f 0.9906) opened at 1.0323.
    """
    if w is None or w <= 0:
        return "untradable"
    if is_testable(f) and abs(w - 1) < abs(w - f):
        return "no_reprice"
    if abs(math.log(w / f)) > TOLERANCE:
        return "ratio_mismatch"
    return "ok"


def is_testable(f: float) -> bool:
    """True if a price that did not move can be told from one that moved by `f`."""
    return abs(math.log(f)) > TOLERANCE


_SIMPLE: tuple[tuple[float, str], ...] = (
    *((1 / n, f"split {n}:1") for n in (2, 4, 5, 10, 20, 25, 50, 100)),
    *((float(n), f"consolidation 1:{n}") for n in (2, 5, 10, 100)),
    *((b / (a + b), f"bonus {a}:{b}") for a in range(1, 6) for b in range(1, 6) if math.gcd(a, b) == 1),
)


def nearest_ratio(w: float) -> tuple[str, float]:
    """The simple split, consolidation or bonus nearest to a gap `w`, and its factor: a hint for a person, never applied."""
    f, text = min(_SIMPLE, key=lambda each: abs(math.log(w / each[0])))
    return text, f
