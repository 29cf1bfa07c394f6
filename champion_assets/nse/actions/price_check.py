"""What the market says of an event: did the price open where the factor says?

What belongs here: verdicts, flat contradictions, and the nearest simple ratio to an unexplained gap. `w` is open on the
ex-date over the instrument's own last close. A verdict changes no factor; one that the market flatly contradicts waits
until a person confirms it.
"""

from __future__ import annotations

import math
from typing import Literal

Verdict = Literal["ok", "no_reprice", "ratio_mismatch", "untradable", "unwitnessed"]
VERDICTS: tuple[Verdict, ...] = Verdict.__args__  # type: ignore[attr-defined]
TOLERANCE = 0.15
"""Largest |ln(w / f)| that a genuine event shows, and smallest |ln f| at which "did not move" can be told from
"moved"."""
ORDINARY_PAUSE = 10
"""Calendar days without a trade after which a price is found anew, so that no band says where it opens."""


def verdict(w: float | None, f: float) -> Verdict:
    """The witness's verdict on a price factor `f`.

    `no_reprice` if the price is nearer to where it was than to where the factor puts it (the absolute test, which finds
    events filed under the wrong company); `ratio_mismatch` if it is far from the factor. Where the factor is near 1
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


def verdict_by_open(w: float, band: float) -> Verdict:
    """The verdict on a factor that is the open itself, of a demerger.

    It cannot contradict itself, so another witness is asked.

    Below every price band a share opens only after the exchange's special session, which it holds where something is
    handed out: then the witness is the session. Within the band it may be an ordinary day, and nobody vouches for the
    value (`unwitnessed`) until the part that was handed out has a price of its own.
    """
    return "ok" if w < 1 - band else "unwitnessed"


def contradiction(f: float, last: float, opened: float, *, band: float, step: float) -> str:
    """How the market flatly contradicts a price factor, or "".

    A share opens within its price band around the price that the factor expects, a rally up to the band included; where
    it does not, the event did not take effect, or not so. One of the 244 events of 2016 to 2020 whose factor is far
    enough from 1 and which had traded within `ORDINARY_PAUSE` days opened beyond the widest band: STAMPEDE's bonus of
    2017-01-10, which never happened.

    Args:
        f: product of the day's factors at the level `capital_special`.
        last: the last cum close, rupees.
        opened: the open on the ex-date, rupees.
        band: the widest price band, as a share.
        step: rupees that no band forbids, since a price moves by ticks.

    Example:
        >>> contradiction(0.8, 27.5, 26.9, band=0.205, step=0.1)
        'it opened at 26.9 after 27.5 where 22 was expected, which no price band allows'
    """
    expected = f * last
    if not is_testable(f) or abs(opened / expected - 1) <= band or abs(opened - expected) <= step:
        return ""
    return f"it opened at {opened:g} after {last:g} where {expected:.6g} was expected, which no price band allows"


_SIMPLE: tuple[tuple[float, str], ...] = (
    *((1 / n, f"split {n}:1") for n in (2, 4, 5, 10, 20, 25, 50, 100)),
    *((float(n), f"consolidation 1:{n}") for n in (2, 5, 10, 100)),
    *((b / (a + b), f"bonus {a}:{b}") for a in range(1, 6) for b in range(1, 6) if math.gcd(a, b) == 1),
)


def nearest_ratio(w: float) -> tuple[str, float]:
    """The simple split, consolidation or bonus nearest to a gap `w`, and its factor.

    A hint for a person, never applied.
    """
    f, text = min(_SIMPLE, key=lambda each: abs(math.log(w / each[0])))
    return text, f
