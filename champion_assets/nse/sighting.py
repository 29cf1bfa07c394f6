"""What a day's file, and a line of the user, say of who an instrument is.

What belongs here: the rows as identity sees them, and which of them cannot be identified. What does not: the rules that
link them to instruments (`identity.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from champion_assets.nse.instrument_class import family
from champion_assets.nse.isin import is_valid_isin

Pair = tuple[str, str | None, str]
"""Symbol, ISIN and family (`instrument_class.family`) of a row."""


class Sighting(NamedTuple):
    """A row of a day's file as identity sees it."""

    symbol: str
    isin: str | None
    series: str
    name: str | None
    prev_close: float
    close: float

    @property
    def family(self) -> str:
        """What of its symbol is an instrument of its own."""
        return family(self.symbol, self.series, self.isin)


@dataclass(frozen=True)
class SameAs:
    """A line of the user's file.

    From `date` on `symbol` is the instrument that was `old_symbol` (or, if blank, a new one).
    """

    date: dt.date
    symbol: str
    old_symbol: str


def refusal(isin: str | None, *, file_has_isins: bool) -> str | None:
    """Why a row cannot be identified, or None if it can."""
    if isin is None:
        return "no ISIN in a file that has ISINs" if file_has_isins else None
    return None if is_valid_isin(isin) else f"{isin} is no valid ISIN"
