"""Numbers as people read them, each with its unit.

What belongs here: one function per unit; what is not known is a dash.
"""

from __future__ import annotations

import math

UNKNOWN = "–"
CRORE, LAKH = 10_000_000.0, 100_000.0


def _is_known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _minus(text: str) -> str:
    """The typographic minus; none before what rounds to 0."""
    if text.startswith("-") and not any(digit in "123456789" for digit in text):
        text = text[1:]
    return text.replace("-", "−")


def percent(value: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """A share as percent: 0.123 is `12.3 %`."""
    if value is None or not _is_known(value):
        return UNKNOWN
    return _minus(f"{value * 100:{'+' if signed else ''},.{digits}f}") + " %"


def points(value: float | None, digits: int = 1) -> str:
    """A difference of percentages: 0.012 is `+1.2 points`."""
    if value is None or not _is_known(value):
        return UNKNOWN
    return _minus(f"{value * 100:+,.{digits}f}") + " points"


def number(value: float | None, digits: int = 2) -> str:
    """A ratio or a count."""
    return UNKNOWN if value is None or not _is_known(value) else _minus(f"{value:,.{digits}f}")


def basis_points(value: float | None, digits: int = 1) -> str:
    """A share in hundredths of a percent, without the unit."""
    return UNKNOWN if value is None or not _is_known(value) else _minus(f"{value * 10_000:,.{digits}f}")


def rupees(value: float | None, *, signed: bool = False) -> str:
    """Whole rupees: `₹1,234`."""
    if value is None or not _is_known(value):
        return UNKNOWN
    sign = "−" if round(value) < 0 else "+" if signed and round(value) > 0 else ""
    return f"{sign}₹{abs(value):,.0f}"


def rupees_in_words(value: float | None) -> str:
    """Rupees in lakh and crore: 12,500,000 is `₹1.25 crore`."""
    if value is None or not _is_known(value):
        return UNKNOWN
    size, sign = abs(value), "−" if value < 0 else ""
    if size >= 1000 * CRORE:
        return f"{sign}₹{size / CRORE:,.0f} crore"
    for unit, name in ((CRORE, "crore"), (LAKH, "lakh")):
        if size >= unit:
            return f"{sign}₹{_three(size / unit)} {name}"
    return rupees(value)


def round_rupees(value: float) -> str:
    """A round number of rupees, for an axis: 10,000,000 is `₹1 crore`."""
    unit, name = (CRORE, " crore") if value >= CRORE else (LAKH, " lakh") if value >= LAKH else (1.0, "")
    return f"₹{value / unit:,.10g}{name}"


def _three(value: float) -> str:
    """Three digits: 1.25, 12.5, 125."""
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"
