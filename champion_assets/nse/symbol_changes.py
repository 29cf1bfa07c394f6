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


def read_symbol_changes(body: bytes, name: str, faults: list[tuple[int, BadValue]] | None = None) -> list[SymbolChange]:
    """The changes in order of date. The file has no header, and names may hold commas: it is split from the right.

    Args:
        body: the bytes as fetched.
        name: how to call the file in errors.
        faults: takes the rows that cannot be read (number and why), which are left out. Without it the first of them
            refuses the file.

    Raises:
        BadPayload: not such a file; the message names the row. A file of which no row can be read is refused.
    """
    changes: set[SymbolChange] = set()
    bad: list[tuple[int, BadValue]] = []
    text = csv_text(body, name).decode("utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            changes.add(_change(line, name, number))
        except BadValue as error:
            bad.append((number, error))
    if bad and (faults is None or not changes):
        raise bad[0][1]
    if faults is not None:
        faults += bad
    return sorted(changes)


def _change(line: str, name: str, number: int) -> SymbolChange:
    fields = [field.strip() for field in line.rsplit(",", 3)]
    if len(fields) != 4 or not fields[1] or not fields[2]:
        raise BadValue(f"{name}, row {number}: expected company,old symbol,new symbol,date, found {line[:120]!r}")
    return SymbolChange(parse_date(fields[3], f"{name}, row {number}"), fields[1], fields[2])


def readable_symbol_changes(body: bytes, name: str) -> tuple[list[SymbolChange], list[tuple[int, BadValue]]]:
    """The readable rows of a register, and the others with their numbers; raises as `read_symbol_changes`."""
    faults: list[tuple[int, BadValue]] = []
    return read_symbol_changes(body, name, faults), faults


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
