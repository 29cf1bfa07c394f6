"""NSE's register of symbol changes (`symbolchange.csv`): read it, and walk it.

What belongs here: the file and the chain of names. Whether two names are one instrument is decided in `identity.py`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from champion_assets.nse.container import csv_text
from champion_assets.nse.dates import parse_date
from champion_assets.nse.errors import BadValue


@dataclass(frozen=True, order=True)
class SymbolChange:
    """From `date` on, what was `old` trades as `new`."""

    date: dt.date
    old: str
    new: str


def read_symbol_changes(body: bytes, name: str) -> list[SymbolChange]:
    """The changes in order of date. The file has no header, and names may hold commas: it is split from the right.

    Raises:
        BadPayload: not such a file; the message names the row.
    """
    changes = set()
    text = csv_text(body, name).decode("utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.rsplit(",", 3)]
        if len(fields) != 4 or not fields[1] or not fields[2]:
            raise BadValue(f"{name}, row {number}: expected company,old symbol,new symbol,date, found {line[:120]!r}")
        changes.add(SymbolChange(parse_date(fields[3], f"{name}, row {number}"), fields[1], fields[2]))
    return sorted(changes)


class SymbolHistory:
    """Walks the register: feeds call a company by its symbol of today, files by that of their day."""

    def __init__(self, changes: Iterable[SymbolChange]) -> None:
        self._to: dict[str, list[SymbolChange]] = defaultdict(list)
        for change in sorted(changes):
            self._to[change.new].append(change)

    def symbol_on(self, symbol: str, date: dt.date) -> str:
        """What the company that is `symbol` by the register's end was called on `date`."""
        limit = dt.date.max
        for _ in range(20):  # nobody was renamed so often; a register that runs in circles must end too
            later = [change for change in self._to.get(symbol, ()) if date < change.date <= limit]
            if not later:
                return symbol
            symbol, limit = later[-1].old, later[-1].date
        return symbol
