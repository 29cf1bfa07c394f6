"""What is known of an instrument at the end of a day, and the kinds of evidence that link a row to it.

What belongs here: the record. What does not: the rules that link (`identity.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal

from champion_assets.nse.sighting import Sighting

Evidence = Literal["first_seen", "symbol", "isin", "isin_issuer", "symbolchange", "prev_close", "override", "series"]


EVIDENCE: tuple[Evidence, ...] = Evidence.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Instrument:
    """What is known of an instrument at the end of a day.

    Its present names, since when, when it last traded, at what close; and the
    symbols that it bore before, oldest first, separated by blanks.
    """

    instrument_id: str
    symbol: str
    isin: str | None
    series: str
    name: str | None
    first_seen: dt.date
    valid_from: dt.date
    last_seen: dt.date
    last_close: float
    evidence: Evidence
    previous_symbol: str | None = None
    previous_isin: str | None = None
    previous_series: str | None = None
    former_symbols: str | None = None

    def former_with(self, symbol: str) -> str | None:
        """`former_symbols` once the symbol is another one."""
        return (
            self.former_symbols
            if symbol == self.symbol
            else " ".join([*(self.former_symbols or "").split(), self.symbol])
        )

    def bearing(self, row: Sighting, date: dt.date, evidence: Evidence) -> Instrument:
        """The instrument with the names of `row` from `date` on, and its present ones as the previous ones."""
        return replace(
            self,
            symbol=row.symbol,
            isin=row.isin or self.isin,
            series=row.series,
            name=row.name or self.name,
            valid_from=date,
            evidence=evidence,
            previous_symbol=self.symbol,
            previous_isin=self.isin,
            previous_series=self.series,
            former_symbols=self.former_with(row.symbol),
        )
